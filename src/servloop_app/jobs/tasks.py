"""The one task of the queue, and the jobs of this package itself."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from servloop_app.jobs import runs
from servloop_app.jobs.kinds import job

KEEP_RUNS = timedelta(days=90)


@task()
def carry_out(run: str) -> None:
    """Carry out the run of a public id; a second task for the same run finds it claimed and does nothing."""
    runs.perform(run)


@job("jobs.tidy", atomic=True)
def tidy(run: runs.RunContext) -> dict[str, int]:  # noqa: ARG001
    """Delete runs that ended long ago."""
    return {"deleted": runs.tidy(timezone.now() - KEEP_RUNS)}
