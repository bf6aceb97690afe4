"""The legend inside the map, bottom left."""

from __future__ import annotations

from collections.abc import Collection

from servloop.charts.text_metrics import ELLIPSIS, text_width
from servloop.diagnose.process.layout import SMALL_SIZE, MapLayout
from servloop.diagnose.process.layout_labels import Rect
from servloop.diagnose.process.map_svg_scale import STEPS, Scale
from servloop.diagnose.process.map_svg_shapes import tag
from servloop.diagnose.process.map_svg_shapes import text as svg_text
from servloop.diagnose.process.map_svg_style import Style
from servloop.diagnose.process.map_svg_text import text

_SWATCH = 22.0
_RESERVED = 96.0  # margins, and the corner where a page puts its zoom buttons


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
    x, y = frame[0] + 16, layout.legend_top + 18
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
        while len(listed) > 1 and text_width(listed, SMALL_SIZE) > frame[2] - frame[0] - _RESERVED:
            listed = listed.removesuffix(ELLIPSIS)[:-1] + ELLIPSIS
        parts.append(svg_text(frame[0] + 16, y + 24, listed, **style("sl-pm-key")))
    return tag("g", *parts, class_="sl-pm-legend")
