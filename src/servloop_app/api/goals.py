"""Goals: set, read with where they stand, revised, handed down, closed."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop.results import plain
from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Code, Page, Recorded, Strict, Text
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.plan import goal_queries as queries
from servloop_app.plan.actions_goals import CascadeGoal, CloseGoal, Part, ReopenGoal, ReviseGoal, SetGoal
from servloop_app.plan.goal_figures import progress_of
from servloop_app.plan.goal_models import Goal

router = Router()


class FrozenFigure(Schema):
    """A figure as it was at a moment."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    method: str = Field(examples=["wilson"])
    first: date
    last: date


class GoalOut(Schema):
    """A goal with its frozen baseline; values are in the unit of the metric (seconds for times)."""

    id: UUID
    number: str = Field(examples=["GL-2026-000001"])
    title: str
    metric: str = Field(examples=["csat"])
    unit: str = Field(examples=["beijing"])
    parent: UUID | None
    owner: UUID | None
    strategy: str
    baseline: FrozenFigure
    target: float
    deadline: date
    state: str = Field(examples=["active"])
    version: int
    feasibility: str = Field(examples=["rare"])
    closed_reason: str

    @classmethod
    def of(cls, goal: Goal) -> "GoalOut":
        """From the row, with its unit, metric, owner and parent selected."""
        return cls(
            id=goal.public_id,
            number=goal.number,
            title=goal.title,
            metric=goal.metric.code,
            unit=goal.unit.code,
            parent=goal.parent.public_id if goal.parent else None,
            owner=goal.owner.public_id if goal.owner else None,
            strategy=goal.strategy,
            baseline=FrozenFigure(**{name: goal.baseline[name] for name in FrozenFigure.model_fields}),
            target=goal.target,
            deadline=goal.deadline,
            state=goal.state,
            version=goal.version,
            feasibility=goal.feasibility.get("judgement", "unknown"),
            closed_reason=goal.closed_reason,
        )


class VersionOut(Schema):
    """A goal as it read from a moment on."""

    version: int
    title: str
    target: float
    deadline: date
    reason: str
    made_at: datetime


class GoalWithProgress(GoalOut):
    """A goal with where it stands now."""

    now: dict[str, Any] = Field(examples=[{"value": 71.5, "n": 640, "low": 67.9, "high": 74.8}])
    share: float | None = Field(description="way from the baseline to the target; 1 is the target")
    standing: str = Field(examples=["better"])
    versions: list[VersionOut]

    @classmethod
    def seen_by(cls, held: Policy, goal: Goal) -> "GoalWithProgress":
        """As the person may see its metric."""
        progress = progress_of(held, goal)
        return cls(
            **GoalOut.of(goal).dict(),
            now=plain(progress.now.estimate),
            share=progress.share,
            standing=progress.standing,
            versions=[
                VersionOut(**{name: getattr(one, name) for name in VersionOut.model_fields})
                for one in goal.versions.all()
            ],
        )


class GoalWords(Strict):
    """What can be changed of a goal."""

    title: Text = Field(examples=["满意率提升到 85%"])
    target: float = Field(examples=[85.0], allow_inf_nan=False)
    deadline: date
    owner: UUID | None = None
    strategy: Text = ""


class GoalIn(GoalWords):
    """A goal to be set; its baseline is read from the data."""

    metric: Code = Field(examples=["csat"])
    unit: Code = Field(examples=["beijing"])
    opportunity: UUID | None = None
    months: int = Field(3, ge=1, le=12, examples=[3])


class RevisionIn(GoalWords):
    """A goal set anew."""

    reason: Text = Field(examples=["预算减半"])


class PartIn(Strict):
    """A unit below with its target."""

    unit: Code = Field(examples=["counter"])
    target: float = Field(examples=[80.0], allow_inf_nan=False)
    owner: UUID | None = None


class CascadeIn(Strict):
    """The units to hand a goal down to."""

    parts: list[PartIn] = Field(examples=[[{"unit": "counter", "target": 80.0}]])


class ClosingIn(Strict):
    """How a goal ended."""

    outcome: Literal["reached", "missed", "dropped"] = Field(examples=["reached"])
    reason: Text = Field(examples=["三个月稳定达标"])


@router.get("", response=Page[GoalOut])
@policy(queries.PERMISSION)
def list_goals(request: HttpRequest, window: Query[Window], state: str = "") -> Page[GoalOut]:
    """Goals, the next deadline first; with ``state`` only those in it."""
    found = queries.goals(policy_of(request))
    found = found.filter(state=state) if state else found
    cut = found[window.offset : window.offset + window.limit]
    return Page[GoalOut](items=[GoalOut.of(goal) for goal in cut], total=found.count())


@router.post("", response=Recorded)
@policy("goals.edit")
def set_goal(request: HttpRequest, given: GoalIn) -> Recorded:
    """Set a goal; one for an opportunity that waits accepts it."""
    action = SetGoal(
        metric=given.metric,
        unit_code=given.unit,
        target=given.target,
        deadline=given.deadline,
        title=given.title,
        owner=given.owner,
        strategy=given.strategy,
        opportunity=given.opportunity,
        months=given.months,
    )
    return carry_out(request, action)


@router.get("/{goal}", response=GoalWithProgress)
@policy(queries.PERMISSION)
def read_goal(request: HttpRequest, goal: UUID) -> GoalWithProgress:
    """One goal with its progress and its versions."""
    held = policy_of(request)
    return GoalWithProgress.seen_by(held, queries.one_goal(held, goal))


@router.put("/{goal}", response=Recorded)
@policy("goals.edit")
def revise_goal(request: HttpRequest, goal: UUID, given: RevisionIn) -> Recorded:
    """Revise a goal, with a reason; the baseline stays."""
    queries.one_goal(policy_of(request), goal)
    return carry_out(request, ReviseGoal(goal=goal, **given.dict()))


@router.post("/{goal}/parts", response=Recorded)
@policy("goals.edit")
def cascade_goal(request: HttpRequest, goal: UUID, given: CascadeIn) -> Recorded:
    """Hand a goal down to units below."""
    queries.one_goal(policy_of(request), goal)
    return carry_out(request, CascadeGoal(goal, [Part(**part.dict()) for part in given.parts]))


@router.post("/{goal}/closing", response=Recorded)
@policy("goals.edit")
def close_goal(request: HttpRequest, goal: UUID, given: ClosingIn) -> Recorded:
    """Close a goal as reached, missed or given up."""
    queries.one_goal(policy_of(request), goal)
    return carry_out(request, CloseGoal(goal, given.outcome, given.reason))


@router.delete("/{goal}/closing", response=Recorded)
@policy("goals.edit")
def reopen_goal(request: HttpRequest, goal: UUID) -> Recorded:
    """Take a goal up again."""
    queries.one_goal(policy_of(request), goal)
    return carry_out(request, ReopenGoal(goal))
