"""Figures for pages: merged from cells, with interval, change, breakdowns, and small groups left out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from servloop.measure.figures import Change, Statistic, compare, compare_many, estimate, merge
from servloop.results import Estimate
from servloop.trust.small_groups import suppress_small_groups
from servloop_app.measure.models import Metric, MetricCell, MetricResult
from servloop_app.measure.selection import Selection

SMALLEST_GROUP = 5
Key = TypeVar("Key")


@dataclass(frozen=True)
class Figure:
    """One metric over one selection.

    Attributes:
        metric: whose figure.
        result: the stored result it was merged from; its ``as_of`` says of when.
        estimate: value, n, interval; or why there is none.
        change: against the period before, tested.
        months: the figure month by month.
    """

    metric: Metric
    result: MetricResult
    estimate: Estimate
    change: Change
    months: tuple[tuple[dt.date, Estimate], ...]

    @property
    def verdict(self) -> str:
        """``good``, ``bad`` or ``neutral``: a change counts only when it is clear."""
        difference = self.change.difference.value
        if not self.change.clear or not difference or self.metric.direction == Metric.Direction.BAND:
            return "neutral"
        return "good" if (difference > 0) == (self.metric.direction == Metric.Direction.HIGHER) else "bad"

    @property
    def on_target(self) -> str:
        """``good`` when the interval lies on the target, ``bad`` when it lies off it, else ``watch``; empty without one."""
        return on_target(self.metric, self.estimate)


def on_target(metric: Metric, found: Estimate) -> str:
    """How an estimate stands to its metric's target."""
    low_end, high_end = metric.target_min, metric.target_max
    if (low_end is None and high_end is None) or found.value is None:
        return ""
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    if (low_end is None or low >= low_end) and (high_end is None or high <= high_end):
        return "good"
    if (low_end is not None and high < low_end) or (high_end is not None and low > high_end):
        return "bad"
    return "watch"


@dataclass(frozen=True)
class Row:
    """One group of a breakdown.

    Attributes:
        key: unit code, channel, segment or month.
        estimate: its figure; hidden groups say so as the reason.
        change: against all other groups together.
    """

    key: str
    estimate: Estimate
    change: Change


class Cells:
    """The cells of a result that one person may see, ready to be merged."""

    def __init__(self, metric: Metric, result: MetricResult, rows: Iterable[MetricCell]) -> None:
        self.metric = metric
        self.result = result
        kept = metric.kept
        self._rows = [(row, row.statistic(kept)) for row in rows]

    def statistic(self, selection: Selection, units: frozenset[str] | None = None) -> Statistic:
        """Everything of a selection, merged."""
        return merge(self.metric.kept, (s for row, s in self._rows if _inside(row, selection, units)))

    def figure(self, selection: Selection, units: frozenset[str] | None = None) -> Figure:
        """The figure of a selection with its change and its months.

        Args:
            selection: what to look at.
            units: codes of the selected units with all below them; None for all.
        """
        aggregate = self.metric.aggregate
        now = self.statistic(selection, units)
        before = self.statistic(selection.before(), units)
        months = self._by(lambda row: row.month or selection.first, selection, units)
        return Figure(
            self.metric,
            self.result,
            _guarded(now, aggregate),
            compare(before, now, aggregate),
            tuple(
                (month, _guarded(s, aggregate)) for month, s in sorted(months.items()) if month is not None
            ),
        )

    def breakdown(self, by: str, selection: Selection, units: frozenset[str] | None = None) -> list[Row]:
        """Groups by ``unit_code``, ``channel`` or ``segment``, largest first; each against all others together.

        Groups below the smallest size are hidden, and others with them where they would follow by subtraction.
        """
        groups = self._by(lambda row: str(getattr(row, by)), selection, units)
        names = sorted(groups, key=lambda name: -groups[name].n)
        shown = (
            suppress_small_groups([groups[name].n for name in names], SMALLEST_GROUP).counts if names else ()
        )
        aggregate = self.metric.aggregate
        pairs = {
            name: (merge(self.metric.kept, (s for other, s in groups.items() if other != name)), groups[name])
            for name, count in zip(names, shown, strict=True)
            if count is not None
        }
        changes = compare_many(pairs, aggregate)
        hidden = Estimate.not_computable(
            0, "measure_app.small_group", method=aggregate, smallest=SMALLEST_GROUP
        )
        unknown = Change(hidden, None, None, "")
        return [
            Row(name, estimate(groups[name], aggregate), changes[name])
            if name in pairs
            else Row(name, hidden, unknown)
            for name in names
        ]

    def _by(
        self, key: Callable[[MetricCell], Key], selection: Selection, units: frozenset[str] | None
    ) -> dict[Key, Statistic]:
        groups: dict[Key, list[Statistic]] = defaultdict(list)
        for row, statistic in self._rows:
            if _inside(row, selection, units):
                groups[key(row)].append(statistic)
        return {name: merge(self.metric.kept, parts) for name, parts in groups.items()}

    @property
    def newest_month(self) -> dt.date | None:
        """The last month with a row."""
        return max((row.month for row, _ in self._rows if row.month is not None), default=None)

    @property
    def oldest_month(self) -> dt.date | None:
        """The first month with a row."""
        return min((row.month for row, _ in self._rows if row.month is not None), default=None)

    @property
    def channels(self) -> frozenset[str]:
        """Channels with a row; rows without one do not count."""
        return frozenset(row.channel for row, _ in self._rows if row.channel)


def _guarded(statistic: Statistic, aggregate: str) -> Estimate:
    """The estimate, unless the group is so small that it would speak about single people."""
    if aggregate != "count" and 0 < statistic.n < SMALLEST_GROUP:
        return Estimate.not_computable(
            statistic.n, "measure_app.small_group", method=aggregate, smallest=SMALLEST_GROUP
        )
    return estimate(statistic, aggregate)


def _inside(row: MetricCell, selection: Selection, units: frozenset[str] | None) -> bool:
    return (
        row.month is not None
        and selection.first <= row.month <= selection.last
        and (units is None or row.unit_code in units)
        and (not selection.channels or row.channel in selection.channels)
        and (not selection.segments or row.segment in selection.segments)
    )
