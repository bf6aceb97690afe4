"""Alerts and monitors in words: sentences, rules, periods, marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servloop.results import Estimate
from servloop_app.measure.models import Metric
from servloop_app.monitor.models import Alert, Monitor
from servloop_app.monitor.monitor_charting import targets
from servloop_app.monitor.monitor_words import title_of
from servloop_app.web.figures import rounded
from servloop_app.web.measure.filters import month_name
from servloop_app.web.measure.values import Scale, joined, scale_of

# Short enough to stand beside a point of a chart.
RULE_LABELS: dict[str, Promise] = {
    "beyond_limits": gettext_lazy("beyond a limit"),
    "two_of_three_beyond_2_sigma": gettext_lazy("2 of 3 beyond 2σ"),
    "four_of_five_beyond_1_sigma": gettext_lazy("4 of 5 beyond 1σ"),
    "eight_on_one_side": gettext_lazy("8 on one side"),
    "unusually_long_run": gettext_lazy("unusually long run"),
    "too_few_crossings": gettext_lazy("too few crossings"),
}
CHART_METHODS: dict[str, Promise] = {
    "i": gettext_lazy("XmR chart, limits from moving ranges"),
    "p": gettext_lazy("p chart, binomial limits"),
    "u": gettext_lazy("u chart, Poisson limits"),
}


def period_name(start: dt.date | str, period: str) -> str:
    """A point's period: a day, the week from a day, a month."""
    day = dt.date.fromisoformat(start) if isinstance(start, str) else start
    if period == Monitor.Period.MONTH:
        return month_name(day)
    shown = date_format(day, "SHORT_DATE_FORMAT")
    return _("week of %(day)s") % {"day": shown} if period == Monitor.Period.WEEK else shown


def rule_names(rules: Iterable[str]) -> str:
    """Rules by their short names."""
    return joined(str(RULE_LABELS.get(rule, rule)) for rule in rules)


def figure_scale(monitor: Monitor, *values: float | None) -> Scale:
    """The scale of a monitor's values; counts are told a day."""
    if monitor.chart == Monitor.Chart.RATES:
        return Scale(1.0, _("a day"), _("a day"), 1)
    return scale_of(monitor.metric, *values)


def value_with_interval(monitor: Monitor, point: Mapping[str, Any]) -> str:
    """A point's value, interval and n."""
    scale = figure_scale(monitor, point["value"], point["high"])
    found = Estimate(point["value"], point["n"], point["low"], point["high"])
    interval = scale.interval(found)
    shown = scale.value(point["value"])
    said = f"{shown} ({interval})" if interval else shown
    return joined((said, f"n\u00a0=\u00a0{rounded(point['n'], 0)}"))


def sentence(alert: Alert) -> str:
    """What happened, in one sentence."""
    if alert.monitor is None:
        return _overdue(alert)
    monitor, facts = alert.monitor, alert.facts
    scale = figure_scale(monitor, facts["value"], facts["upper"])
    said = {
        "what": title_of(monitor),
        "value": scale.value(facts["value"]),
        "period": period_name(facts["start"], monitor.period),
    }
    if alert.kind == Alert.Kind.TARGET:
        said["target"] = target_words(monitor, monitor.metric)
        said["n"] = rounded(facts["points"], 0)
        return _("%(what)s: %(value)s, target %(target)s missed %(n)s times in a row (%(period)s)") % said
    if "beyond_limits" in facts["rules"]:
        if facts["side"] == "above":
            said["limit"] = scale.value(facts["upper"])
            return _("%(what)s: %(value)s, above the upper limit of %(limit)s (%(period)s)") % said
        said["limit"] = scale.value(facts["lower"])
        return _("%(what)s: %(value)s, below the lower limit of %(limit)s (%(period)s)") % said
    said["rules"] = rule_names(facts["rules"])
    return _("%(what)s: %(value)s, an unusual pattern: %(rules)s (%(period)s)") % said


def _overdue(alert: Alert) -> str:
    due = parse_datetime(alert.facts["due"])
    said = {
        "number": alert.facts["number"],
        "due": date_format(localtime(due), "SHORT_DATETIME_FORMAT") if due else "",
    }
    if alert.facts["clock"] == "reply":
        return _("Ticket %(number)s: the first reply was due at %(due)s") % said
    return _("Ticket %(number)s: it was to be settled by %(due)s") % said


def target_words(monitor: Monitor, metric: Metric) -> str:
    """The target that counts, in words; empty without one."""
    low, high = targets(monitor, metric)
    scale = scale_of(metric, low, high)
    if low is not None and high is not None:
        return f"{scale.number(low)}–{scale.value(high)}"
    if low is not None:
        return f"≥ {scale.value(low)}"
    return f"≤ {scale.value(high)}" if high is not None else ""
