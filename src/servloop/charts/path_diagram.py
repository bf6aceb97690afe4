"""A structural model as a chart: constructs, the paths between them, and where all of it is drawn.

Constructs stand in columns, causes left of effects, so that every path runs to the right or down and up in its own
column; a path that passes a column has a lane of its own there. The gaps between the columns grow until every
coefficient has a place where no other line runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from servloop.charts.path_columns import Arrow, Item, columns_of, ordered
from servloop.charts.path_labels import Label, place_labels
from servloop.charts.scales import number
from servloop.charts.spec import ChartSpec
from servloop.charts.text_metrics import text_width, wrap

NAME_SIZE, SMALL = 13.0, 12.0
NAME_LINE, SMALL_LINE = 17.0, 16.0
_NAME_MOST, _NODE_LEAST = 150.0, 104.0
_PORT, _LANE, _APART, _APART_JOINED = 24.0, 44.0, 30.0, 84.0
_GAP_LEAST, _GAP_STEP, _GAP_TRIES = 120.0, 28.0, 7
MARGIN = 14.0
Point = tuple[float, float]


@dataclass(frozen=True)
class PathNode:
    """A construct: its name, what is said below it (R², index), and whether the model is about it."""

    name: str
    notes: tuple[str, ...] = ()
    emphasised: bool = False


@dataclass(frozen=True)
class PathEdge:
    """A path: its coefficient with the interval."""

    source: str
    target: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0; without an interval nobody can tell."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, kw_only=True)
class PathDiagram(ChartSpec):
    """What acts on what, and how strongly? Coefficients are standardised."""

    nodes: tuple[PathNode, ...]
    edges: tuple[PathEdge, ...]
    decimals: int = 2


@dataclass(frozen=True)
class Box:
    """A placed construct: its middle, its size, and the lines of its name."""

    node: PathNode
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        half, tall = self.width / 2, self.height / 2
        return (self.x - half, self.y - tall, self.x + half, self.y + tall)


@dataclass(frozen=True)
class Route:
    """A placed path.

    Attributes:
        edge: what it shows.
        stops: points with a horizontal direction (vertical in a column), joined by curves.
        vertical: whether it joins two constructs of one column.
        label: where its coefficient stands.
    """

    edge: PathEdge
    stops: tuple[Point, ...]
    vertical: bool
    label: Label

    @property
    def points(self) -> list[Point]:
        """The line as many short stretches."""
        return curve(self.stops, vertical=self.vertical)


@dataclass(frozen=True)
class PathLayout:
    """Everything in its place; sizes in px, origin top left."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class _Plan:
    """What is settled before the columns are drawn apart."""

    spec: PathDiagram
    arrows: list[Arrow]
    columns: list[int]
    order: list[list[Item]]
    centres: Mapping[Item, float]
    tall: list[float]
    names: list[tuple[str, ...]]
    sizes: list[tuple[float, float]]
    width: float

    def height(self, item: Item) -> float:
        """Of a construct or a lane, px."""
        return self.tall[item] if isinstance(item, int) else _LANE


def interval_text(edge: PathEdge, decimals: int, language: str) -> str:
    """The interval as people write it; empty without one."""
    if edge.low is None or edge.high is None:
        return ""
    low, high = number(edge.low, decimals), number(edge.high, decimals)
    if not low.startswith("−"):
        return f"{low}–{high}"
    return f"{low} 至 {high}" if language == "zh-CN" else f"{low} to {high}"


def curve(stops: Sequence[Point], *, vertical: bool, steps: int = 24) -> list[Point]:
    """Points along a line through stops: S-curves that leave and arrive horizontally."""
    if vertical:
        (x1, y1), (x2, y2) = stops
        return [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps + 1)]
    found = [stops[0]]
    for (x1, y1), (x2, y2) in pairwise(stops):
        bend = (x2 - x1) / 2
        for i in range(1, steps + 1):
            t = i / steps
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append(
                (a * x1 + b * (x1 + bend) + c * (x2 - bend) + d * x2, a * y1 + b * y1 + c * y2 + d * y2)
            )
    return found


@lru_cache(maxsize=64)
def lay_out(spec: PathDiagram, language: str = "en") -> PathLayout:
    """Place everything; drawings that were placed before are not placed again.

    Args:
        spec: the model; paths must not form a circle.
        language: of the intervals, whose words take room.
    """
    places = {node.name: i for i, node in enumerate(spec.nodes)}
    arrows = [Arrow(places[e.source], places[e.target]) for e in spec.edges]
    columns = columns_of(len(spec.nodes), arrows)
    order = ordered(columns, arrows)
    names = [wrap(node.name, NAME_SIZE, _NAME_MOST) for node in spec.nodes]
    width = max(
        [_NODE_LEAST]
        + [text_width(line, NAME_SIZE, bold=True) + 26 for lines in names for line in lines]
        + [text_width(note, SMALL) + 26 for node in spec.nodes for note in node.notes]
    )
    sizes = [
        (
            max(
                text_width(number(e.value, spec.decimals), NAME_SIZE, bold=True),
                _interval_width(e, spec, language),
            )
            + 10,
            (NAME_LINE + SMALL_LINE if e.low is not None and e.high is not None else NAME_LINE) + 3,
        )
        for e in spec.edges
    ]
    tall = _heights(spec, names, arrows, columns)
    centres = _centres(order, arrows, tall)
    label_room = max((size[0] for size in sizes), default=0.0) + 72
    plan = _Plan(spec, arrows, columns, order, centres, tall, names, sizes, width)
    best: PathLayout | None = None
    least = float("inf")
    for attempt in range(_GAP_TRIES):
        found, penalty = _drawn(plan, max(_GAP_LEAST, label_room) + attempt * _GAP_STEP)
        if penalty < least:
            best, least = found, penalty
        if penalty == 0:
            break
    assert best is not None, "at least one attempt"
    return best


def _interval_width(edge: PathEdge, spec: PathDiagram, language: str) -> float:
    return text_width(interval_text(edge, spec.decimals, language), SMALL)


def _heights(
    spec: PathDiagram, names: list[tuple[str, ...]], arrows: list[Arrow], columns: list[int]
) -> list[float]:
    """A construct is as tall as its text and its ways in and out ask for."""
    found = []
    for i, node in enumerate(spec.nodes):
        ins = sum(a.target == i and columns[a.source] != columns[i] for a in arrows)
        outs = sum(a.source == i and columns[a.target] != columns[i] for a in arrows)
        written = NAME_LINE * len(names[i]) + SMALL_LINE * len(node.notes) + 20
        found.append(max(written, _PORT * max(ins, outs) + 12))
    return found


def _centres(order: list[list[Item]], arrows: list[Arrow], tall: list[float]) -> dict[Item, float]:
    """The middle of every item from top to bottom: near what it is joined with, never too near its neighbours."""
    joined = {frozenset((a.source, a.target)) for a in arrows}

    def height(item: Item) -> float:
        return tall[item] if isinstance(item, int) else _LANE

    def apart(upper: Item, lower: Item) -> float:
        together = isinstance(upper, int) and isinstance(lower, int) and frozenset((upper, lower)) in joined
        both_lanes = not isinstance(upper, int) and not isinstance(lower, int)
        space = _APART_JOINED if together else 0.0 if both_lanes else _APART
        return (height(upper) + height(lower)) / 2 + space

    places: dict[Item, float] = {}
    offsets: list[list[float]] = []
    for column in order:
        offset = [0.0]
        for upper, lower in pairwise(column):
            offset.append(offset[-1] + apart(upper, lower))
        offsets.append(offset)
        for item, place in zip(column, offset, strict=True):
            places[item] = place - offset[-1] / 2
    neighbours: dict[Item, list[Item]] = {item: [] for column in order for item in column}
    for arrow in arrows:
        chain = chain_of(arrow, order)
        for left, right in pairwise(chain):
            neighbours[left].append(right)
            neighbours[right].append(left)
    for _round in range(12):
        for column, offset in zip(order, offsets, strict=True):
            wished = [
                sum(places[other] for other in neighbours[item]) / len(neighbours[item])
                if neighbours[item]
                else places[item]
                for item in column
            ]
            fitted = _isotonic([w - o for w, o in zip(wished, offset, strict=True)])
            for item, place, shift in zip(column, fitted, offset, strict=True):
                places[item] = place + shift
    return places


def chain_of(arrow: Arrow, order: list[list[Item]]) -> list[Item]:
    """An arrow with its lanes, from source to target."""
    lanes = [item for column in order for item in column if not isinstance(item, int) and item[0] == arrow]
    return [arrow.source, *sorted(lanes, key=lambda lane: lane[1]), arrow.target]


def _isotonic(values: list[float]) -> list[float]:
    """The nearest values that never fall (least squares, pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, size = value, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, size = (mean * size + before * many) / (size + many), size + many
        blocks.append((mean, size))
    return [mean for mean, size in blocks for _ in range(size)]


def _drawn(plan: _Plan, gap: float) -> tuple[PathLayout, float]:
    """Everything with one width of the gaps, and how badly the labels stand."""
    spec, order, columns, tall, width = plan.spec, plan.order, plan.columns, plan.tall, plan.width
    top = min(plan.centres[item] - plan.height(item) / 2 for item in plan.centres)
    lefts = [MARGIN + i * (width + gap) for i in range(len(order))]

    def y(item: Item) -> float:
        return plan.centres[item] - top + MARGIN

    boxes = tuple(
        Box(node, lefts[columns[i]] + width / 2, y(i), width, tall[i], plan.names[i])
        for i, node in enumerate(spec.nodes)
    )
    outs, ins = _ports(plan, y, leaving=True), _ports(plan, y, leaving=False)
    lines: list[tuple[tuple[Point, ...], bool]] = []
    for arrow in plan.arrows:
        a, b = boxes[arrow.source], boxes[arrow.target]
        if columns[arrow.source] == columns[arrow.target]:
            down = a.y < b.y
            lines.append(
                (
                    (
                        (a.x, a.rect[3] if down else a.rect[1]),
                        (b.x, b.rect[1] if down else b.rect[3]),
                    ),
                    True,
                )
            )
            continue
        stops = [(a.rect[2], outs[arrow])]
        for lane in chain_of(arrow, order)[1:-1]:
            assert not isinstance(lane, int), "only lanes lie between"
            stops += [(lefts[lane[1]], y(lane)), (lefts[lane[1]] + width, y(lane))]
        stops.append((b.rect[0], ins[arrow]))
        lines.append((tuple(stops), False))
    curves = [curve(stops, vertical=vertical) for stops, vertical in lines]
    lanes = [
        [((p[0] + q[0]) / 2, p[1]) for p, q in zip(stops[1:-1:2], stops[2:-1:2], strict=True)]
        for stops, _ in lines
    ]
    labels, penalty = place_labels(curves, lanes, plan.sizes, [box.rect for box in boxes])
    routes = tuple(
        Route(edge, stops, vertical, label)
        for edge, (stops, vertical), label in zip(spec.edges, lines, labels, strict=True)
    )
    bottom = max(y(item) + plan.height(item) / 2 for item in plan.centres)
    return PathLayout(lefts[-1] + width + MARGIN, bottom + MARGIN, boxes, routes), penalty


def _ports(plan: _Plan, y: Callable[[Item], float], *, leaving: bool) -> dict[Arrow, float]:
    """Where each arrow meets the side of its construct: in the order of what lies at their other ends."""
    columns = plan.columns
    found: dict[Arrow, float] = {}
    for node in range(len(columns)):
        own = []
        for arrow in plan.arrows:
            if (arrow.source if leaving else arrow.target) != node:
                continue
            if columns[arrow.source] == columns[arrow.target]:
                continue
            chain = chain_of(arrow, plan.order)
            own.append((y(chain[1] if leaving else chain[-2]), arrow))
        own.sort(key=lambda entry: entry[0])
        step = min(_PORT, (plan.tall[node] - 12) / max(len(own), 1))
        for place, (_, arrow) in enumerate(own):
            found[arrow] = y(node) + (place - (len(own) - 1) / 2) * step
    return found
