"""A small SVG canvas: escaped text, the light values of the design tokens, shapes that mean something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

FONT = "'PingFang SC','Microsoft YaHei','Noto Sans SC','Noto Sans CJK SC',-apple-system,'Segoe UI',Roboto,sans-serif"
# The light values of the design tokens: files and print are always light.
COLOURS = {
    "surface": "#ffffff",
    "well": "#eaeef2",
    "ink": "#17212b",
    "ink-2": "#475463",
    "ink-3": "#5f6c7a",
    "grid": "#e8ecf0",
    "axis": "#b3bec9",
    "plain": "#2b6cb0",
    "good": "#0f8a76",
    "watch": "#e0a126",
    "bad": "#bf3328",
    "neutral": "#8a97a5",
    "subject": "#2b6cb0",
    "comparison": "#d07a1f",
    "other": "#2fa893",
    "context": "#8a97a5",
    "tint": "#e3eefa",
    "ramp-1": "#e9eef4",
    "ramp-2": "#c3d5e8",
    "ramp-3": "#8db4da",
    "ramp-4": "#4a85c0",
    "ramp-5": "#1b4f8a",
}
SMALL = 12.0


class Canvas:
    """Collects elements; coordinates are pixels with the origin top left."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def add(self, name: str, content: str = "", /, **attributes: object) -> None:
        """An element; ``_`` in names of attributes stands for ``-``."""
        shown = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
            for key, value in attributes.items()
            if value is not None
        )
        self._parts.append(f"<{name}{shown}>{content}</{name}>" if content else f"<{name}{shown}/>")

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, **attributes: object) -> None:
        """A straight line in a named colour."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=COLOURS[colour], **attributes)

    def rect(
        self, x: float, y: float, width: float, height: float, colour: str, **attributes: object
    ) -> None:
        """A filled rectangle in a named colour."""
        self.add("rect", x=x, y=y, width=width, height=height, fill=COLOURS[colour], **attributes)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "start",
        colour: str = "ink-2",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """Text with its baseline at ``y``; a halo keeps it readable over lines.

        The halo is a text of its own beneath: writers of PDF know no ``paint-order`` and would paint it on top.
        """
        place = {
            "x": x,
            "y": y,
            "text_anchor": None if anchor == "start" else anchor,
            "font_weight": "600" if bold else None,
        }
        if halo:
            outline = {"stroke": COLOURS["surface"], "stroke_width": 4, "stroke_linejoin": "round"}
            self.add("text", escape(text), fill=COLOURS["surface"], aria_hidden="true", **place, **outline)
        self.add("text", escape(text), fill=COLOURS[colour], **place)

    def path(self, points: Iterable[tuple[float, float]], colour: str, **attributes: object) -> None:
        """An open line through points."""
        shape = "M" + "L".join(f"{_value(x)} {_value(y)}" for x, y in points)
        self.add("path", d=shape, fill="none", stroke=COLOURS[colour], stroke_linejoin="round", **attributes)

    def area(
        self, upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], colour: str
    ) -> None:
        """A band between two lines, at 16 % opacity; nothing where it has no width."""
        if len(upper) < 2:
            return
        shape = "M" + "L".join(f"{_value(x)} {_value(y)}" for x, y in [*upper, *reversed(lower)]) + "Z"
        self.add("path", d=shape, fill=COLOURS[colour], fill_opacity=0.16)

    def mark(self, x: float, y: float, state: str, *, hollow: bool = False, size: float = 4.5) -> None:
        """A mark whose shape says what its colour says: disc, triangle (watch), diamond (bad), ring (neutral)."""
        colour = COLOURS[state]
        open_mark = hollow or state == "neutral"
        look = {
            "fill": COLOURS["surface"] if open_mark else colour,
            "stroke": colour,
            "stroke_width": 1.75 if open_mark else 1,
        }
        if state == "bad":
            reach = size * 1.25
            points = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
        elif state == "watch":
            reach = size * 1.2
            points = [(x, y - reach), (x + reach, y + reach * 0.8), (x - reach, y + reach * 0.8)]
        else:
            self.add("circle", cx=x, cy=y, r=size, **look)
            return
        self.add("polygon", points=" ".join(f"{_value(a)},{_value(b)}" for a, b in points), **look)

    def symbol(self, x: float, y: float, role: str, *, hollow: bool = False, size: float = 4.5) -> None:
        """A mark whose shape says its role: disc (subject), square (comparison), triangle (other), diamond (context)."""
        colour = COLOURS[role]
        look = {"fill": COLOURS["surface"] if hollow else colour, "stroke": colour, "stroke_width": 1.75}
        if role == "subject":
            self.add("circle", cx=x, cy=y, r=size, **look)
            return
        corners = {
            "comparison": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
            "other": ((0, -1.25), (1.2, 0.95), (-1.2, 0.95)),
            "context": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        }[role]
        points = " ".join(f"{_value(x + size * a)},{_value(y + size * b)}" for a, b in corners)
        self.add("polygon", points=points, **look)

    def document(self, label: str) -> str:
        """The finished SVG with its text alternative."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_value(self.width)} {_value(self.height)}"'
            f' width="{_value(self.width)}" height="{_value(self.height)}" role="img" aria-label="{escape(label)}"'
            f' font-family="{FONT}" font-size="{_value(SMALL)}">{"".join(self._parts)}</svg>'
        )


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value))
