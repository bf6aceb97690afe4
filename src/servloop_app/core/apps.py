"""App configuration of the core."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    """Organisation, people, rights, actions."""

    name = "servloop_app.core"
    label = "core"

    def ready(self) -> None:
        """Put the write guard before every database connection; make actions known by their names."""
        from servloop_app.core import actions, guard  # noqa: F401, PLC0415  # ready only now

        connection_created.connect(guard.watch_connection, dispatch_uid="servloop.core.guard")
