"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.process import explore, exports, logs, step
from servloop_app.web.views import general

urlpatterns: list[URLPattern] = [
    path("", general.start, name="start"),
    path("language/", general.language, name="language"),
    path("diagnose/process/", logs.logs, name="process_logs"),
    path("diagnose/process/add/", logs.add, name="process_add"),
    path("diagnose/process/sample/", logs.add_sample, name="process_sample"),
    path("diagnose/process/<uuid:public_id>/", explore.explore, name="process_log"),
    path("diagnose/process/<uuid:public_id>/work/", explore.work, name="process_work"),
    path("diagnose/process/<uuid:public_id>/step/", step.step, name="process_step"),
    path("diagnose/process/<uuid:public_id>/not-waiting/", step.not_waiting, name="process_not_waiting"),
    path("diagnose/process/<uuid:public_id>/columns/", logs.columns, name="process_columns"),
    path("diagnose/process/<uuid:public_id>/delete/", logs.delete, name="process_delete"),
    path("diagnose/process/<uuid:public_id>/map.svg", exports.map_file, name="process_map_file"),
    path("diagnose/process/<uuid:public_id>/<slug:table>.csv", exports.table_file, name="process_table_file"),
]
