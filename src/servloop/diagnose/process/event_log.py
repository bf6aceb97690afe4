"""The event log in the form in which all process kernels read it: integer codes, sorted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from servloop.diagnose.process.ordering import Bool, Int32, Int64, encode, encode_ids, order_rows
from servloop.errors import InputError
from servloop.results import Notice

if TYPE_CHECKING:
    import polars as pl

REQUIRED = ("case_id", "activity", "time")
_TIES = "process.tied_timestamps"
_YEAR = 365.25 * 86_400e6  # microseconds
_CLOCK_SAMPLE = 10_000
_CLOCK_MARGIN = 5 * _YEAR  # a clock that jumped is off by more than a log is long, and by more than this


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events of all cases, cases one after the other, events of a case in their order.

    The order within a case is (time, seq); where intervals are known it is (start, end, seq). All times are
    microseconds since 1970 in UTC.

    Attributes:
        offsets: where each case begins, cases + 1 entries.
        case_codes: code of each case in ``case_labels``.
        activity: code of each event's activity in ``activity_labels``.
        end: completion of each event.
        start: begin of each event, None when the log knows completions only.
        rows: row of ``frame`` from which each event comes.
        case_labels: code → case id.
        activity_labels: code → activity, in sorted order.
        frame: the source table; resources and attributes are read from it when they are asked for.
        seq_supplied: the order of events with equal times is known from the source.
        warnings: what was noticed while the log was built.
    """

    offsets: Int64
    case_codes: Int32
    activity: Int32
    end: Int64
    start: Int64 | None
    rows: Int32
    case_labels: pl.Series
    activity_labels: tuple[str, ...]
    frame: pl.DataFrame
    seq_supplied: bool = False
    warnings: tuple[Notice, ...] = ()
    _columns: dict[str, tuple[Int32, pl.Series]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: pl.DataFrame,
        *,
        lifecycle: Literal["complete", "all"] = "complete",
        seq_supplied: bool = False,
    ) -> EventLog:
        """Build the log from the canonical events table.

        Args:
            frame: columns ``case_id``, ``activity``, ``time`` (with zone); optional ``start_time``,
                ``lifecycle``, ``seq``; all others are attributes.
            lifecycle: ``"complete"`` keeps rows whose lifecycle is complete or not given, ``"all"`` all rows.
            seq_supplied: ``seq`` comes from the source itself, not from the place of the row in a file, so
                the order of events with equal times is known and not warned about.

        Raises:
            InputError: ``process.missing_column``, ``process.times_without_zone``.
        """
        for name in REQUIRED:
            if name not in frame.columns:
                raise InputError("process.missing_column", column=name, found=list(frame.columns))
        case, case_labels = encode_ids(frame["case_id"])
        activity, activity_labels = encode(frame["activity"])
        end = _microseconds(frame["time"])
        start = _start_times(frame, end)
        rows, warnings = _usable_rows(frame, case, activity, lifecycle)
        if rows is not None:
            case, activity, end = case[rows], activity[rows], end[rows]
            start = None if start is None else start[rows]
        keys = (end,) if start is None else (start, end)
        if "seq" in frame.columns:
            seq = frame["seq"].to_numpy()
            keys = (*keys, seq if rows is None else seq[rows])
        order = order_rows(case, *keys)
        if order is not None:
            case, activity, end = case[order], activity[order], end[order]
            start = None if start is None else start[order]
            rows = order if rows is None else rows[order]
        begins = np.concatenate(([True], case[1:] != case[:-1])) if len(case) else np.zeros(0, np.bool_)
        log = cls(
            offsets=np.append(np.flatnonzero(begins), len(case)).astype(np.int64),
            case_codes=case[begins],
            activity=activity,
            end=end,
            start=start,
            rows=np.arange(len(case), dtype=np.int32) if rows is None else rows.astype(np.int32),
            case_labels=case_labels,
            activity_labels=tuple(activity_labels.to_list()),
            frame=frame,
            seq_supplied=seq_supplied,
            warnings=warnings + _odd_times(start, end),
        )
        return _with_ties(log)

    @property
    def events(self) -> int:
        """Number of events."""
        return len(self.activity)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return len(self.case_codes)

    @cached_property
    def lengths(self) -> Int64:
        """Events of each case."""
        return np.diff(self.offsets)

    @cached_property
    def case_index(self) -> Int32:
        """Place of each event's case, 0..cases-1."""
        return np.repeat(np.arange(self.cases, dtype=np.int32), self.lengths)

    @cached_property
    def inner(self) -> Bool:
        """For each pair of neighbouring rows (events - 1 of them): whether both are of one case."""
        inside = np.ones(max(self.events - 1, 0), dtype=np.bool_)
        inside[self.offsets[1:-1] - 1] = False
        return inside

    @property
    def begin(self) -> Int64:
        """When each event began: its start, or its completion where no start is known."""
        return self.end if self.start is None else self.start

    @property
    def pairs(self) -> tuple[Int32, Int32, Int64]:
        """Directly following events of one case: activity before, activity after, microseconds between.

        The time is from the completion of the first to the begin of the second (for logs with completions
        only: from completion to completion); where intervals overlap it is negative.
        """
        inner = self.inner  # not kept: 16 bytes an event, and quickly made again
        between = self.begin[1:][inner]
        between -= self.end[:-1][inner]
        return self.activity[:-1][inner], self.activity[1:][inner], between

    @cached_property
    def throughput(self) -> Int64:
        """Microseconds of each case from its first begin to its last completion."""
        if self.events == 0:
            return np.zeros(0, dtype=np.int64)
        if self.start is None:
            return self.end[self.offsets[1:] - 1] - self.end[self.offsets[:-1]]
        last = np.maximum.reduceat(self.end, self.offsets[:-1])
        return last - self.start[self.offsets[:-1]]

    def case_ids(self, cases: NDArray[Any] | Sequence[int] | None = None) -> list[str]:
        """Ids of cases by their place; of all cases without an argument."""
        codes = self.case_codes if cases is None else self.case_codes[np.asarray(cases, dtype=np.int64)]
        return self.case_labels.gather(codes).to_list()

    def has_column(self, name: str) -> bool:
        """Whether the source table has this column with at least one value."""
        return name in self.frame.columns and self.frame[name].null_count() < self.frame.height

    def codes_of(self, name: str) -> tuple[Int32, pl.Series]:
        """A column of the source as codes per event (-1 is missing) and labels in sorted order.

        Raises:
            InputError: ``process.no_such_column``.
        """
        if name not in self.frame.columns:
            raise InputError("process.no_such_column", column=name, found=list(self.frame.columns))
        if name not in self._columns:
            # Kept for the whole table, so that logs made by filtering share it.
            self._columns[name] = encode(self.frame[name])
        codes, labels = self._columns[name]
        return codes[self.rows], labels

    def keep_cases(self, keep: Bool) -> EventLog:
        """The log of some cases; nothing is sorted again.

        Args:
            keep: one flag per case.
        """
        events = np.repeat(keep, self.lengths)
        return self._compress(events, self.case_codes[keep], self.lengths[keep])

    def keep_events(self, keep: Bool) -> EventLog:
        """The log of some events; a case that has none left is gone.

        Args:
            keep: one flag per event.
        """
        lengths = np.bincount(self.case_index[keep], minlength=self.cases)
        remain = lengths > 0
        return self._compress(keep, self.case_codes[remain], lengths[remain])

    def _compress(self, events: Bool, case_codes: Int32, lengths: Int64) -> EventLog:
        part = replace(
            self,
            offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            case_codes=case_codes,
            activity=self.activity[events],
            end=self.end[events],
            start=None if self.start is None else self.start[events],
            rows=self.rows[events],
        )
        return _with_ties(part)


def _with_ties(log: EventLog) -> EventLog:
    """The log with the warning about ties that fits its events."""
    others = tuple(notice for notice in log.warnings if notice.code != _TIES)
    ties = () if log.seq_supplied else _ties(log)
    return log if others + ties == log.warnings else replace(log, warnings=others + ties)


def _microseconds(column: pl.Series) -> Int64:
    import polars as pl

    dtype = column.dtype
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone is None:
        raise InputError("process.times_without_zone", column=column.name, received=str(dtype))
    return column.dt.cast_time_unit("us").to_physical().fill_null(0).to_numpy()


def _start_times(frame: pl.DataFrame, end: Int64) -> Int64 | None:
    """Starts; an event without one began when it ended. None when no event has one."""
    if "start_time" not in frame.columns or frame["start_time"].null_count() == frame.height:
        return None
    start = _microseconds(frame["start_time"])
    missing = frame["start_time"].is_null()
    return np.where(missing.to_numpy(), end, start) if missing.any() else start


def _usable_rows(
    frame: pl.DataFrame, case: Int32, activity: Int32, lifecycle: str
) -> tuple[Int64 | None, tuple[Notice, ...]]:
    """Rows that enter, None for all: rows without case, activity or time do not; nor do other lifecycles."""
    import polars as pl

    warnings: list[Notice] = []
    usable = np.ones(frame.height, dtype=np.bool_)
    if any(frame[name].null_count() for name in REQUIRED):
        usable = (case >= 0) & (activity >= 0) & frame["time"].is_not_null().to_numpy()
        warnings.append(Notice("process.rows_without_key", count=int((~usable).sum())))
    if lifecycle == "complete" and "lifecycle" in frame.columns:
        column = frame["lifecycle"].cast(pl.String).fill_null("complete")
        complete = (column == "complete").to_numpy()
        if complete.any() or frame.height == 0:
            usable &= complete
        else:
            found = column.unique().sort().to_list()
            warnings.append(Notice("process.no_complete_rows", frame.height, {"found": found}))
    return (None if usable.all() else np.flatnonzero(usable)), tuple(warnings)


def _odd_times(start: Int64 | None, end: Int64) -> tuple[Notice, ...]:
    """Warnings about clocks: events that end before they begin, and times far from all others."""
    if len(end) == 0:
        return ()
    notices: list[Notice] = []
    if start is not None and (backward := int((end < start).sum())):
        notices.append(Notice("process.ends_before_start", count=backward))
    # What is usual is told from a sample; only a log whose extremes are odd pays for a second look.
    low, high = np.quantile(end[:: max(len(end) // _CLOCK_SAMPLE, 1)], (0.01, 0.99))
    margin = max(high - low, _CLOCK_MARGIN)
    if end.min() < low - margin or end.max() > high + margin:
        odd = (end < low - margin) | (end > high + margin)
        notices.append(Notice("process.times_far_off", int(odd.sum()), {"years": f"{margin / _YEAR:.1f}"}))
    return tuple(notices)


def _ties(log: EventLog) -> tuple[Notice, ...]:
    """A warning when different activities of a case have equal times, so that only the file's order is left."""
    if log.events < 2:
        return ()
    tied = log.inner & (log.end[1:] == log.end[:-1])
    if log.start is not None:
        tied &= log.start[1:] == log.start[:-1]
    different = tied & (log.activity[1:] != log.activity[:-1])
    if not different.any():
        return ()
    moment = np.cumsum(~tied)
    return (Notice(_TIES, count=len(np.unique(moment[different]))),)
