"""What is done to goals: set, revised with a reason, handed down to units below, closed."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.results import Estimate, plain
from servloop_app.core.actions import Action, Actor, find_person, find_unit
from servloop_app.core.chain import connect, reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Person, Unit
from servloop_app.core.numbering import next_number
from servloop_app.measure import queries as measure
from servloop_app.measure.models import Metric
from servloop_app.plan.actions import AcceptOpportunity
from servloop_app.plan.goal_figures import Measured, checked_target, feasibility_of, measured
from servloop_app.plan.goal_models import Goal, GoalVersion
from servloop_app.plan.models import Opportunity

GOAL = "goal"
PREFIX = "GL"
MONTHS = 3
_LONGEST_TITLE = 200
_LONGEST_TEXT = 300
_OUTCOMES = {Goal.State.REACHED.value, Goal.State.MISSED.value, Goal.State.DROPPED.value}


def find_goal(public_id: UUID | str) -> Goal:
    """The goal of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Goal.objects.select_related("unit", "metric", "owner").filter(public_id=public_id).first()
    if found is None:
        raise NotFound(GOAL, public_id)
    return found


def _check_words(title: str, deadline: dt.date, strategy: str) -> None:
    if not title.strip():
        raise ActionError("plan_app.goal_title_missing")
    for text, limit in ((title, _LONGEST_TITLE), (strategy, _LONGEST_TEXT)):
        if len(text) > limit:
            raise ActionError("core.text_too_long", limit=limit, received=len(text))
    today = timezone.localdate()
    if deadline <= today:
        raise ActionError(
            "plan_app.goal_deadline_past", received=deadline.isoformat(), today=today.isoformat()
        )


def _reason(text: str) -> str:
    if not text.strip():
        raise ActionError("plan_app.goal_reason_missing")
    return text.strip()[:_LONGEST_TEXT]


def _owner(public_id: UUID | None) -> Person | None:
    if public_id is None:
        return None
    found = find_person(public_id)
    if not found.is_active:
        raise ActionError("plan_app.owner_locked", name=str(found))
    return found


def _record(goal: Goal, actor: Actor, reason: str = "") -> None:
    GoalVersion.objects.create(
        goal=goal,
        version=goal.version,
        title=goal.title,
        target=goal.target,
        deadline=goal.deadline,
        owner=goal.owner,
        strategy=goal.strategy,
        reason=reason,
        made_by=actor.person,
    )


def _history(
    actor: Actor, metric: Metric, unit: Unit, change: float, *, deadline: dt.date, months: int
) -> dict[str, object]:
    """What history says, kept as codes, so that every reader gets it in her own language."""
    try:
        found, ends = feasibility_of(actor.policy, metric, unit, change, deadline=deadline, months=months)
    except ServLoopError as error:
        return {"judgement": "unknown", "code": error.code, "params": plain(error.params)}
    return {
        "judgement": found.judgement,
        "code": found.reason.code,
        "params": plain(found.reason.params),
        "own": plain(found.own),
        "others": plain(found.others),
        "best": found.best,
        "best_at": ends[found.best_at].isoformat() if found.best_at is not None else None,
        "best_move": found.best_move,
        "change": found.change,
        "steps": found.steps,
    }


@dataclass
class SetGoal(Action[Goal]):
    """Set a goal: where the metric stands is frozen as its baseline.

    A goal for an opportunity that waits for a decision accepts it.
    """

    name = "goal.set"
    permission = "goals.edit"
    metric: str
    unit_code: str
    target: float
    deadline: dt.date
    title: str
    owner: UUID | None = None
    strategy: str = ""
    opportunity: UUID | None = None
    parent: UUID | None = None
    months: int = MONTHS

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return reference(GOAL, self._made.public_id)

    def validate(self, actor: Actor) -> None:
        _check_words(self.title, self.deadline, self.strategy)
        if not math.isfinite(self.target):
            raise ActionError("plan_app.goal_target_missing")
        if not 1 <= self.months <= 12:
            raise ActionError("plan_app.goal_months", received=self.months)
        metric = measure.one_metric(self.metric)
        if not (metric.active and metric.computable):
            raise ActionError("plan_app.goal_metric", metric=self.metric)
        self._base = measured(actor.policy, metric, find_unit(self.unit_code), self.months)
        checked_target(metric, self._base.estimate, self.target)
        if self.opportunity is not None:
            found = Opportunity.objects.filter(public_id=self.opportunity).first()
            if found is None:
                raise NotFound("opportunity", self.opportunity)
            if found.state == Opportunity.State.REJECTED:
                raise Conflict("plan_app.goal_opportunity_rejected")
            # An opportunity of the organisation as a whole may be answered in one of its units.
            actor.policy.require("opportunities.view", found.unit_id or self.unit())

    def perform(self, actor: Actor) -> Goal:
        metric, unit = measure.one_metric(self.metric), find_unit(self.unit_code)
        parent = find_goal(self.parent) if self.parent is not None else None
        if parent is not None and parent.state != Goal.State.ACTIVE:
            raise Conflict("plan_app.goal_closed", number=parent.number)
        self._made = make_goal(actor, self, metric, unit, base=self._base, parent=parent)
        if self.opportunity is not None:
            found = Opportunity.objects.get(public_id=self.opportunity)
            if found.state != Opportunity.State.ACCEPTED and actor.policy.may(
                "opportunities.edit", found.unit_id or actor.policy.tree.root
            ):
                AcceptOpportunity(self.opportunity).perform(actor)
            connect(reference("opportunity", self.opportunity), reference(GOAL, self._made.public_id))
        return self._made


def make_goal(
    actor: Actor, given: SetGoal, metric: Metric, unit: Unit, *, base: Measured, parent: Goal | None
) -> Goal:
    """Write a goal with its first version."""
    made = Goal.objects.create(
        number=next_number(PREFIX),
        title=given.title.strip(),
        metric=metric,
        unit=unit,
        parent=parent,
        owner=_owner(given.owner) or actor.person,
        strategy=given.strategy.strip(),
        baseline=base.frozen(),
        months=given.months,
        target=given.target,
        deadline=given.deadline,
        feasibility=_history(
            actor,
            metric,
            unit,
            given.target - (base.estimate.value or 0.0),
            deadline=given.deadline,
            months=given.months,
        ),
    )
    _record(made, actor)
    if parent is not None:
        connect(reference(GOAL, parent.public_id), reference(GOAL, made.public_id))
    return made


class OnGoal(Action[Goal]):
    """An action on one goal."""

    permission = "goals.edit"
    goal: UUID

    def unit(self) -> int | None:
        return find_goal(self.goal).unit_id

    def object(self) -> str:
        return reference(GOAL, self.goal)

    def active(self) -> Goal:
        """The goal while it is under way.

        Raises:
            Conflict: it is closed.
        """
        found = find_goal(self.goal)
        if found.state != Goal.State.ACTIVE:
            raise Conflict("plan_app.goal_closed", number=found.number)
        return found


@dataclass
class ReviseGoal(OnGoal):
    """Set target, deadline, owner or words anew, with a reason; the baseline stays as it is."""

    name = "goal.revise"
    goal: UUID
    target: float
    deadline: dt.date
    title: str
    reason: str
    owner: UUID | None = None
    strategy: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.active()
        _reason(self.reason)
        _check_words(self.title, self.deadline, self.strategy)
        if not math.isfinite(self.target):
            raise ActionError("plan_app.goal_target_missing")
        kept = found.baseline
        checked_target(found.metric, Estimate(kept["value"], kept["n"]), self.target)

    def perform(self, actor: Actor) -> Goal:
        found = self.active()
        found.target, found.deadline = self.target, self.deadline
        found.title, found.strategy = self.title.strip(), self.strategy.strip()
        found.owner = _owner(self.owner) or found.owner
        found.version += 1
        change = self.target - float(found.baseline["value"])
        found.feasibility = _history(
            actor, found.metric, found.unit, change, deadline=self.deadline, months=found.months
        )
        found.save()
        _record(found, actor, _reason(self.reason))
        return found


@dataclass
class Part:
    """A goal handed down to a unit below."""

    unit: str
    target: float
    owner: UUID | None = None


@dataclass
class CascadeGoal(OnGoal):
    """Hand a goal down: one goal for each of some units below, with targets of their own."""

    name = "goal.cascade"
    goal: UUID
    parts: list[Part] = field(default_factory=list)

    def validate(self, actor: Actor) -> None:
        found = self.active()
        if not self.parts:
            raise ActionError("plan_app.goal_no_parts")
        below = set(actor.policy.tree.subtree(found.unit_id)) - {found.unit_id}
        taken = set(found.parts.exclude(state=Goal.State.DROPPED).values_list("unit__code", flat=True))
        for part in self.parts:
            unit = find_unit(part.unit)
            if unit.pk not in below:
                raise ActionError("plan_app.goal_unit_not_below", unit=part.unit, above=found.unit.code)
            if part.unit in taken:
                raise Conflict("plan_app.goal_part_exists", unit=part.unit)
            actor.policy.require("goals.edit", unit.pk)
            taken.add(part.unit)
            if not math.isfinite(part.target):
                raise ActionError("plan_app.goal_target_missing")
            base = measured(actor.policy, found.metric, unit, found.months)
            checked_target(found.metric, base.estimate, part.target)

    def perform(self, actor: Actor) -> Goal:
        found = self.active()
        for part in self.parts:
            unit = find_unit(part.unit)
            given = SetGoal(
                found.metric.code,
                part.unit,
                part.target,
                found.deadline,
                f"{found.title}"[:_LONGEST_TITLE],
                part.owner,
                found.strategy,
                months=found.months,
            )
            base = measured(actor.policy, found.metric, unit, found.months)
            make_goal(actor, given, found.metric, unit, base=base, parent=found)
        return found


@dataclass
class CloseGoal(OnGoal):
    """Close a goal as reached, missed or given up, with a reason; the figure of the moment is frozen."""

    name = "goal.close"
    goal: UUID
    outcome: str
    reason: str

    def validate(self, actor: Actor) -> None:
        found = self.active()
        _reason(self.reason)
        if self.outcome not in _OUTCOMES:
            raise ActionError("core.choice_unknown", value=self.outcome, choices=sorted(_OUTCOMES))
        self._now = measured(actor.policy, found.metric, found.unit, found.months)
        value = self._now.estimate.value
        if self.outcome == Goal.State.REACHED and (value is None or not found.met_by(value)):
            raise ActionError(
                "plan_app.goal_not_met",
                value="—" if value is None else round(value, 2),
                target=round(found.target, 2),
            )

    def perform(self, actor: Actor) -> Goal:  # noqa: ARG002
        found = self.active()
        found.state, found.closed_reason = self.outcome, _reason(self.reason)
        found.closed_at = timezone.now()
        found.closing = self._now.frozen() if self._now.cells is not None else {}
        found.save()
        return found

    def undo(self) -> Action[Goal]:
        return ReopenGoal(self.goal)


@dataclass
class ReopenGoal(OnGoal):
    """Take a goal up again."""

    name = "goal.reopen"
    goal: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_goal(self.goal)
        if found.state == Goal.State.ACTIVE:
            raise Conflict("plan_app.goal_open", number=found.number)

    def perform(self, actor: Actor) -> Goal:  # noqa: ARG002
        found = find_goal(self.goal)
        found.state, found.closed_reason, found.closed_at, found.closing = Goal.State.ACTIVE, "", None, {}
        found.save()
        return found
