"""From computed maps to what the layout and the drawing take."""

from __future__ import annotations

from collections.abc import Iterable

from servloop.diagnose.process.directly_follows import DirectlyFollows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.layout_graph import END, START, MapEdge, MapGraph, MapNode
from servloop.diagnose.process.map_svg import Shown
from servloop.diagnose.process.simplify import SimplifiedMap
from servloop.diagnose.process.variants import variants


def main_path(log: EventLog) -> tuple[str, ...]:
    """The activities of the most frequent variant, each at its first place."""
    top = variants(log, top=1).variants
    return tuple(dict.fromkeys(top[0].activities)) if top else ()


def map_graph(chart: DirectlyFollows, spine: Iterable[str]) -> MapGraph:
    """The graph of a map, for `layout.layout` and `map_svg.render_map`.

    Args:
        chart: the full map or the map of a part of the log.
        spine: the main path of the whole log (`main_path`); activities that the part lacks are left out.
    """
    present = {node.activity for node in chart.nodes}
    return MapGraph(
        nodes=tuple(MapNode(node.activity, node.events, node.cases) for node in chart.nodes),
        edges=tuple(
            MapEdge(e.source, e.target, e.count, e.cases, e.median_seconds, e.p90_seconds, e.total_seconds)
            for e in chart.edges
        ),
        start=chart.start,
        end=chart.end,
        spine=tuple(activity for activity in spine if activity in present),
        cases=chart.n,
    )


def map_shown(simplified: SimplifiedMap) -> Shown:
    """Which activities and arcs a simplification leaves, for `map_svg.render_map`."""
    edges = {(edge.source, edge.target) for edge in simplified.edges}
    edges |= {(START, activity) for activity in simplified.start}
    edges |= {(activity, END) for activity in simplified.end}
    return Shown(
        nodes=frozenset(node.activity for node in simplified.nodes),
        edges=frozenset(edges),
    )
