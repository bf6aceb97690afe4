"""App configuration of the collect stage."""

from __future__ import annotations

from django.apps import AppConfig


class CollectConfig(AppConfig):
    """Imports, feedback records and the keys under which people appear in the facts."""

    name = "servloop_app.collect"
    label = "collect"

    def ready(self) -> None:
        """Make the job kinds, actions and handlers known."""
        from servloop_app.collect import chain, erasure, tasks  # noqa: PLC0415  # models are ready only now
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415

        erasure.register()
        chain_kinds.add(chain.IMPORT, chain.IMPORT_KIND)
        chain_kinds.add(chain.FEEDBACK, chain.FEEDBACK_KIND)
        name = LocalizedText("合并事实表的小文件", "Join small files of the facts")
        default_schedules.add("facts-upkeep", DefaultSchedule(name, tasks.UPKEEP_JOB, "40 3 * * *", {}))
