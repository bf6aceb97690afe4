"""App configuration of the improve stage."""

from __future__ import annotations

from django.apps import AppConfig


class ImproveConfig(AppConfig):
    """Tickets and improvement projects: who does what until when."""

    name = "servloop_app.improve"
    label = "improve"

    def ready(self) -> None:
        """Make the job kinds, actions and links of the chain known, and have tickets follow what happens."""
        from servloop_app.collect.events import ImportStored  # noqa: PLC0415  # models are ready only now
        from servloop_app.core import hooks  # noqa: PLC0415
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415
        from servloop_app.improve import (  # noqa: F401, PLC0415  # noqa: F401, PLC0415
            actions_project_work,
            actions_tickets_course,
            project_queries,
            ticket_chain,
            ticket_erasure,
            ticket_tasks,
        )
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415

        chain_kinds.add(project_queries.KIND.name, project_queries.KIND)
        ticket_chain.register()
        ticket_erasure.register()
        hooks.subscribe(ImportStored, ticket_tasks.RULE_JOB)
        name = LocalizedText("检查工单时限", "Watch the time limits of tickets")
        default_schedules.add("ticket-watch", DefaultSchedule(name, ticket_tasks.WATCH_JOB, "5 * * * *", {}))
