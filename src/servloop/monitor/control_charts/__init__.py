"""Statistical process control: Shewhart charts, run rules, charts with memory, capability."""

from servloop.monitor.control_charts.attributes import c_chart, g_chart, np_chart, p_chart, t_chart, u_chart
from servloop.monitor.control_charts.capability import (
    Capability,
    Overdispersion,
    capability,
    overdispersion,
    sigma_level,
)
from servloop.monitor.control_charts.chart import ControlChart, Design
from servloop.monitor.control_charts.constants import c4, d2, d3
from servloop.monitor.control_charts.memory import (
    CusumChart,
    EwmaChart,
    cusum_chart,
    cusum_run_length,
    ewma_chart,
    ewma_run_length,
    shewhart_run_length,
)
from servloop.monitor.control_charts.rules import (
    NELSON,
    RULES,
    WESTERN_ELECTRIC,
    RunsAnalysis,
    Signal,
    runs_analysis,
)
from servloop.monitor.control_charts.variables import individuals, moving_ranges, run_chart, subgroup_chart

__all__ = [
    "NELSON",
    "RULES",
    "WESTERN_ELECTRIC",
    "Capability",
    "ControlChart",
    "CusumChart",
    "Design",
    "EwmaChart",
    "Overdispersion",
    "RunsAnalysis",
    "Signal",
    "c4",
    "c_chart",
    "capability",
    "cusum_chart",
    "cusum_run_length",
    "d2",
    "d3",
    "ewma_chart",
    "ewma_run_length",
    "g_chart",
    "individuals",
    "moving_ranges",
    "np_chart",
    "overdispersion",
    "p_chart",
    "run_chart",
    "runs_analysis",
    "shewhart_run_length",
    "sigma_level",
    "subgroup_chart",
    "t_chart",
    "u_chart",
]
