"""Durations judged in working time: a log on the time axis of a calendar, and what that changes.

A log whose times are moved to the axis of working seconds keeps its order, so every kernel that speaks of
durations (steps, bottlenecks, comparison, slow cases, rules) judges working time when it is given that log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.bottlenecks import median_interval
from servloop.diagnose.process.directly_follows import EdgeTable, edge_method
from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Int64
from servloop.errors import InputError, SpecError
from servloop.inference import wilson_interval
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

    from servloop.monitor.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class StepWorkingTime:
    """The time of one step, elapsed and in working time (seconds); the interval is that of the working median."""

    source: str
    target: str
    n: int
    elapsed_median: float
    working_median: float
    low: float | None
    high: float | None
    working_mean: float
    working_total: float


@dataclass(frozen=True, kw_only=True)
class CalendarTimes(Result):
    """Case and step times in working time.

    Attributes:
        n: cases.
        elapsed: median throughput time in elapsed seconds.
        median, mean: throughput time in working seconds.
        p90: its 90th percentile.
        within_limit: share of cases within the limit in working seconds; not computable without a limit.
        steps: by falling total working time.
        outside_hours: completions outside working hours.
        level: coverage of the intervals.
        method: how the time of a step is measured.
    """

    n: int
    elapsed: Estimate
    median: Estimate
    mean: Estimate
    p90: Estimate
    within_limit: Estimate
    steps: tuple[StepWorkingTime, ...]
    outside_hours: int
    level: float
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per step."""
        import polars as pl

        return pl.DataFrame([asdict(step) for step in self.steps], infer_schema_length=None)


def in_working_time(
    log: EventLog,
    calendar: WorkingCalendar | Mapping[str, WorkingCalendar],
    *,
    unit_column: str | None = None,
) -> EventLog:
    """The log on the axis of working time: every difference of its times is a working duration.

    Its times are no longer moments: use the log for durations only, not for hours of the day or periods.

    Args:
        log: the event log.
        calendar: one calendar for all cases, or one per unit.
        unit_column: column that names the unit; a case is judged by the calendar of its first event that has
            one.

    Raises:
        SpecError: ``process.calendar_needs_units`` when calendars per unit come without a column.
        InputError: ``process.no_such_column``, ``process.calendar_unit_unknown`` for units without a calendar.
    """
    if log.events == 0:
        return log
    origin = int(min(log.begin.min(), log.end.min()))
    end = np.zeros(log.events, dtype=np.int64)
    start = None if log.start is None else np.zeros(log.events, dtype=np.int64)
    for used, cases in _calendars(log, calendar, unit_column):
        events = np.repeat(cases, log.lengths)
        end[events] = _on_axis(used, origin, log.end[events])
        if start is not None and log.start is not None:
            start[events] = _on_axis(used, origin, log.start[events])
    return replace(log, end=end, start=start)


def _on_axis(calendar: WorkingCalendar, origin: int, times: Int64) -> Int64:
    seconds = calendar.working_seconds(
        np.int64(origin).astype("datetime64[us]"), times.astype("datetime64[us]")
    )
    return np.rint(seconds * MICROSECONDS).astype(np.int64)


def _calendars(
    log: EventLog, calendar: WorkingCalendar | Mapping[str, WorkingCalendar], unit_column: str | None
) -> list[tuple[WorkingCalendar, Bool]]:
    """Each calendar with the cases that it judges."""
    if not isinstance(calendar, Mapping):
        return [(calendar, np.ones(log.cases, dtype=np.bool_))]
    if unit_column is None:
        raise SpecError("process.calendar_needs_units", units=sorted(calendar))
    unit, labels = case_units(log, unit_column)
    present = [labels[code] for code in np.unique(unit[unit >= 0]).tolist()]
    unknown = [name for name in present if name not in calendar]
    if unknown or (unit < 0).any():
        raise InputError(
            "process.calendar_unit_unknown",
            column=unit_column,
            unknown=unknown[:20],
            missing=int((unit < 0).sum()),
        )
    return [(calendar[name], unit == labels.index(name)) for name in present]


def case_units(log: EventLog, column: str) -> tuple[Int64, list[str]]:
    """Code of each case's unit (that of its first event with one, -1 for none), and the labels.

    Raises:
        InputError: ``process.no_such_column``.
    """
    codes, labels = log.codes_of(column)
    unit = np.full(log.cases, -1, dtype=np.int64)
    known = np.flatnonzero(codes >= 0)[::-1]
    unit[log.case_index[known]] = codes[known]  # written from the last to the first: the first stays
    return unit, labels.to_list()


def calendar_times(
    log: EventLog,
    calendar: WorkingCalendar | Mapping[str, WorkingCalendar],
    *,
    unit_column: str | None = None,
    limit_seconds: float | None = None,
    level: float = 0.95,
) -> CalendarTimes:
    """Case and step times in working time, beside elapsed time.

    Args:
        log: the event log.
        calendar: as in `in_working_time`.
        unit_column: as in `in_working_time`.
        limit_seconds: promised throughput time in working seconds.
        level: coverage of the intervals.

    Raises:
        SpecError, InputError: as `in_working_time`; ``process.level_out_of_range``.
    """
    if not 0 < level < 1:
        raise SpecError("process.level_out_of_range", level=level)
    moved = in_working_time(log, calendar, unit_column=unit_column)
    elapsed, worked = EdgeTable.of(log), EdgeTable.of(moved)
    low, high = median_interval(worked.waits, level)
    totals = worked.waits.totals()
    columns = (
        elapsed.waits.quantile(0.5),
        worked.waits.quantile(0.5),
        low,
        high,
        worked.waits.means(),
        totals,
    )
    labels = log.activity_labels
    steps = tuple(
        StepWorkingTime(
            labels[worked.source[edge]],
            labels[worked.target[edge]],
            int(worked.count[edge]),
            *(_known(column[edge]) for column in columns),  # type: ignore[arg-type]  # only bounds may be None
        )
        for edge in np.lexsort((worked.target, worked.source, -totals)).tolist()
    )
    outside = _outside(log, calendar, unit_column)
    return CalendarTimes(
        n=log.cases,
        elapsed=_median(log.throughput, level),
        median=_median(moved.throughput, level),
        mean=_mean(moved.throughput, level),
        p90=_percentile(moved.throughput),
        within_limit=_within(moved.throughput, limit_seconds, level),
        steps=steps,
        outside_hours=outside,
        level=level,
        method=edge_method(log),
        warnings=log.warnings + ((Notice("process.calendar_outside", count=outside),) if outside else ()),
    )


def _outside(
    log: EventLog, calendar: WorkingCalendar | Mapping[str, WorkingCalendar], unit_column: str | None
) -> int:
    """Completions at which nobody works: neither the second before nor the second after is working time."""
    found = 0
    for used, cases in _calendars(log, calendar, unit_column) if log.events else ():
        times = log.end[np.repeat(cases, log.lengths)]
        around = used.working_seconds(
            (times - MICROSECONDS).astype("datetime64[us]"), (times + MICROSECONDS).astype("datetime64[us]")
        )
        found += int((around == 0).sum())
    return found


def _median(times: Int64, level: float) -> Estimate:
    if not len(times):
        return Estimate.not_computable(0, "process.calendar_no_cases", method="median_order_statistics")
    grouped = GroupedDurations.of(np.zeros(len(times), dtype=np.int64), times, 1)
    low, high = median_interval(grouped, level)
    return Estimate(
        float(grouped.quantile(0.5)[0]),
        len(times),
        low=_known(low[0]),
        high=_known(high[0]),
        method="median_order_statistics",
        level=level,
    )


def _mean(times: Int64, level: float) -> Estimate:
    if not len(times):
        return Estimate.not_computable(0, "process.calendar_no_cases", method="mean_t")
    from scipy.special import stdtrit

    seconds, n = times / MICROSECONDS, len(times)
    mean = float(seconds.mean())
    if n == 1:
        return Estimate(mean, 1, method="mean_t", level=level)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(seconds.std(ddof=1)) / n**0.5
    return Estimate(mean, n, low=mean - half, high=mean + half, method="mean_t", level=level)


def _percentile(times: Int64) -> Estimate:
    if not len(times):
        return Estimate.not_computable(0, "process.calendar_no_cases", method="quantile_type_7")
    return Estimate(float(np.quantile(times, 0.9)) / MICROSECONDS, len(times), method="quantile_type_7")


def _within(times: Int64, limit: float | None, level: float) -> Estimate:
    if limit is None:
        return Estimate.not_computable(len(times), "process.calendar_no_limit", method="wilson")
    if not len(times):
        return Estimate.not_computable(0, "process.calendar_no_cases", method="wilson")
    n, hits = len(times), int((times <= limit * MICROSECONDS).sum())
    low, high = wilson_interval(hits, n, level)
    return Estimate(hits / n, n, low, high, "wilson", level)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
