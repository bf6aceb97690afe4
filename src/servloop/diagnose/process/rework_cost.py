"""What doing things again costs, and steps back against the designed order.

An execution beyond the first costs its own service and the wait before it. Where a step is done again with chance r
each time, it takes T / (1 - r) in the mean (Dumas et al., Fundamentals of Business Process Management, 2018, section
7.1: the rework pattern). The check compares that with what repetition really adds: r is estimated from first
executions, and the two differ where a second time makes a third likelier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Int64, stable_argsort
from servloop.diagnose.process.times import waits_after_latest_end
from servloop.errors import SpecError
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class ActivityRework:
    """One activity.

    Attributes:
        activity: its name.
        executions: how often it was done.
        again: executions beyond the first of their case.
        cases: cases with any.
        service_seconds: spent on them; None where the log does not say when work began.
        waiting_seconds: waited before them.
        repeat_share: cases with a repetition / cases with the activity.
        flow_factor: 1 / (1 - repeat_share): executions per case if every repetition had that chance; None where
            every case repeats.
        measured_factor: executions per case that has the activity.
    """

    activity: str
    executions: int
    again: int
    cases: int
    service_seconds: float | None
    waiting_seconds: float
    repeat_share: float
    flow_factor: float | None
    measured_factor: float


@dataclass(frozen=True, slots=True)
class BackwardMove:
    """Going back from one activity to one that the designed order puts before it."""

    source: str
    target: str
    count: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class ReworkCost(Result):
    """Cost of repetitions.

    Attributes:
        n: cases.
        activities: those done again, the dearest (service and wait) first.
        service_seconds, waiting_seconds: of all; service is None without start times.
        backward: moves against the order, the most frequent first; empty without an order.
        cases_backward: cases with any.
    """

    n: int
    activities: tuple[ActivityRework, ...]
    service_seconds: float | None
    waiting_seconds: float
    backward: tuple[BackwardMove, ...]
    cases_backward: int
    method: str = "executions_beyond_the_first"

    def to_frame(self) -> pl.DataFrame:
        """One row per activity."""
        import polars as pl

        return pl.DataFrame([asdict(item) for item in self.activities], infer_schema_length=None)


def rework_cost(log: EventLog, *, order: Sequence[str] = ()) -> ReworkCost:
    """Time that repetitions take, and moves against the designed order.

    Args:
        log: the event log.
        order: activities as designed; those that are not named are ignored when moves are judged.

    Raises:
        SpecError: ``process.unknown_activity``, ``process.order_twice``.
    """
    unknown = [name for name in order if name not in log.activity_labels]
    if unknown:
        raise SpecError("process.unknown_activity", unknown=unknown, found=list(log.activity_labels))
    if len(set(order)) < len(order):
        raise SpecError("process.order_twice", names=sorted({n for n in order if order.count(n) > 1}))
    again = _beyond_the_first(log)
    wait, known = waits_after_latest_end(log)
    waits = np.where(known & again, wait, 0) / MICROSECONDS
    service = np.where(again, np.maximum(log.end - log.begin, 0), 0) / MICROSECONDS
    count = len(log.activity_labels)
    executions = np.bincount(log.activity, minlength=count)
    repeated = np.bincount(log.activity[again], minlength=count)
    per_wait = np.bincount(log.activity, waits, minlength=count)
    per_service = np.bincount(log.activity, service, minlength=count)
    timed = log.start is not None
    visited = executions - repeated
    repeating = [
        len(np.unique(log.case_index[again & (log.activity == code)])) if repeated[code] else 0
        for code in range(count)
    ]
    rows = [
        ActivityRework(
            activity=log.activity_labels[code],
            executions=int(executions[code]),
            again=int(repeated[code]),
            cases=repeating[code],
            service_seconds=float(per_service[code]) if timed else None,
            waiting_seconds=float(per_wait[code]),
            repeat_share=float(repeating[code] / visited[code]),
            flow_factor=float(visited[code] / (visited[code] - repeating[code]))
            if repeating[code] < visited[code]
            else None,
            measured_factor=float(executions[code] / visited[code]),
        )
        for code in np.flatnonzero(repeated).tolist()
    ]
    rows.sort(key=lambda item: (-(item.service_seconds or 0.0) - item.waiting_seconds, item.activity))
    moves, cases = _backward(log, order)
    return ReworkCost(
        n=log.cases,
        activities=tuple(rows),
        service_seconds=float(service.sum()) if timed else None,
        waiting_seconds=float(waits.sum()),
        backward=moves,
        cases_backward=cases,
        warnings=log.warnings,
    )


def _beyond_the_first(log: EventLog) -> Bool:
    """Whether each event repeats an activity that its case did before."""
    key: Int64 = log.case_index.astype(np.int64) * max(len(log.activity_labels), 1) + log.activity
    order = stable_argsort(key)
    again = np.zeros(log.events, dtype=np.bool_)
    again[order[1:]] = key[order[1:]] == key[order[:-1]]
    return again


def _backward(log: EventLog, order: Sequence[str]) -> tuple[tuple[BackwardMove, ...], int]:
    if not order or log.events < 2:
        return (), 0
    rank = np.full(len(log.activity_labels), -1, dtype=np.int64)
    for number, name in enumerate(order):
        rank[log.activity_labels.index(name)] = number
    ranked = np.flatnonzero(rank[log.activity] >= 0)  # others between do not hide a move
    case, activity = log.case_index[ranked], log.activity[ranked].astype(np.int64)
    back = (case[1:] == case[:-1]) & (rank[activity[1:]] < rank[activity[:-1]])
    pair = activity[:-1][back] * len(rank) + activity[1:][back]
    of = case[1:][back]
    found, place, counts = np.unique(pair, return_inverse=True, return_counts=True)
    moves = [
        BackwardMove(
            log.activity_labels[code // len(rank)],
            log.activity_labels[code % len(rank)],
            int(counts[number]),
            len(np.unique(of[place == number])),
        )
        for number, code in enumerate(found.tolist())
    ]
    moves.sort(key=lambda move: (-move.count, move.source, move.target))
    return tuple(moves), len(np.unique(of))
