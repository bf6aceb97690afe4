"""Charts as ECharts options for pages.

Colours are names of design tokens (``--sl-…``): the page's script replaces them by the theme's values, so that one
description serves light and dark. Tooltips are rich text, since HTML tooltips would need inline styles, which the
content security policy forbids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from servloop.charts import echarts_quadrants  # noqa: F401  # registers its kind
from servloop.charts.echarts_parts import (
    ROLES,
    SHAPES,
    STATES,
    category_axis,
    mark_lines,
    options_of,
    value_axis,
)
from servloop.charts.scales import ticks
from servloop.charts.spec import (
    BarChart,
    ChartSpec,
    ControlChart,
    ControlPoint,
    DistributionChart,
    DotChart,
    DumbbellChart,
    HeatChart,
    Line,
    LineChart,
)
from servloop.charts.words import alternative

_ROW_LABEL = {"color": "--sl-ink", "fontSize": 12, "width": 150, "overflow": "truncate", "interval": 0}


def to_echarts(spec: ChartSpec, language: str = "en") -> dict[str, Any]:
    """Options for ECharts, JSON-ready.

    Args:
        spec: the chart.
        language: of the text alternative.
    """
    options = options_of(spec)
    options.setdefault("tooltip", {"trigger": "item", "renderMode": "richText", "confine": True})
    options["animation"] = False
    options["aria"] = {"enabled": True, "label": {"description": alternative(spec, language)}}
    options.setdefault("grid", {"left": 8, "right": 16, "top": 24, "bottom": 8, "containLabel": True})
    return options


@options_of.register
def _(spec: LineChart) -> dict[str, Any]:
    series: list[dict[str, Any]] = []
    for place, line in enumerate(spec.lines):
        series.extend(_line_series(line, place, label=len(spec.lines) > 1))
    marks = mark_lines(spec.references, "yAxis")
    marks["data"] += [
        {
            "xAxis": event.at.isoformat(),
            "label": {"formatter": event.label, "color": "--sl-ink-2"},
            "lineStyle": {"type": "solid", "color": "--sl-ink-2"},
        }
        for event in spec.interventions
    ]
    if series:
        series[-1]["markLine"] = marks
    right = 120 if len(spec.lines) > 1 else 16
    return {
        "grid": {"left": 8, "right": right, "top": 28, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {
            "type": "time",
            "axisLabel": {"color": "--sl-ink-3", "fontSize": 12, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": "--sl-axis"}},
        },
        "yAxis": {**value_axis(scale=not spec.y_from_zero), **_reach(spec)},
        "series": series,
    }


def _reach(spec: LineChart) -> dict[str, float]:
    """Ends of the value axis where a target or benchmark lies beyond the lines: it must be seen, too."""
    ends = [v for line in spec.lines for p in line.points for v in (p.value, p.low, p.high) if v is not None]
    beyond = [r.value for r in spec.references if ends and not min(ends) <= r.value <= max(ends)]
    if not beyond:
        return {}
    marks = ticks(min([*ends, *beyond]), max([*ends, *beyond]))
    return {"min": 0.0 if spec.y_from_zero and marks[0] > 0 else marks[0], "max": marks[-1]}


def _line_series(line: Line, place: int, *, label: bool) -> list[dict[str, Any]]:
    colour = ROLES[line.role]
    series: list[dict[str, Any]] = []
    banded = [p for p in line.points if p.low is not None and p.high is not None]
    if banded:
        # Two stacked series make a band: an invisible floor, and its height in colour. Each band stacks by itself,
        # also when two lines have the same name.
        base = {
            "type": "line",
            "stack": f"band-{place}",
            "symbol": "none",
            "silent": True,
            "stackStrategy": "all",
        }
        hidden = {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
        series.append({**base, **hidden, "data": [[p.at.isoformat(), p.low] for p in banded]})
        height = [[p.at.isoformat(), (p.high or 0.0) - (p.low or 0.0)] for p in banded]
        series.append({**base, **hidden, "data": height, "areaStyle": {"color": colour, "opacity": 0.16}})
    main: dict[str, Any] = {
        "type": "line",
        "name": line.name,
        "data": [[p.at.isoformat(), p.value] for p in line.points],
        "showSymbol": len(line.points) < 12,
        "connectNulls": False,
        "lineStyle": {"color": colour, "width": 2, "type": "dashed" if line.dashed else "solid"},
        "itemStyle": {"color": colour},
    }
    if label:
        main["endLabel"] = {"show": True, "formatter": line.name, "color": colour}
        main["labelLayout"] = {"moveOverlap": "shiftY"}
    return [*series, main]


@options_of.register
def _(spec: BarChart) -> dict[str, Any]:
    return {
        "xAxis": value_axis(scale=False),
        "yAxis": category_axis([b.label for b in spec.bars], inverse=True),
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 18,
                "data": [{"value": b.value, "itemStyle": {"color": STATES[b.state]}} for b in spec.bars],
            },
            *_intervals([(i, b.low, b.high, "--sl-ink-2") for i, b in enumerate(spec.bars)], width=1),
        ],
    }


@options_of.register
def _(spec: DotChart) -> dict[str, Any]:
    dots = [
        {
            "value": [d.value, i],
            "symbol": SHAPES[d.state],
            "itemStyle": {"color": STATES[d.state]},
            "name": d.label,
        }
        for i, d in enumerate(spec.dots)
        if d.value is not None
    ]
    return {
        "xAxis": value_axis(),
        "yAxis": category_axis([d.label for d in spec.dots], inverse=True),
        "series": [
            *_intervals([(i, d.low, d.high, STATES[d.state]) for i, d in enumerate(spec.dots)], width=3),
            {
                "type": "scatter",
                "symbolSize": 10,
                "data": dots,
                "markLine": mark_lines(spec.references, "xAxis"),
            },
        ],
    }


def _intervals(
    rows: list[tuple[int, float | None, float | None, str]], *, width: int
) -> list[dict[str, Any]]:
    """Horizontal bars from low to high, one short line series per row."""
    return [
        {
            "type": "line",
            "data": [[low, row], [high, row]],
            "symbol": "none",
            "silent": True,
            "lineStyle": {"color": colour, "width": width, "opacity": 0.6},
        }
        for row, low, high, colour in rows
        if low is not None and high is not None
    ]


@options_of.register
def _(spec: HeatChart) -> dict[str, Any]:
    cells = [
        (j, i, value) for i, row in enumerate(spec.cells) for j, value in enumerate(row) if value is not None
    ]
    values = [value for _, _, value in cells] or [0.0]
    return {
        "xAxis": category_axis(list(spec.columns)),
        "yAxis": category_axis(list(spec.rows), inverse=True),
        "visualMap": {
            "show": False,
            "min": min(values),
            "max": max(values),
            "inRange": {"color": [f"--sl-ramp-{i}" for i in range(1, 6)]},
        },
        "series": [
            {"type": "heatmap", "data": cells, "itemStyle": {"borderColor": "--sl-surface", "borderWidth": 2}}
        ],
    }


def _named_signals(points: Sequence[ControlPoint]) -> frozenset[int]:
    """Places of the signals whose rule is written beside them: the newest of each run stands for all of it.

    The table names every rule of every point.
    """
    reach = max(1, len(points) // 10)
    named: list[int] = []
    for place in reversed(range(len(points))):
        if points[place].rules and (not named or named[-1] - place > reach):
            named.append(place)
    return frozenset(named)


@options_of.register
def _(spec: ControlChart) -> dict[str, Any]:
    labels = [p.label for p in spec.points]
    named = _named_signals(spec.points)

    def limit(values: list[float | None], style: str) -> dict[str, Any]:
        return {
            "type": "line",
            "step": "middle",
            "symbol": "none",
            "silent": True,
            "data": values,
            "lineStyle": {"color": "--sl-neutral", "width": 1.25, "type": style},
        }

    points = [
        {
            "value": p.value,
            "symbol": "diamond" if p.rules else "circle",
            "symbolSize": 11 if p.rules else 6,
            "itemStyle": {"color": "--sl-bad" if p.rules else "--sl-series-1"},
            "label": {
                "show": place in named,
                "formatter": p.rules[0] if p.rules else "",
                "position": "top",
                # Near an end of the chart the name runs inwards instead of being cut off.
                "align": "right"
                if place > 0.8 * len(labels)
                else "left"
                if place < 0.2 * len(labels)
                else "center",
                "color": "--sl-bad-ink",
                "textBorderColor": "--sl-surface",  # lines never cut through a name
                "textBorderWidth": 3,
            },
        }
        for place, p in enumerate(spec.points)
    ]
    main: dict[str, Any] = {
        "type": "line",
        "data": points,
        "lineStyle": {"color": "--sl-series-1", "width": 1.5},
        "labelLayout": {"hideOverlap": True},
        "showAllSymbol": True,  # a signal is never left out for want of room
    }
    if spec.phases:
        main["markLine"] = {
            "silent": True,
            "symbol": "none",
            "lineStyle": {"type": "solid", "color": "--sl-ink-2", "width": 1},
            "data": [
                {
                    "xAxis": labels[place],
                    "label": {"formatter": name, "position": "end", "color": "--sl-ink-2"},
                }
                for place, name in spec.phases
            ],
        }
    if spec.baseline:
        main["markArea"] = {
            "silent": True,
            "itemStyle": {"color": "--sl-well"},
            "data": [[{"xAxis": labels[0]}, {"xAxis": labels[min(spec.baseline, len(labels)) - 1]}]],
        }
    return {
        "xAxis": category_axis(labels),
        "yAxis": value_axis(),
        "series": [
            limit([p.upper for p in spec.points], "dashed"),
            limit([p.lower for p in spec.points], "dashed"),
            limit([p.centre for p in spec.points], "solid"),
            main,
        ],
    }


@options_of.register
def _(spec: DumbbellChart) -> dict[str, Any]:
    known = [(i, row) for i, row in enumerate(spec.rows) if row.first is not None and row.second is not None]

    def marks(name: str, which: str, look: dict[str, Any]) -> dict[str, Any]:
        data = [{"value": [getattr(row, which), i], "name": row.label} for i, row in known]
        return {"type": "scatter", "name": name, "symbolSize": 12, "data": data, "z": 3, **look}

    return {
        "xAxis": {**value_axis(), "position": "top"},
        "yAxis": category_axis(
            [r.label for r in spec.rows], inverse=True, axisLine={"show": False}, axisLabel=_ROW_LABEL
        ),
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 4, "containLabel": True},
        "series": [
            *(
                {
                    "type": "line",
                    "data": [[row.first, i], [row.second, i]],
                    "symbol": "none",
                    "silent": True,
                    "lineStyle": {"color": STATES[row.state], "width": 4 if row.state == "bad" else 2.5},
                }
                for i, row in known
            ),
            marks(
                spec.first_name,
                "first",
                {"itemStyle": {"color": "--sl-surface", "borderColor": "--sl-ink-2", "borderWidth": 2}},
            ),
            marks(spec.second_name, "second", {"itemStyle": {"color": "--sl-series-1"}}),
        ],
    }


@options_of.register
def _(spec: DistributionChart) -> dict[str, Any]:
    names = [f"{low:g}–{high:g}" for low, high in zip(spec.edges, spec.edges[1:], strict=False)]
    series: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": spec.name,
            "barCategoryGap": "8%",
            "data": [100 * share for share in spec.shares],
            "itemStyle": {"color": "--sl-series-1"},
        }
    ]
    if spec.compared:
        series.append(
            {
                "type": "line",
                "step": "middle",
                "symbol": "none",
                "name": spec.compared_name,
                "data": [100 * share for share in spec.compared],
                "lineStyle": {"color": "--sl-series-2", "width": 2},
                "itemStyle": {"color": "--sl-series-2"},
            }
        )
    return {
        "xAxis": category_axis(names, name=spec.x_name, nameLocation="middle", nameGap=28),
        "yAxis": value_axis(scale=False),
        "legend": {"top": 0, "left": 0, "textStyle": {"color": "--sl-ink-2"}},
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 32, "containLabel": True},
        "series": series,
    }
