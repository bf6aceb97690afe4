"""The web application as people use it, but effect checks are declared some weeks ago: their data can be there already."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from tests.browser.sample_effect import WEEKS_AFTER

from servloop_app.config.wsgi import application
from servloop_app.verify import actions

__all__ = ["application"]


class _Earlier:
    """The clock of declarations."""

    @staticmethod
    def now() -> dt.datetime:
        """A week and a half before the change of the sample began."""
        return timezone.now() - dt.timedelta(weeks=WEEKS_AFTER + 2)

    @staticmethod
    def localdate() -> dt.date:
        """Its day."""
        return timezone.localdate() - dt.timedelta(weeks=WEEKS_AFTER + 2)


actions.timezone = _Earlier  # type: ignore[assignment]
