"""App configuration of the plan stage."""

from __future__ import annotations

from django.apps import AppConfig


class PlanConfig(AppConfig):
    """Opportunities: what is worth doing first; goals: how far and until when."""

    name = "servloop_app.plan"
    label = "plan"

    def ready(self) -> None:
        """Make the job kinds and actions known, and have opportunities follow findings."""
        from servloop_app.core import hooks  # noqa: PLC0415  # models are ready only now
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.diagnose.actions_findings import FindingsRecorded  # noqa: PLC0415
        from servloop_app.plan import chain, goal_queries, tasks  # noqa: PLC0415

        chain_kinds.add(chain.OPPORTUNITY, chain.KIND)
        chain_kinds.add(goal_queries.KIND.name, goal_queries.KIND)
        hooks.subscribe(FindingsRecorded, tasks.RANK_JOB)
