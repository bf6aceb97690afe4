"""The layout of a process map: most frequent variant on one straight line, everything else around it.

    grid   ranks along the flow, rows across it            layout_rank
    ways   sides, channels, lanes and tracks of the edges  layout_route
    px     boxes, ports, bends                             layout_place
    labels a free slot for each                            layout_labels

Up to 10 ranks the flow runs from left to right, with optional and rework steps above the spine and returns
below; a longer one runs from top to bottom, with optional steps on the right and returns on the left.

The layout depends on the names and counts of the full graph and on the language, and on nothing else: a
mode, a statistic or a filter changes colours, labels and what is faded, never a position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from servloop.charts.text_metrics import text_width, wrap
from servloop.diagnose.process.layout_graph import (
    END,
    FADED_SHARE,
    LABEL_MIN_CASES,
    START,
    EdgeKey,
    Flow,
    MapEdge,
    MapGraph,
    MapNode,
)
from servloop.diagnose.process.layout_labels import LINE_HEIGHT, LabelSize, LabelSlot, Line, place_labels
from servloop.diagnose.process.layout_place import LOOP, PORT_MARGIN, Axes, Extent, Placement, Point
from servloop.diagnose.process.layout_rank import Grid, assign_grid
from servloop.diagnose.process.layout_route import DOWN, UP, Kind, Ways, find_ways
from servloop.diagnose.process.map_svg_text import node_counts, text
from servloop.messages import normalize_language

__all__ = [
    "END",
    "FADED_SHARE",
    "LABEL_MIN_CASES",
    "START",
    "EdgeKey",
    "EdgeRoute",
    "LabelSlot",
    "MapEdge",
    "MapGraph",
    "MapLayout",
    "MapNode",
    "NodeBox",
    "layout",
]

NAME_SIZE = 13.0
SMALL_SIZE = 12.0
HORIZONTAL_RANKS = 10

_NAME_LIMIT = 164.0
_BOX_MIN_WIDTH = 96.0
_MOST_PORT_ROOM = 100.0
_LEAST_PITCH = 12.0
_PAD = 12.0
_MARGIN = 16.0
_CORNER = 14.0
_WIDE_CORNER = 26.0
_LOOP_CORNER = 9.0
# Room below the map for call-outs (beside a vertical one there is enough), and a width that holds the legend.
_CALL_OUT_ROOM = {False: 84.0, True: 24.0}
LEGEND_HEIGHT = 52.0
LEAST_WIDTH = 760.0
_HALF_WIDTHS = (2.5, 4.0)  # of a faded edge, of any other


@dataclass(frozen=True)
class NodeBox:
    """One box: centre, size and the lines of the name, px."""

    name: str
    kind: Literal["activity", "start", "end"]
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    shortened: bool
    on_spine: bool

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """``x1, y1, x2, y2``."""
        half_width, half_height = self.width / 2, self.height / 2
        return (self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height)


@dataclass(frozen=True)
class EdgeRoute:
    """The way of one edge: bends joined by straight stretches, rounded by ``radius``.

    Attributes:
        returns: leads back to an earlier step (or to itself): rework, drawn dashed.
        main: has room of its own; the others share narrow bundles.
    """

    source: str
    target: str
    points: tuple[Point, ...]
    radius: float
    label: LabelSlot
    returns: bool
    main: bool

    @property
    def key(self) -> EdgeKey:
        """Source and target."""
        return (self.source, self.target)


@dataclass(frozen=True)
class MapLayout:
    """Positions of everything, px; ``nodes`` along the flow, spine first within a rank."""

    width: float
    height: float
    vertical: bool
    language: str
    nodes: tuple[NodeBox, ...]
    edges: tuple[EdgeRoute, ...]

    @property
    def legend_top(self) -> float:
        """Below this, px, only the legend is drawn."""
        return self.height - LEGEND_HEIGHT

    @cached_property
    def box(self) -> Mapping[str, NodeBox]:
        """Boxes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def route(self) -> Mapping[EdgeKey, EdgeRoute]:
        """Routes by source and target."""
        return {edge.key: edge for edge in self.edges}


@dataclass(frozen=True)
class _Shape:
    width: float
    height: float
    lines: tuple[str, ...]
    shortened: bool


def _shapes(graph: MapGraph, flow: Flow, language: str) -> list[_Shape]:
    """Size of every box from its texts."""
    shapes = []
    for name in flow.names:
        if name in (START, END):
            word = text("start" if name == START else "end", language)
            shapes.append(
                _Shape(round(text_width(word, SMALL_SIZE, bold=True)) + 26.0, 28.0, (word,), shortened=False)
            )
            continue
        lines = wrap(name, NAME_SIZE, _NAME_LIMIT)
        widths = [text_width(line, NAME_SIZE, bold=True) for line in lines]
        widths.append(text_width(node_counts(graph.node[name], language), SMALL_SIZE))
        width = max(_BOX_MIN_WIDTH, 2 * round(max(widths) / 2) + 2 * _PAD)
        shortened = lines[-1].endswith("…") and not name.rstrip().endswith("…")
        shapes.append(_Shape(width, 46.0 + 17.0 * (len(lines) - 1), lines, shortened))
    return shapes


def _with_room_for_ports(shape: _Shape, ways: Ways, node: int, axes: Axes, *, loop: bool) -> _Shape:
    """The box made longer along the flow where many edges meet its side, so that arrow heads stay apart."""
    ports = max(sum(port.edge.main for port in ways.ports.get((node, side), ())) for side in (UP, DOWN))
    needed = 2 * PORT_MARGIN + _LEAST_PITCH * (ports - 1) + (LOOP if loop and ports else 0.0)
    needed = min(needed, _MOST_PORT_ROOM)
    if axes.vertical:
        return replace(shape, height=max(shape.height, needed))
    return replace(shape, width=max(shape.width, needed))


def _label_sizes(graph: MapGraph, language: str) -> tuple[LabelSize, LabelSize]:
    """Room for the widest label of an edge in any mode, and for that of START and END edges (cases only)."""
    value = max((text(unit, language, value="88.8") for unit in ("minutes", "hours")), key=len)
    comparison = text("comparison", language, value="88.8")
    longest = max((f"{edge.count:,}" for edge in graph.all_edges), key=len, default="0")
    count = text_width(longest, SMALL_SIZE)
    two = max(count, text_width(value, SMALL_SIZE), text_width(comparison, SMALL_SIZE))
    one = max(count, text_width(value + comparison, SMALL_SIZE))
    return LabelSize(one + 2, two + 2), LabelSize(count + 2, count + 2)


def _axes(grid: Grid, size: LabelSize) -> Axes:
    two_lines = 2 * LINE_HEIGHT
    if grid.ranks > HORIZONTAL_RANKS:
        return Axes(
            vertical=True,
            label_along=two_lines + 8,
            label_across=10.0,
            straight_across=size.two_lines + 6,
            gap=two_lines + 18,
            end_gap=two_lines + 6,
            channel=36.0,
            linked_channel=size.two_lines + 34,
        )
    return Axes(
        vertical=False,
        label_along=size.two_lines + 12,
        label_across=LINE_HEIGHT + 3,
        straight_across=two_lines + 2,
        gap=size.two_lines + 16,
        end_gap=46.0,
        channel=34.0,
        linked_channel=76.0,
    )


def layout(graph: MapGraph, *, language: str) -> MapLayout:
    """Lay the map out.

    Args:
        graph: the full directly-follows graph, before any filter or simplification.
        language: decides the width of counts, units and START/END; positions of both languages differ.

    Returns:
        Boxes that overlap nowhere, edges that pass through no box, and label slots; all within
        ``width`` by ``height``, starting at 0, 0.
    """
    language = normalize_language(language)
    flow = Flow(graph)
    grid = assign_grid(flow)
    size, end_size = _label_sizes(graph, language)
    axes = _axes(grid, size)
    shapes = _shapes(graph, flow, language)
    ways = find_ways(flow, grid)
    looped = {edge.u for edge in flow.loops}
    shapes = [
        _with_room_for_ports(shape, ways, node, axes, loop=node in looped)
        for node, shape in enumerate(shapes)
    ]
    half = [(shape.width / 2, shape.height / 2) for shape in shapes]
    extents = [Extent(h, w) if axes.vertical else Extent(w, h) for w, h in half]
    placed = Placement(flow, grid, ways, extents, axes)
    centres = [axes.point(a, c) for a, c in zip(placed.along, placed.across, strict=True)]

    shift, (width, height) = _frame(centres, half, placed, vertical=axes.vertical)
    boxes = [
        NodeBox(
            name=name,
            kind="start" if name == START else "end" if name == END else "activity",
            x=x + shift[0],
            y=y + shift[1],
            width=shape.width,
            height=shape.height,
            lines=shape.lines,
            shortened=shape.shortened,
            on_spine=i in flow.on_spine,
        )
        for i, (name, (x, y), shape) in enumerate(zip(flow.names, centres, shapes, strict=True))
    ]
    points = {key: tuple((x + shift[0], y + shift[1]) for x, y in way) for key, way in placed.points.items()}
    kinds = {way.edge.key: way.kind for way in ways.ways}
    flow_edges = (*flow.edges, *flow.loops)
    radii = {e.key: _radius(kinds[e.key]) for e in flow_edges}
    lines = [Line(e.key, points[e.key], radii[e.key], _HALF_WIDTHS[e.labelled], e.main) for e in flow_edges]
    sizes = {e.key: end_size if START in e.key or END in e.key else size for e in flow_edges}
    spine = graph.spine_edges
    ranked = sorted(
        flow_edges, key=lambda e: (e.key not in spine, kinds[e.key] == "lane", -e.cases, e.u, e.v)
    )
    wanted = {e.key: sizes[e.key] for e in ranked if e.main and e.cases >= LABEL_MIN_CASES}
    bounds = (4.0, 4.0, width - 4.0, height - LEGEND_HEIGHT)
    slots = place_labels(lines, wanted, sizes, [box.rect for box in boxes], bounds)
    routes = [
        EdgeRoute(
            source=edge.key[0],
            target=edge.key[1],
            points=points[edge.key],
            radius=radii[edge.key],
            label=slots[edge.key],
            returns=grid.position[edge.v] <= grid.position[edge.u],
            main=edge.main,
        )
        for edge in flow_edges
    ]
    order = sorted(range(len(boxes)), key=lambda i: (grid.rank[i], grid.row[i]))
    rank_of = {name: place for place, name in enumerate(flow.names[i] for i in order)}
    routes.sort(key=lambda r: (rank_of[r.source], rank_of[r.target]))
    return MapLayout(width, height, axes.vertical, language, tuple(boxes[i] for i in order), tuple(routes))


def _radius(kind: Kind) -> float:
    return _LOOP_CORNER if kind == "loop" else _WIDE_CORNER if kind == "corner" else _CORNER


def _frame(
    centres: list[Point], half: list[tuple[float, float]], placed: Placement, *, vertical: bool
) -> tuple[Point, tuple[float, float]]:
    """How far to shift all points, and the size of the drawing."""
    xs = [x for (cx, _), (hw, _) in zip(centres, half, strict=True) for x in (cx - hw, cx + hw)]
    ys = [y for (_, cy), (_, hh) in zip(centres, half, strict=True) for y in (cy - hh, cy + hh)]
    for way in placed.points.values():
        xs += [x for x, _ in way]
        ys += [y for _, y in way]
    label = LOOP + 8
    left, top = _MARGIN - min(xs) + label, _MARGIN - min(ys) + label
    width = max(xs) + left + _MARGIN + label
    height = max(ys) + top + _CALL_OUT_ROOM[vertical] + LEGEND_HEIGHT
    slack = max(0.0, LEAST_WIDTH - width)
    return (left + slack / 2, top), (width + slack, height)
