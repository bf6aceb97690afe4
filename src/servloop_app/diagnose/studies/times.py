"""How long cases and steps take, elapsed or in working time, with running cases counted; a sample of cases as dots."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from servloop.diagnose.process.calendar_times import calendar_times, in_working_time
from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.live import Survival
from servloop.diagnose.process.times import flow_efficiency, step_times
from servloop_app.diagnose.studies.base import Asked, Found, stored, study
from servloop_app.diagnose.studies.closing import closing_of

BINS = 24
CURVE = 60
LISTED = 40
DOTS = 5_000
CASES = 400
_CEILING = 0.95
_Z = 1.959964


@study("times")
def work_out(asked: Asked) -> Found:
    """All that the page shows, on the time axis that was asked for."""
    log = asked.log
    working = asked.parameters["time"] == "working"
    axis = in_working_time(log, asked.calendar) if working else log
    closing = closing_of(asked)
    result = {
        "calendar": _calendar(asked),
        "distribution": _distribution(axis.throughput / MICROSECONDS),
        "survival": _survival(log, axis, closing),
        "closing": closing,
        "steps": stored(step_times(axis).steps[: LISTED * 5]),
        "timed": log.start is not None,
        "flow": stored(flow_efficiency(log).of_log),
        "dots": {"cases": min(log.cases, _taken(log)), "of": log.cases},
        "first": int(log.begin.min()),
        "last": int(log.end.max()),
    }
    return Found(result, _dots(log))


def _calendar(asked: Asked) -> dict[str, Any]:
    found = calendar_times(asked.log, asked.calendar)
    return {
        "elapsed": stored(found.elapsed),
        "median": stored(found.median),
        "mean": stored(found.mean),
        "p90": stored(found.p90),
        "outside": found.outside_hours,
        "steps": stored(found.steps[:LISTED]),
        "method": found.method,
    }


def _distribution(seconds: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """Cases per span of time; what lies beyond the 95th percentile is in the last one."""
    ceiling = float(np.quantile(seconds, _CEILING)) or float(seconds.max()) or 1.0
    # Whole seconds, so that the filter that a bar opens finds exactly its cases.
    edges = np.unique(np.rint(np.linspace(0, ceiling, BINS + 1)))
    if len(edges) < 2:
        edges = np.array([0.0, 1.0])
    counts, _ = np.histogram(np.minimum(seconds, edges[-1]), bins=edges)
    # The last bar has no upper bound: the filter below an edge leaves out what lies on it.
    return {
        "edges": edges.astype(int).tolist(),
        "counts": counts.tolist(),
        "median": float(np.quantile(seconds, 0.5)),
        "p90": float(np.quantile(seconds, 0.9)),
        "longest": float(seconds.max()),
        "n": len(seconds),
    }


def _survival(log: EventLog, axis: EventLog, closing: list[str]) -> dict[str, Any]:
    """Share of cases done within a time, with those that still run as censored at the log's end."""
    codes = [log.activity_labels.index(name) for name in closing]
    ended = np.isin(log.activity[log.offsets[1:] - 1], codes)
    begin = axis.begin[axis.offsets[:-1]]
    age = np.where(ended, axis.throughput, axis.end.max() - begin) / MICROSECONDS
    found = Survival.of(age, ended)
    running = int((~ended).sum())
    if not len(found.times):
        return {"running": running, "n": log.cases, "curve": [], "median": None, "seen": None}
    last = float(np.quantile(age[ended], 0.99)) or float(found.times[-1])
    moments = np.linspace(0, last, CURVE)
    share, variance = found.beyond(moments)
    inside = (share > 0) & (share < 1)
    spread = np.zeros_like(share)
    spread[inside] = np.sqrt(variance[inside]) / np.abs(np.log(share[inside])) * _Z
    low = np.where(inside, share ** np.exp(spread), share)
    high = np.where(inside, share ** np.exp(-spread), share)
    below = np.flatnonzero(found.share <= 0.5)
    curve = zip(moments.tolist(), (1 - share).tolist(), (1 - high).tolist(), (1 - low).tolist(), strict=True)
    return {
        "running": running,
        "n": log.cases,
        "curve": [[round(value, 5) for value in point] for point in curve],
        "median": float(found.times[below[0]]) if len(below) else None,
        "seen": float(np.median(age[ended])),
    }


def _taken(log: EventLog) -> int:
    usual = max(log.events / max(log.cases, 1), 1)
    return max(min(CASES, int(DOTS / usual)), 1)


def _dots(log: EventLog) -> pl.DataFrame:
    """Events of an evenly spaced sample of the cases in the order in which they begin."""
    order = np.argsort(log.begin[log.offsets[:-1]], kind="stable")
    taken = min(log.cases, _taken(log))
    chosen = order[np.unique(np.linspace(0, log.cases - 1, taken).astype(np.int64))]
    # A case of thousands of events would fill the drawing alone.
    lengths = np.minimum(log.lengths[chosen], DOTS // 10)
    rank = np.repeat(np.arange(len(chosen)), lengths)
    places = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    places += np.repeat(log.offsets[:-1][chosen], lengths)
    begin = np.repeat(log.begin[log.offsets[:-1][chosen]], lengths)
    rows = {
        "case": rank,
        "at": log.end[places],
        "since": log.end[places] - begin,
        "activity": log.activity[places],
    }
    schema = {"case": pl.Int32, "at": pl.Int64, "since": pl.Int64, "activity": pl.Int32}
    return pl.DataFrame(rows, schema=schema)
