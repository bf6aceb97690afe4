"""Addresses of the process pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.process import (
    cases,
    compare,
    conformance,
    explore,
    exports,
    journey,
    key_steps,
    live,
    logs,
    raising,
    staffing,
    step,
    times,
    what_if,
    work_page,
)

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
    path(LOG + "work-and-waiting/", work_page.work, name="process_work_page"),
    path(LOG + "compare/", compare.compare, name="process_compare"),
    path(LOG + "compare/steps.csv", compare.steps_file, name="process_compare_file"),
    path(LOG + "key-steps/", key_steps.key_steps, name="process_key_steps"),
    path(LOG + "key-steps/weights/", key_steps.weights, name="process_key_weights"),
    path(LOG + "key-steps/scores/", key_steps.scores, name="process_key_scores"),
    path(LOG + "key-steps/times/", key_steps.times, name="process_key_times"),
    path(LOG + "journey/", journey.journey, name="process_journey"),
    path(LOG + "journey/define/", journey.define, name="process_journey_define"),
    path(LOG + "<slug:name>.svg", journey.drawing, name="process_journey_file"),
    path(LOG + "opportunity/", raising.raise_opportunity, name="process_raise"),
    path(LOG + "times/", times.times, name="process_times"),
    path(LOG + "running/", live.live, name="process_live"),
    path(LOG + "staffing/", staffing.staffing, name="process_staffing"),
    path(LOG + "what-if/", what_if.what_if, name="process_what_if"),
    path(LOG + "conformance/", conformance.conformance, name="process_conformance"),
    path(LOG + "conformance/define/", conformance.define, name="process_standard"),
    path(LOG + "conformance/deviations.csv", conformance.deviations_file, name="process_deviations_file"),
    path(LOG + "<slug:table>.csv", exports.table_file, name="process_table_file"),
]
