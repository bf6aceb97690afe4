"""``migrate`` with the write guard open: migrations change rows outside actions, and nothing else may."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from servloop_app.core import guard


class Command(Migrate):
    """Django's command, allowed to write."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        with guard.maintaining():
            super().handle(*args, **options)
