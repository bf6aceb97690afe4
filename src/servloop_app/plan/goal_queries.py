"""Reading goals, limited to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import ChainItem, ChainKind, reference
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Person
from servloop_app.core.policy import Policy, scoped
from servloop_app.plan.actions_goals import GOAL
from servloop_app.plan.goal_models import Goal

PERMISSION = "goals.view"
_MEANINGS = {Goal.State.REACHED: "good", Goal.State.MISSED: "bad", Goal.State.ACTIVE: "info"}


def goals(policy: Policy) -> QuerySet[Goal]:
    """Goals of the units that a person may see, the next deadline first."""
    return scoped(Goal, policy, PERMISSION).select_related("unit", "metric", "owner", "parent")


def one_goal(policy: Policy, public_id: UUID) -> Goal:
    """One goal.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = goals(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound(GOAL, public_id)
    return found


def possible_owners() -> QuerySet[Person]:
    """Who can answer for something: everybody who is not locked out."""
    return Person.objects.filter(is_active=True).order_by("sort_key", "username")


def goal_meaning(goal: Goal) -> str:
    """The meaning that colours a goal's state."""
    return _MEANINGS.get(Goal.State(goal.state), "neutral")


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterable[ChainItem]:
    for goal in goals(policy).filter(public_id__in=ids):
        yield ChainItem(
            reference(GOAL, goal.public_id),
            goal.number,
            goal.title,
            "goal",
            (goal.public_id,),
            goal.state_label,
            goal_meaning(goal),
        )


KIND = ChainKind(GOAL, _("Goal"), 30, PERMISSION, _items)
