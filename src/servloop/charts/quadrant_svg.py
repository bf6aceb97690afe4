"""Two measures crossed: quadrants named by what to do, marks with error bars, labels where they touch nothing."""

from __future__ import annotations

from servloop.charts.canvas import SMALL, Canvas
from servloop.charts.frame import Frame, value_axis
from servloop.charts.scales import Scale, tick_label
from servloop.charts.spec import QuadrantChart
from servloop.charts.text_metrics import text_width

_REACH = 7.0  # of a mark with its surroundings
_LINE = 14.0
Box = tuple[float, float, float, float]


def quadrant_canvas(spec: QuadrantChart, width: float, height: float) -> Canvas:
    """The chart, drawn."""
    canvas = Canvas(width, height)
    x_marks, y_marks = list(spec.axis("x")), list(spec.axis("y"))
    room = max(text_width(tick_label(mark, y_marks), SMALL) for mark in y_marks) + 12
    frame = Frame.around(canvas, left=room, right=12, top=22, bottom=44)
    y = value_axis(canvas, frame, y_marks)
    x = Scale(x_marks[0], x_marks[-1], frame.left, frame.right)
    taken = _quadrants(canvas, frame, spec, (x(spec.x_cross), y(spec.y_cross)))
    for mark in x_marks:
        canvas.text(x(mark), frame.bottom + 17, tick_label(mark, x_marks), anchor="middle", colour="ink-3")
    canvas.text((frame.left + frame.right) / 2, frame.bottom + 36, spec.x_name, anchor="middle")
    canvas.text(4, frame.top - 8, spec.y_name)
    places = [(x(point.x), y(point.y)) for point in spec.points]
    for point, (left, top) in zip(spec.points, places, strict=True):
        if point.x_low is not None and point.x_high is not None:
            canvas.line(x(point.x_low), top, x(point.x_high), top, "context", stroke_opacity=0.6)
        if point.y_low is not None and point.y_high is not None:
            canvas.line(left, y(point.y_low), left, y(point.y_high), "context", stroke_opacity=0.6)
    for point, place in zip(spec.points, places, strict=True):
        canvas.symbol(*place, point.role, hollow=point.hollow)
    taken += [(left - _REACH, top - _REACH, left + _REACH, top + _REACH) for left, top in places]
    for point, place in zip(spec.points, places, strict=True):
        box = _free_place(place, text_width(point.label, SMALL), frame, taken)
        if box is None:  # the table has it
            continue
        taken.append(box)
        canvas.text(box[0], box[3] - 3, point.label, colour="ink", halo=True)
    return canvas


def _free_place(place: tuple[float, float], wide: float, frame: Frame, taken: list[Box]) -> Box | None:
    """Right of the mark, left, above, below, then the corners: the first place that touches nothing."""
    left, top = place
    half = _LINE / 2
    lefts = {"right": left + 8, "left": left - 8 - wide, "middle": left - wide / 2}
    for across, up in (
        ("right", 0.0),
        ("left", 0.0),
        ("middle", -half - 8),
        ("middle", half + 8),
        ("right", -10.0),
        ("right", 10.0),
        ("left", -10.0),
        ("left", 10.0),
    ):
        box = (lefts[across], top + up - half, lefts[across] + wide, top + up + half)
        if box[0] < frame.left or box[2] > frame.right or box[1] < frame.top or box[3] > frame.bottom:
            continue
        if not any(_touch(box, other) for other in taken):
            return box
    return None


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _quadrants(canvas: Canvas, frame: Frame, spec: QuadrantChart, cross: tuple[float, float]) -> list[Box]:
    """Tint, crosshair and names; where the names stand."""
    left, top = cross
    corners = (
        (frame.left, frame.top, left - frame.left, top - frame.top),
        (left, frame.top, frame.right - left, top - frame.top),
        (frame.left, top, left - frame.left, frame.bottom - top),
        (left, top, frame.right - left, frame.bottom - top),
    )
    if spec.highlighted is not None:
        canvas.rect(*corners[spec.highlighted], "tint")
    canvas.line(left, frame.top, left, frame.bottom, "axis", stroke_dasharray="6 5")
    canvas.line(frame.left, top, frame.right, top, "axis", stroke_dasharray="6 5")
    named = []
    for i, name in enumerate(spec.names):
        x0, y0, w, h = corners[i]
        at_right = i % 2 == 1
        start = x0 + w - 8 - text_width(name, SMALL) if at_right else x0 + 8
        base = y0 + 18 if i < 2 else y0 + h - 8
        canvas.text(start, base, name, colour="ink-3", bold=i == spec.highlighted)
        named.append((start, base - 12, start + text_width(name, SMALL), base + 4))
    return named
