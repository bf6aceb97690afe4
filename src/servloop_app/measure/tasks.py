"""Computing figures in the background: one pass over the facts per metric, stored as cells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import FactsScope, Snapshot
from servloop.facts.cells import PEOPLE, compute_cells
from servloop.measure.figures import CellTable
from servloop.results import plain
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.hooks import emit
from servloop_app.core.models import OutboxEvent
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.actions import REFRESH_JOB
from servloop_app.measure.events import MetricsRefreshed
from servloop_app.measure.figures import SMALLEST_GROUP
from servloop_app.measure.models import Metric, MetricResult

# Results are derived: the facts and the metric's version give them again. They are the machinery's own books.
_TABLE = MetricResult._meta.db_table
_OUTBOX = (OutboxEvent._meta.db_table, Run._meta.db_table)
FOLLOW_JOB = "metric.follow_facts"
_KEPT = 3  # newest results of a metric; reports keep their own frozen copies


@job(REFRESH_JOB)
def refresh(run: RunContext, codes: Sequence[str] = ()) -> dict[str, int]:
    """Compute metrics for the facts as they are now; a result that is already there is not made again."""
    metrics = [
        m for m in Metric.objects.filter(active=True).exclude(formula="") if not codes or m.code in codes
    ]
    made = 0
    with fact_store().snapshot() as snapshot:
        epoch = epoch_of(snapshot.versions)
        snapshot.keep_cases()
        for done, metric in enumerate(metrics):
            run.progress(done, len(metrics), "metrics", "measure_app.computing")
            if not MetricResult.objects.filter(
                metric=metric, version=metric.version, epoch=epoch, complete=True
            ).exists():
                _compute(run, snapshot, metric, epoch)
                made += 1
    with guard.opening(*_OUTBOX), run.step():
        emit(MetricsRefreshed(epoch))
    return {"metrics": len(metrics), "computed": made}


@job(FOLLOW_JOB, atomic=True)
def follow_facts(run: RunContext, event: dict[str, Any]) -> None:  # noqa: ARG001  # any change of the facts asks for the same
    """Have all figures computed again after an import or its undoing; one refresh in the queue does for all."""
    waiting = Run.objects.filter(kind=REFRESH_JOB, state=Run.State.QUEUED, arguments={})
    if not waiting.exists():
        run.enqueue(REFRESH_JOB)


def epoch_of(versions: dict[str, int]) -> str:
    """A name for the state of all fact tables together."""
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()


def _compute(run: RunContext, snapshot: Snapshot, metric: Metric, epoch: str) -> None:
    table, code, params = None, "", {}
    try:
        with snapshot.connect(FactsScope.everything()) as facts:
            table = compute_cells(facts, metric.source, metric.formula, segment=metric.segment or None)
    except ServLoopError as error:
        code, params = error.code, plain(error.params)
    with guard.opening(_TABLE), run.step():
        MetricResult.objects.create(
            metric=metric,
            version=metric.version,
            epoch=epoch,
            as_of=timezone.now(),
            complete=True,
            cells=0 if table is None else len(table),
            table=None if table is None else _stored(metric, table),
            error_code=code,
            error_params=params,
        )
        old = MetricResult.objects.filter(metric=metric).values_list("pk", flat=True)[_KEPT:]
        MetricResult.objects.filter(pk__in=list(old)).delete()


def _stored(metric: Metric, table: CellTable) -> bytes:
    return (table.protected(SMALLEST_GROUP) if metric.source in PEOPLE else table).to_bytes()
