"""Reading the catalogue and figures, limited to what a person may see."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from uuid import UUID

import polars as pl
from django.db.models import OuterRef, QuerySet, Subquery

from servloop.facts import FactsScope
from servloop.facts.cells import records_of, tables_of
from servloop.measure.figures import CellTable
from servloop_app.collect.files import fact_store
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.policy import Policy
from servloop_app.measure.figures import SMALLEST_GROUP, Cells
from servloop_app.measure.models import Metric, MetricResult, SavedView
from servloop_app.measure.selection import Selection

PERMISSION = "metrics.view"
RECORDS_PER_PAGE = 50
_FEEDBACK_VOLUME = "feedback_volume"
# Of the engine that looks records up within a request; cases are put together from their events first.
_ENGINE_MEMORY = {"cases": "1GB"}
# Records are more than figures: their reader needs the right to them as well.
RECORD_PERMISSIONS = {"feedback": "feedback.view", "events": "process.view", "cases": "process.view"}


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
    rows = MetricResult.objects.filter(metric__in=found, pk=Subquery(newest)).defer("table")
    return {row.metric_id: row for row in rows}


def cells_of(policy: Policy, found: list[Metric]) -> dict[str, Cells]:
    """Metric code → its cells in the units that a person may see; metrics without a result are left out."""
    results = newest_results(found)
    visible = policy.facts(PERMISSION).unit_ids
    return {
        metric.code: Cells(
            metric, result, _empty(metric) if result.error_code else _table(result.public_id), visible
        )
        for metric in found
        if (result := results.get(metric.pk))
    }


def computed(cells: dict[str, Cells], code: str) -> Cells:
    """The cells of a metric that was computed.

    Raises:
        ActionError: `measure_app.not_computed`.
    """
    if code not in cells:
        raise ActionError("measure_app.not_computed", metric=code)
    return cells[code]


@lru_cache(maxsize=256)
def _table(result: UUID) -> CellTable:
    """The cells of a result. A result never changes, so they are kept in this process."""
    stored = MetricResult.objects.values_list("table", flat=True).get(public_id=result)
    return CellTable.from_bytes(bytes(stored or b""))


def _empty(metric: Metric) -> CellTable:
    schema = dict.fromkeys(("unit_id", "channel", "segment"), pl.String) | {"month": pl.Date}
    numbers = dict.fromkeys(("n", "hits", "against", "total", "squares"), pl.Float64)
    return CellTable.from_frame(metric.kept, pl.DataFrame(schema=schema | numbers | {"bins": pl.Null}))


def feedback_rows(policy: Policy, *, unit: str = "", channel: str = "") -> int | None:
    """How many feedback records a person may see, as counted for the figures; None where they were not counted.

    Counting millions of records takes longer than a request may; how many there were when figures were last
    computed is at hand.

    Args:
        policy: the person's rights.
        unit: its code; empty for all.
        channel: its name; empty for all.
    """
    counting = Metric.objects.filter(
        code=_FEEDBACK_VOLUME, active=True, source="feedback", formula="count()"
    ).first()
    result = newest_results([counting]).get(counting.pk) if counting else None
    if result is None or result.error_code:
        return None
    visible = policy.facts(RECORD_PERMISSIONS["feedback"]).unit_ids
    if unit:
        visible = frozenset({unit}) if visible is None else visible & {unit}
    table = _table(result.public_id)
    return int(table.n[table.select(units=visible, channels={channel} if channel else None)].sum())


def selected_units(policy: Policy, selection: Selection) -> frozenset[str] | None:
    """Codes of the selected units with all below them, as far as the person may see them; None for all."""
    if not selection.units:
        return None
    tree = policy.tree
    ids = {code: unit for unit, code in tree.codes.items()}
    chosen = {below for code in selection.units if code in ids for below in tree.subtree(ids[code])}
    return frozenset(tree.codes[unit] for unit in chosen & policy.units(PERMISSION))


def records_scope(policy: Policy, metric: Metric) -> FactsScope:
    """The units whose records behind a metric a person may open: the figure's right and that of the records."""
    scopes = [policy.facts(PERMISSION)]
    if metric.source in RECORD_PERMISSIONS:
        scopes.append(policy.facts(RECORD_PERMISSIONS[metric.source]))
    limited = [scope.unit_ids for scope in scopes if scope.unit_ids is not None]
    return FactsScope(frozenset.intersection(*limited)) if limited else FactsScope.everything()


def records(policy: Policy, metric: Metric, selection: Selection, page: int = 0) -> pl.DataFrame:
    """The rows behind a figure that a person may open, newest first; one more than a page.

    Rows of groups too small to be told are not among them.

    Raises:
        ActionError: `measure_app.not_computed` without a result, `measure_app.small_group` when no group is large enough.
    """
    cells = computed(cells_of(policy, [metric]), metric.code)
    if cells.result.error_code:
        raise ActionError("measure_app.not_computed", metric=metric.code)
    scope = records_scope(policy, metric)
    units = selected_units(policy, selection)
    if scope.unit_ids is not None:
        units = scope.unit_ids if units is None else units & scope.unit_ids
    mask = cells.select(selection, units)
    told = cells.table.tellable(mask)
    if cells.table.n[mask].any() and not told.any():
        raise ActionError("measure_app.small_group", smallest=SMALLEST_GROUP)
    with (
        fact_store().snapshot(tables_of(metric.source)) as snapshot,
        snapshot.connect(scope, threads=1, memory_limit=_ENGINE_MEMORY.get(metric.source, "96MB")) as facts,
    ):
        return records_of(
            facts,
            metric.source,
            metric.formula,
            limit=RECORDS_PER_PAGE + 1,
            offset=RECORDS_PER_PAGE * page,
            within=(cells.table, told),
            segment=metric.segment or None,
        )


def newest_month(cells: dict[str, Cells]) -> dt.date:
    """The last month that any of the metrics has rows for; this month when there are none."""
    months = [month for one in cells.values() if (month := one.newest_month)]
    return max(months, default=dt.datetime.now(dt.UTC).date().replace(day=1))


def saved_views(policy: Policy) -> QuerySet[SavedView]:
    """The person's own saved views."""
    return SavedView.objects.filter(person=policy.person)
