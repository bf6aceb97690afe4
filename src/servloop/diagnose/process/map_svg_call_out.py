"""Bottleneck call-outs: value, comparison and share in a box beside the edge, clear of everything else."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from servloop.charts.text_metrics import text_width
from servloop.diagnose.process.layout import SMALL_SIZE, MapLayout
from servloop.diagnose.process.layout_labels import Rect, overlaps, stretch_rects
from servloop.diagnose.process.map_svg_key import mark
from servloop.diagnose.process.map_svg_scale import Bottleneck, MapComparison
from servloop.diagnose.process.map_svg_shapes import Point, middle, num, tag
from servloop.diagnose.process.map_svg_shapes import text as svg_text
from servloop.diagnose.process.map_svg_style import Style
from servloop.diagnose.process.map_svg_text import duration, percent, text

MAX_CALL_OUTS = 3

_HEIGHT = 62.0
_PAD = 12.0
_VALUE_SIZE = 17.0
_CLEAR = 4.0
# What makes a place worse, in px of distance: each line covered, a slanted leader, standing above its edge,
# a leader through a box or a label.
_COVERED, _SLANTED, _ABOVE, _BLOCKED = 90.0, 60.0, 30.0, 600.0


def _leader(point: Point, spot: Rect) -> tuple[Point, Point]:
    """From the edge to the nearest point of the call-out, away from its rounded corners."""
    x = min(max(point[0], spot[0] + 8), spot[2] - 8)
    y = min(max(point[1], spot[1]), spot[3])
    return point, (x, y)


def _runs_through(leader: tuple[Point, Point], obstacles: Sequence[Rect]) -> bool:
    (x1, y1), (x2, y2) = leader
    steps = 24
    points = [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(1, steps)]
    return any(a < x < c and b < y < d for x, y in points for a, b, c, d in obstacles)


def _places(frame: Rect, point: Point, width: float) -> list[Rect]:
    """Where a call-out could stand: all around its edge, inside the frame, and at the bottom."""
    x, y = point
    low, high = frame[0] + 8, max(frame[0] + 8, frame[2] - width - 8)
    top, bottom = frame[1] + 4, frame[3] - _HEIGHT
    starts = [x + 28, x - 28 - width, *(x - width / 2 + shift for shift in range(-400, 401, 8))]
    levels = [y - _HEIGHT / 2, *(y + shift for shift in range(28, 420, 14))]
    levels += [y - _HEIGHT - shift for shift in range(28, 420, 14)]
    lefts = sorted({min(max(start, low), high) for start in starts})
    tops = [level for level in levels if top <= level <= bottom] + [bottom]
    return [(left, level, left + width, level + _HEIGHT) for level in tops for left in lefts]


def _best_place(
    places: Sequence[Rect], point: Point, taken: Sequence[Rect], own: Sequence[Rect], lines: Sequence[Rect]
) -> Rect:
    """The nearest place that touches no box, label, other call-out or its own edge, and covers few lines."""
    rects = np.array(places)
    near = rects + np.array([-_CLEAR, -_CLEAR, _CLEAR, _CLEAR])
    touching = overlaps(near, np.array([*taken, *own])).any(axis=1)
    closed = frozenset(np.flatnonzero(touching).tolist())
    covered = overlaps(near, np.array(lines).reshape(-1, 4)).sum(axis=1)
    centre = (rects[:, :2] + rects[:, 2:]) / 2
    cost = (
        np.abs(centre - point).sum(axis=1)
        + _COVERED * covered
        + np.where(rects[:, 1] <= point[1], _ABOVE, 0.0)
    )
    best: tuple[float, Rect] = (math.inf, places[-1])
    for i in np.argsort(cost, kind="stable").tolist():
        if i in closed:
            continue
        if cost[i] >= best[0]:
            break
        leader = _leader(point, places[i])
        slanted = leader[0][0] != leader[1][0] and leader[0][1] != leader[1][1]
        total = cost[i] + _SLANTED * slanted + _BLOCKED * _runs_through(leader, taken)
        if total < best[0]:
            best = (total, places[i])
    return best[1]


def call_outs(
    layout: MapLayout,
    bottlenecks: Iterable[Bottleneck],
    comparison: MapComparison | None,
    *,
    frame: Rect,
    drawn: Collection[tuple[str, str]],
    labels: Sequence[Rect],
    style: Style,
) -> str:
    """One call-out per bottleneck, three at most.

    Args:
        layout: positions.
        bottlenecks: edges with their value and share, the largest share first.
        comparison: the other group, for the value beside.
        frame: where call-outs may stand.
        drawn: edges on the map; call-outs avoid to cover them.
        labels: labels on the map, which are never covered.
        style: page or file.
    """
    taken = [*labels, *(box.rect for box in layout.nodes)]
    ways = [(r.key, rect) for r in layout.edges if r.key in drawn for rect in stretch_rects(r.points, 2)]
    parts: list[str] = []
    for bottleneck in list(bottlenecks)[:MAX_CALL_OUTS]:
        value = duration(bottleneck.seconds, layout.language)
        share = text("share_of_waiting", layout.language, share=percent(bottleneck.share))
        compared = _compared(bottleneck, comparison, layout.language)
        width = max(_top_width(value, compared), 20 + text_width(share, SMALL_SIZE, bold=True)) + 2 * _PAD
        point = middle(layout.route[bottleneck.key].points)
        own = [rect for key, rect in ways if key == bottleneck.key]
        others = [rect for key, rect in ways if key != bottleneck.key]
        spot = _best_place(_places(frame, point, width), point, taken, own, others)
        taken.append(spot)
        parts.append(
            tag(
                "g",
                *_content(spot, _leader(point, spot), (value, compared, share), style),
                class_="sl-pm-call-out",
                data_source=bottleneck.source,
                data_target=bottleneck.target,
            )
        )
    return "".join(parts)


def _compared(bottleneck: Bottleneck, comparison: MapComparison | None, language: str) -> str:
    other = comparison.seconds.get(bottleneck.key) if comparison else None
    if comparison is None or other is None:
        return ""
    return text("compared", language, label=comparison.label, value=duration(other, language))


def _top_width(value: str, compared: str) -> float:
    beside = 14 + text_width(compared, SMALL_SIZE) if compared else 0.0
    return text_width(value, _VALUE_SIZE, bold=True) + beside


def _content(spot: Rect, leader: tuple[Point, Point], words: tuple[str, str, str], style: Style) -> list[str]:
    left, top, right, _ = spot
    value, compared, share = words
    (x1, y1), (x2, y2) = leader
    return [
        tag("path", d=f"M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}", **style("sl-pm-leader")),
        tag("rect", x=left, y=top, width=right - left, height=_HEIGHT, rx=6, **style("sl-pm-call")),
        svg_text(left + _PAD, top + 25, value, **style("sl-pm-call-value")),
        svg_text(right - _PAD, top + 24, compared, text_anchor="end", **style("sl-pm-call-compared"))
        if compared
        else "",
        mark(left + _PAD + 6, top + 43, style),
        svg_text(left + _PAD + 19, top + 47.5, share, **style("sl-pm-call-share")),
    ]
