"""A free slot for every label that matters.

All obstacles are rectangles: boxes, the stretches of the edges, labels already placed. Candidates slide along
the edge's own stretches, on either side; the first choice that touches nothing wins. An edge for which there
is no free slot, and every minor edge, shows its label on focus only, when all other edges are faded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from servloop.diagnose.process.layout_graph import EdgeKey
from servloop.diagnose.process.map_svg_shapes import rounded

if TYPE_CHECKING:
    from servloop.diagnose.process.layout_place import Point

Anchor = Literal["start", "middle", "end"]
Rect = tuple[float, float, float, float]  # x1, y1, x2, y2
Rects = npt.NDArray[np.float64]

LINE_HEIGHT = 15.0
_CLEARANCE = 2.5
_STEP = 12.0
_MOST_STEPS = 6


@dataclass(frozen=True)
class LabelSlot:
    """Where the label of an edge stands.

    Attributes:
        x, y, width, height: the room, px.
        anchor: which end of the text is fixed; at ``x`` for start, the middle or ``x + width`` for end.
        hang: the text hangs from the top of the room (below a line) instead of standing on its bottom.
        lines: 1, or 2 with the comparison on the second line.
        free: whether it touches no box, no other label and no main edge; else it shows on focus only.
        crossed_by: minor edges that run through it; while one of them is drawn, it shows on focus only.
    """

    x: float
    y: float
    width: float
    height: float
    anchor: Anchor
    hang: bool
    lines: int
    free: bool
    crossed_by: frozenset[EdgeKey] = frozenset()


@dataclass(frozen=True)
class LabelSize:
    """Widths of a label on one line (value and comparison) and on two lines, px."""

    one_line: float
    two_lines: float


@dataclass(frozen=True)
class Line:
    """An edge as obstacle: its bends, how round they are, half its greatest width, and whether it is minor."""

    key: EdgeKey
    points: tuple[Point, ...]
    radius: float
    half_width: float
    main: bool


class _Candidate(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    anchor: Anchor
    hang: bool
    lines: int


def stretch_rects(points: Sequence[Point], margin: float) -> list[Rect]:
    """The stretches of an edge as rectangles ``x1, y1, x2, y2`` grown by the margin."""
    return [
        (
            min(a[0], b[0]) - margin,
            min(a[1], b[1]) - margin,
            max(a[0], b[0]) + margin,
            max(a[1], b[1]) + margin,
        )
        for a, b in pairwise(points)
    ]


def _bend_rects(line: Line, margin: float) -> list[Rect]:
    """The corners that rounding cuts: there the edge leaves its stretches towards the inner side."""
    return [
        (
            min(begin[0], end[0]) - margin,
            min(begin[1], end[1]) - margin,
            max(begin[0], end[0]) + margin,
            max(begin[1], end[1]) + margin,
        )
        for begin, _, end in rounded(line.points, line.radius)
    ]


def _spread(low: float, high: float, size: float) -> list[float]:
    """Starts of a slot of ``size`` between low and high, the middle first, then outward by steps."""
    room = high - low - size
    if room < 0:
        return []
    middle = low + room / 2
    steps = min(_MOST_STEPS, int(room / 2 / _STEP))
    shift = room / 2 / max(steps, 1)
    return [middle, *(middle + sign * i * shift for i in range(1, steps + 1) for sign in (1, -1))]


def _beside_horizontal(x1: float, x2: float, y: float, half: float, size: LabelSize) -> list[_Candidate]:
    low, high = min(x1, x2) + 6, max(x1, x2) - 6
    found: list[_Candidate] = []
    for lines, width in ((1, size.one_line), (2, size.two_lines)):
        height = lines * LINE_HEIGHT
        for x in _spread(low, high, width) or ([low + (high - low - width) / 2] if lines == 2 else []):
            found.append(
                _Candidate(x, y - half - height - 1, width, height, "middle", hang=False, lines=lines)
            )
            found.append(_Candidate(x, y + half + 1, width, height, "middle", hang=True, lines=lines))
    return found


def _beside_vertical(x: float, y1: float, y2: float, half: float, size: LabelSize) -> list[_Candidate]:
    low, high = min(y1, y2) + 3, max(y1, y2) - 3
    found: list[_Candidate] = []
    for lines, width in ((2, size.two_lines), (1, size.one_line)):
        height = lines * LINE_HEIGHT
        for y in _spread(low, high, height):
            found.append(_Candidate(x + half + 4, y, width, height, "start", hang=False, lines=lines))
            found.append(_Candidate(x - half - 4 - width, y, width, height, "end", hang=False, lines=lines))
    return found


def _candidates(line: Line, size: LabelSize) -> Iterator[list[_Candidate]]:
    """Slots along the edge, stretch by stretch, the longest first."""
    half = line.half_width + _CLEARANCE
    for a, b in sorted(pairwise(line.points), key=lambda s: -abs(s[1][0] - s[0][0]) - abs(s[1][1] - s[0][1])):
        if a[1] == b[1]:
            yield _beside_horizontal(a[0], b[0], a[1], half, size)
        else:
            yield _beside_vertical(a[0], a[1], b[1], half, size)


def overlaps(rects: Rects, obstacles: Rects) -> npt.NDArray[np.bool_]:
    """Which rectangle (row) overlaps which obstacle (column)."""
    a, b = rects[:, None, :], obstacles[None, :, :]
    return (
        (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2]) & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])
    )


def _middle(line: Line, size: LabelSize) -> LabelSlot:
    """On the middle of the longest stretch: for focus, when nothing else matters."""
    a, b = max(pairwise(line.points), key=lambda s: abs(s[1][0] - s[0][0]) + abs(s[1][1] - s[0][1]))
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    return LabelSlot(
        x=x - size.one_line / 2,
        y=y - LINE_HEIGHT / 2,
        width=size.one_line,
        height=LINE_HEIGHT,
        anchor="middle",
        hang=False,
        lines=1,
        free=False,
    )


def _obstacles(lines: Sequence[Line], boxes: Sequence[Rect]) -> tuple[Rects, Rects, list[EdgeKey]]:
    """What a label must not touch; what it had better not touch, with the minor edge each piece belongs to."""
    hard = [(x1 - 3, y1 - 1, x2 + 3, y2 + 1) for x1, y1, x2, y2 in boxes]
    soft: list[Rect] = []
    owners: list[EdgeKey] = []
    for line in lines:
        margin = line.half_width + _CLEARANCE - 0.5
        pieces = stretch_rects(line.points, margin) + _bend_rects(line, line.half_width)
        if line.main:
            hard += pieces
        else:
            soft += pieces
            owners += [line.key] * len(pieces)
    return np.array(hard, dtype=float).reshape(-1, 4), np.array(soft, dtype=float).reshape(-1, 4), owners


def place_labels(
    lines: Sequence[Line],
    wanted: Mapping[EdgeKey, LabelSize],
    sizes: Mapping[EdgeKey, LabelSize],
    boxes: Sequence[Rect],
    bounds: Rect,
) -> dict[EdgeKey, LabelSlot]:
    """A slot for every edge; those of ``wanted`` in their order, most important first, are searched free.

    Args:
        lines: all edges with their bends.
        wanted: sizes of the labels that should have free slots.
        sizes: sizes of all labels.
        boxes: all boxes.
        bounds: the rectangle that no label may leave.
    """
    by_key = {line.key: line for line in lines}
    obstacles, minor, owners = _obstacles(lines, boxes)
    placed: dict[EdgeKey, LabelSlot] = {}
    for key, size in wanted.items():
        found = _free_slot(by_key[key], size, obstacles, minor, bounds)
        if found is None:
            continue
        slot, crossed = found
        placed[key] = LabelSlot(**slot._asdict(), free=True, crossed_by=frozenset(owners[i] for i in crossed))
        room = (slot.x - 2, slot.y - 1, slot.x + slot.width + 2, slot.y + slot.height + 1)
        obstacles = np.vstack([obstacles, room])
    return {line.key: placed.get(line.key) or _middle(line, sizes[line.key]) for line in lines}


def _free_slot(
    line: Line, size: LabelSize, obstacles: Rects, minor: Rects, bounds: Rect
) -> tuple[_Candidate, list[int]] | None:
    """The first slot that touches no obstacle and, if there is one, no minor edge; else the fewest of these."""
    fallback: tuple[_Candidate, list[int]] | None = None
    for options in _candidates(line, size):
        if not options:
            continue
        rects = np.array([(o.x, o.y, o.x + o.width, o.y + o.height) for o in options])
        reach = np.array([[*rects[:, :2].min(axis=0), *rects[:, 2:].max(axis=0)]])
        near = obstacles[overlaps(reach, obstacles)[0]]
        inside = (rects[:, :2] >= bounds[:2]).all(axis=1) & (rects[:, 2:] <= bounds[2:]).all(axis=1)
        possible = np.flatnonzero(inside & ~overlaps(rects, near).any(axis=1))
        if not possible.size:
            continue
        close = np.flatnonzero(overlaps(reach, minor)[0])
        crossings = overlaps(rects[possible], minor[close])
        best = int(np.argmin(crossings.sum(axis=1)))
        chosen = options[possible[best]], [int(i) for i in close[crossings[best]]]
        if not chosen[1]:
            return chosen
        if fallback is None or len(chosen[1]) < len(fallback[1]):
            fallback = chosen
    return fallback
