"""App configuration of the collect stage."""

from __future__ import annotations

from django.apps import AppConfig


class CollectConfig(AppConfig):
    """Imports, feedback records and the keys under which people appear in the facts."""

    name = "servloop_app.collect"
    label = "collect"

    def ready(self) -> None:
        """Make the job kinds, actions and handlers known."""
        from servloop_app.collect import erasure, tasks  # noqa: F401, PLC0415  # models are ready only now

        erasure.register()
