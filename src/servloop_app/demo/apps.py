"""App configuration of the sample organisation."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class DemoConfig(AppConfig):
    """The sample bank; in every other installation it does nothing."""

    name = "servloop_app.demo"
    label = "demo"

    def ready(self) -> None:
        """Make the job known, and have it follow where the sample bank lives."""
        from servloop_app.demo import about, tasks  # noqa: PLC0415  # models are ready only now

        if about.noted(Path(settings.DATA_FOLDER)) is not None:
            tasks.attach()
