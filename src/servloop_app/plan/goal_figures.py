"""What goals are measured by: the baseline, where the metric stands now, and what history says about a target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils import timezone

from servloop.measure.figures import Change, Statistic, compare, estimate, merge
from servloop.plan.goals import Feasibility, feasibility
from servloop.results import Estimate
from servloop_app.core.errors import ActionError
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.measure import queries as measure
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.measure.selection import Selection, add_months
from servloop_app.plan.goal_models import Goal

MOST_OTHERS = 12


@dataclass(frozen=True)
class Measured:
    """A metric of a unit over the newest months.

    Attributes:
        estimate: value, n, interval; or why there is none.
        statistic: what it was made of.
        selection: the months and the unit.
        cells: where it came from; None when the metric has not been computed.
    """

    estimate: Estimate
    statistic: Statistic
    selection: Selection
    cells: Cells | None

    def frozen(self) -> dict[str, Any]:
        """As it is kept with a goal."""
        assert self.cells is not None, "only what was measured is kept"
        return {
            "value": self.estimate.value,
            "n": self.estimate.n,
            "low": self.estimate.low,
            "high": self.estimate.high,
            "method": self.estimate.method,
            "first": self.selection.first.isoformat(),
            "last": self.selection.last.isoformat(),
            "as_of": self.cells.result.as_of.isoformat(),
            "version": self.cells.result.version,
            "statistic": asdict(self.statistic),
        }


def measured(policy: Policy, metric: Metric, unit: Unit, months: int) -> Measured:
    """Where a metric of a unit, with all below it, stands over the newest months."""
    cells = measure.cells_of(policy, [metric]).get(metric.code)
    selection = replace(Selection.latest(timezone.localdate(), months), units=(unit.code,))
    if cells is None:
        gap = Estimate.not_computable(0, "measure_app.not_computed", metric=metric.code)
        return Measured(gap, Statistic("count"), selection, None)
    units = measure.selected_units(policy, selection)
    newest = replace(Selection.latest(_newest(cells, units), months), units=(unit.code,))
    statistic = cells.statistic(newest, units)
    return Measured(estimate(statistic, metric.aggregate), statistic, newest, cells)


def _newest(cells: Cells, units: frozenset[str] | None) -> dt.date:
    seen = cells.visible if units is None else units if cells.visible is None else units & cells.visible
    rows = cells.table.rows_of(cells.table.select(units=seen), "month")
    return dt.date.fromisoformat(max(rows)) if rows else measure.newest_month({"": cells})


def thawed(kept: dict[str, Any]) -> tuple[Estimate, Statistic]:
    """A kept figure and what it was made of."""
    statistic = kept["statistic"]
    bins = {int(place): count for place, count in statistic["bins"].items()}
    found = Estimate(kept["value"], kept["n"], kept["low"], kept["high"], kept["method"])
    return found, Statistic(**{**statistic, "bins": bins})


@dataclass(frozen=True)
class Progress:
    """Where a goal stands.

    Attributes:
        now: the figure of the newest months.
        change: against the baseline, tested.
        share: way from the baseline to the target, 0 to 1 and beyond; None without a figure.
        standing: ``"met"`` when the whole interval lies on the target's side, ``"near"`` when only the value does,
            ``"better"`` or ``"worse"`` for a clear change, ``"same"`` without one, ``"new"`` while there is no month
            since the baseline, ``"unknown"``.
    """

    now: Measured
    change: Change | None
    share: float | None
    standing: str

    @property
    def meaning(self) -> str:
        """The meaning that colours it."""
        return {"met": "good", "near": "watch", "better": "info", "worse": "bad"}.get(
            self.standing, "neutral"
        )


def progress_of(policy: Policy, goal: Goal) -> Progress:
    """Where a goal stands, as far as the person may see its metric."""
    now = measured(policy, goal.metric, goal.unit, goal.months)
    if now.cells is None or now.estimate.value is None:
        return Progress(now, None, None, "unknown")
    base, statistic = thawed(goal.baseline)
    assert base.value is not None, "a goal has a baseline"
    later = now.selection.last > dt.date.fromisoformat(goal.baseline["last"])
    change = compare(statistic, now.statistic, goal.metric.aggregate) if later else None
    share = (now.estimate.value - base.value) / (goal.target - base.value)
    return Progress(now, change, share, _standing(goal, now.estimate, change))


def _standing(goal: Goal, now: Estimate, change: Change | None) -> str:
    assert now.value is not None, "asked with a value only"
    unsure = now.low if goal.rising else now.high
    if goal.met_by(now.value):
        return "met" if unsure is not None and goal.met_by(unsure) else "near"
    if change is None:
        return "new"
    difference = change.difference.value
    if not difference or change.p is None or change.p >= 0.05:
        return "same"
    return "better" if (difference > 0) == goal.rising else "worse"


def feasibility_of(
    policy: Policy, metric: Metric, unit: Unit, change: float, *, deadline: dt.date, months: int
) -> tuple[Feasibility, tuple[dt.date, ...]]:
    """What the history of the unit and of its neighbours in the tree says, and the months it speaks of.

    Raises:
        ActionError: `measure_app.not_computed`.
        SpecError: no change, or no time.
    """
    found = measure.cells_of(policy, [metric])
    cells = measure.computed(found, metric.code)
    tree = policy.tree
    below = frozenset(tree.codes[one] for one in tree.subtree(unit.pk))
    newest = _newest(cells, below)
    parent = tree.parents.get(unit.pk)
    siblings = [one for one in tree.children.get(parent, []) if one != unit.pk] if parent else []
    ends, own = _history(cells, below, months)
    others = {}
    for one in siblings[:MOST_OTHERS]:
        codes = frozenset(tree.codes[each] for each in tree.subtree(one))
        others[tree.codes[one]] = _history(cells, codes, months)[1]
    # The goal is judged over the months up to its deadline, the baseline over those up to now.
    steps = max(1, (deadline.year - newest.year) * 12 + deadline.month - newest.month)
    return feasibility(own, change, steps, others=others, window=months), ends


def _history(
    cells: Cells, units: frozenset[str], months: int
) -> tuple[tuple[dt.date, ...], list[float | None]]:
    """Last months and values of every stretch of so many months, oldest first."""
    oldest, newest = cells.oldest_month, cells.newest_month
    if oldest is None or newest is None:
        return (), []
    mask = cells.told(Selection(oldest, newest), units, "month")
    found = cells.table.group(mask, "month")
    nothing = Statistic(cells.metric.kept)
    span = (newest.year - oldest.year) * 12 + newest.month - oldest.month + 1
    steps = [add_months(oldest, place) for place in range(span)]
    by_month = [found.get(month.isoformat(), nothing) for month in steps]
    values = [
        _value(by_month[place + 1 - months : place + 1], cells.metric)
        for place in range(months - 1, len(by_month))
    ]
    return tuple(steps[months - 1 :]), values


def _value(months: Sequence[Statistic], metric: Metric) -> float | None:
    if metric.aggregate != "count" and not all(one.n for one in months):
        return None
    return estimate(merge(metric.kept, months), metric.aggregate).value


def checked_target(metric: Metric, baseline: Estimate, target: float) -> None:
    """Refuse a target that is no improvement.

    Raises:
        ActionError: `plan_app.goal_no_baseline`, `plan_app.goal_must_rise`, `plan_app.goal_must_fall`.
    """
    if baseline.value is None:
        reason = baseline.reason
        raise ActionError("plan_app.goal_no_baseline", metric=metric.code, why=reason.code if reason else "")
    better = {
        Metric.Direction.HIGHER: target > baseline.value,
        Metric.Direction.LOWER: target < baseline.value,
    }.get(Metric.Direction(metric.direction), target != baseline.value)
    if not better:
        said = {"target": f"{target:.4g}", "baseline": f"{baseline.value:.4g}"}
        if metric.direction == Metric.Direction.HIGHER:
            raise ActionError("plan_app.goal_must_rise", **said)
        raise ActionError("plan_app.goal_must_fall", **said)
