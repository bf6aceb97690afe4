"""Computing figures in the background: one pass over the facts per metric, stored as cells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import FactsScope, Snapshot
from servloop.facts.cells import Cell, compute_cells
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.actions import REFRESH_JOB
from servloop_app.measure.models import Metric, MetricCell, MetricResult

# Results are derived: the facts and the metric's version give them again. They are the machinery's own books.
_TABLES = (MetricResult._meta.db_table, MetricCell._meta.db_table)
_BATCH = 1_000
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
        for done, metric in enumerate(metrics):
            run.progress(done, len(metrics), "metrics", "measure_app.computing")
            if not MetricResult.objects.filter(
                metric=metric, version=metric.version, epoch=epoch, complete=True
            ).exists():
                _compute(run, snapshot, metric, epoch)
                made += 1
    return {"metrics": len(metrics), "computed": made}


def epoch_of(versions: dict[str, int]) -> str:
    """A name for the state of all fact tables together."""
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()


def _compute(run: RunContext, snapshot: Snapshot, metric: Metric, epoch: str) -> None:
    cells: list[Cell] = []
    code, params = "", {}
    try:
        with snapshot.connect(FactsScope.everything()) as facts:
            cells = compute_cells(facts, metric.source, metric.formula, segment=metric.segment or None)
    except ServLoopError as error:
        code, params = error.code, error.params
    with guard.opening(*_TABLES):
        with run.step():
            MetricResult.objects.filter(metric=metric, version=metric.version, epoch=epoch).delete()
            result = MetricResult.objects.create(
                metric=metric,
                version=metric.version,
                epoch=epoch,
                as_of=timezone.now(),
                cells=len(cells),
                error_code=code,
                error_params=params,
            )
        for start in range(0, len(cells), _BATCH):
            with run.step():
                MetricCell.objects.bulk_create(_row(result, cell) for cell in cells[start : start + _BATCH])
        with run.step():
            MetricResult.objects.filter(pk=result.pk).update(complete=True)
            old = MetricResult.objects.filter(metric=metric).values_list("pk", flat=True)[_KEPT:]
            MetricResult.objects.filter(pk__in=list(old)).delete()


def _row(result: MetricResult, cell: Cell) -> MetricCell:
    statistic = cell.statistic
    return MetricCell(
        result=result,
        unit_code=cell.unit_id or "",
        month=cell.month,
        channel=cell.channel or "",
        segment=cell.segment or "",
        n=statistic.n,
        hits=statistic.hits,
        against=statistic.against,
        total=statistic.total,
        squares=statistic.squares,
        bins={str(place): count for place, count in statistic.bins.items()},
    )
