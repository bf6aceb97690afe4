"""Did it help? Points, what would have been with its band, the day on which the change began, and the effect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from servloop.charts import echarts_parts, svg, table
from servloop.charts.canvas import SMALL, Canvas
from servloop.charts.frame import Frame, value_axis
from servloop.charts.scales import Scale, date_label, date_ticks, tick_label, ticks
from servloop.charts.spec import ChartSpec, State
from servloop.charts.text_metrics import text_width

Values = tuple[float | None, ...]
_RIGHT = 84.0
_INKS = {"good": "--sl-good-ink", "bad": "--sl-bad-ink", "watch": "--sl-watch-ink"}


@dataclass(frozen=True, kw_only=True)
class EffectChart(ChartSpec):
    """A series around the start of a change, against what would have been without it.

    Attributes:
        periods: first day of each point.
        observed: what was seen; None where missing or left out.
        counterfactual: what would have been.
        low, high: its band.
        comparison: units without the change; empty without any.
        fitted: the level or line of what was seen.
        first_after: place of the first point wholly under the change.
        start: day of the change.
        start_label: its name in the plot.
        expected, seen: means after the start, without and with the change; None when not known.
        effect_label: the effect as it is written at its arrow.
        state: whether it is clearly better or worse.
        observed_name, counterfactual_name, comparison_name, fitted_name: for table and tooltip.
        expected_label, seen_label: at the ends of the lines.
    """

    periods: tuple[dt.date, ...]
    observed: Values
    counterfactual: Values
    low: Values
    high: Values
    fitted: Values
    first_after: int
    start: dt.date
    start_label: str
    observed_name: str
    counterfactual_name: str
    fitted_name: str
    comparison: Values = ()
    comparison_name: str = ""
    expected: float | None = None
    seen: float | None = None
    effect_label: str = ""
    expected_label: str = ""
    seen_label: str = ""
    state: State = "neutral"


def _rows(spec: EffectChart) -> tuple[Sequence[str], Sequence[Sequence[table.Cell]]]:
    headings = ["date", f":{spec.observed_name}", f":{spec.counterfactual_name}", "low", "high"]
    columns: list[Values] = [spec.observed, spec.counterfactual, spec.low, spec.high]
    if spec.comparison:
        headings.append(f":{spec.comparison_name}")
        columns.append(spec.comparison)
    rows = [
        (period.isoformat(), *(column[place] for column in columns))
        for place, period in enumerate(spec.periods)
    ]
    return headings, rows


def _options(spec: EffectChart) -> dict[str, Any]:
    days = [period.isoformat() for period in spec.periods]

    def line(values: Values, *, start: int = 0, stop: int | None = None, **more: Any) -> dict[str, Any]:
        data = [[days[i], values[i]] for i in range(*slice(start, stop).indices(len(days)))]
        return {"type": "line", "symbol": "none", "data": data, **more}

    hidden: dict[str, Any] = {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}, "silent": True}
    band: dict[str, Any] = {"stack": "band", "stackStrategy": "all", **hidden}
    height = tuple(
        None if low is None or high is None else high - low
        for low, high in zip(spec.low, spec.high, strict=True)
    )
    series = [
        line(spec.low, **band),
        line(height, areaStyle={"color": "--sl-band-neutral", "opacity": 1}, **band),
    ]
    if spec.comparison:
        thin = {"color": "--sl-series-2", "width": 1.25, "opacity": 0.6}
        series.append(
            line(
                spec.comparison,
                name=spec.comparison_name,
                lineStyle=thin,
                itemStyle={"color": "--sl-series-2"},
            )
        )
    dashed = {"color": "--sl-ink-2", "type": [5, 3], "width": 1.5}
    thick = {"color": "--sl-series-1", "width": 2.5}
    series += [
        line(
            spec.counterfactual,
            start=spec.first_after,
            name=spec.counterfactual_name,
            lineStyle=dashed,
            itemStyle={"color": "--sl-ink-2"},
            endLabel=_end_label(spec.expected_label, "--sl-ink-2", bold=False),
            labelLayout={"moveOverlap": "shiftY"},
        ),
        line(
            spec.fitted,
            stop=spec.first_after,
            lineStyle=thick,
            silent=True,
            tooltip={"show": False},
        ),
        line(
            spec.fitted,
            start=spec.first_after,
            lineStyle=thick,
            silent=True,
            tooltip={"show": False},
            endLabel=_end_label(spec.seen_label, "--sl-brand", bold=True),
            labelLayout={"moveOverlap": "shiftY"},
        ),
        {
            "type": "scatter",
            "name": spec.observed_name,
            "symbolSize": 7,
            "data": [[day, value] for day, value in zip(days, spec.observed, strict=True)],
            "itemStyle": {
                "color": "--sl-series-1",
                "opacity": 0.85,
                "borderColor": "--sl-surface",
                "borderWidth": 1,
            },
            "z": 5,
            "markLine": {"symbol": "none", "silent": True, "data": _marks(spec)},
        },
    ]
    return {
        "grid": {"left": 8, "right": _RIGHT, "top": 30, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {
            "type": "time",
            "axisLabel": {"color": "--sl-ink-3", "fontSize": 12, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": "--sl-axis"}},
        },
        "yAxis": {
            "type": "value",
            "scale": True,
            "axisLabel": {"color": "--sl-ink-3", "fontSize": 12, "hideOverlap": True},
            "splitLine": {"lineStyle": {"color": "--sl-grid"}},
            "axisLine": {"show": False},
        },
        "series": series,
    }


def _end_label(text: str, colour: str, *, bold: bool) -> dict[str, Any]:
    return {
        "show": bool(text),
        "formatter": text,
        "color": colour,
        "fontSize": 12,
        "lineHeight": 15,
        "fontWeight": 600 if bold else 400,
    }


def _marks(spec: EffectChart) -> list[Any]:
    start = {
        "xAxis": spec.start.isoformat(),
        "lineStyle": {"color": "--sl-ink", "type": "solid", "width": 1.25},
        "label": {
            "formatter": spec.start_label,
            "position": "end",
            "color": "--sl-ink",
            "fontWeight": 600,
        },
    }
    if spec.expected is None or spec.seen is None or not spec.effect_label:
        return [start]
    middle = _middle(spec).isoformat()
    ink = _INKS.get(spec.state, "--sl-ink-2")
    label = {
        "show": True,
        "position": "middle",
        "formatter": spec.effect_label,
        "color": ink,
        "fontWeight": 600,
        "fontSize": 14,
        "rotate": 0,
        "backgroundColor": "--sl-surface",
        "padding": [1, 4],
    }
    begin = {
        "coord": [middle, spec.expected],
        "symbol": "none",
        "lineStyle": {"color": ink, "type": "solid", "width": 1.75},
        "label": label,
    }
    return [start, [begin, {"coord": [middle, spec.seen], "symbol": "arrow", "symbolSize": 8}]]


def _middle(spec: EffectChart) -> dt.date:
    return spec.periods[(spec.first_after + len(spec.periods) - 1) // 2]


def _canvas(spec: EffectChart, width: float, height: float | None, language: str) -> Canvas:
    canvas = Canvas(width, height or 300)
    columns = (spec.observed, spec.low, spec.high, spec.comparison, spec.fitted)
    values = [value for column in columns for value in column if value is not None]
    if not values:
        return svg._nothing(canvas, language)  # noqa: SLF001  # the drawing of a chart without values
    marks = ticks(min(values), max(values))
    left = max(text_width(tick_label(mark, marks), SMALL) for mark in marks) + 12
    frame = Frame.around(canvas, left=left, right=_RIGHT, top=24, bottom=26)
    y = value_axis(canvas, frame, marks)
    first, last = spec.periods[0], spec.periods[-1]
    x = Scale(first.toordinal(), last.toordinal() + 1, frame.left, frame.right)
    calendar = date_ticks(first, last)
    in_days = len(calendar) > 1 and (calendar[1] - calendar[0]).days < 28
    for day in calendar:
        label = date_label(day, in_days=in_days, language=language)
        canvas.text(x(day.toordinal()), frame.bottom + 18, label, anchor="middle", colour="ink-3")

    def places(column: Values, start: int = 0, stop: int | None = None) -> list[tuple[float, float]]:
        return [
            (x(spec.periods[i].toordinal()), y(value))
            for i in range(*slice(start, stop).indices(len(column)))
            if (value := column[i]) is not None
        ]

    canvas.area(places(spec.high), places(spec.low), "context")
    if spec.comparison:
        canvas.path(places(spec.comparison), "comparison", stroke_width=1.25, stroke_opacity=0.6)
    after = places(spec.counterfactual, spec.first_after)
    if len(after) > 1:
        canvas.path(after, "ink-2", stroke_width=1.5, stroke_dasharray="5 3")
    for part in (places(spec.fitted, 0, spec.first_after), places(spec.fitted, spec.first_after)):
        if len(part) > 1:
            canvas.path(part, "subject", stroke_width=2.5)
    for left_, top in places(spec.observed):
        canvas.mark(left_, top, "subject", size=3)
    place = x(spec.start.toordinal())
    canvas.line(place, frame.top, place, frame.bottom, "ink", stroke_width=1.25)
    canvas.text(place, frame.top - 8, spec.start_label, anchor="middle", colour="ink", bold=True)
    _arrow(canvas, spec, x, y)
    _ends(canvas, frame, spec, y)
    return canvas


def _arrow(canvas: Canvas, spec: EffectChart, x: Scale, y: Scale) -> None:
    if spec.expected is None or spec.seen is None or not spec.effect_label:
        return
    colour = spec.state if spec.state in {"good", "bad", "watch"} else "ink-2"
    place, begin, end = x(_middle(spec).toordinal()), y(spec.expected), y(spec.seen)
    canvas.line(place, begin, place, end, colour, stroke_width=1.75)
    head = 6 if end > begin else -6
    canvas.path([(place - 4, end - head), (place, end), (place + 4, end - head)], colour, stroke_width=1.75)
    canvas.text(
        place, (begin + end) / 2 + 4, spec.effect_label, anchor="middle", colour=colour, bold=True, halo=True
    )


def _ends(canvas: Canvas, frame: Frame, spec: EffectChart, y: Scale) -> None:
    """What was expected and what was seen, at the right, moved apart where they would touch."""
    ends = [
        (y(value), label, colour, bold)
        for value, label, colour, bold in (
            (spec.expected, spec.expected_label, "ink-2", False),
            (spec.seen, spec.seen_label, "subject", True),
        )
        if value is not None and label
    ]
    floor = frame.top
    for place, label, colour, bold in sorted(ends):
        top = max(place - 6, floor)
        for each in label.split("\n"):
            canvas.text(frame.right + 8, top, each, colour=colour, bold=bold)
            top += 15
        floor = top + 2


# Each kind of chart is one more case of these.
echarts_parts.options_of.register(EffectChart, _options)
svg._draw.register(EffectChart, _canvas)  # noqa: SLF001
table._rows.register(EffectChart, _rows)  # noqa: SLF001
