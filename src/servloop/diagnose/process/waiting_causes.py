"""Why cases wait: batching, contention, prioritisation, unavailability, and what none of them explains.

Each wait, from the moment a step could have begun (the latest completion in its case) to its begin, is taken apart
in this order, each cause from what the ones before it left: the time until the last member of its batch was there;
the time in which its person worked on what came earlier (contention) or later (prioritisation); the time in which
they were not at work by the calendar; the rest is extraneous. After Lashkevich, Milani, Chapela-Campa, Suvorau &
Dumas, Why am I waiting? Data-driven analysis of waiting times in business processes (2023).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import COLUMNS
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.diagnose.process.times import waits_after_latest_end
from servloop.errors import InputError, SpecError
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

    from servloop.monitor.calendar import WorkingCalendar

CAUSES = ("batching", "contention", "prioritisation", "unavailability", "extraneous")


@dataclass(frozen=True, slots=True)
class ActivityWaits:
    """Waits before one activity: how many, seconds of each cause, in all."""

    activity: str
    n: int
    total_seconds: float
    batching: float
    contention: float
    prioritisation: float
    unavailability: float
    extraneous: float


@dataclass(frozen=True, kw_only=True)
class WaitingCauses(Result):
    """The causes of all waiting time.

    Attributes:
        n: waits that could be explained (their person is known).
        total_seconds: of them.
        shares: cause → share of the total; the interval treats cases as the sample (linearised ratio).
        activities: by falling waiting time.
        batches: batches found.
    """

    n: int
    total_seconds: float
    shares: dict[str, Estimate]
    activities: tuple[ActivityWaits, ...]
    batches: int
    method: str = "removal_in_order"

    def to_frame(self) -> pl.DataFrame:
        """One row per activity."""
        import polars as pl

        return pl.DataFrame([asdict(item) for item in self.activities], infer_schema_length=None)


def waiting_causes(
    log: EventLog,
    *,
    calendar: WorkingCalendar | None = None,
    batch_size: int = 3,
    batch_gap_seconds: float = 60.0,
    level: float = 0.95,
) -> WaitingCauses:
    """Take the waits of a log apart.

    A batch is a run of at least ``batch_size`` steps of one activity and person, each begun at most
    ``batch_gap_seconds`` after the one before began or ended, all of which could have begun before the first did,
    and for the last of which the person waited without other work.

    Args:
        log: a log with start times and people.
        calendar: when people work; around the clock without it, so that nothing is unavailability.
        batch_size: fewest steps of a batch, at least 2.
        batch_gap_seconds: longest pause within a batch.
        level: coverage of the intervals.

    Raises:
        InputError: ``process.no_resources``, ``process.causes_need_starts``.
        SpecError: ``process.causes_batch_size``, ``process.level_out_of_range``.
    """
    if batch_size < 2:
        raise SpecError("process.causes_batch_size", received=batch_size)
    if not 0 < level < 1:
        raise SpecError("process.level_out_of_range", level=level)
    if log.start is None:
        raise InputError("process.causes_need_starts")
    if not log.has_column(COLUMNS["resource"]):
        raise InputError("process.no_resources", found=list(log.frame.columns))
    people, _ = log.codes_of(COLUMNS["resource"])
    wait, known = waits_after_latest_end(log)
    mine = np.flatnonzero(people >= 0)
    order = mine[np.lexsort((log.end[mine], log.start[mine], people[mine]))]
    steps = _Steps(
        person=people[order].astype(np.int64),
        activity=log.activity[order].astype(np.int64),
        start=log.start[order],
        end=np.maximum(log.end[order], log.start[order]),
        enabled=(log.start - np.where(known, wait, 0))[order],
    )
    ready, batches = _batch_ready(steps, batch_size, round(batch_gap_seconds * MICROSECONDS))
    parts = _parts(steps, ready, calendar)
    waits = steps.start - steps.enabled
    waiting = waits > 0
    case = log.case_index[order]
    seconds = np.stack([parts[cause] for cause in CAUSES]) / MICROSECONDS
    unknown = int((wait[people < 0] > 0).sum())
    return WaitingCauses(
        n=int(waiting.sum()),
        total_seconds=float(waits.sum() / MICROSECONDS),
        shares={
            cause: _share(seconds[place], waits / MICROSECONDS, case, log.cases, level)
            for place, cause in enumerate(CAUSES)
        },
        activities=_by_activity(log, steps.activity, waiting, seconds),
        batches=batches,
        warnings=log.warnings
        + ((Notice("process.causes_without_person", count=unknown),) if unknown else ())
        + ((Notice("process.causes_without_calendar"),) if calendar is None else ()),
    )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps with a known person, ordered by (person, start, end); microseconds."""

    person: Int64
    activity: Int64
    start: Int64
    end: Int64
    enabled: Int64


def _batch_ready(steps: _Steps, size: int, gap: int) -> tuple[Int64, int]:
    """When each step's batch was complete (its own readiness outside batches), and the number of batches."""
    n = len(steps.start)
    ready = steps.enabled.copy()
    if n < size:
        return ready, 0
    order = np.lexsort((np.arange(n), steps.activity, steps.person))
    person, activity = steps.person[order], steps.activity[order]
    start, end, enabled = steps.start[order], steps.end[order], steps.enabled[order]
    near = (start[1:] - start[:-1] <= gap) | (start[1:] - end[:-1] <= gap)
    joined = (person[1:] == person[:-1]) & (activity[1:] == activity[:-1]) & near
    firsts = np.flatnonzero(np.concatenate(([True], ~joined)))
    lengths = np.diff(np.append(firsts, n))
    last_enabled = np.maximum.reduceat(enabled, firsts)
    free_since = _free_since(steps)[order[firsts]]
    is_batch = (lengths >= size) & (last_enabled <= start[firsts]) & (free_since <= last_enabled)
    inside = np.repeat(is_batch, lengths)
    ready[order[inside]] = np.repeat(last_enabled, lengths)[inside]
    return ready, int(is_batch.sum())


def _free_since(steps: _Steps) -> Int64:
    """For each step, when its person had finished all that they began before it."""
    _, reached = _exclusive(steps)
    return reached


def _exclusive(steps: _Steps) -> tuple[Int64, Int64]:
    """Part of each step's time in which no step begun earlier by the person was under way, and their latest end.

    The second is a moment before everything where there is no earlier step.
    """
    n = len(steps.start)
    if n == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    before_all = int(min(steps.start.min(), steps.enabled.min())) - 1
    # Running maxima restart with each person when the people's times are put behind one another.
    span = int(steps.end.max()) - before_all + 1
    shift = np.unique(steps.person, return_inverse=True)[1].astype(np.float64)
    first = np.concatenate(([True], steps.person[1:] != steps.person[:-1]))
    if shift.max() * span < 2**62:
        offset = shift.astype(np.int64) * span
        running = np.maximum.accumulate(steps.end - before_all + offset)
        reached = np.concatenate(([0], running[:-1])) - offset + before_all
    else:  # too many people for too long: one after the other
        reached = np.concatenate(([before_all], steps.end[:-1]))
        for begin, stop in zip(np.flatnonzero(first), [*np.flatnonzero(first)[1:], n], strict=True):
            reached[begin + 1 : stop] = np.maximum.accumulate(steps.end[begin : stop - 1])
    reached[first] = before_all
    return np.maximum(steps.end - np.maximum(steps.start, reached), 0), reached


def _parts(steps: _Steps, ready: Int64, calendar: WorkingCalendar | None) -> dict[str, Int64]:
    """Microseconds of each cause for every step."""
    own, reached = _exclusive(steps)
    free_from = np.maximum(steps.start, reached)  # steps within an earlier one have an exclusive part of 0
    window = steps.start - ready
    parts = _Parts(steps.person, free_from, free_from + own, own)
    busy = _worked(parts, steps.start) - _worked(parts, ready)
    busy = np.clip(busy, 0, window)
    # Work on a step that became ready later lies within the wait as a whole.
    later = np.minimum(_overtaken(steps, ready, own), busy)
    rest = window - busy
    away = np.zeros_like(rest)
    if calendar is not None:
        at_work = _working(calendar, ready, steps.start)
        share = _working(calendar, free_from, free_from + own)
        on_duty = _Parts(steps.person, free_from, free_from + own, share)
        served = _worked(on_duty, steps.start, calendar) - _worked(on_duty, ready, calendar)
        away = np.clip(rest - np.maximum(at_work - served, 0), 0, rest)
    return {
        "batching": ready - steps.enabled,
        "contention": busy - later,
        "prioritisation": later,
        "unavailability": away,
        "extraneous": rest - away,
    }


def _working(calendar: WorkingCalendar, begin: Int64, end: Int64) -> Int64:
    seconds = calendar.working_seconds(begin.astype("datetime64[us]"), end.astype("datetime64[us]"))
    return np.rint(seconds * MICROSECONDS).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Exclusive parts of the work of people, in order: who, from, to, and how much each counts."""

    person: Int64
    begin: Int64
    end: Int64
    length: Int64


def _worked(parts: _Parts, moment: Int64, calendar: WorkingCalendar | None = None) -> Int64:
    """Work of each part's person up to a moment: parts that ended, and the one under way."""
    if not len(moment):
        return np.zeros(0, np.int64)
    total = np.concatenate(([0], np.cumsum(parts.length)))
    place = _last_begun(parts.person, parts.begin, moment)
    first = np.searchsorted(parts.person, parts.person, side="left")
    inside = np.maximum(place, first)
    until = np.clip(moment, parts.begin[inside], parts.end[inside])
    under_way = (
        until - parts.begin[inside] if calendar is None else _working(calendar, parts.begin[inside], until)
    )
    worked: Int64 = np.where(place >= first, total[inside] - total[first] + under_way, 0)
    return worked


def _last_begun(person: Int64, begin: Int64, moment: Int64) -> Int64:
    """Place of the last step of the same person whose exclusive part begins at or before the moment."""
    n = len(begin)
    # Exclusive parts of one person begin in order. Sort questions among them; earlier parts come first in ties.
    keys = np.concatenate((person, person))
    times = np.concatenate((begin, moment))
    asks = np.repeat([0, 1], n)
    order = np.lexsort((asks, times, keys))
    seen = np.cumsum(asks[order] == 0) - 1
    place = np.empty(2 * n, dtype=np.int64)
    place[order] = seen
    return place[n:]


def _overtaken(steps: _Steps, ready: Int64, own: Int64) -> Int64:
    """For each step, the work that its person did before it on steps that became ready after it.

    Sums over pairs (begun earlier, ready later) of one person, by merging blocks of doubling size: n log² n.
    """
    n = len(ready)
    rank = np.empty(n, dtype=np.int64)
    order = np.lexsort((ready, steps.person))
    sorted_ready, sorted_person = ready[order], steps.person[order]
    new = (np.diff(sorted_ready) > 0) | (np.diff(sorted_person) > 0)
    rank[order[1:]] = np.cumsum(new)
    rank[order[:1]] = 0
    found = np.zeros(n, dtype=np.int64)
    place, width = np.arange(n), 1
    while width < n:
        block, right = place // (2 * width), (place // width) % 2 == 1
        # Within a block by falling rank; of equal ranks the right half first, so that ties do not count.
        by_rank = np.lexsort((~right, -rank, block))
        left_work = np.where(right, 0, own)[by_rank]
        so_far = np.cumsum(left_work)
        first = np.searchsorted(block, block[by_rank], side="left")
        before_block = np.concatenate(([0], so_far))[first]
        is_right = right[by_rank]
        found[by_rank[is_right]] += (so_far - before_block)[is_right]
        width *= 2
    # People are in order, so a left partner of higher rank is of the same person.
    return found


def _by_activity(
    log: EventLog, activity: Int64, waiting: Bool, seconds: Float64
) -> tuple[ActivityWaits, ...]:
    labels = log.activity_labels
    counts = np.bincount(activity[waiting], minlength=len(labels))
    table = np.stack([np.bincount(activity, part, minlength=len(labels)) for part in seconds])
    totals = table.sum(axis=0)
    order = np.lexsort((np.arange(len(labels)), -totals))
    return tuple(
        ActivityWaits(
            labels[code],
            int(counts[code]),
            float(totals[code]),
            **{cause: float(table[place, code]) for place, cause in enumerate(CAUSES)},
        )
        for code in order.tolist()
        if counts[code]
    )


def _share(part: Float64, whole: Float64, case: Any, cases: int, level: float) -> Estimate:
    from scipy.special import ndtri

    method, n = "linearised_ratio", int((whole > 0).sum())
    total = float(whole.sum())
    if total <= 0:
        return Estimate.not_computable(n, "process.causes_no_waits", method=method)
    share = float(part.sum()) / total
    of_case = np.bincount(case, part - share * whole, minlength=cases)
    present = int((np.bincount(case, whole, minlength=cases) > 0).sum())
    if present < 2:
        return Estimate(share, n, method=method, level=level)
    error = float(np.sqrt((of_case**2).sum() * present / (present - 1))) / total
    half = float(ndtri(0.5 + level / 2)) * error
    return Estimate(
        share, n, low=max(share - half, 0.0), high=min(share + half, 1.0), method=method, level=level
    )
