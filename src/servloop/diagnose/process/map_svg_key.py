"""The legend inside the map, bottom left, and the bottleneck call-outs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from servloop.diagnose.process.layout import LEGEND_HEIGHT, SMALL_SIZE, MapLayout
from servloop.diagnose.process.layout_labels import stretch_rects
from servloop.diagnose.process.layout_text import ELLIPSIS, text_width
from servloop.diagnose.process.map_svg_scale import STEPS, Bottleneck, MapComparison, Scale
from servloop.diagnose.process.map_svg_shapes import middle, tag
from servloop.diagnose.process.map_svg_shapes import text as svg_text
from servloop.diagnose.process.map_svg_style import Style
from servloop.diagnose.process.map_svg_text import duration, percent, text

Rect = tuple[float, float, float, float]
MAX_CALL_OUTS = 3

_CALL_HEIGHT = 62.0
_PAD = 12.0
_SWATCH = 22.0


def mark(x: float, y: float, style: Style) -> str:
    """The bottleneck's shape: a diamond with a cross, 12 px, around x, y."""
    diamond = tag("path", d=f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z", **style("sl-pm-mark"))
    cross = tag(
        "path", d=f"M{x - 1.8:.1f} {y - 1.8:.1f}l3.6 3.6m0 -3.6l-3.6 3.6", **style("sl-pm-mark-cross")
    )
    return diamond + cross


def legend(
    layout: MapLayout, frame: Rect, scale: Scale, names: Collection[str], *, hot: bool, style: Style
) -> str:
    """Colours, widths, dashes and the bottleneck mark, each with its word; then the steps that do not wait."""
    language = layout.language
    x, y = frame[0] + 16, layout.height - LEGEND_HEIGHT / 2
    parts: list[str] = []

    def word(content: str) -> None:
        nonlocal x
        parts.append(svg_text(x, y + 4, content, **style("sl-pm-key")))
        x += text_width(content, SMALL_SIZE) + 16

    reach = scale.legend_range()
    if reach is not None:
        head = text(f"legend_{scale.mode}", language)
        parts.append(svg_text(x, y + 4, head, **style("sl-pm-key")))
        x += text_width(head, SMALL_SIZE) + 8
        for step in range(1, STEPS + 1):
            parts.append(tag("rect", x=x, y=y - 5, width=_SWATCH, height=10, **style(f"sl-pm-swatch-{step}")))
            x += _SWATCH
        x += 8
        word(reach)
    for d, width in ((f"M{x:.1f} {y:.1f}h12", 1.5), (f"M{x + 16:.1f} {y:.1f}h22", 6.0)):
        parts.append(tag("path", d=d, stroke_width=width, **style("sl-pm-key-line")))
    x += 44
    word(text("legend_width", language))
    parts.append(
        tag("path", d=f"M{x:.1f} {y:.1f}h22", stroke_width=2, **style("sl-pm-key-line", "sl-pm-dashed"))
    )
    x += 28
    word(text("legend_rework", language))
    if hot:
        parts.append(mark(x + 6, y, style))
        x += 18
        word(text("legend_bottleneck", language))
    if names:
        listed = text(
            "legend_not_waiting", language, names=text("list_separator", language).join(sorted(names))
        )
        room = frame[2] - 96 - x
        while len(listed) > 1 and text_width(listed, SMALL_SIZE) > room:
            listed = listed.removesuffix(ELLIPSIS)[:-1] + ELLIPSIS
        if text_width(listed, SMALL_SIZE) <= room:
            word(listed)
    return tag("g", *parts, class_="sl-pm-legend")


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _distance(spot: Rect, point: tuple[float, float]) -> float:
    return abs((spot[0] + spot[2]) / 2 - point[0]) + abs((spot[1] + spot[3]) / 2 - point[1])


def _leader(point: tuple[float, float], spot: Rect) -> tuple[float, float, float, float]:
    """From the edge to the nearest point of the call-out."""
    x = min(max(point[0], spot[0] + 8), spot[2] - 8)
    y = min(max(point[1], spot[1]), spot[3])
    return (*point, x, y)


def _blocked(leader: tuple[float, float, float, float], obstacles: Sequence[Rect]) -> bool:
    """Whether a leader line runs through an obstacle; its first stretch lies on its own edge and is free."""
    x1, y1, x2, y2 = leader
    steps = 24
    points = [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(1, steps)]
    return any(a < x < c and b < y < d for x, y in points for a, b, c, d in obstacles)


def _spot(
    frame: Rect,
    point: tuple[float, float],
    width: float,
    taken: Sequence[Rect],
    lines: Sequence[Rect],
    own: int,
) -> Rect:
    """The best place for a call-out: over no box, label or other call-out, over few lines, near its edge."""
    x, y = point
    low, high = frame[0] + 8, max(frame[0] + 8, frame[2] - width - 8)
    bottom = frame[3] - LEGEND_HEIGHT - _CALL_HEIGHT
    starts = [
        x - width / 2,
        x + 28,
        x - 28 - width,
        *(x - width / 2 + shift for shift in range(-400, 401, 20)),
    ]
    lefts = sorted({min(max(start, low), high) for start in starts})
    shifts = [
        y + sign * shift - (_CALL_HEIGHT if sign < 0 else 0)
        for shift in range(28, 420, 14)
        for sign in (1, -1)
    ]
    tops = [y - _CALL_HEIGHT / 2, *shifts]
    best: tuple[float, Rect] | None = None
    for top in (*tops, bottom):
        if not frame[1] + 4 <= top <= bottom:
            continue
        for left in lefts:
            spot = (left, top, left + width, top + _CALL_HEIGHT)
            near = (spot[0] - 4, spot[1] - 4, spot[2] + 4, spot[3] + 4)
            if any(_overlap(near, other) for other in taken):
                continue
            cost = _distance(spot, point) + 90.0 * sum(_overlap(near, line) for line in lines)
            leader = _leader(point, spot)
            cost += 60.0 * (leader[0] != leader[2] and leader[1] != leader[3]) + (
                0.0 if spot[1] > y else 30.0
            )
            if (best is None or cost < best[0]) and _blocked(leader, taken[: len(taken) - own]):
                cost += 600.0
            if best is None or cost < best[0]:
                best = (cost, spot)
    return best[1] if best else (low, bottom, low + width, bottom + _CALL_HEIGHT)


def call_outs(
    layout: MapLayout,
    frame: Rect,
    bottlenecks: Iterable[Bottleneck],
    comparison: MapComparison | None,
    drawn: Collection[tuple[str, str]],
    labels: Sequence[Rect],
    style: Style,
) -> str:
    """One call-out per bottleneck, three at most: value, comparison, share of all waiting."""
    language = layout.language
    taken = [*labels, *(box.rect for box in layout.nodes)]
    ways = [
        (route.key, rect)
        for route in layout.edges
        if route.key in drawn
        for rect in stretch_rects(route.points, 2)
    ]
    parts: list[str] = []
    for bottleneck in list(bottlenecks)[:MAX_CALL_OUTS]:
        value = duration(bottleneck.median_seconds, language)
        share = text("share_of_waiting", language, share=percent(bottleneck.share))
        other = comparison.median_seconds.get(bottleneck.key) if comparison else None
        compared = (
            text("compared", language, label=comparison.label, value=duration(other, language))
            if comparison is not None and other is not None
            else ""
        )
        top_line = text_width(value, 17, bold=True) + (
            14 + text_width(compared, SMALL_SIZE) if compared else 0
        )
        width = max(top_line, 20 + text_width(share, SMALL_SIZE, bold=True)) + 2 * _PAD
        point = middle(layout.route[bottleneck.key].points)
        own = [rect for key, rect in ways if key == bottleneck.key]
        others = [rect for key, rect in ways if key != bottleneck.key]
        spot = _spot(frame, point, width, [*taken, *own], others, len(own))
        taken.append(spot)
        x1, y1, x2, y2 = _leader(point, spot)
        left, top, right, _ = spot
        content = [
            tag("path", d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", **style("sl-pm-leader")),
            tag("rect", x=left, y=top, width=width, height=_CALL_HEIGHT, rx=6, **style("sl-pm-call")),
            svg_text(left + _PAD, top + 25, value, **style("sl-pm-call-value")),
            mark(left + _PAD + 6, top + 43, style),
            svg_text(left + _PAD + 19, top + 47.5, share, **style("sl-pm-call-share")),
        ]
        if compared:
            content.append(
                svg_text(right - _PAD, top + 24, compared, text_anchor="end", **style("sl-pm-call-compared"))
            )
        parts.append(
            tag(
                "g",
                *content,
                class_="sl-pm-call-out",
                data_source=bottleneck.source,
                data_target=bottleneck.target,
            )
        )
    return "".join(parts)
