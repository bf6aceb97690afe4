"""App configuration of the monitor stage."""

from __future__ import annotations

from django.apps import AppConfig


class MonitorConfig(AppConfig):
    """Monitors, alerts and reports: what is going wrong just now?"""

    name = "servloop_app.monitor"
    label = "monitor"

    def ready(self) -> None:
        """Make the job kinds, the schedule and the objects of the chain known."""
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415  # models are ready only now
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415
        from servloop_app.monitor import report_chain, report_erasure, report_tasks  # noqa: PLC0415

        report_chain.register()
        report_erasure.register()
        self._watch()
        monthly = LocalizedText("服务质量月报", "Monthly report")
        default_schedules.add(
            "monthly-report", DefaultSchedule(monthly, report_tasks.MONTHLY_JOB, "0 6 1 * *", {})
        )

    def _watch(self) -> None:
        """Have monitors follow the figures, and alerts follow monitors and tickets."""
        from servloop_app.core import hooks  # noqa: PLC0415
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415
        from servloop_app.improve.ticket_events import TicketOverdue  # noqa: PLC0415
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415
        from servloop_app.measure.events import MetricsRefreshed  # noqa: PLC0415
        from servloop_app.monitor import monitor_chain, monitor_tasks  # noqa: PLC0415
        from servloop_app.monitor.actions_monitors import COMPUTE_JOB  # noqa: PLC0415

        monitor_chain.register()
        hooks.subscribe(MetricsRefreshed, COMPUTE_JOB)
        hooks.subscribe(TicketOverdue, monitor_tasks.ESCALATE_JOB)
        daily = LocalizedText("更新控制图", "Bring control charts up to date")
        default_schedules.add("monitors", DefaultSchedule(daily, COMPUTE_JOB, "30 5 * * *", {}))
        hourly = LocalizedText("关闭已办结工单的预警", "Close alerts about settled tickets")
        default_schedules.add(
            "alerts-settle", DefaultSchedule(hourly, monitor_tasks.SETTLE_JOB, "20 * * * *", {})
        )
