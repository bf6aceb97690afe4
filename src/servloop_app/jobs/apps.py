"""App configuration of the jobs."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Background runs and schedules."""

    name = "servloop_app.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Make the package's jobs known, and carry events to those who wait for them."""
        from servloop_app.core import hooks  # noqa: PLC0415  # ready only now
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415
        from servloop_app.jobs import actions, runs, schedules, tasks  # noqa: F401, PLC0415

        hooks.deliver_with(runs.enqueue)
        schedules.default_schedules.add(
            "jobs-tidy",
            schedules.DefaultSchedule(
                LocalizedText("清理旧任务", "Tidy up old jobs"), "jobs.tidy", "17 3 * * *", {}
            ),
        )
