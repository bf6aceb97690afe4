"""Figures for pages: merged from cells, with interval, change, breakdowns, and small groups left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from servloop.measure.benchmarks import BenchmarkComparison, shipped_benchmarks
from servloop.measure.benchmarks import compare as compare_with_benchmark
from servloop.measure.figures import (
    CellTable,
    Change,
    Statistic,
    compare,
    compare_many,
    estimate,
    merge,
    without,
)
from servloop.measure.figures.cell_table import Dimension, Mask
from servloop.results import Estimate
from servloop_app.measure.models import Metric, MetricResult
from servloop_app.measure.selection import Selection

By = Literal["unit_code", "month", "channel", "segment"]
_DIMENSIONS: Mapping[By, Dimension] = {
    "unit_code": "unit",
    "month": "month",
    "channel": "channel",
    "segment": "segment",
}
SMALLEST_GROUP = 5
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Figure:
    """One metric over one selection.

    Attributes:
        metric: whose figure.
        result: the stored result it was merged from; its ``as_of`` says of when.
        estimate: value, n, interval; or why there is none.
        change: against the period before, tested.
        months: the figure month by month.
        left_out: rows of groups too small to be told that lie only partly in the selection; they are not in the figure.
    """

    metric: Metric
    result: MetricResult
    estimate: Estimate
    change: Change
    months: tuple[tuple[dt.date, Estimate], ...]
    left_out: int = 0

    @property
    def verdict(self) -> str:
        """``good``, ``bad`` or ``neutral``: a change counts only when it is clear."""
        difference = self.change.difference.value
        if not self.change.clear or not difference or self.metric.direction == Metric.Direction.BAND:
            return "neutral"
        return "good" if (difference > 0) == (self.metric.direction == Metric.Direction.HIGHER) else "bad"

    @property
    def benchmarks(self) -> tuple[BenchmarkComparison, ...]:
        """The figure against the benchmarks of its metric."""
        return tuple(
            compare_with_benchmark(self.estimate, benchmark)
            for benchmark in shipped_benchmarks().values()
            if benchmark.metric == self.metric.code and self.metric.shipped
        )

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
        left_out: rows of the group that are not in its figure (see `Figure`).
    """

    key: str
    estimate: Estimate
    change: Change
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a result that one person may see, ready to be merged.

    Attributes:
        metric: whose cells.
        result: the result that they come from.
        table: all cells of the result.
        visible: codes of the units that the person may see; None for all.

    What was asked once is remembered: the parts of a page ask for the same selections. An object lives as long as
    a request or a job.
    """

    metric: Metric
    result: MetricResult
    table: CellTable
    visible: frozenset[str] | None = None
    _found: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def select(self, selection: Selection, units: frozenset[str] | None = None) -> Mask:
        """The cells of a selection that the person may see."""

        def select() -> Mask:
            seen = self.visible if units is None else units if self.visible is None else units & self.visible
            return self.table.select(
                selection.first,
                selection.last,
                units=seen,
                channels=frozenset(selection.channels) or None,
                segments=frozenset(selection.segments) or None,
            )

        return self._once(("select", selection, units), select)

    def _once(self, question: Hashable, answer: Callable[[], _Answer]) -> _Answer:
        """The answer to a question, worked out the first time."""
        if question not in self._found:
            self._found[question] = answer()
        found: _Answer = self._found[question]
        return found

    def told(self, selection: Selection, units: frozenset[str] | None = None, by: By | None = None) -> Mask:
        """Those of them that may be told, in one sum or in groups.

        How much there was is no secret, unless it is asked by segment.
        """
        mask = self.select(selection, units)
        if self.metric.plain_count and not selection.segments and by != "segment":
            return mask
        return self.table.tellable(mask, _DIMENSIONS[by] if by else None)

    def statistic(self, selection: Selection, units: frozenset[str] | None = None) -> Statistic:
        """Everything of a selection that may be told, merged."""
        return self.table.merge(self.told(selection, units))

    def figure(self, selection: Selection, units: frozenset[str] | None = None) -> Figure:
        """The figure of a selection with its change and its months.

        Args:
            selection: what to look at.
            units: codes of the selected units with all below them; None for all.
        """

        def figure() -> Figure:
            now = self.statistic(selection, units)
            before = self.statistic(selection.before(), units)
            left_out = self._rows(selection, units) - now.n
            return Figure(
                self.metric,
                self.result,
                self._estimate(now, left_out),
                compare(before, now, self.metric.aggregate),
                self.months(selection, units),
                left_out,
            )

        return self._once(("figure", selection, units), figure)

    def months(
        self, selection: Selection, units: frozenset[str] | None = None
    ) -> tuple[tuple[dt.date, Estimate], ...]:
        """The figure of a selection month by month; months without rows are left out."""

        def months() -> tuple[tuple[dt.date, Estimate], ...]:
            found = self.estimates("month", selection, units)
            return tuple((dt.date.fromisoformat(month), one) for month, one in sorted(found.items()))

        return self._once(("months", selection, units), months)

    def estimates(
        self, by: By, selection: Selection, units: frozenset[str] | None = None
    ) -> dict[str, Estimate]:
        """The figure of every group, without any comparison."""
        groups = self._groups(by, selection, units)
        return {name: self._estimate(now, missing) for name, (now, missing) in groups.items()}

    def value(self, selection: Selection, units: frozenset[str] | None = None) -> Estimate:
        """The bare figure of a selection, without change and months."""
        now = self.statistic(selection, units)
        return self._estimate(now, self._rows(selection, units) - now.n)

    def breakdown(self, by: By, selection: Selection, units: frozenset[str] | None = None) -> list[Row]:
        """Groups by ``unit_code``, ``channel``, ``segment`` or ``month``, largest first; each against all others.

        What could be worked out about a small group by subtraction is not there (see `servloop.measure.figures.disclosure`).
        """
        return list(
            self._once(("breakdown", by, selection, units), lambda: self._breakdown(by, selection, units))
        )

    def _breakdown(self, by: By, selection: Selection, units: frozenset[str] | None) -> list[Row]:
        groups = self._groups(by, selection, units)
        estimates = {name: self._estimate(now, missing) for name, (now, missing) in groups.items()}
        shown = {name: groups[name][0] for name, found in estimates.items() if found.computable}
        whole = merge(self.metric.kept, shown.values())
        changes = compare_many(
            {name: (without(whole, now), now) for name, now in shown.items()}, self.metric.aggregate
        )
        ordered = sorted(groups, key=lambda name: (name not in shown, -groups[name][0].n, name))
        return [
            Row(
                name,
                estimates[name],
                changes.get(name) or Change(estimates[name], None, None, ""),
                groups[name][1],
            )
            for name in ordered
        ]

    def _groups(
        self, by: By, selection: Selection, units: frozenset[str] | None
    ) -> dict[str, tuple[Statistic, int]]:
        """For each group with rows: what may be told of it, and how many rows are left out."""
        dimension = _DIMENSIONS[by]
        told = self.table.group(self.told(selection, units, by), dimension)
        nothing = Statistic(self.metric.kept)
        return {
            name: (now, rows - now.n)
            for name, rows in self.table.rows_of(self.select(selection, units), dimension).items()
            for now in (told.get(name, nothing),)
        }

    def _rows(self, selection: Selection, units: frozenset[str] | None) -> int:
        return int(self.table.n[self.select(selection, units)].sum())

    def _estimate(self, told: Statistic, left_out: int) -> Estimate:
        """The estimate; none when most rows had to be left out, or when the formula could not be computed."""
        aggregate = self.metric.aggregate
        if self.result.error_code:
            return Estimate.not_computable(
                0, self.result.error_code, method=aggregate, **self.result.error_params
            )
        if left_out > told.n:
            return Estimate.not_computable(
                0, "measure_app.small_group", method=aggregate, smallest=SMALLEST_GROUP
            )
        return estimate(told, aggregate)

    @property
    def newest_month(self) -> dt.date | None:
        """The last month with a row."""
        return self._month(max)

    @property
    def oldest_month(self) -> dt.date | None:
        """The first month with a row."""
        return self._month(min)

    def _month(self, choose: Callable[[Iterable[str]], str]) -> dt.date | None:
        months = self.table.rows_of(self._visible, "month")
        return dt.date.fromisoformat(choose(months)) if months else None

    @property
    def channels(self) -> frozenset[str]:
        """Channels with a row; rows without one do not count."""
        return frozenset(self.table.rows_of(self._visible, "channel")) - {""}

    @property
    def segments(self) -> frozenset[str]:
        """Segments with a row; rows without one do not count."""
        return frozenset(self.table.rows_of(self._visible, "segment")) - {""}

    @property
    def _visible(self) -> Mask:
        return self.table.select(units=self.visible)
