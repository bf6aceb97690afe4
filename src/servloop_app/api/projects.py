"""Improvement projects: opened, filled with actions and costs, led through the gates, closed."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Field, Query, Router, Schema

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Code, Page, Recorded, Strict, Text
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import project_queries as queries
from servloop_app.improve.actions_project_work import AddProjectAction, AddProjectCost, MoveProjectAction
from servloop_app.improve.actions_projects import (
    AdvanceProject,
    AttachEvidence,
    CancelProject,
    CloseProject,
    NoteOnProject,
    OpenProject,
    WaiveCheck,
)
from servloop_app.improve.project_gates import what_is_missing
from servloop_app.improve.project_models import Project, ProjectAction
from servloop_app.improve.project_phases import gate_of, next_phase
from servloop_app.verify.actions import Design, JudgeUnmeasured, PlanCheck

router = Router()


class ActionOut(Schema):
    """Something to be done in a project."""

    id: UUID
    what: str
    who: UUID | None
    due: date
    state: str = Field(examples=["todo"])
    note: str

    @classmethod
    def of(cls, row: ProjectAction) -> "ActionOut":
        """From the row, with its person selected."""
        return cls(
            id=row.public_id,
            what=row.what,
            who=row.who.public_id if row.who else None,
            due=row.due,
            state=row.state,
            note=row.note,
        )


class ProjectOut(Schema):
    """An improvement project."""

    id: UUID
    number: str = Field(examples=["PJ-2026-000001"])
    title: str
    purpose: str
    unit: str = Field(examples=["beijing"])
    owner: UUID | None
    method: str = Field(examples=["pdca"])
    phase: str = Field(examples=["plan"])
    state: str = Field(examples=["active"])
    pilot: bool
    waived_reason: str
    begun_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Project) -> "ProjectOut":
        """From the row, with its unit and owner selected."""
        taken = {name: getattr(row, name) for name in cls.model_fields if name not in {"id", "unit", "owner"}}
        owner = row.owner.public_id if row.owner else None
        return cls(id=row.public_id, unit=row.unit.code, owner=owner, **taken)


class ProjectWhole(ProjectOut):
    """A project with its goals, actions, sums, and what its next gate still asks for."""

    goals: list[UUID]
    actions: list[ActionOut]
    planned: float
    actual: float
    missing: list[str]


class ProjectIn(Strict):
    """A project to be opened."""

    title: Text = Field(examples=["到店前手机预审材料"])
    unit: Code = Field(examples=["beijing"])
    goals: list[UUID] = Field(default_factory=list)
    owner: UUID | None = None
    team: list[UUID] = Field(default_factory=list)
    purpose: str = Field("", max_length=2000)
    method: Literal["pdca", "dmaic", "lean"] = Field("pdca", examples=["pdca"])
    pilot: bool = False
    pilot_scope: Text = ""


class ActionIn(Strict):
    """Something to be done."""

    what: Text = Field(examples=["培训柜员"])
    due: date
    who: UUID | None = None


class MoveIn(Strict):
    """How far an action is."""

    state: Literal["todo", "doing", "done", "dropped"] = Field(examples=["done"])
    note: Text = ""


class CostIn(Strict):
    """A line of the ledger; amounts as text, so that no cent is lost."""

    kind: Literal["people", "training", "technology", "equipment"] = Field(examples=["training"])
    what: Text = Field(examples=["讲师"])
    planned: str = Field("", max_length=20, examples=["12000"])
    actual: str = Field("", max_length=20)


class StepIn(Strict):
    """What is done with a project; a reason where one is asked for."""

    step: Literal["advance", "waive", "note", "close", "cancel"] = Field(examples=["advance"])
    reason: str = Field("", max_length=1000)


class EvidenceIn(Strict):
    """What led to the project."""

    evidence: str = Field(max_length=80, examples=["ticket:7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])


class DesignIn(Strict):
    """How it will be judged whether the project helped."""

    metric: Code = Field(examples=["csat"])
    units: list[Code] = Field(examples=[["beijing"]])
    start: date
    smallest: float = Field(examples=[5.0], allow_inf_nan=False)
    method: Literal["its", "did"] = Field("its", examples=["did"])
    comparison: list[Code] = Field([], examples=[["tianjin"]])
    grain: Literal["week", "month"] = "week"
    after: int = Field(12, ge=3, le=104)
    direction: Literal["", "increase", "decrease"] = ""
    alpha: float = Field(0.05, ge=0.001, le=0.2)
    gain: float | None = Field(None, allow_inf_nan=False)


class UnmeasuredIn(Strict):
    """A verdict on a project whose check was waived."""

    decision: Literal["adopt", "adjust", "stop"] = Field(examples=["adopt"])
    reason: str = Field(max_length=1000, examples=["柜员反映良好"])


@router.get("", response=Page[ProjectOut])
@policy(queries.PERMISSION)
def list_projects(request: HttpRequest, window: Query[Window], state: str = "") -> Page[ProjectOut]:
    """Projects, the newest first; with ``state`` only those in it."""
    found = queries.projects(policy_of(request))
    found = found.filter(state=state) if state else found
    cut = found[window.offset : window.offset + window.limit]
    return Page[ProjectOut](items=[ProjectOut.of(row) for row in cut], total=found.count())


@router.post("", response=Recorded)
@policy("projects.edit")
def open_project(request: HttpRequest, given: ProjectIn) -> Recorded:
    """Open a project, for one goal or several."""
    values = given.dict()
    return carry_out(request, OpenProject(unit_code=values.pop("unit"), **values))


@router.get("/{project}", response=ProjectWhole)
@policy(queries.PERMISSION)
def read_project(request: HttpRequest, project: UUID) -> ProjectWhole:
    """One project with everything that belongs to it."""
    row = queries.one_project(policy_of(request), project)
    following = next_phase(row.method, row.phase)
    gate = gate_of(row.method, following) if following else "close"
    missing = what_is_missing(row, gate) if row.state == Project.State.ACTIVE else []
    ledger = queries.ledger_of(row)
    return ProjectWhole(
        **ProjectOut.of(row).dict(),
        goals=[goal.public_id for goal in row.goals.all()],
        actions=[ActionOut.of(one) for one in row.actions.select_related("who")],
        planned=float(ledger.planned),
        actual=float(ledger.actual),
        missing=[notice.message(get_language() or "en") for notice in missing],
    )


@router.post("/{project}/actions", response=Recorded)
@policy("projects.edit")
def add_project_action(request: HttpRequest, project: UUID, given: ActionIn) -> Recorded:
    """Add what is to be done."""
    queries.one_project(policy_of(request), project)
    return carry_out(request, AddProjectAction(project, given.what, given.due, given.who))


@router.put("/actions/{action}", response=Recorded)
@policy("projects.edit")
def move_project_action(request: HttpRequest, action: UUID, given: MoveIn) -> Recorded:
    """Say how far an action is."""
    queries.one_action(policy_of(request), action)
    return carry_out(request, MoveProjectAction(action, given.state, given.note))


@router.post("/{project}/costs", response=Recorded)
@policy("projects.edit")
def add_project_cost(request: HttpRequest, project: UUID, given: CostIn) -> Recorded:
    """Add a line to the ledger."""
    queries.one_project(policy_of(request), project)
    return carry_out(request, AddProjectCost(project, **given.dict()))


@router.post("/{project}/evidence", response=Recorded)
@policy("projects.edit")
def attach_evidence(request: HttpRequest, project: UUID, given: EvidenceIn) -> Recorded:
    """Put on record that a ticket, a finding or a record led to the project."""
    queries.one_project(policy_of(request), project)
    return carry_out(request, AttachEvidence(project, given.evidence))


@router.post("/{project}/steps", response=Recorded)
@policy("projects.edit")
def step_project(request: HttpRequest, project: UUID, given: StepIn) -> Recorded:
    """Lead a project on, waive its check, write a note, close or cancel it."""
    queries.one_project(policy_of(request), project)
    if given.step == "advance":
        return carry_out(request, AdvanceProject(project))
    if given.step == "waive":
        return carry_out(request, WaiveCheck(project, given.reason))
    if given.step == "note":
        return carry_out(request, NoteOnProject(project, given.reason))
    if given.step == "cancel":
        return carry_out(request, CancelProject(project, given.reason))
    return carry_out(request, CloseProject(project, given.reason))


@router.post("/{project}/check", response=Recorded)
@policy("projects.edit")
def plan_check(request: HttpRequest, project: UUID, given: DesignIn) -> Recorded:
    """Plan the effect check of a project; it is locked by declaring it."""
    queries.one_project(policy_of(request), project)
    return carry_out(request, PlanCheck(project, Design(**given.dict())))


@router.post("/{project}/verdict", response=Recorded)
@policy("projects.edit")
def judge_unmeasured(request: HttpRequest, project: UUID, given: UnmeasuredIn) -> Recorded:
    """Give a verdict on a project whose check was waived; it is marked as not measured."""
    queries.one_project(policy_of(request), project)
    return carry_out(request, JudgeUnmeasured(project, given.decision, given.reason))
