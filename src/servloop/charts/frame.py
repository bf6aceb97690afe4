"""The plotting area of a chart, and its value axis."""

from __future__ import annotations

from dataclasses import dataclass

from servloop.charts.canvas import Canvas
from servloop.charts.scales import Scale, tick_label


@dataclass(frozen=True)
class Frame:
    """Edges of the plotting area, px."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, canvas: Canvas, *, left: float, right: float, top: float, bottom: float) -> Frame:
        """What is left of the canvas inside margins."""
        return cls(left, top, canvas.width - right, canvas.height - bottom)

    @property
    def width(self) -> float:
        """Width, px."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height, px."""
        return self.bottom - self.top


def value_axis(canvas: Canvas, frame: Frame, marks: list[float]) -> Scale:
    """Draw light horizontals with their values at the left; returns the scale."""
    scale = Scale(marks[0], marks[-1], frame.bottom, frame.top)
    for mark in marks:
        place = scale(mark)
        canvas.line(frame.left, place, frame.right, place, "grid")
        canvas.text(frame.left - 6, place + 4, tick_label(mark, marks), anchor="end", colour="ink-3")
    return scale
