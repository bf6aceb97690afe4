"""Addresses of the process pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.process import cases, conformance, explore, exports, logs, step

LOG = "diagnose/process/<uuid:public_id>/"

urlpatterns: list[URLPattern] = [
    path("diagnose/process/", logs.logs, name="process_logs"),
    path("diagnose/process/add/", logs.add, name="process_add"),
    path("diagnose/process/sample/", logs.add_sample, name="process_sample"),
    path(LOG, explore.explore, name="process_log"),
    path(LOG + "work/", explore.work, name="process_work"),
    path(LOG + "step/", step.step, name="process_step"),
    path(LOG + "not-waiting/", step.not_waiting, name="process_not_waiting"),
    path(LOG + "columns/", logs.columns, name="process_columns"),
    path(LOG + "delete/", logs.delete, name="process_delete"),
    path(LOG + "map.svg", exports.map_file, name="process_map_file"),
    path(LOG + "cases/", cases.cases, name="process_cases"),
    path(LOG + "case/", cases.case, name="process_case"),
    path(LOG + "conformance/", conformance.conformance, name="process_conformance"),
    path(LOG + "conformance/define/", conformance.define, name="process_standard"),
    path(LOG + "conformance/deviations.csv", conformance.deviations_file, name="process_deviations_file"),
    path(LOG + "<slug:table>.csv", exports.table_file, name="process_table_file"),
]
