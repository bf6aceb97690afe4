"""Reading runs and schedules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from servloop_app.core.errors import NotFound
from servloop_app.jobs.models import Run, Schedule


@dataclass(frozen=True)
class QueueState:
    """How many runs are in which state."""

    counts: dict[str, int]

    @property
    def waiting(self) -> int:
        """Runs that wait or run."""
        return self.counts.get("queued", 0) + self.counts.get("running", 0)


def runs(*, state: str = "", kind: str = "", cause: str = "") -> QuerySet[Run]:
    """Runs, newest first, filtered by what is given. Their reader needs ``jobs.view``."""
    given: dict[str, Any] = {"state": state, "kind": kind, "cause": cause}
    return Run.objects.filter(**{key: value for key, value in given.items() if value})


def run(public_id: UUID | str) -> Run:
    """One run.

    Raises:
        NotFound: there is none with that id.
    """
    found = Run.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("job", public_id)
    return found


def queue_state() -> QueueState:
    """Counts by state."""
    return QueueState(dict(Run.objects.order_by().values_list("state").annotate(Count("id"))))


def schedules() -> QuerySet[Schedule]:
    """All schedules, with the run that each started last. Their reader needs ``schedules.view``."""
    return Schedule.objects.select_related("last_run")
