"""Charts as SVG: for PDF, e-mail, pages without script, and export. What ECharts shows in a page, drawn alike."""

from __future__ import annotations

from functools import singledispatch
from itertools import groupby

from servloop.charts.canvas import SMALL, Canvas
from servloop.charts.frame import Frame, value_axis
from servloop.charts.path_diagram import PathDiagram
from servloop.charts.path_svg import path_svg
from servloop.charts.quadrant_svg import quadrant_canvas
from servloop.charts.scales import Scale, date_label, date_ticks, number, tick_label, ticks
from servloop.charts.spec import (
    BarChart,
    ChartSpec,
    ControlChart,
    DistributionChart,
    DotChart,
    DumbbellChart,
    HeatChart,
    Line,
    LineChart,
    QuadrantChart,
    Reference,
)
from servloop.charts.text_metrics import text_width, wrap
from servloop.charts.words import alternative
from servloop.messages import message

_ROW = 26.0
_LABEL_MOST = 200.0
_FEW = 12  # points up to which each is marked


def to_svg(spec: ChartSpec, *, width: float = 720, height: float | None = None, language: str = "en") -> str:
    """Draw a chart. Its title is not drawn: it stands above, in the page or the report.

    Args:
        spec: the chart.
        width: in px.
        height: in px; charts with rows choose their own when None, others take 260.
        language: of dates and of the text alternative.
    """
    if isinstance(spec, PathDiagram):  # as large as its model asks for
        return path_svg(spec, language=language, standalone=True)
    canvas = _draw(spec, width, height, language)
    return canvas.document(alternative(spec, language))


@singledispatch
def _draw(spec: ChartSpec, width: float, height: float | None, language: str) -> Canvas:  # noqa: ARG001
    raise TypeError(type(spec).__name__)


@_draw.register
def _(spec: LineChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 260)
    days = [p.at for line in spec.lines for p in line.points] + [i.at for i in spec.interventions]
    values = [
        v for line in spec.lines for p in line.points for v in (p.value, p.low, p.high) if v is not None
    ]
    values += [r.value for r in spec.references] + ([0.0] if spec.y_from_zero else [])
    if not days or not values:
        return _nothing(canvas, language)
    marks = ticks(min(values), max(values))
    ends = [line.name for line in spec.lines if len(spec.lines) > 1]
    right = max((text_width(name, SMALL) for name in ends), default=0.0) + (12 if ends else 8)
    frame = Frame.around(canvas, left=_tick_room(marks), right=min(right, 160), top=20, bottom=26)
    y = value_axis(canvas, frame, marks)
    first, last = min(days), max(days)
    x = Scale(first.toordinal(), max(last.toordinal(), first.toordinal() + 1), frame.left, frame.right)
    calendar = date_ticks(first, last)
    in_days = len(calendar) > 1 and (calendar[1] - calendar[0]).days < 28
    for day in calendar:
        label = date_label(day, in_days=in_days, language=language)
        _date(canvas, x(day.toordinal()), frame.bottom + 18, label)
    for event in spec.interventions:
        place = x(event.at.toordinal())
        canvas.line(place, frame.top, place, frame.bottom, "ink-2", stroke_width=1)
        anchor = "end" if place > (frame.left + frame.right) / 2 else "start"
        canvas.text(place + (-4 if anchor == "end" else 4), frame.top - 6, event.label, anchor=anchor)
    _references(canvas, frame, y, spec.references)
    for line in spec.lines:
        _line(canvas, line, x, y)
    _end_labels(canvas, frame, spec, y)
    return canvas


def _date(canvas: Canvas, place: float, below: float, label: str) -> None:
    """A label of the time axis; near an end of the drawing it stands beside its tick instead of being cut off."""
    half = text_width(label, SMALL) / 2
    if place - half < 0:
        canvas.text(0, below, label, colour="ink-3")
    elif place + half > canvas.width:
        canvas.text(canvas.width, below, label, anchor="end", colour="ink-3")
    else:
        canvas.text(place, below, label, anchor="middle", colour="ink-3")


def _line(canvas: Canvas, line: Line, x: Scale, y: Scale) -> None:
    """One series with its band; missing values interrupt both."""
    measured = sum(point.value is not None for point in line.points)
    for has_value, group in groupby(line.points, key=lambda point: point.value is not None):
        if not has_value:
            continue
        points = list(group)
        places = [(x(p.at.toordinal()), y(p.value or 0.0)) for p in points]
        banded = [p for p in points if p.low is not None and p.high is not None]
        canvas.area(
            [(x(p.at.toordinal()), y(p.high or 0.0)) for p in banded],
            [(x(p.at.toordinal()), y(p.low or 0.0)) for p in banded],
            line.role,
        )
        canvas.path(places, line.role, stroke_width=2, stroke_dasharray="6 5" if line.dashed else None)
        if measured < _FEW or len(points) == 1:
            for left, top in places:
                canvas.mark(left, top, line.role, size=3)


def _end_labels(canvas: Canvas, frame: Frame, spec: LineChart, y: Scale) -> None:
    """Names at the ends of lines instead of a legend, moved apart where they would touch."""
    if len(spec.lines) < 2:
        return
    ends = sorted(
        (y(values[-1]), line.name, line.role)
        for line in spec.lines
        if (values := [p.value for p in line.points if p.value is not None])
    )
    floor = frame.top
    for end, name, role in ends:
        place = max(end, floor)
        canvas.text(frame.right + 8, place + 4, name, colour=role)
        floor = place + 15


@_draw.register
def _(spec: BarChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 34 + _ROW * max(len(spec.bars), 1))
    values = [v for b in spec.bars for v in (b.value, b.low, b.high) if v is not None]
    if not values:
        return _nothing(canvas, language)
    frame, x = _rows_frame(
        canvas, [b.label for b in spec.bars], ticks(min(0.0, *values), max(0.0, *values)), 64
    )
    zero = x(0)
    for i, bar in enumerate(spec.bars):
        middle = _row_label(canvas, frame, i, bar.label)
        if bar.value is not None:
            end = x(bar.value)
            canvas.rect(min(zero, end), middle - 8, abs(end - zero), 16, bar.state, rx=2)
            _whisker(canvas, x, middle, bar.low, bar.high)
        canvas.text(frame.right + 8, middle + 4, number(bar.value, spec.decimals) + spec.unit, colour="ink")
    canvas.line(zero, frame.top, zero, frame.bottom, "axis")
    return canvas


@_draw.register
def _(spec: DotChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 46 + _ROW * max(len(spec.dots), 1))
    values = [v for d in spec.dots for v in (d.value, d.low, d.high) if v is not None]
    if not values:
        return _nothing(canvas, language)
    values += [r.value for r in spec.references]
    marks = ticks(min(values), max(values))
    frame, x = _rows_frame(canvas, [d.label for d in spec.dots], marks, 64, top=20)
    for reference in spec.references:
        place = x(reference.value)
        canvas.line(place, frame.top, place, frame.bottom, "ink-2", stroke_dasharray=_dash(reference))
        canvas.text(place, frame.top - 6, reference.label, anchor="middle")
    for i, dot in enumerate(spec.dots):
        middle = _row_label(canvas, frame, i, dot.label)
        if dot.value is None:
            canvas.text(frame.left + 4, middle + 4, f"— {dot.note}".rstrip(), colour="ink-3")
            continue
        if dot.low is not None and dot.high is not None:
            canvas.line(
                x(dot.low), middle, x(dot.high), middle, dot.state, stroke_width=3, stroke_opacity=0.45
            )
        canvas.mark(x(dot.value), middle, dot.state)
        canvas.text(frame.right + 8, middle + 4, number(dot.value, spec.decimals) + spec.unit, colour="ink")
    return canvas


@_draw.register
def _(spec: DumbbellChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 66 + _ROW * max(len(spec.rows), 1))
    values = [v for r in spec.rows for v in (r.first, r.second) if v is not None]
    if not values:
        return _nothing(canvas, language)
    frame, x = _rows_frame(canvas, [r.label for r in spec.rows], ticks(min(values), max(values)), 64, top=24)
    canvas.mark(frame.left + 6, 9, "plain", hollow=True)
    canvas.text(frame.left + 16, 13, spec.first_name)
    canvas.mark(frame.left + 34 + text_width(spec.first_name, SMALL), 9, "plain")
    canvas.text(frame.left + 44 + text_width(spec.first_name, SMALL), 13, spec.second_name)
    for i, row in enumerate(spec.rows):
        middle = _row_label(canvas, frame, i, row.label)
        if row.first is None or row.second is None:
            canvas.text(frame.left + 4, middle + 4, f"— {row.note}".rstrip(), colour="ink-3")
            continue
        canvas.line(x(row.first), middle, x(row.second), middle, row.state, stroke_width=3)
        canvas.mark(x(row.first), middle, "plain", hollow=True)
        canvas.mark(x(row.second), middle, "plain", size=5)
        canvas.text(frame.right + 8, middle + 4, number(row.difference, spec.decimals), colour="ink")
    return canvas


@_draw.register
def _(spec: QuadrantChart, width: float, height: float | None, language: str) -> Canvas:
    if not spec.points:
        return _nothing(Canvas(width, height or 420), language)
    return quadrant_canvas(spec, width, height or 420)


@_draw.register
def _(spec: HeatChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 34 + _ROW * max(len(spec.rows), 1))
    values = [v for row in spec.cells for v in row if v is not None]
    if not values:
        return _nothing(canvas, language)
    left = min(max(text_width(r, SMALL) for r in spec.rows), _LABEL_MOST) + 12
    frame = Frame.around(canvas, left=left, right=4, top=4, bottom=24)
    cell = frame.width / len(spec.columns)
    row_height = frame.height / len(spec.rows)
    low, high = min(values), max(values)
    for i, name in enumerate(spec.rows):
        top = frame.top + i * row_height
        canvas.text(frame.left - 8, top + row_height / 2 + 4, wrap(name, SMALL, _LABEL_MOST)[0], anchor="end")
        for j in range(len(spec.columns)):
            value = spec.cells[i][j]
            step = 1 + int(4.999 * (value - low) / (high - low)) if value is not None and high > low else 1
            colour = "well" if value is None else f"ramp-{step}"
            canvas.rect(frame.left + j * cell + 1, top + 1, cell - 2, row_height - 2, colour, rx=2)
            shown = "·" if value is None else number(value, spec.decimals)
            if text_width(shown, SMALL) < cell - 4:
                ink = "surface" if step >= 4 and value is not None else "ink"
                canvas.text(
                    frame.left + (j + 0.5) * cell,
                    top + row_height / 2 + 4,
                    shown,
                    anchor="middle",
                    colour=ink,
                )
    every = 1 + int(max(text_width(c, SMALL) for c in spec.columns) // cell)
    for j, name in enumerate(spec.columns):
        if j % every == 0:
            canvas.text(
                frame.left + (j + 0.5) * cell, frame.bottom + 17, name, anchor="middle", colour="ink-3"
            )
    return canvas


@_draw.register
def _(spec: ControlChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 260)
    values = [v for p in spec.points for v in (p.value, p.centre, p.lower, p.upper) if v is not None]
    if not values:
        return _nothing(canvas, language)
    marks = ticks(min(values), max(values))
    frame = Frame.around(canvas, left=_tick_room(marks), right=8, top=20, bottom=26)
    y = value_axis(canvas, frame, marks)
    step = frame.width / len(spec.points)
    places = [frame.left + (i + 0.5) * step for i in range(len(spec.points))]
    if spec.baseline:
        canvas.rect(frame.left, frame.top, spec.baseline * step, frame.height, "well", fill_opacity=0.6)
    for bound, dash in (("upper", "6 5"), ("lower", "6 5"), ("centre", None)):
        # Limits belong to points: drawn as steps, they stay honest where n changes.
        corners = []
        for i, point in enumerate(spec.points):
            value = getattr(point, bound)
            if value is not None:
                corners += [(places[i] - step / 2, y(value)), (places[i] + step / 2, y(value))]
        if corners:
            canvas.path(corners, "neutral", stroke_width=1.25, stroke_dasharray=dash)
    for start, name in spec.phases:
        edge = places[start] - step / 2
        canvas.line(edge, frame.top, edge, frame.bottom, "ink-2", stroke_width=1)
        anchor = "end" if edge > (frame.left + frame.right) / 2 else "start"
        canvas.text(edge + (-4 if anchor == "end" else 4), frame.top - 6, name, anchor=anchor)
    drawn = [(places[i], y(p.value)) for i, p in enumerate(spec.points) if p.value is not None]
    canvas.path(drawn, "subject", stroke_width=1.5)
    free_from = 0.0  # neighbours of one run share its name: a label that would cover the last one is left out
    every = 1 + int(max(text_width(p.label, SMALL) for p in spec.points) // step)
    for i, point in enumerate(spec.points):
        if point.value is not None:
            place = (places[i], y(point.value))
            canvas.mark(*place, "bad" if point.rules else "subject", size=4 if point.rules else 3)
            half = text_width(point.rules[0], SMALL) / 2 if point.rules else 0.0
            if point.rules and place[0] - half >= free_from:
                canvas.text(place[0], place[1] - 10, point.rules[0], anchor="middle", colour="bad", halo=True)
                free_from = place[0] + half
        if i % every == 0:
            canvas.text(places[i], frame.bottom + 18, point.label, anchor="middle", colour="ink-3")
    return canvas


@_draw.register
def _(spec: DistributionChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 240)
    if not spec.shares:
        return _nothing(canvas, language)
    marks = ticks(0.0, 100 * max(*spec.shares, *(spec.compared or (0.0,))), 4)
    frame = Frame.around(canvas, left=_tick_room(marks), right=8, top=34, bottom=44)
    y = value_axis(canvas, frame, marks)
    x = Scale(spec.edges[0], spec.edges[-1], frame.left, frame.right)
    for i, share in enumerate(spec.shares):
        start, stop = x(spec.edges[i]), x(spec.edges[i + 1])
        canvas.rect(start + 1, y(100 * share), stop - start - 2, frame.bottom - y(100 * share), "subject")
    if spec.compared:
        corners = []
        for i, share in enumerate(spec.compared):
            corners += [(x(spec.edges[i]), y(100 * share)), (x(spec.edges[i + 1]), y(100 * share))]
        canvas.path(corners, "comparison", stroke_width=2)
    if spec.median is not None:
        place = x(min(max(spec.median, spec.edges[0]), spec.edges[-1]))
        canvas.line(place, frame.top, place, frame.bottom, "ink-2")
        canvas.text(place, frame.top - 5, number(spec.median, spec.decimals), anchor="middle", bold=True)
    for edge in ticks(spec.edges[0], spec.edges[-1], 8):
        if spec.edges[0] <= edge <= spec.edges[-1]:
            label = tick_label(edge, ticks(spec.edges[0], spec.edges[-1], 8))
            canvas.text(x(edge), frame.bottom + 17, label, anchor="middle", colour="ink-3")
    canvas.text((frame.left + frame.right) / 2, frame.bottom + 36, spec.x_name, anchor="middle")
    canvas.rect(frame.left, 4, 12, 10, "subject")
    canvas.text(frame.left + 18, 13, spec.name)
    if spec.compared:
        start = frame.left + 34 + text_width(spec.name, SMALL)
        canvas.line(start, 9, start + 14, 9, "comparison", stroke_width=2)
        canvas.text(start + 20, 13, spec.compared_name)
    return canvas


def _tick_room(marks: list[float]) -> float:
    return max(text_width(tick_label(mark, marks), SMALL) for mark in marks) + 12


def _rows_frame(
    canvas: Canvas, labels: list[str], marks: list[float], right: float, top: float = 4
) -> tuple[Frame, Scale]:
    """The frame of a chart with one row per item, and its value scale with grid and tick labels."""
    left = min(max(text_width(label, SMALL) for label in labels), _LABEL_MOST) + 14
    frame = Frame.around(canvas, left=left, right=right, top=top, bottom=24)
    x = Scale(marks[0], marks[-1], frame.left, frame.right)
    for mark in marks:
        canvas.line(x(mark), frame.top, x(mark), frame.bottom, "grid")
        canvas.text(x(mark), frame.bottom + 17, tick_label(mark, marks), anchor="middle", colour="ink-3")
    return frame, x


def _row_label(canvas: Canvas, frame: Frame, row: int, label: str) -> float:
    middle = frame.top + (row + 0.5) * _ROW
    canvas.text(frame.left - 8, middle + 4, wrap(label, SMALL, _LABEL_MOST)[0], anchor="end", colour="ink")
    return middle


def _whisker(canvas: Canvas, x: Scale, middle: float, low: float | None, high: float | None) -> None:
    if low is not None and high is not None:
        canvas.line(x(low), middle, x(high), middle, "ink-2", stroke_width=1.25)


def _references(canvas: Canvas, frame: Frame, y: Scale, references: tuple[Reference, ...]) -> None:
    for reference in references:
        place = y(reference.value)
        colour = "ink-2" if reference.kind == "target" else "ink-3"
        canvas.line(frame.left, place, frame.right, place, colour, stroke_dasharray=_dash(reference))
        canvas.text(frame.left + 4, place - 4, reference.label, colour=colour, halo=True)


def _dash(reference: Reference) -> str | None:
    return {"target": "6 5", "benchmark": "2 4", "mean": None}[reference.kind]


def _nothing(canvas: Canvas, language: str) -> Canvas:
    canvas.rect(0, 0, canvas.width, canvas.height, "well", rx=6)
    canvas.text(
        canvas.width / 2,
        canvas.height / 2 + 4,
        message("charts.nothing", {}, language),
        anchor="middle",
        colour="ink-3",
    )
    return canvas
