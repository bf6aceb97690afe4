"""App configuration of the verify stage."""

from __future__ import annotations

from django.apps import AppConfig


class VerifyConfig(AppConfig):
    """Effect checks declared before, and verdicts: did it help?"""

    name = "servloop_app.verify"
    label = "verify"

    def ready(self) -> None:
        """Make the job kinds known, follow figures and ledgers, and stand at the gates of projects."""
        from servloop_app.core import hooks  # noqa: PLC0415  # models are ready only now
        from servloop_app.core.chain import chain_kinds  # noqa: PLC0415
        from servloop_app.improve.project_events import ProjectCostsChanged  # noqa: PLC0415
        from servloop_app.improve.project_gates import check_conditions, start_conditions  # noqa: PLC0415
        from servloop_app.measure.events import MetricsRefreshed  # noqa: PLC0415
        from servloop_app.verify import gates, queries, tasks  # noqa: PLC0415

        chain_kinds.add(queries.KIND.name, queries.KIND)
        start_conditions.add("verify.declared", gates.declared)
        check_conditions.add("verify.judged", gates.judged)
        hooks.close_conditions.add("verify.judged", gates.judged)
        hooks.subscribe(MetricsRefreshed, tasks.FOLLOW_JOB)
        hooks.subscribe(ProjectCostsChanged, tasks.PAYBACK_JOB)
