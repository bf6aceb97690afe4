"""App configuration of the diagnose stage."""

from __future__ import annotations

from django.apps import AppConfig


class DiagnoseConfig(AppConfig):
    """Process logs and, with time, all that finds where and why service fails."""

    name = "servloop_app.diagnose"
    label = "diagnose"

    def ready(self) -> None:
        """Make the job kinds and actions known."""
        from servloop_app.diagnose import tasks  # noqa: F401, PLC0415  # models are ready only now
