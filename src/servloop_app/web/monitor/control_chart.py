"""The control chart of a monitor as a page shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from servloop.charts import ChartSpec, ControlChart, ControlPoint, Line, LineChart, Point
from servloop_app.monitor.models import Monitor, MonitorPhase
from servloop_app.monitor.monitor_words import title_of
from servloop_app.web.figures import rounded
from servloop_app.web.measure.charts import ChartCard
from servloop_app.web.monitor.alert_words import (
    CHART_METHODS,
    RULE_LABELS,
    figure_scale,
    period_name,
    rule_names,
    value_with_interval,
)


def newest_point(document: dict[str, Any]) -> dict[str, Any] | None:
    """The last point with a value."""
    known = [point for point in document.get("points", ()) if point["value"] is not None]
    return known[-1] if known else None


def finding(monitor: Monitor) -> str:
    """The finding of a chart: how its newest point stands."""
    result = getattr(monitor, "result", None)
    what = {"what": title_of(monitor)}
    if result is None:
        return _("%(what)s is being computed") % what
    point = newest_point(result.document)
    if point is None:
        return _("%(what)s has no value yet") % what
    said = what | {
        "value": value_with_interval(monitor, point),
        "period": period_name(point["start"], monitor.period),
    }
    if point["center"] is None:
        return _("%(what)s cannot be judged yet") % what
    if not point["rules"]:
        return _("%(what)s is in control") % what
    scale = figure_scale(monitor, point["value"], point["upper"])
    if "beyond_limits" in point["rules"]:
        above = point["side"] == "above"
        said["limit"] = scale.value(point["upper"] if above else point["lower"])
        if above:
            return _("%(what)s lies above its upper limit of %(limit)s") % said
        return _("%(what)s lies below its lower limit of %(limit)s") % said
    said["rules"] = rule_names(point["rules"])
    return _("%(what)s shows an unusual pattern: %(rules)s") % said


def card(monitor: Monitor, phases: list[MonitorPhase]) -> ChartCard | None:
    """The chart with what stands around it; None before there is a point."""
    result = getattr(monitor, "result", None)
    if result is None or newest_point(result.document) is None:
        return None
    return ChartCard(
        key="control",
        spec=spec(monitor, phases),
        version=monitor.metric.version,
        as_of=result.as_of,
    )


def spec(monitor: Monitor, phases: list[MonitorPhase]) -> ChartSpec:
    """The description of the chart."""
    document = monitor.result.document
    points = document["points"]
    scale = figure_scale(monitor, *(point["value"] for point in points))
    common = {
        "title": finding(monitor),
        "subtitle": _subtitle(monitor, scale.unit),
        "unit": scale.unit,
        "n": sum(point["n"] for point in points),
        "method": method_of(document),
        "decimals": scale.decimals,
    }
    if document["reason"] is not None:
        line = tuple(
            Point(
                _day(point["start"]),
                scale.shown(point["value"]),
                scale.shown(point["low"]),
                scale.shown(point["high"]),
                point["n"],
            )
            for point in points
        )
        return LineChart(lines=(Line(str(monitor.metric), line),), **common)
    shown = tuple(
        ControlPoint(
            _label(point["start"], monitor.period),
            scale.shown(point["value"]),
            scale.shown(point["center"]) or 0.0,
            scale.shown(point["lower"]),
            scale.shown(point["upper"]),
            tuple(str(RULE_LABELS.get(rule, rule)) for rule in point["rules"]),
            point["n"],
        )
        for point in points
    )
    return ControlChart(points=shown, phases=_marks(points), baseline=_baseline(points, phases), **common)


def _marks(points: list[dict[str, Any]]) -> tuple[tuple[int, str], ...]:
    return tuple(
        (place, _("phase %(n)s") % {"n": point["phase"] + 1})
        for place, point in enumerate(points)
        if place and point["phase"] != points[place - 1]["phase"]
    )


def _baseline(points: list[dict[str, Any]], phases: list[MonitorPhase]) -> int | None:
    """How many points at the beginning set the limits; None when all of them do."""
    until = phases[0].baseline_until if phases else None
    count = sum(1 for point in points if until is not None and _day(point["start"]) <= until)
    return count if 0 < count < len(points) else None


def _subtitle(monitor: Monitor, unit: str) -> str:
    said = {"name": monitor.metric, "period": Monitor.Period(monitor.period).label, "unit": unit}
    if unit:
        return (
            _("%(name)s by %(period)s (%(unit)s); dashed = control limits, shaded = points that set them")
            % said
        )
    return _("%(name)s by %(period)s; dashed = control limits, shaded = points that set them") % said


def method_of(document: dict[str, Any]) -> str:
    """Chart and estimator, with Laney's correction where it was needed."""
    method = str(CHART_METHODS.get(document["kind"], document["kind"]))
    ratios = [ratio for ratio in document["sigma_z"] if ratio is not None]
    if not ratios:
        return method
    return _("%(method)s, widened after Laney (σz = %(ratio)s)") % {
        "method": method,
        "ratio": rounded(ratios[-1], 2),
    }


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _label(start: str, period: str) -> str:
    """Short for the axis: month and day, or year and month."""
    return start[:7] if period == Monitor.Period.MONTH else start[5:]
