"""Charts: one frozen description made from a result, drawn as SVG here and by ECharts in pages."""

from servloop.charts.echarts import to_echarts
from servloop.charts.path_diagram import PathDiagram, PathEdge, PathNode
from servloop.charts.path_svg import path_svg
from servloop.charts.spec import (
    Bar,
    BarChart,
    ChartSpec,
    ControlChart,
    ControlPoint,
    DistributionChart,
    Dot,
    DotChart,
    Dumbbell,
    DumbbellChart,
    HeatChart,
    Intervention,
    Line,
    LineChart,
    Point,
    QuadrantChart,
    QuadrantPoint,
    Reference,
)
from servloop.charts.svg import to_svg
from servloop.charts.table import to_table

__all__ = [
    "Bar",
    "BarChart",
    "ChartSpec",
    "ControlChart",
    "ControlPoint",
    "DistributionChart",
    "Dot",
    "DotChart",
    "Dumbbell",
    "DumbbellChart",
    "HeatChart",
    "Intervention",
    "Line",
    "LineChart",
    "PathDiagram",
    "PathEdge",
    "PathNode",
    "Point",
    "QuadrantChart",
    "QuadrantPoint",
    "Reference",
    "path_svg",
    "to_echarts",
    "to_svg",
    "to_table",
]
