"""App configuration of the diagnose stage."""

from django.apps import AppConfig


class DiagnoseConfig(AppConfig):
    """Process logs and, with time, all that finds where and why service fails."""

    name = "servloop_app.diagnose"
    label = "diagnose"
