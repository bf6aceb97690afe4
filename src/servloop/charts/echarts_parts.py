"""What all charts' ECharts options are made of: tokens, axes, lines for references, and the register of kinds."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from servloop.charts.spec import ChartSpec, Reference

ROLES = {
    "subject": "--sl-series-1",
    "comparison": "--sl-series-2",
    "other": "--sl-series-3",
    "context": "--sl-neutral",
}
STATES = {
    "plain": "--sl-series-1",
    "good": "--sl-good",
    "watch": "--sl-watch",
    "bad": "--sl-bad",
    "neutral": "--sl-neutral",
}
SHAPES = {
    "plain": "circle",
    "good": "circle",
    "watch": "triangle",
    "bad": "diamond",
    "neutral": "emptyCircle",
}
DASHES = {"target": "dashed", "benchmark": "dotted", "mean": "solid"}


@singledispatch
def options_of(spec: ChartSpec) -> dict[str, Any]:
    """Options of one kind of chart; every kind registers its own function."""
    raise TypeError(type(spec).__name__)


def value_axis(*, name: str = "", scale: bool = True) -> dict[str, Any]:
    """An axis of numbers."""
    return {
        "type": "value",
        "scale": scale,
        "name": name,
        "nameTextStyle": {"color": "--sl-ink-2", "fontSize": 12},
        "axisLabel": {"color": "--sl-ink-3", "fontSize": 12, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": "--sl-grid"}},
        "axisLine": {"show": False},
    }


def category_axis(names: list[str], **more: Any) -> dict[str, Any]:
    """An axis of names."""
    return {
        "type": "category",
        "data": names,
        "axisLabel": {"color": "--sl-ink-2", "fontSize": 12, "hideOverlap": True},
        "axisLine": {"lineStyle": {"color": "--sl-axis"}},
        "axisTick": {"show": False},
        **more,
    }


def mark_lines(references: tuple[Reference, ...], axis: str) -> dict[str, Any]:
    """Targets, benchmarks and means across the plot."""
    return {
        "symbol": "none",
        "silent": True,
        "data": [
            {
                axis: r.value,
                "label": {
                    "formatter": r.label,
                    "color": "--sl-ink-2",
                    "position": "start" if axis == "xAxis" else "insideStartTop",
                    "textBorderColor": "--sl-surface",
                    "textBorderWidth": 3,
                },
                "lineStyle": {"type": DASHES[r.kind], "color": "--sl-ink-2"},
            }
            for r in references
        ],
    }
