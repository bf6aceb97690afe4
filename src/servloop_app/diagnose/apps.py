"""App configuration of the diagnose stage."""

from __future__ import annotations

from django.apps import AppConfig


class DiagnoseConfig(AppConfig):
    """Process logs and, with time, all that finds where and why service fails."""

    name = "servloop_app.diagnose"
    label = "diagnose"

    def ready(self) -> None:
        """Make the job kinds and actions known, and have findings follow the figures."""
        from servloop_app.collect.events import ImportStored, ImportUndone, PersonalDataErased  # noqa: PLC0415
        from servloop_app.core import hooks  # noqa: PLC0415  # models are ready only now
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415
        from servloop_app.diagnose import chain as chain_of_findings  # noqa: PLC0415
        from servloop_app.diagnose import (  # noqa: PLC0415
            findings_tasks,
            following,
            log_erasure,
            tasks,  # noqa: F401
            tasks_process,  # noqa: F401
        )
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415
        from servloop_app.measure.events import MetricsRefreshed  # noqa: PLC0415

        log_erasure.register()
        chain_kinds.add(chain_of_findings.FINDING, chain_of_findings.KIND)
        for event in (ImportStored, ImportUndone):
            hooks.subscribe(event, following.FOLLOW_JOB)
        hooks.subscribe(PersonalDataErased, following.ERASED_JOB)
        hooks.subscribe(MetricsRefreshed, findings_tasks.FIND_JOB)
        default_schedules.add(
            "findings",
            DefaultSchedule(
                LocalizedText("查找发现", "Look for findings"), findings_tasks.FIND_JOB, "40 4 * * *", {}
            ),
        )
