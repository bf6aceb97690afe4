"""Who does the work and what it waits for: rework, returns, hand-overs, load by hour, queues, causes of waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import handovers
from servloop.diagnose.process.ping_pong import ping_pong
from servloop.diagnose.process.queues import queues
from servloop.diagnose.process.rework import rework
from servloop.diagnose.process.waiting_causes import waiting_causes
from servloop.diagnose.process.workload import workload
from servloop.errors import ServLoopError
from servloop.inference import wilson_interval
from servloop.results import plain
from servloop_app.diagnose.studies.base import Asked, Found, stored, study
from servloop_app.diagnose.studies.hours import HOUR, SLOTS, local_times, slot_of, weeks_of

LISTED = 40
MATRIX = 14
BY = {"department": "group", "resource": "resource"}
_MOST_HOURS = 20_000_000


@study("work")
def work_out(asked: Asked) -> Found:
    """All that the page shows; what the log cannot tell has its reason in its place."""
    by: Any = BY[asked.parameters["by"]]
    log = asked.log
    return Found(
        {
            "rework": _rework(log),
            "returns": stored(ping_pong(log).pairs[:LISTED]),
            "party_returns": _or_why(lambda: stored(ping_pong(log, by=by).pairs[:LISTED])),
            "handovers": _or_why(lambda: _handovers(log, by)),
            "load": _or_why(lambda: _load(asked, by)),
            "hours": _or_why(lambda: _hours(asked, by)),
            "queues": _queues(log),
            "causes": _or_why(lambda: _causes(asked)),
        }
    )


def _or_why(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ServLoopError as error:
        return {"why": {"code": error.code, "count": 1, "params": plain(error.params)}}


def _rework(log: EventLog) -> dict[str, Any]:
    found = rework(log)
    right = found.n - found.cases_with_rework
    low, high = wilson_interval(right, found.n) if found.n else (None, None)
    return {
        "n": found.n,
        "right": right,
        "share": right / found.n if found.n else None,
        "low": low,
        "high": high,
        "cases": found.cases_with_rework,
        "steps": [
            {
                "activity": activity,
                "extra": extra,
                "cases": found.rework_cases[activity],
                "loops": found.self_loops.get(activity, 0),
                "same": found.self_loops_same_resource.get(activity)
                if found.self_loops_same_resource
                else None,
            }
            for activity, extra in list(found.extra_executions.items())[:LISTED]
        ],
    }


def _handovers(log: EventLog, by: Any) -> dict[str, Any]:
    found = handovers(log, by=by)
    totals: dict[str, int] = {}
    for pair in found.handovers:
        for name in (pair.source, pair.target):
            totals[name] = totals.get(name, 0) + pair.count
    names = sorted(totals, key=lambda name: (-totals[name], name))
    return {
        "n": found.n,
        "within": found.within,
        "between": found.between,
        "wait_within": stored(found.median_wait_within),
        "wait_between": stored(found.median_wait_between),
        "names": names[:MATRIX],
        "others": max(len(names) - MATRIX, 0),
        "pairs": [
            [pair.source, pair.target, pair.count]
            for pair in found.handovers
            if pair.source in names[:MATRIX] and pair.target in names[:MATRIX]
        ],
    }


def _load(asked: Asked, by: Any) -> dict[str, Any]:
    log = asked.log
    available = _working_seconds(asked)
    names = log.codes_of("department" if by == "group" else "resource")[1].to_list()
    # A department is as many people as it has, so only a single person's time can be told from the calendar.
    times = dict.fromkeys(names, available) if by == "resource" and available > 0 else None
    found = workload(log, by=by, timezone=asked.zone, available_seconds=times)
    return {
        "loads": stored(found.loads[:LISTED]),
        "of": len(found.loads),
        "little": stored(found.little),
        "available": available if times else None,
        "week": [list(day) for day in found.week],
        "n": found.n,
    }


def _working_seconds(asked: Asked) -> float:
    if not asked.log.events:
        return 0.0
    ends = np.array([asked.log.begin.min(), asked.log.end.max()]).astype("datetime64[us]")
    return float(asked.calendar.working_seconds(ends[:1], ends[1:])[0])


def _hours(asked: Asked, by: Any) -> dict[str, Any] | None:  # noqa: ARG001  # people are counted whatever the matrix shows
    """Mean number of people at work in each hour of the week; None without start times or people."""
    log = asked.log
    if log.start is None or not log.has_column("resource") or not log.events:
        return None
    codes, labels = log.codes_of("resource")
    known = (codes >= 0) & (log.end > log.start)
    local = local_times(log.start[known], asked.zone), local_times(log.end[known], asked.zone)
    person, start, end = _joined(codes[known].astype(np.int64), *local)
    if int(((end - start) // HOUR + 2).sum()) > _MOST_HOURS:
        return None
    first = start // HOUR
    spans = (end - 1) // HOUR - first + 1
    place = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans)
    hour = np.repeat(first, spans) + place
    begin, until = hour * HOUR, (hour + 1) * HOUR
    inside = np.minimum(np.repeat(end, spans), until) - np.maximum(np.repeat(start, spans), begin)
    slot = slot_of(hour)
    busy = np.bincount(slot, inside, SLOTS)
    weeks = weeks_of(log, asked.zone)
    people = busy / HOUR / weeks
    used = np.array([len(np.unique(np.repeat(person, spans)[slot == one])) for one in range(SLOTS)])
    return {
        "people": people.reshape(7, 24).round(4).tolist(),
        "seen": used.reshape(7, 24).tolist(),
        "all": len(labels),
        "weeks": weeks,
    }


def _joined(person: Any, start: Any, end: Any) -> tuple[Any, Any, Any]:
    """Overlapping work of one person joined."""
    order = np.lexsort((start, person))
    person, start, end = person[order], start[order], end[order]
    if not len(person):
        return person, start, end
    span = int(end.max() - start.min()) + 1
    rank = np.unique(person, return_inverse=True)[1]
    low = int(start.min())
    reached = np.maximum.accumulate(end - low + rank * span)
    fresh = np.concatenate(([True], start[1:] - low + rank[1:] * span > reached[:-1]))
    firsts = np.flatnonzero(fresh)
    return person[firsts], start[firsts], np.maximum.reduceat(end, firsts)


def _queues(log: EventLog) -> dict[str, Any]:
    found = queues(log)
    return {"n": found.n, "method": found.method, "queues": stored(found.queues[:LISTED])}


def _causes(asked: Asked) -> dict[str, Any]:
    found = waiting_causes(asked.log, calendar=asked.calendar)
    return {
        "n": found.n,
        "total": found.total_seconds,
        "shares": stored(found.shares),
        "activities": stored(found.activities[:LISTED]),
        "batches": found.batches,
        "warnings": stored([notice for notice in found.warnings if notice not in asked.log.warnings]),
    }
