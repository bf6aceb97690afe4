"""App configuration of the monitor stage."""

from __future__ import annotations

from django.apps import AppConfig


class MonitorConfig(AppConfig):
    """Monitors, alerts and reports: what is going wrong just now?"""

    name = "servloop_app.monitor"
    label = "monitor"
