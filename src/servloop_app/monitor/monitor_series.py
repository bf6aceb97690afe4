"""The series behind monitors, read from the facts by a job: a statistic for each period, small groups tied.

Periods are days, ISO weeks or months; a period counts once it is over and the facts reach its end, so that half a
week is never held against limits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl

from servloop.facts import FactsScope, Snapshot
from servloop.facts.cells import PEOPLE, compute_periods, newest_day
from servloop.measure.figures import CellTable, Statistic, estimate
from servloop.results import Estimate
from servloop_app.measure.figures import SMALLEST_GROUP
from servloop_app.measure.models import Metric
from servloop_app.monitor.models import Monitor

MOST_POINTS = {"day": 400, "week": 160, "month": 84}
# A source whose last rows are this old at the end of a period still reached it: nobody works every day.
_SLACK = {"day": 0, "week": 2, "month": 4}
_GRAINS: dict[str, Literal["day", "week", "month"]] = {"day": "day", "week": "week", "month": "month"}
_FIRST_YEAR = 2000


@dataclass(frozen=True)
class PeriodPoint:
    """What is known of one period.

    Attributes:
        start: its first day.
        days: how many it has.
        statistic: what may be told.
        left_out: rows of groups too small to be told.
        estimate: the figure with its interval; without a value where there is none.
    """

    start: dt.date
    days: int
    statistic: Statistic
    left_out: int
    estimate: Estimate


class PeriodTable:
    """All periods of one metric, for any units.

    Args:
        snapshot: of the facts.
        metric: whose figures.
        period: ``day``, ``week`` or ``month``.
        today: periods that are not over by then do not count.

    Raises:
        ServLoopError: the formula no longer fits the facts.
    """

    def __init__(self, snapshot: Snapshot, metric: Metric, period: str, today: dt.date) -> None:
        self._metric = metric
        self._period = Monitor.Period(period)
        with snapshot.connect(FactsScope.everything()) as facts:
            rows = compute_periods(facts, metric.source, metric.formula, _GRAINS[self._period])
            newest = newest_day(facts, metric.source)
        self.starts = self._complete(rows, newest, today)
        self._table = self._cells(rows)

    def _complete(self, rows: pl.DataFrame, newest: dt.date | None, today: dt.date) -> list[dt.date]:
        known = rows["month"].drop_nulls()
        if not len(known) or newest is None:
            return []
        start = known.min()
        assert isinstance(start, dt.date)
        reach = min(today - dt.timedelta(days=1), newest + dt.timedelta(days=_SLACK[self._period]))
        found = []
        while following(start, self._period) - dt.timedelta(days=1) <= reach:
            found.append(start)
            start = following(start, self._period)
        return found[-MOST_POINTS[self._period] :]

    def _cells(self, rows: pl.DataFrame) -> CellTable:
        """A table of cells in which the place of a period stands where a month usually does."""
        places = {start: month_of(place) for place, start in enumerate(self.starts)}
        kept = rows.filter(pl.col("month").is_in(self.starts)).with_columns(
            pl.col("month").replace_strict(places, return_dtype=pl.Date),
            pl.lit(None, pl.String).alias("segment"),
        )
        table = CellTable.from_frame(self._metric.kept, kept)
        people = self._metric.source in PEOPLE and not self._metric.plain_count
        return table.protected(SMALLEST_GROUP) if people else table

    def points(self, units: frozenset[str] | None) -> list[PeriodPoint]:
        """One point for each period, the oldest first, from some units; None for all."""
        mask = self._table.select(units=units)
        told = self._table.group(self._table.tellable(mask, "month"), "month")
        rows = self._table.rows_of(mask, "month")
        found = []
        for place, start in enumerate(self.starts):
            name = month_of(place).isoformat()
            statistic = told.get(name, Statistic(self._metric.kept))
            left_out = rows.get(name, 0) - statistic.n
            found.append(
                PeriodPoint(
                    start,
                    (following(start, self._period) - start).days,
                    statistic,
                    left_out,
                    self._estimate(statistic, left_out),
                )
            )
        return found

    def _estimate(self, told: Statistic, left_out: int) -> Estimate:
        aggregate = self._metric.aggregate
        if left_out > told.n:
            return Estimate.not_computable(
                0, "measure_app.small_group", method=aggregate, smallest=SMALLEST_GROUP
            )
        return estimate(told, aggregate)


def month_of(place: int) -> dt.date:
    """The month that stands for the n-th period in a table of cells."""
    return dt.date(_FIRST_YEAR + place // 12, place % 12 + 1, 1)


def following(start: dt.date, period: str) -> dt.date:
    """First day of the next period."""
    if period == Monitor.Period.MONTH:
        return dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start + dt.timedelta(days=7 if period == Monitor.Period.WEEK else 1)
