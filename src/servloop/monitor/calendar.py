"""Working time: how long something took while people were at work, and when it is due.

Weekly hours are local wall-clock times; everything is computed on the UTC time line, so that days of 23 and
25 hours count as they are. Local times that a clock change skips stand for the moment of the change; those
that occur twice are covered both times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.holidays import HolidayTable, china_holidays

Spans = tuple[tuple[int, int], ...]
"""Working spans of a day: (from, to) in seconds after local midnight, ordered, without overlaps."""

_DAY = 86_400
_MICROSECONDS = 1_000_000
_FURTHEST_YEAR = 9000
Times = npt.ArrayLike
_Instants = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WorkingCalendar:
    """Hours of work in a zone, with holidays.

    Attributes:
        weekly: spans for Monday to Sunday; an empty tuple is a day off.
        zone: IANA name of the zone of the spans.
        holidays: days off and make-up working days; None for plain weeks.
        make_up: spans of a make-up working day; those of the first weekday with work when not given.
    """

    weekly: tuple[Spans, ...]
    zone: str
    holidays: HolidayTable | None = None
    make_up: Spans | None = None

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise SpecError("monitor.calendar_week_invalid", received=len(self.weekly))
        for spans in (*self.weekly, self.make_up or ()):
            edges = [edge for span in spans for edge in span]
            ordered = all(first < second for first, second in spans) and edges == sorted(edges)
            if not ordered or (edges and (edges[0] < 0 or edges[-1] > _DAY)):
                raise SpecError("monitor.calendar_spans_invalid", spans=str(spans))
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SpecError("monitor.zone_unknown", zone=self.zone) from error

    @classmethod
    def from_hours(
        cls,
        hours: Mapping[int, Sequence[tuple[str, str]]],
        zone: str,
        holidays: HolidayTable | None = None,
        make_up: Sequence[tuple[str, str]] | None = None,
    ) -> WorkingCalendar:
        """From written hours: ``{0: [("09:00", "12:00"), ("13:30", "18:00")], …}``, 0 = Monday.

        Raises:
            SpecError: a time is not HH:MM up to 24:00, spans overlap, or the zone is unknown.
        """
        weekly = tuple(tuple(_span(span) for span in hours.get(day, ())) for day in range(7))
        return cls(
            weekly, zone, holidays, None if make_up is None else tuple(_span(span) for span in make_up)
        )

    @classmethod
    def china(
        cls, spans: Sequence[tuple[str, str]] = (("09:00", "12:00"), ("13:00", "18:00"))
    ) -> WorkingCalendar:
        """Monday to Friday in China with its public holidays and make-up days."""
        return cls.from_hours(dict.fromkeys(range(5), spans), "Asia/Shanghai", china_holidays())

    def spans_of(self, day: date) -> Spans:
        """The working spans of one local day."""
        if self.holidays is not None:
            if day in self.holidays.off:
                return ()
            if day in self.holidays.work:
                if self.make_up is not None:
                    return self.make_up
                return next((spans for spans in self.weekly if spans), ())
        return self.weekly[day.weekday()]

    def is_working_day(self, days: Times) -> npt.NDArray[np.bool_]:
        """Whether local days (datetime64[D], dates or ISO texts) have working hours; NaT is no working day."""
        array = np.asarray(days, dtype="datetime64[D]")
        weekday = (array.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        working = np.array([bool(spans) for spans in self.weekly])[weekday]
        if self.holidays is not None:
            make_up = self.make_up is None or bool(self.make_up)
            working = np.where(
                np.isin(array, _days(self.holidays.work)), make_up and any(self.weekly), working
            )
            working = working & ~np.isin(array, _days(self.holidays.off))
        return np.asarray(working & ~np.isnat(array))

    def working_seconds(self, start: Times, end: Times) -> npt.NDArray[np.float64]:
        """Working seconds between instants; negative when the end is earlier.

        Args:
            start: datetime64 in UTC, any shape.
            end: datetime64 in UTC, broadcast with ``start``.

        Returns:
            float64 of the common shape; NaN where either is missing (NaT).
        """
        first, last = np.broadcast_arrays(_instants(start), _instants(end))
        missing = np.isnat(first) | np.isnat(last)
        elapsed = np.full(first.shape, np.nan)
        if missing.all():
            return elapsed
        begin, finish = first[~missing].astype(np.int64), last[~missing].astype(np.int64)
        line = self._line(min(begin.min(), finish.min()), max(begin.max(), finish.max()))
        elapsed[~missing] = (line.worked(finish) - line.worked(begin)) / _MICROSECONDS
        return elapsed

    def add_working_time(self, start: Times, seconds: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
        """The earliest instants by which that much working time has passed.

        Args:
            start: datetime64 in UTC, any shape.
            seconds: working time to add, 0 or more, broadcast with ``start``; 0 gives ``start`` itself.

        Returns:
            datetime64[us] in UTC; NaT where the start is missing.

        Raises:
            SpecError: seconds are negative or not finite, or the calendar has no working hours.
        """
        first, amount = np.broadcast_arrays(_instants(start), np.asarray(seconds, dtype=np.float64))
        if not np.isfinite(amount).all() or (amount < 0).any():
            raise SpecError("monitor.working_time_negative")
        due = np.array(first)
        moving = ~np.isnat(first) & (amount > 0)
        if not moving.any():
            return due
        begin = first[moving].astype(np.int64)
        work = np.round(amount[moving] * _MICROSECONDS).astype(np.int64)
        reach = int(begin.max()) + int(work.max()) * 2
        while True:
            line = self._line(int(begin.min()), reach)
            target = line.worked(begin) + work
            if target.max() <= line.total:
                due[moving] = line.reached(target).astype("datetime64[us]")
                return due
            if not any(self.weekly) or _year(reach) > _FURTHEST_YEAR:
                raise SpecError("monitor.calendar_without_hours")
            reach += max(reach - int(begin.min()), 366 * _DAY * _MICROSECONDS)

    def due_at(self, start: datetime, seconds: float) -> datetime:
        """`add_working_time` for one instant with zone; the answer is in UTC."""
        if start.tzinfo is None:
            raise InputError("monitor.time_without_zone", time=start.isoformat())
        instant = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "us")
        due = cast("datetime", self.add_working_time(instant, seconds).item())
        return due.replace(tzinfo=UTC)

    def _line(self, first: int, last: int) -> _WorkLine:
        years = range(_year(first) - 1, min(_year(last), _FURTHEST_YEAR) + 2)
        return _WorkLine(np.concatenate([_year_intervals(self, year) for year in years], axis=1))


class _WorkLine:
    """Working intervals on the UTC time line and the work done up to any instant (microseconds)."""

    def __init__(self, intervals: _Instants) -> None:
        starts, ends = intervals
        # A span that ends in a repeated hour may reach into the next one: each moment counts once.
        ends = np.maximum.accumulate(ends) if ends.size else ends
        starts = np.maximum(starts, np.concatenate([starts[:1], ends[:-1]]))
        kept = ends > starts
        self._starts, self._ends = starts[kept], ends[kept]
        self._done = np.concatenate([[0], np.cumsum(self._ends - self._starts)])

    @property
    def total(self) -> int:
        return int(self._done[-1])

    def worked(self, instants: _Instants) -> _Instants:
        if not self._starts.size:
            return np.zeros_like(instants)
        place = np.searchsorted(self._starts, instants, side="right") - 1
        inside = np.maximum(place, 0)
        part = np.clip(instants - self._starts[inside], 0, self._ends[inside] - self._starts[inside])
        return np.where(place < 0, 0, self._done[inside] + part)

    def reached(self, work: _Instants) -> _Instants:
        """The earliest instants with that much work done; ``work`` is positive and within the line."""
        place = np.searchsorted(self._done, work, side="left") - 1
        return np.asarray(self._starts[place] + work - self._done[place])


@lru_cache(maxsize=1024)
def _year_intervals(calendar: WorkingCalendar, year: int) -> _Instants:
    """Working intervals that begin in a local year: starts and ends in microseconds since 1970 UTC."""
    zone = ZoneInfo(calendar.zone)
    day, pairs = date(year, 1, 1), []
    while day.year == year:
        for begin, finish in calendar.spans_of(day):
            pairs.append((_utc(day, begin, zone, fold=0), _utc(day, finish, zone, fold=1)))
        day += timedelta(days=1)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def _utc(day: date, seconds: int, zone: ZoneInfo, *, fold: int) -> int:
    """A local wall-clock time as an instant; a skipped time is the moment of the clock change."""
    wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        before = early.astimezone(zone).utcoffset()
        while late - early > timedelta(seconds=1):
            middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
            if middle.astimezone(zone).utcoffset() == before:
                early = middle
            else:
                late = middle
        instant = late
    return int(instant.timestamp()) * _MICROSECONDS


def _instants(times: Times) -> npt.NDArray[np.datetime64]:
    return np.asarray(times, dtype="datetime64[us]")


def _days(days: frozenset[date]) -> npt.NDArray[np.datetime64]:
    return np.array(sorted(days), dtype="datetime64[D]")


def _year(instant: int) -> int:
    return int(np.int64(instant).astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64)) + 1970


def _span(span: tuple[str, str]) -> tuple[int, int]:
    return _clock(span[0]), _clock(span[1])


def _clock(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60):
        raise SpecError("monitor.clock_time_invalid", time=text)
    return int(hours) * 3600 + int(minutes) * 60
