"""From a series to a chart: limits, signals, missed targets, as a document that pages and alerts read.

Charts: XmR for single values; p for shares and u for counts a day, each with Laney's correction where the points
scatter more than their sizes explain. Sources: see `servloop.monitor.control_charts`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from servloop.monitor.control_charts import (
    WESTERN_ELECTRIC,
    ControlChart,
    Design,
    individuals,
    p_chart,
    u_chart,
)
from servloop.results import plain
from servloop_app.measure.figures import on_target
from servloop_app.measure.models import Metric
from servloop_app.monitor.models import Monitor
from servloop_app.monitor.monitor_series import PeriodPoint

LONG_RUN, FEW_CROSSINGS = "unusually_long_run", "too_few_crossings"
_PERCENT = 100.0


@dataclass(frozen=True)
class Phase:
    """From when limits of their own count, and up to when points set them.

    Attributes:
        starts: None for the first phase.
        baseline_until: None when all points of the phase set its limits.
        reason: why it began.
    """

    starts: dt.date | None
    baseline_until: dt.date | None
    reason: str = ""


def document(
    monitor: Monitor, metric: Metric, points: Sequence[PeriodPoint], phases: Sequence[Phase]
) -> dict[str, Any]:
    """The chart of a monitor, JSON-ready.

    Args:
        monitor: chart, rules and targets.
        metric: its metric.
        points: the series, the oldest first.
        phases: ordered by their start; the first one has none.

    Returns:
        ``points`` (start, value, low, high, n, left_out, center, lower, upper, phase, rules, side, missed), ``method``,
        ``sigma_z`` for each phase, ``runs``, ``reason`` when there are no limits, ``warnings``.
    """
    starts = [point.start for point in points]
    chart = _chart(monitor, points, _design(monitor, starts, phases))
    scale = _PERCENT if monitor.chart == Monitor.Chart.SHARES else 1.0
    rules = _rules_of(monitor, chart)
    shown = [
        _point(monitor, metric, point, chart, place, scale=scale, rules=rules[place])
        for place, point in enumerate(points)
    ]
    return {
        "points": shown,
        "kind": chart.kind,
        "method": chart.method,
        "sigma_z": list(chart.sigma_z),
        "runs": [plain(run) for run in chart.runs],
        "reason": {"code": chart.reason.code, "params": plain(chart.reason.params)} if chart.reason else None,
        "warnings": [{"code": item.code, "params": plain(item.params)} for item in chart.warnings],
    }


def _design(monitor: Monitor, starts: list[dt.date], phases: Sequence[Phase]) -> Design:
    """Where phases begin among the points, and which points set no limits."""
    begins: list[int] = []
    exclude: set[int] = set()
    for number, phase in enumerate(phases):
        first = next(
            (i for i, start in enumerate(starts) if phase.starts is None or start >= phase.starts), None
        )
        if first is None:  # no point of this phase yet
            continue
        following = phases[number + 1].starts if number + 1 < len(phases) else None
        last = next(
            (i for i, start in enumerate(starts) if following is not None and start >= following), len(starts)
        )
        if first:
            begins.append(first)
        if phase.baseline_until is not None:
            exclude |= {i for i in range(first, last) if starts[i] > phase.baseline_until}
    rules = WESTERN_ELECTRIC if monitor.rules == Monitor.Rules.WESTERN_ELECTRIC else ()
    return Design(phases=sorted(set(begins)), exclude=exclude, rules=rules)


def _chart(monitor: Monitor, points: Sequence[PeriodPoint], design: Design) -> ControlChart:
    known = np.array([point.estimate.computable for point in points], dtype=np.bool_)
    if monitor.chart == Monitor.Chart.SHARES:
        hits = np.array([point.statistic.hits for point in points], dtype=np.float64)
        n = np.array([point.statistic.n for point in points], dtype=np.float64)
        return p_chart(np.where(known, hits, np.nan), np.where(known, n, np.nan), design)
    if monitor.chart == Monitor.Chart.RATES:
        count = np.array([point.statistic.n for point in points], dtype=np.float64)
        days = np.array([point.days for point in points], dtype=np.float64)
        return u_chart(np.where(known, count, np.nan), days, design)
    values = [point.estimate.value if point.estimate.computable else None for point in points]
    return individuals(np.array(values, dtype=np.float64), design)


def _rules_of(monitor: Monitor, chart: ControlChart) -> list[list[str]]:
    """Names of the rules that fired, for each point.

    The runs analysis judges a phase as a whole: what it finds stands at the phase's last point.
    """
    fired: list[list[str]] = [[] for _ in chart.values]
    for signal in chart.signals:
        fired[signal.index].append(signal.rule)
    if monitor.rules == Monitor.Rules.ANHOEJ:
        for number, run in enumerate(chart.runs):
            places = [
                i
                for i, (phase, value) in enumerate(zip(chart.phase, chart.values, strict=True))
                if phase == number and value is not None
            ]
            if run.signal and places:
                if run.longest_run > run.longest_run_max:
                    fired[places[-1]].append(LONG_RUN)
                if run.crossings < run.crossings_min:
                    fired[places[-1]].append(FEW_CROSSINGS)
    return fired


def _point(
    monitor: Monitor,
    metric: Metric,
    point: PeriodPoint,
    chart: ControlChart,
    place: int,
    *,
    scale: float,
    rules: list[str],
) -> dict[str, Any]:
    value, center = chart.values[place], (chart.center[place] if chart.center else None)
    # An interval belongs to the charted value: a count a day has that of its count, divided.
    per = 1.0 / point.days if monitor.chart == Monitor.Chart.RATES else 1.0
    found = point.estimate
    return {
        "start": point.start.isoformat(),
        "value": _times(value, scale),
        "low": _times(found.low, per) if value is not None else None,
        "high": _times(found.high, per) if value is not None else None,
        "n": point.statistic.n,
        "left_out": point.left_out,
        "why": found.reason.code if found.reason is not None else "",
        "center": _times(center, scale),
        "lower": _times(chart.lower[place] if chart.lower else None, scale),
        "upper": _times(chart.upper[place] if chart.upper else None, scale),
        "phase": chart.phase[place],
        "rules": rules,
        "side": "" if value is None or center is None else "above" if value > center else "below",
        "missed": value is not None and _missed(monitor, metric, point),
    }


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else float(value) * factor


def _missed(monitor: Monitor, metric: Metric, point: PeriodPoint) -> bool:
    """Whether the whole interval lies off the target: the monitor's own, else the metric's."""
    low_end, high_end = targets(monitor, metric)
    judged = Metric(target_min=low_end, target_max=high_end)
    return on_target(judged, point.estimate) == "bad"


def targets(monitor: Monitor, metric: Metric) -> tuple[float | None, float | None]:
    """The target that counts: the monitor's own, else the metric's."""
    if monitor.target_min is not None or monitor.target_max is not None:
        return monitor.target_min, monitor.target_max
    return metric.target_min, metric.target_max
