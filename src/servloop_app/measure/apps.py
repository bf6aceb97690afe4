"""App configuration of the measure stage."""

from __future__ import annotations

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    """The metric catalogue, the store of results, and the figures made of them."""

    name = "servloop_app.measure"
    label = "measure"

    def ready(self) -> None:
        """Make the job kinds and actions known."""
        from servloop_app.measure import tasks  # noqa: F401, PLC0415  # models are ready only now
