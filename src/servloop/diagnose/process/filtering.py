"""Parts of a log: by time, by attribute, by variant, by path. A part is a log again; nothing is sorted anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

import numpy as np

from servloop.diagnose.process.directly_follows import TABLE_ACTIVITIES
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool
from servloop.diagnose.process.variants import variant_of_cases
from servloop.errors import SpecError

TimeRule = Literal["contained", "touching", "starting", "ending", "events"]


def between(
    log: EventLog, since: datetime | None, until: datetime | None, *, rule: TimeRule = "contained"
) -> EventLog:
    """Cases, or events, of a span of time.

    Args:
        log: the event log.
        since: first moment (inclusive), with zone; None for no bound.
        until: first moment after the span, with zone; None for no bound.
        rule: ``contained``: cases that lie in it wholly; ``touching``: cases that overlap it; ``starting`` and
            ``ending``: cases that begin or end in it; ``events``: events completed in it, which cuts cases.

    Raises:
        SpecError: ``process.bound_without_zone``, ``process.empty_span``.
    """
    low, high = _moment(since, -(2**63)), _moment(until, 2**63 - 1)
    if low >= high:
        raise SpecError("process.empty_span", since=str(since), until=str(until))
    if rule == "events":
        return log.keep_events((log.end >= low) & (log.end < high))
    if log.cases == 0:
        return log
    first = log.begin[log.offsets[:-1]]
    last = np.maximum.reduceat(log.end, log.offsets[:-1])
    keep = {
        "contained": (first >= low) & (last < high),
        "touching": (last >= low) & (first < high),
        "starting": (first >= low) & (first < high),
        "ending": (last >= low) & (last < high),
    }
    return log.keep_cases(keep[rule])


def with_attribute(
    log: EventLog,
    column: str,
    values: Collection[str | None],
    *,
    of: Literal["cases", "events"] = "cases",
    keep: bool = True,
) -> EventLog:
    """Cases in which some event has one of the values, or just those events; with ``keep=False`` the others.

    Args:
        log: the event log.
        column: a column of the source table.
        values: as text; None stands for a missing value.
        of: what to keep.
        keep: whether these are kept or left out.

    Raises:
        InputError: ``process.no_such_column``.
    """
    codes, labels = log.codes_of(column)
    wanted = np.zeros(len(labels) + 1, dtype=np.bool_)
    wanted[:-1] = labels.is_in([value for value in values if value is not None]).to_numpy()
    wanted[-1] = None in values  # code -1 reads the last entry
    chosen = wanted[codes]
    if of == "events":
        return log.keep_events(chosen == keep)
    return log.keep_cases(_any_event(log, chosen) == keep)


def with_activity(log: EventLog, activities: Collection[str], *, keep: bool = True) -> EventLog:
    """Cases in which one of the activities occurs; with ``keep=False`` the others.

    Raises:
        SpecError: ``process.unknown_activity``.
    """
    occurs = _any_event(log, np.isin(log.activity, _codes(log, activities)))
    return log.keep_cases(occurs if keep else ~occurs)


def with_path(
    log: EventLog, source: str, target: str, *, directly: bool = True, keep: bool = True
) -> EventLog:
    """Cases in which one activity is followed by another.

    Args:
        log: the event log.
        source: the activity before.
        target: the activity after.
        directly: at once; else at any later place of the case.
        keep: cases with the path; False for the others.

    Raises:
        SpecError: ``process.unknown_activity``.
    """
    first, second = _codes(log, [source, target])
    if log.cases == 0:
        return log
    if directly:
        follows = np.zeros(log.events, dtype=np.bool_)
        follows[1:] = log.inner & (log.activity[:-1] == first) & (log.activity[1:] == second)
        found = _any_event(log, follows)
    else:
        place = np.arange(log.events)
        earliest = np.where(log.activity == first, place, log.events)
        latest = np.where(log.activity == second, place, -1)
        found = np.minimum.reduceat(earliest, log.offsets[:-1]) < np.maximum.reduceat(
            latest, log.offsets[:-1]
        )
    return log.keep_cases(found if keep else ~found)


def with_endpoints(
    log: EventLog, *, starts: Collection[str] | None = None, ends: Collection[str] | None = None
) -> EventLog:
    """Cases that begin and end with one of the given activities; None sets no condition.

    Raises:
        SpecError: ``process.unknown_activity``.
    """
    keep = np.ones(log.cases, dtype=np.bool_)
    if starts is not None:
        keep &= np.isin(log.activity[log.offsets[:-1]], _codes(log, starts))
    if ends is not None:
        keep &= np.isin(log.activity[log.offsets[1:] - 1], _codes(log, ends))
    return log.keep_cases(keep)


def with_variants(log: EventLog, paths: Collection[Sequence[str]]) -> EventLog:
    """Cases that take exactly one of the paths."""
    variant, representative = variant_of_cases(log)
    place = {label: code for code, label in enumerate(log.activity_labels)}
    lengths = log.lengths[representative]
    chosen = np.zeros(len(representative), dtype=np.bool_)
    for path in {tuple(path) for path in paths}:
        if not path or any(label not in place for label in path):
            continue
        # Of the paths of this length, those that agree step by step: few are left after some steps.
        alike = np.flatnonzero(lengths == len(path))
        for step, label in enumerate(path):
            alike = alike[log.activity[log.offsets[representative[alike]] + step] == place[label]]
        chosen[alike] = True
    return log.keep_cases(chosen[variant])


def within_edges(log: EventLog, edges: Collection[tuple[str, str]]) -> Bool:
    """For each case, whether every direct succession of it is among the edges."""
    place = {label: code for code, label in enumerate(log.activity_labels)}
    count = len(place)
    codes = [place[a] * count + place[b] for a, b in edges if a in place and b in place]
    pair: Any = log.activity[:-1].astype(np.int32 if count < 2**15 else np.int64)
    pair *= count
    pair += log.activity[1:]
    if count <= TABLE_ACTIVITIES:
        forbidden = np.ones(count * count, dtype=np.bool_)
        forbidden[codes] = False
        leaves = forbidden[pair]
    else:
        leaves = np.isin(pair, codes, invert=True)
    outside = np.zeros(log.events, dtype=np.bool_)
    outside[1:] = leaves & log.inner
    return ~_any_event(log, outside)


def _any_event(log: EventLog, chosen: Bool) -> Bool:
    """Whether some event of a case is chosen, per case."""
    result = np.zeros(log.cases, dtype=np.bool_)
    result[log.case_index[chosen]] = True
    return result


def _codes(log: EventLog, activities: Collection[str]) -> list[int]:
    place = {label: code for code, label in enumerate(log.activity_labels)}
    unknown = [activity for activity in activities if activity not in place]
    if unknown:
        raise SpecError("process.unknown_activity", unknown=unknown, found=list(log.activity_labels))
    return [place[activity] for activity in activities]


def _moment(bound: datetime | None, default: int) -> int:
    if bound is None:
        return default
    if bound.tzinfo is None:
        raise SpecError("process.bound_without_zone", received=bound.isoformat())
    import polars as pl

    moment: Any = pl.Series([bound]).dt.convert_time_zone("UTC").dt.cast_time_unit("us").to_physical()[0]
    return int(moment)
