"""Quadrants as ECharts options: points with their intervals, a crosshair, and what each quadrant asks for."""

from __future__ import annotations

from typing import Any

from servloop.charts.echarts_parts import ROLES, options_of, value_axis
from servloop.charts.spec import QuadrantChart

_SYMBOLS = {"subject": "circle", "comparison": "rect", "other": "triangle", "context": "diamond"}
_CORNERS = ("insideTopLeft", "insideTopRight", "insideBottomLeft", "insideBottomRight")


@options_of.register
def _(spec: QuadrantChart) -> dict[str, Any]:
    if not spec.points:
        return {"xAxis": value_axis(), "yAxis": value_axis(), "series": []}
    x, y = spec.axis("x"), spec.axis("y")
    points = [
        {
            "name": p.label,
            "value": [p.x, p.y],
            "symbol": _SYMBOLS[p.role],
            "itemStyle": {
                "color": "--sl-surface" if p.hollow else ROLES[p.role],
                "borderColor": ROLES[p.role],
                "borderWidth": 2,
            },
        }
        for p in spec.points
    ]
    label = {
        "show": True,
        "formatter": "{b}",
        "position": "right",
        "color": "--sl-ink",
        "textBorderColor": "--sl-surface",
        "textBorderWidth": 3,
    }
    bars = [
        (ends, ROLES[p.role])
        for p in spec.points
        for ends in (((p.x_low, p.y), (p.x_high, p.y)), ((p.x, p.y_low), (p.x, p.y_high)))
        if None not in (*ends[0], *ends[1])
    ]
    return {
        "xAxis": {
            **value_axis(name=spec.x_name),
            "nameLocation": "middle",
            "nameGap": 28,
            "min": x[0],
            "max": x[-1],
        },
        "yAxis": {
            **value_axis(name=spec.y_name),
            "nameTextStyle": {"color": "--sl-ink-2", "fontSize": 12, "align": "left"},
            "min": y[0],
            "max": y[-1],
        },
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 32, "containLabel": True},
        "series": [
            *(
                {
                    "type": "line",
                    "data": [list(end) for end in ends],
                    "symbol": "none",
                    "silent": True,
                    "lineStyle": {"color": colour, "width": 1.25, "opacity": 0.5},
                }
                for ends, colour in bars
            ),
            {
                "type": "scatter",
                "symbolSize": 10,
                "data": points,
                "label": label,
                "labelLayout": {"hideOverlap": True},
                "z": 3,
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "precision": 6,
                    "label": {"show": False},
                    "lineStyle": {"type": "dashed", "color": "--sl-axis"},
                    "data": [{"xAxis": spec.x_cross}, {"yAxis": spec.y_cross}],
                },
                "markArea": _quadrant_areas(spec, (x[0], x[-1]), (y[0], y[-1])),
            },
        ],
    }


def _quadrant_areas(spec: QuadrantChart, x: tuple[float, float], y: tuple[float, float]) -> dict[str, Any]:
    """Names in the corners of the quadrants, and a tint on the one that matters."""
    areas = []
    for place, name in enumerate(spec.names):
        ends_x = (x[0], spec.x_cross) if place % 2 == 0 else (spec.x_cross, x[1])
        ends_y = (spec.y_cross, y[1]) if place < 2 else (y[0], spec.y_cross)
        marked = place == spec.highlighted
        first = {
            "xAxis": ends_x[0],
            "yAxis": ends_y[1],
            "name": name,
            "label": {
                "position": _CORNERS[place],
                "color": "--sl-brand" if marked else "--sl-ink-3",
                "fontWeight": 600 if marked else 400,
                "fontSize": 12,
                "distance": 6,
            },
            "itemStyle": {"color": "--sl-brand-tint", "opacity": 0.55 if marked else 0},
        }
        areas.append([first, {"xAxis": ends_x[1], "yAxis": ends_y[0]}])
    return {"silent": True, "data": areas}
