"""Two periods or two groups of cases side by side, and one map that shows what got slower."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from servloop.diagnose.process import map_svg
from servloop.diagnose.process.compare import Comparison, StepChange, compare, split_at, split_by
from servloop.diagnose.process.directly_follows import DirectlyFollows, directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.analysis import Analysis, map_graph, shown_parts
from servloop_app.diagnose.selection import Selection
from servloop_app.diagnose.studies.base import Asked, Found, stored, study

LISTED = 200
CALL_OUTS = 3
LANGUAGES = ("zh-CN", "en")


@study("compare")
def work_out(asked: Asked) -> Found:
    """The second part against the first: case times, every step, and the map of the second with the first in brackets."""
    first, second = _parts(asked)
    if not first.cases or not second.cases:
        raise ActionError("diagnose.compare_nothing")
    found = compare(first, second)
    result = {
        "first_n": found.first_n,
        "second_n": found.second_n,
        "throughput": stored(found.throughput),
        "steps": stored(found.steps[:LISTED]),
        "of": len(found.steps),
        "tested": sum(step.time.p is not None for step in found.steps),
        "slower": len(found.slower),
        "faster": sum(step.time.verdict == "faster" for step in found.steps),
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
        "alpha": found.alpha,
        "method": found.method,
        "warnings": stored([notice for notice in found.warnings if notice not in asked.log.warnings]),
        "span": {"first": _span(first), "second": _span(second)},
    }
    return Found(result, _maps(asked, first, second, found))


def _parts(asked: Asked) -> tuple[EventLog, EventLog]:
    parameters = asked.parameters
    if parameters.get("by"):
        return split_by(asked.log, parameters["by"], parameters["first"], parameters["second"])
    day = datetime.combine(date.fromisoformat(parameters["on"]), time.min, ZoneInfo(asked.zone))
    return split_at(asked.log, int(day.timestamp() * 1_000_000))


def _span(log: EventLog) -> list[int]:
    begin = log.begin[log.offsets[:-1]]
    return [int(begin.min()), int(begin.max())]


def _maps(asked: Asked, first: EventLog, second: EventLog, found: Comparison) -> pl.DataFrame:
    """The map in both languages: waits of the second part, those of the first in brackets, slower steps called out."""
    base = Analysis(asked.whole, Selection(), asked.record.not_waiting)
    share = base.readable_share
    before, after = directly_follows(first), directly_follows(second)
    waits = _waits(before)
    slower = [step for step in found.slower if _key(step) in _waits(after)][:CALL_OUTS]
    total = sum(edge.total_seconds or 0.0 for edge in after.edges) or 1.0
    of_edge = {(edge.source, edge.target): edge.total_seconds or 0.0 for edge in after.edges}
    hot = [
        map_svg.Bottleneck(
            step.source, step.target, step.time.second_median or 0.0, of_edge[_key(step)] / total
        )
        for step in slower
    ]
    graph = map_graph(after, base.spine)
    rows = []
    for language in LANGUAGES:
        label = asked.parameters["labels"][language]
        drawn = map_svg.render_map(
            base.layout(share, language),
            graph,
            mode="median",
            shown=shown_parts(base.map(share)),
            bottlenecks=hot,
            not_waiting=base.not_waiting,
            comparison=map_svg.MapComparison(label, waits),
        )
        rows.append((language, drawn))
    return pl.DataFrame(rows, schema=["language", "svg"], orient="row")


def _waits(chart: DirectlyFollows) -> dict[tuple[str, str], float]:
    return {(edge.source, edge.target): edge.median_seconds for edge in chart.edges}


def _key(step: StepChange) -> tuple[Any, Any]:
    return step.source, step.target
