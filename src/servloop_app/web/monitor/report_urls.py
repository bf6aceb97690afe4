"""Addresses of reports."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.monitor import reports

urlpatterns: list[URLPattern] = [
    path("monitor/reports/", reports.reports, name="reports"),
    path("monitor/reports/make/", reports.make, name="report_make"),
    path("monitor/reports/<uuid:public_id>/", reports.report, name="report"),
    path("monitor/reports/<uuid:public_id>/print/", reports.print_view, name="report_print"),
    path("monitor/reports/<uuid:public_id>/file/", reports.ask_for_file, name="report_file"),
    path("monitor/reports/<uuid:public_id>/report.pdf", reports.pdf, name="report_pdf"),
    path("monitor/reports/<uuid:public_id>/report.xlsx", reports.xlsx, name="report_xlsx"),
]
