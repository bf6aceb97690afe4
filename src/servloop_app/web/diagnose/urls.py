"""Addresses of findings."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.diagnose import findings

urlpatterns: list[URLPattern] = [
    path("diagnose/findings/", findings.findings, name="findings"),
    path("diagnose/findings/<uuid:public_id>/", findings.finding, name="finding"),
    path("diagnose/findings/<uuid:public_id>/dismiss/", findings.dismiss, name="finding_dismiss"),
    path("diagnose/findings/<uuid:public_id>/reopen/", findings.reopen, name="finding_reopen"),
]
