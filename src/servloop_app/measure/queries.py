"""Reading the catalogue and figures, limited to what a person may see."""

from __future__ import annotations

import datetime as dt

import polars as pl
from django.db.models import OuterRef, QuerySet, Subquery

from servloop.facts import FactsScope
from servloop.facts.cells import records_of
from servloop_app.collect.files import fact_store
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric, MetricCell, MetricResult, SavedView
from servloop_app.measure.selection import Selection, add_months

PERMISSION = "metrics.view"
RECORDS_PER_PAGE = 50


def metrics(*, computable: bool | None = None) -> QuerySet[Metric]:
    """The metrics in use; their reader needs ``metrics.view``."""
    found = Metric.objects.filter(active=True).select_related("owner")
    if computable is None:
        return found
    return found.exclude(formula="") if computable else found.filter(formula="")


def one_metric(code: str) -> Metric:
    """One metric.

    Raises:
        NotFound: there is none.
    """
    found = Metric.objects.filter(code=code).select_related("owner").first()
    if found is None:
        raise NotFound("metric", code)
    return found


def newest_results(found: QuerySet[Metric] | list[Metric]) -> dict[int, MetricResult]:
    """Metric id → its newest complete result of its current version, in one query."""
    newest = (
        MetricResult.objects.filter(
            metric=OuterRef("metric"), version=OuterRef("metric__version"), complete=True
        )
        .order_by("-as_of", "-pk")
        .values("pk")[:1]
    )
    rows = MetricResult.objects.filter(metric__in=found, pk=Subquery(newest))
    return {row.metric_id: row for row in rows}


def cells_of(policy: Policy, found: list[Metric]) -> dict[str, Cells]:
    """Metric code → its cells in the units that a person may see; metrics without a result are left out."""
    results = newest_results(found)
    scope = policy.facts(PERMISSION)
    rows = MetricCell.objects.filter(result__in=results.values())
    if scope.unit_ids is not None:
        rows = rows.filter(unit_code__in=scope.unit_ids)
    by_result: dict[int, list[MetricCell]] = {result.pk: [] for result in results.values()}
    for row in rows.iterator():
        by_result[row.result_id].append(row)
    return {
        metric.code: Cells(metric, results[metric.pk], by_result[results[metric.pk].pk])
        for metric in found
        if metric.pk in results
    }


def selected_units(policy: Policy, selection: Selection) -> frozenset[str] | None:
    """Codes of the selected units with all below them, as far as the person may see them; None for all."""
    if not selection.units:
        return None
    tree = policy.tree
    ids = {code: unit for unit, code in tree.codes.items()}
    chosen = {below for code in selection.units if code in ids for below in tree.subtree(ids[code])}
    return frozenset(tree.codes[unit] for unit in chosen & policy.units(PERMISSION))


def records(policy: Policy, metric: Metric, selection: Selection, page: int = 0) -> pl.DataFrame:
    """The rows behind a metric's figure in the units that a person may see, newest first; one more than a page."""
    scope = policy.facts(PERMISSION)
    units = selected_units(policy, selection)
    if units is not None:
        scope = FactsScope(units if scope.unit_ids is None else units & scope.unit_ids)
    with fact_store().snapshot() as snapshot, snapshot.connect(scope, threads=1) as facts:
        return records_of(
            facts,
            metric.source,
            metric.formula,
            limit=RECORDS_PER_PAGE + 1,
            offset=RECORDS_PER_PAGE * page,
            first=selection.first,
            before=add_months(selection.last, 1),
            channels=selection.channels,
        )


def newest_month(cells: dict[str, Cells]) -> dt.date:
    """The last month that any of the metrics has rows for; this month when there are none."""
    months = [month for one in cells.values() if (month := one.newest_month)]
    return max(months, default=dt.datetime.now(dt.UTC).date().replace(day=1))


def saved_views(policy: Policy) -> QuerySet[SavedView]:
    """The person's own saved views."""
    return SavedView.objects.filter(person=policy.person)
