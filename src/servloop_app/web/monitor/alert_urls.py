"""Addresses of monitors and alerts."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.monitor import alerts, monitors

urlpatterns: list[URLPattern] = [
    path("monitor/alerts/", alerts.alerts, name="alerts"),
    path("monitor/alerts/<uuid:public_id>/", alerts.alert, name="alert"),
    path("monitor/alerts/<uuid:public_id>/<slug:step>/", alerts.step, name="alert_step"),
    path("monitor/monitors/", monitors.monitors, name="monitors"),
    path("monitor/monitors/add/", monitors.add, name="monitor_add"),
    path("monitor/monitors/propose/", monitors.propose, name="monitors_propose"),
    path("monitor/monitors/<uuid:public_id>/", monitors.monitor, name="monitor"),
    path("monitor/monitors/<uuid:public_id>/change/", monitors.change, name="monitor_change"),
    path("monitor/monitors/<uuid:public_id>/phase/", monitors.phase, name="monitor_phase"),
    path("monitor/monitors/<uuid:public_id>/use/", monitors.use, name="monitor_use"),
]
