"""Delays of suspiciously constant length, found where the events are: only waits near a spike come back.

First every step's waits are counted in narrow steps of length; steps with a spike are few, and only their waits around
it are fetched and judged as those of a log in memory are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.bottlenecks import (
    TIMER_COUNT,
    TIMER_PART,
    TIMER_SECONDS,
    TIMER_SHARE,
    timer_notice,
)
from servloop.diagnose.process.durations import MICROSECONDS
from servloop.results import Notice

if TYPE_CHECKING:
    import polars as pl
    from ibis import ir

_STEP = math.log(1.001)
# Steps that may come to weigh enough when others are marked as not waiting.
_CANDIDATE_SHARE = TIMER_SHARE / 10
_AROUND = 0.06  # a little more than the judge looks at


def find_timers(
    ordered: ir.Table,
    edges: pl.DataFrame,
    activities: list[str],
    fetch: Callable[[ir.Table], pl.DataFrame],
    send: Callable[[pl.DataFrame], ir.Table],
) -> tuple[Notice, ...]:
    """Warnings about steps whose waits a clock ended.

    Args:
        ordered: from `engine_tables.in_order`.
        edges: codes ``source, target`` with ``count`` and ``whole_seconds``.
        activities: code → name.
        fetch: brings a table here.
        send: takes a small one there.
    """
    import polars as pl

    everything = max(int(edges["whole_seconds"].clip(lower_bound=0).sum()), 1)
    wanted = edges.filter(
        pl.col("count") >= TIMER_COUNT, pl.col("whole_seconds") >= _CANDIDATE_SHARE * everything
    ).select("source", "target", "count")
    if wanted.height == 0:
        return ()
    waits = _long_waits(ordered).join(send(wanted.select("source", "target")), ["source", "target"])
    step = (waits.between.cast("float64").ln() / _STEP).floor().cast("int64")
    stepped = waits.select("source", "target", step=step)
    counts = fetch(stepped.group_by("source", "target", "step").agg(waits=stepped.count()))
    spikes = [
        {"source": source, "target": target, "low": low, "high": high}
        for source, target, total in wanted.iter_rows()
        for low, high in _spike(counts.filter(source=source, target=target), total)
    ]
    if not spikes:
        return ()
    near = _long_waits(ordered).join(send(pl.DataFrame(spikes)), ["source", "target"])
    near = near.filter((near.between >= near.low) & (near.between <= near.high))
    values = fetch(near.select("source", "target", "between"))
    totals = {(source, target): total for source, target, total in wanted.iter_rows()}
    return tuple(
        notice
        for spike in spikes
        for notice in timer_notice(
            np.sort(values.filter(source=spike["source"], target=spike["target"])["between"].to_numpy()),
            totals[spike["source"], spike["target"]],
            activities[spike["source"]],
            activities[spike["target"]],
        )
    )


def _long_waits(ordered: ir.Table) -> ir.Table:
    """Waits that are long enough for a timer: ``source, target, between``."""
    pairs = ordered.filter(
        ordered.next_activity.notnull() & (ordered.between >= int(TIMER_SECONDS * MICROSECONDS))
    )
    return pairs.select("between", source="activity", target="next_activity")


def _spike(counts: pl.DataFrame, total: int) -> list[tuple[int, int]]:
    """The span of lengths around the greatest crowd of waits of a step, if that may be a timer's."""
    if counts.height == 0:
        return []
    steps, waits = counts.sort("step").select("step", "waits").to_numpy().T
    line = np.zeros(int(steps[-1] - steps[0]) + 3, dtype=np.int64)
    line[steps - steps[0] + 1] = waits
    crowd = line[:-2] + line[1:-1] + line[2:]  # a window of the judge lies within three steps
    first = int(crowd.argmax())
    if crowd[first] < max(TIMER_COUNT, TIMER_PART * total):
        return []
    middle = math.exp(_STEP * (first + float(steps[0]) + 0.5))
    return [(int(middle * (1 - _AROUND)), int(middle * (1 + _AROUND)))]
