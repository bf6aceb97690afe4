"""What a monitor is by name, and the chart that suits a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from servloop_app.measure.models import Metric
from servloop_app.monitor.models import Monitor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STATE_LABELS: dict[str, StrOrPromise] = {
    "bad": pgettext_lazy("monitor", "out of control"),
    "watch": pgettext_lazy("monitor", "look closer"),
    "good": pgettext_lazy("monitor", "in control"),
    "neutral": pgettext_lazy("monitor", "cannot be judged"),
}


def chart_kind(metric: Metric) -> str:
    """The chart that suits a metric: shares, counts, or single values."""
    kinds = {"share": Monitor.Chart.SHARES, "count": Monitor.Chart.RATES}
    return kinds.get(metric.kept, Monitor.Chart.INDIVIDUALS).value


def title_of(monitor: Monitor) -> str:
    """Metric and unit of a monitor, as people call it."""
    return _("%(metric)s, %(unit)s") % {"metric": monitor.metric, "unit": monitor.unit}
