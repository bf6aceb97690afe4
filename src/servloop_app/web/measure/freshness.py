"""Pages read stored results; what is missing is put in the queue once, and its progress is shown."""

from __future__ import annotations

from django.http import HttpRequest

from servloop_app.core.actions import Actor, execute
from servloop_app.core.routes import preview_of
from servloop_app.jobs.models import Run
from servloop_app.measure.actions import REFRESH_JOB, RefreshMetrics
from servloop_app.measure.models import Metric
from servloop_app.measure.queries import newest_results

_UNDER_WAY = (Run.State.QUEUED, Run.State.RUNNING)


def run_under_way() -> Run | None:
    """The computation of figures that waits or runs just now."""
    return Run.objects.filter(kind=REFRESH_JOB, state__in=_UNDER_WAY).first()


def ensure_computed(request: HttpRequest, found: list[Metric]) -> Run | None:
    """Have metrics computed that have no result yet.

    Returns:
        The computation to wait for; None when every metric has its result, or when nothing may be changed because
        somebody looks through another person's eyes.
    """
    results = newest_results(found)
    missing = [
        metric.code for metric in found if metric.computable and metric.active and metric.pk not in results
    ]
    if not missing:
        return None
    running = run_under_way()
    if running is None and preview_of(request) is None:
        execute(RefreshMetrics(sorted(missing)), Actor.system("measure"))
        running = run_under_way()
    return running
