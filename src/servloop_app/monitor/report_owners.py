"""Who answers for what comes next, and until when."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from servloop_app.core.models import Person
from servloop_app.improve.project_models import Project
from servloop_app.improve.ticket_models import Ticket
from servloop_app.monitor.report_codec import Frozen
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.models import Opportunity

Answer = tuple[Person | None, str]


def _project(public_id: UUID) -> Answer:
    found = Project.objects.select_related("owner").get(public_id=public_id)
    following = found.actions.filter(state__in=["todo", "doing"]).first()
    return found.owner, following.due.isoformat() if following else ""


def _goal(public_id: UUID) -> Answer:
    found = Goal.objects.select_related("owner").get(public_id=public_id)
    return found.owner, found.deadline.isoformat()


def _ticket(public_id: UUID) -> Answer:
    found = Ticket.objects.select_related("owner").get(public_id=public_id)
    return found.owner, timezone.localtime(found.resolution_due).date().isoformat()


def _opportunity(public_id: UUID) -> Answer:
    found = Opportunity.objects.select_related("decided_by").get(public_id=public_id)
    return found.decided_by, ""


_ANSWERS: dict[str, Callable[[UUID], Answer]] = {
    "project": _project,
    "goal": _goal,
    "ticket": _ticket,
    "opportunity": _opportunity,
}


def with_owners(items: list[Frozen]) -> list[Frozen]:
    """Objects that a person may see, with their owners and the day until which something is to be done."""
    answered = []
    for item in items:
        kind, _colon, public_id = item["reference"].partition(":")
        owner, due = _ANSWERS[kind](UUID(public_id))
        answered.append(item | {"owner": str(owner) if owner else "", "due": due})
    return answered
