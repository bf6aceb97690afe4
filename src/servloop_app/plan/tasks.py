"""Ranking opportunities in the background, after findings were recorded."""

from __future__ import annotations

from typing import Any

from servloop_app.core.actions import Actor, execute
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.plan.actions import RankOpportunities

RANK_JOB = "opportunities.rank"


@job(RANK_JOB)
def rank_opportunities(run: RunContext, event: dict[str, Any] | None = None) -> dict[str, int]:  # noqa: ARG001  # any run asks for the same
    """Bring opportunities up to date; doing it twice changes nothing."""
    with run.step():
        made = execute(RankOpportunities(), Actor.system("opportunities")).outcome
    return {"opportunities": made}
