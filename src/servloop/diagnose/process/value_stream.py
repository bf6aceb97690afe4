"""The value stream: stages with process time, wait, inventory, people and first-pass quality, and what customers say.

A stage is a group of activities. Its wait is the time from the end of the stage before to its begin; %C&A (complete and
accurate) is the share of its cases that it never gets back from a later stage. Sources: Rother & Shook, Learning to see
(1999); Keyte & Locher, The complete lean enterprise (2004) for %C&A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.journey import Stage
from servloop.diagnose.process.bottlenecks import median_interval
from servloop.diagnose.process.breaches import mean_rating
from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.diagnose.process.times import service_union
from servloop.errors import SpecError
from servloop.inference import wilson_interval
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

_WEEK = 7 * 86_400.0
_HOURS_A_WEEK = 40.0


@dataclass(frozen=True, slots=True)
class StreamStage:
    """One stage.

    Attributes:
        name: of the stage.
        cases: that pass it.
        process: median seconds in which somebody works on a case in the stage (union of intervals); not computable
            without start times.
        lead: median seconds from the stage's first begin to its last end.
        wait: median seconds from the end of what came before to the begin of the stage's first step.
        complete_accurate: share of cases that a later stage never sends back.
        inventory: cases in the stage or waiting for it, mean over the time of the log.
        people: different ones; None where the log names none.
        fte: work of the stage in people with a full week; None without start times.
        rating: mean rating of its cases, where ratings were given.
    """

    name: str
    cases: int
    process: Estimate
    lead: Estimate
    wait: Estimate
    complete_accurate: Estimate
    inventory: float
    people: int | None
    fte: float | None
    rating: Estimate | None


@dataclass(frozen=True, kw_only=True)
class ValueStream(Result):
    """Stages in their order.

    Attributes:
        n: cases.
        stages: as they were defined.
        process_seconds, lead_seconds: mean per case, over all stages and from begin to end.
        rolled_complete_accurate: product of the stages' shares: what gets through everything the first time.
        unmapped: events of no stage.
    """

    n: int
    stages: tuple[StreamStage, ...]
    process_seconds: float | None
    lead_seconds: float | None
    rolled_complete_accurate: float | None
    unmapped: int
    method: str = "stages_of_activities"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All figures and ``warnings``."""
        return {name: plain(value, language) for name, value in vars(self).items()}

    def to_frame(self) -> pl.DataFrame:
        """One row per stage."""
        import polars as pl

        rows = []
        for stage in self.stages:
            row = asdict(stage)
            for name in ("process", "lead", "wait", "complete_accurate", "rating"):
                figure = getattr(stage, name)
                row[name] = None if figure is None else figure.value
            rows.append(row)
        return pl.DataFrame(rows, infer_schema_length=None)


def value_stream(
    log: EventLog,
    stages: Sequence[Stage],
    *,
    ratings: Mapping[str, float] | None = None,
    hours_a_week: float = _HOURS_A_WEEK,
    level: float = 0.95,
) -> ValueStream:
    """The value stream of a log.

    Args:
        log: the event log.
        stages: in the order of the stream.
        ratings: case id → rating by the customer: joins the stream with what it is for.
        hours_a_week: of one full position.
        level: coverage of the intervals.

    Raises:
        SpecError: ``journey.no_stages``, ``journey.named_twice``.
    """
    stage_of = _stage_of_activity(log, stages)
    place = stage_of[log.activity] if log.events else np.zeros(0, np.int64)
    unmapped = int((place < 0).sum())
    given = ratings or {}
    rating = np.array([given.get(case, np.nan) for case in log.case_ids()], dtype=np.float64)
    found = tuple(
        _stage(log, stage.name, number, place, rating if ratings is not None else None, hours_a_week, level)
        for number, stage in enumerate(stages)
    )
    shares = [stage.complete_accurate.value for stage in found if stage.complete_accurate.value is not None]
    return ValueStream(
        n=log.cases,
        stages=found,
        process_seconds=float(service_union(log).mean()) / MICROSECONDS
        if log.cases and log.start is not None
        else None,
        lead_seconds=float(log.throughput.mean()) / MICROSECONDS if log.cases else None,
        rolled_complete_accurate=float(np.prod(shares)) if shares else None,
        unmapped=unmapped,
        warnings=log.warnings + ((Notice("journey.events_unmapped", count=unmapped),) if unmapped else ()),
    )


def _stage_of_activity(log: EventLog, stages: Sequence[Stage]) -> Int64:
    if not stages:
        raise SpecError("journey.no_stages")
    names = [name for stage in stages for name in stage.activities]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError("journey.named_twice", names=twice)
    stage_of = np.full(max(len(log.activity_labels), 1), -1, dtype=np.int64)
    for number, stage in enumerate(stages):
        for name in stage.activities:
            if name in log.activity_labels:
                stage_of[log.activity_labels.index(name)] = number
    return stage_of


def _stage(  # noqa: PLR0917  # one call, all of one stage
    log: EventLog,
    name: str,
    number: int,
    place: Int64,
    rating: Float64 | None,
    hours_a_week: float,
    level: float,
) -> StreamStage:
    mine = place == number
    if not mine.any():
        gap = Estimate.not_computable(0, "journey.no_cases")
        return StreamStage(name, 0, gap, gap, gap, gap, 0.0, None, None, None if rating is None else gap)
    part = log.keep_events(mine)
    visited = np.unique(log.case_index[mine])
    work = service_union(part)
    first = np.flatnonzero(mine)[part.offsets[:-1]]
    follows = first > log.offsets[:-1][visited]
    wait = np.maximum(log.begin[first] - log.end[np.maximum(first - 1, 0)], 0)
    again = _sent_back(log, number, place)[visited]
    span = max(float(log.end.max() - log.begin.min()), 1.0)
    held = float(part.throughput.sum() + wait[follows].sum()) / span
    timed = log.start is not None
    people = None
    if log.has_column("resource"):
        codes, _ = part.codes_of("resource")
        people = len(np.unique(codes[codes >= 0]))
    weeks = span / MICROSECONDS / _WEEK
    return StreamStage(
        name=name,
        cases=len(visited),
        process=_median(work, level)
        if timed
        else Estimate.not_computable(len(visited), "process.no_start_times", method="median"),
        lead=_median(part.throughput, level),
        wait=_median(wait[follows], level),
        complete_accurate=_share(int((~again).sum()), len(visited), level),
        inventory=held,
        people=people,
        fte=float(work.sum()) / MICROSECONDS / 3_600 / (weeks * hours_a_week) if timed else None,
        rating=None if rating is None else mean_rating(rating, visited, level),
    )


def _sent_back(log: EventLog, number: int, place: Int64) -> Bool:
    """Per case: whether the stage came after a later stage, having been done before."""
    seen = place >= 0
    case, stage = log.case_index[seen], place[seen]
    returns = (case[1:] == case[:-1]) & (stage[1:] == number) & (stage[:-1] > number)
    begun = np.full(log.cases, log.events, dtype=np.int64)
    rows = np.flatnonzero(stage == number)
    np.minimum.at(begun, case[rows], rows)
    back = np.zeros(log.cases, dtype=np.bool_)
    moves = np.flatnonzero(returns) + 1
    back[case[moves[moves > begun[case[moves]]]]] = True
    return back


def _median(times: Int64, level: float) -> Estimate:
    if len(times) == 0:
        return Estimate.not_computable(0, "journey.no_cases", method="median_order_statistics")
    grouped = GroupedDurations.of(np.zeros(len(times), np.int64), times, 1)
    low, high = (float(bound[0]) for bound in median_interval(grouped, level))
    few = bool(np.isnan(low))
    return Estimate(
        float(grouped.quantile(0.5)[0]),
        len(times),
        low=None if few else low,
        high=None if few else high,
        method="median_order_statistics",
        level=level,
    )


def _share(hits: int, n: int, level: float) -> Estimate:
    low, high = wilson_interval(hits, n, level)
    return Estimate(hits / n, n, low=low, high=high, method="wilson", level=level)
