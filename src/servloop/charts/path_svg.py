"""The path diagram as SVG, the same for pages, files and tests."""

from __future__ import annotations

import math
from html import escape

from servloop.charts.elements import num, printable, tag
from servloop.charts.elements import text as svg_text
from servloop.charts.path_diagram import (
    MARGIN,
    NAME_LINE,
    SMALL,
    SMALL_LINE,
    Box,
    PathDiagram,
    Point,
    Route,
    interval_text,
    lay_out,
)
from servloop.charts.path_style import FONTS, TOKENS, Style
from servloop.charts.scales import number
from servloop.charts.text_metrics import text_width
from servloop.messages import message

_THIN, _THICK = 1.25, 8.0
_KEY_LINE = 18.0


def path_svg(spec: PathDiagram, *, language: str = "en", standalone: bool = False) -> str:
    """Draw a structural model.

    Args:
        spec: the model.
        language: of intervals, legend and text alternative.
        standalone: a file of its own, in literal colours of the light theme.

    Returns:
        One ``<svg>`` element; every text is escaped.
    """
    style = Style(standalone=standalone)
    layout = lay_out(spec, language)
    parts = [_line(route, style) for route in layout.routes]
    parts += [_box(box, style) for box in layout.boxes]
    parts += [_label(route, spec, language, style) for route in layout.routes]
    key = _key(spec, language)
    width = max(layout.width, max((text_width(line, SMALL) for line in key), default=0.0) + 2 * MARGIN)
    for i, line in enumerate(key):
        parts.append(svg_text(MARGIN, layout.height + 14 + i * _KEY_LINE, line, **style("sl-pd-key")))
    height = layout.height + len(key) * _KEY_LINE + 8
    root: dict[str, object] = {
        "viewBox": f"0 0 {num(width)} {num(height)}",
        "width": num(width),
        "height": num(height),
        "role": "img",
        "aria_label": _alternative(spec, language),
        "class_": "sl-pd",
    }
    if standalone:
        root |= {"xmlns": "http://www.w3.org/2000/svg", "font_family": FONTS[language]}
        paper = tag("rect", x=0, y=0, width=width, height=height, fill=TOKENS["surface"])
        parts.insert(0, paper)
    return tag("svg", *parts, **root)


def line_width(value: float) -> float:
    """1.25 to 8 px by the size of a coefficient; 1 and more is as thick as it gets."""
    return _THIN + (_THICK - _THIN) * min(abs(value), 1.0)


def _line(route: Route, style: Style) -> str:
    width = line_width(route.edge.value)
    colour = "sl-pd-clear" if route.edge.clear else "sl-pd-unclear"
    head = max(8.0, 1.5 * width)
    line = _shortened(route.points, head - 1)
    shape = "M" + "L".join(f"{num(x)} {num(y)}" for x, y in line)
    dashed = "sl-pd-negative" if route.edge.value < 0 else ""
    return tag(
        "g",
        tag("path", d=shape, stroke_width=width, **style("sl-pd-line", colour, dashed)),
        tag("path", d=_head(route, head), **style(f"{colour}-head")),
        data_source=route.edge.source,
        data_target=route.edge.target,
    )


def _shortened(points: list[Point], by: float) -> list[Point]:
    """The line without its last ``by`` px, where the arrow head stands."""
    kept = list(points)
    while len(kept) > 2 and math.dist(kept[-2], kept[-1]) <= by:
        by -= math.dist(kept[-2], kept[-1])
        kept.pop()
    (x1, y1), (x2, y2) = kept[-2], kept[-1]
    length = math.dist(kept[-2], kept[-1]) or 1.0
    share = max(0.0, (length - by) / length)
    return [*kept[:-1], (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)]


def _head(route: Route, length: float) -> str:
    (x2, y2) = route.stops[-1]
    (x1, y1) = route.stops[-2] if route.vertical else (x2 - 1, y2)
    span = math.dist((x1, y1), (x2, y2)) or 1.0
    ux, uy = (x2 - x1) / span, (y2 - y1) / span
    bx, by, half = x2 - ux * length, y2 - uy * length, length * 0.55
    corners = ((bx - uy * half, by + ux * half), (x2, y2), (bx + uy * half, by - ux * half))
    return "M" + "L".join(f"{num(x)} {num(y)}" for x, y in corners) + "z"


def _box(box: Box, style: Style) -> str:
    left, top, _, _ = box.rect
    main = "sl-pd-box-main" if box.node.emphasised else ""
    parts = [
        tag(
            "rect",
            x=left,
            y=top,
            width=box.width,
            height=box.height,
            rx=8,
            **style("sl-pd-box", main),
        )
    ]
    if "".join(box.lines).replace(" ", "") != box.node.name.replace(" ", ""):
        parts.insert(0, tag("title", escape(printable(box.node.name))))
    written = NAME_LINE * len(box.lines) + SMALL_LINE * len(box.node.notes)
    y = box.y - written / 2 + 13
    for line in box.lines:
        parts.append(svg_text(box.x, y, line, text_anchor="middle", **style("sl-pd-name")))
        y += NAME_LINE
    for note in box.node.notes:
        parts.append(svg_text(box.x, y, note, text_anchor="middle", **style("sl-pd-note")))
        y += SMALL_LINE
    return tag("g", *parts, data_construct=box.node.name)


def _label(route: Route, spec: PathDiagram, language: str, style: Style) -> str:
    label, edge = route.label, route.edge
    left, top, _, _ = label.rect
    interval = interval_text(edge, spec.decimals, language)
    parts = [
        tag("rect", x=left, y=top, width=label.width, height=label.height, rx=4, **style("sl-pd-paper")),
        svg_text(
            label.x, top + 14, number(edge.value, spec.decimals), text_anchor="middle", **style("sl-pd-value")
        ),
    ]
    if interval:
        parts.append(
            svg_text(
                label.x, top + 14 + SMALL_LINE, interval, text_anchor="middle", **style("sl-pd-interval")
            )
        )
    return tag("g", *parts)


def _key(spec: PathDiagram, language: str) -> list[str]:
    """What the marks mean; only those that are there."""
    found = [message("path_diagram.key_width", {}, language)]
    if any(not edge.clear and edge.low is not None for edge in spec.edges):
        found.append(message("path_diagram.key_unclear", {}, language))
    if any(edge.low is None for edge in spec.edges):
        found.append(message("path_diagram.key_no_interval", {}, language))
    if any(edge.value < 0 for edge in spec.edges):
        found.append(message("path_diagram.key_negative", {}, language))
    return found


def _alternative(spec: PathDiagram, language: str) -> str:
    """The finding, then every path in words."""
    paths = [
        message(
            "path_diagram.path",
            {"source": e.source, "target": e.target, "value": number(e.value, spec.decimals)},
            language,
        )
        for e in sorted(spec.edges, key=lambda e: -abs(e.value))
    ]
    said = [spec.title, spec.subtitle, *paths]
    return ("" if language == "zh-CN" else " ").join(part for part in said if part)
