"""Shapes of the map: rounded ways and arrow heads, beside the elements that all drawings are written with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from servloop.charts.elements import num, printable, tag, text

__all__ = [
    "Point",
    "arrow_head",
    "arrow_length",
    "line_width",
    "middle",
    "num",
    "path_data",
    "printable",
    "rounded",
    "shortened",
    "tag",
    "text",
]

Point = tuple[float, float]


def line_width(cases: int, most: int) -> float:
    """1.2 to 8 px, by the square root of the cases."""
    return 1.2 + 6.8 * math.sqrt(cases / most) if most > 0 else 1.2


def arrow_length(width: float) -> float:
    """Arrow heads grow with their line."""
    return max(8.0, 1.5 * width)


def _towards(start: Point, stop: Point, distance: float) -> Point:
    length = math.hypot(stop[0] - start[0], stop[1] - start[1]) or 1.0
    return (
        start[0] + (stop[0] - start[0]) * distance / length,
        start[1] + (stop[1] - start[1]) * distance / length,
    )


def shortened(points: Sequence[Point], by: float) -> tuple[Point, ...]:
    """The way without its last ``by`` px, where the arrow head stands."""
    last = math.dist(points[-2], points[-1])
    return (*points[:-1], _towards(points[-1], points[-2], min(by, last * 0.9)))


def rounded(points: Sequence[Point], radius: float) -> list[tuple[Point, Point, Point]]:
    """The corners of a way as quadratic curves: where the bend begins, its control point, where it ends."""
    corners = []
    for i, (a, b, c) in enumerate(zip(points, points[1:], points[2:], strict=False)):
        before = math.dist(a, b) * (1.0 if i == 0 else 0.5)
        after = math.dist(b, c) * (1.0 if i == len(points) - 3 else 0.5)
        r = min(radius, before, after)
        corners.append((_towards(b, a, r), b, _towards(b, c, r)))
    return corners


def _pair(point: Point) -> str:
    return f"{num(point[0])} {num(point[1])}"


def path_data(points: Sequence[Point], radius: float) -> str:
    """The ``d`` of a way with rounded corners."""
    parts = [f"M{_pair(points[0])}"]
    parts += [f"L{_pair(begin)}Q{_pair(bend)} {_pair(end)}" for begin, bend, end in rounded(points, radius)]
    return "".join([*parts, f"L{_pair(points[-1])}"])


def arrow_head(points: Sequence[Point], width: float) -> str:
    """The ``d`` of the arrow head at the end of a way."""
    tip, length = points[-1], arrow_length(width)
    base = _towards(tip, points[-2], length)
    span = math.dist(tip, base) or 1.0
    ux, uy = (tip[0] - base[0]) / span, (tip[1] - base[1]) / span
    half = length * 0.58
    left, right = (base[0] - uy * half, base[1] + ux * half), (base[0] + uy * half, base[1] - ux * half)
    return f"M{_pair(left)}L{_pair(tip)}L{_pair(right)}z"


def middle(points: Sequence[Point]) -> Point:
    """The middle of the longest stretch."""
    a, b = max(pairwise(points), key=lambda s: math.dist(*s))
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
