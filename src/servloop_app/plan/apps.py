"""App configuration of the plan stage."""

from __future__ import annotations

from django.apps import AppConfig


class PlanConfig(AppConfig):
    """Opportunities: what is worth doing first."""

    name = "servloop_app.plan"
    label = "plan"

    def ready(self) -> None:
        """Make the job kinds and actions known, and have opportunities follow findings."""
        from servloop_app.core import hooks  # noqa: PLC0415  # models are ready only now
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.diagnose.actions_findings import FindingsRecorded  # noqa: PLC0415
        from servloop_app.plan import chain, tasks  # noqa: PLC0415

        chain_kinds.add(chain.OPPORTUNITY, chain.KIND)
        hooks.subscribe(FindingsRecorded, tasks.RANK_JOB)
