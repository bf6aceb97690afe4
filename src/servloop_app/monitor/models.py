"""Tables of the monitor stage."""

from __future__ import annotations

from servloop_app.monitor.alert_models import Alert, AlertEntry
from servloop_app.monitor.monitor_models import Monitor, MonitorPhase, MonitorResult
from servloop_app.monitor.report_models import QuotedRecord, Report, ReportFile, ReportRun

__all__ = [
    "Alert",
    "AlertEntry",
    "Monitor",
    "MonitorPhase",
    "MonitorResult",
    "QuotedRecord",
    "Report",
    "ReportFile",
    "ReportRun",
]
