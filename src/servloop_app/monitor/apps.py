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
        from servloop_app.monitor import report_chain, report_tasks  # noqa: PLC0415

        report_chain.register()
        monthly = LocalizedText("服务质量月报", "Monthly report")
        default_schedules.add(
            "monthly-report", DefaultSchedule(monthly, report_tasks.MONTHLY_JOB, "0 6 1 * *", {})
        )
