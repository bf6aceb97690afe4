"""Monitor: control charts, anomalies, forecasts, working calendars."""

from __future__ import annotations

from servloop.monitor.anomalies import seasonal_anomalies
from servloop.monitor.burn_rate import burn_rate
from servloop.monitor.calendar import WorkingCalendar
from servloop.monitor.change_points import change_points
from servloop.monitor.decomposition import decompose
from servloop.monitor.holidays import china_holidays, read_holidays

__all__ = [
    "WorkingCalendar",
    "burn_rate",
    "change_points",
    "china_holidays",
    "decompose",
    "read_holidays",
    "seasonal_anomalies",
]
