"""What is done to improvement projects: opened, planned, led through the gates, closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop.results import Notice
from servloop_app.core.actions import Action, Actor, find_person, find_unit
from servloop_app.core.chain import chain_kinds, connect, reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Person
from servloop_app.core.numbering import next_number
from servloop_app.core.policy import Policy
from servloop_app.improve.project_gates import what_is_missing
from servloop_app.improve.project_models import Project, ProjectStep
from servloop_app.improve.project_phases import PHASES, first_phase, gate_of, next_phase
from servloop_app.plan.actions_goals import GOAL, find_goal
from servloop_app.plan.goal_models import Goal

PROJECT = "project"
PREFIX = "PJ"
_OWN_ORDER = 50  # of projects in the chain: only what stands before is evidence
_LONGEST_TITLE = 200
_LONGEST_TEXT = 300
_LONGEST_PURPOSE = 2000


def find_project(public_id: UUID | str) -> Project:
    """The project of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Project.objects.select_related("unit", "owner").filter(public_id=public_id).first()
    if found is None:
        raise NotFound(PROJECT, public_id)
    return found


def person_of(public_id: UUID | None) -> Person | None:
    """The person who is to do something.

    Raises:
        NotFound: there is none.
        ActionError: they are locked out.
    """
    if public_id is None:
        return None
    found = find_person(public_id)
    if not found.is_active:
        raise ActionError("improve_app.person_locked", name=str(found))
    return found


def step(project: Project, actor: Actor, kind: str, note: str = "", **params: Any) -> None:
    """Add to the timeline of a project, inside an action."""
    ProjectStep.objects.create(project=project, by=actor.person, kind=kind, params=params, note=note)


def reason_of(text: str) -> str:
    """A reason that was given.

    Raises:
        ActionError: there is none.
    """
    if not text.strip():
        raise ActionError("improve_app.project_reason_missing")
    return text.strip()[:_LONGEST_TEXT]


def _check_words(title: str, purpose: str, pilot_scope: str) -> None:
    if not title.strip():
        raise ActionError("improve_app.project_title_missing")
    for text, limit in (
        (title, _LONGEST_TITLE),
        (purpose, _LONGEST_PURPOSE),
        (pilot_scope, _LONGEST_TEXT),
    ):
        if len(text) > limit:
            raise ActionError("core.text_too_long", limit=limit, received=len(text))


@dataclass
class OpenProject(Action[Project]):
    """Open a project, for one goal or several."""

    name = "project.open"
    permission = "projects.edit"
    title: str
    unit_code: str
    goals: list[UUID] = field(default_factory=list)
    owner: UUID | None = None
    team: list[UUID] = field(default_factory=list)
    purpose: str = ""
    method: str = "pdca"
    pilot: bool = False
    pilot_scope: str = ""

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return reference(PROJECT, self._made.public_id)

    def validate(self, actor: Actor) -> None:
        _check_words(self.title, self.purpose, self.pilot_scope)
        if self.method not in PHASES:
            raise ActionError("core.choice_unknown", value=self.method, choices=sorted(PHASES))
        for one in self.goals:
            goal = find_goal(one)
            actor.policy.require("goals.view", goal.unit_id)
            if goal.state != Goal.State.ACTIVE:
                raise Conflict("plan_app.goal_closed", number=goal.number)

    def perform(self, actor: Actor) -> Project:
        self._made = Project.objects.create(
            number=next_number(PREFIX),
            title=self.title.strip(),
            purpose=self.purpose.strip(),
            unit=find_unit(self.unit_code),
            owner=person_of(self.owner) or actor.person,
            method=self.method,
            phase=first_phase(self.method),
            pilot=self.pilot,
            pilot_scope=self.pilot_scope.strip(),
        )
        self._made.team.set([found for one in self.team if (found := person_of(one))])
        for one in self.goals:
            self._made.goals.add(find_goal(one))
            connect(reference(GOAL, one), self.object())
        step(self._made, actor, "opened")
        return self._made


class OnProject(Action[Project]):
    """An action on one project."""

    permission = "projects.edit"
    project: UUID

    def unit(self) -> int | None:
        return find_project(self.project).unit_id

    def object(self) -> str:
        return reference(PROJECT, self.project)

    def active(self) -> Project:
        """The project while it is under way.

        Raises:
            Conflict: it is closed.
        """
        found = find_project(self.project)
        if found.state != Project.State.ACTIVE:
            raise Conflict("improve_app.project_closed", number=found.number)
        return found


@dataclass
class ChangeProject(OnProject):
    """Change words, owner and team of a project."""

    name = "project.change"
    project: UUID
    title: str
    purpose: str = ""
    owner: UUID | None = None
    team: list[UUID] = field(default_factory=list)
    pilot: bool = False
    pilot_scope: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        self.active()
        _check_words(self.title, self.purpose, self.pilot_scope)

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        found.title, found.purpose = self.title.strip(), self.purpose.strip()
        found.owner = person_of(self.owner) or found.owner
        found.pilot, found.pilot_scope = self.pilot, self.pilot_scope.strip()
        found.save()
        found.team.set([one for public_id in self.team if (one := person_of(public_id))])
        step(found, actor, "changed")
        return found


@dataclass
class AttachEvidence(OnProject):
    """Put on record that a ticket, a finding or a goal led to this project."""

    name = "project.attach"
    project: UUID
    evidence: str  # "<kind>:<public id>"

    def validate(self, actor: Actor) -> None:
        self.active()
        if not _visible(actor.policy, self.evidence):
            kind, _colon, public_id = self.evidence.partition(":")
            raise NotFound(kind or "evidence", public_id)

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        connect(self.evidence, self.object())
        step(found, actor, "attached", evidence=self.evidence)
        return found


def _visible(policy: Policy, evidence: str) -> bool:
    """Whether an object of an earlier stage exists, as far as the person may see."""
    name, _colon, public_id = evidence.partition(":")
    if name not in chain_kinds:
        return False
    kind = chain_kinds[name]
    if kind.order >= _OWN_ORDER or not policy.may(kind.permission):
        return False
    try:
        return bool(list(kind.items(policy, [UUID(public_id)])))
    except ValueError:
        return False


@dataclass
class AdvanceProject(OnProject):
    """Lead a project into its next phase, if the gate lets it through."""

    name = "project.advance"
    project: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.active()
        following = next_phase(found.method, found.phase)
        if following is None:
            raise Conflict("improve_app.project_last_phase", number=found.number)
        refuse(what_is_missing(found, gate_of(found.method, following)))

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        before = found.phase
        following = next_phase(found.method, found.phase)
        assert following is not None, "checked by validate"
        found.phase = following
        if found.gate == "do" and found.begun_at is None:
            found.begun_at = timezone.now()
        found.save(update_fields=["phase", "begun_at"])
        step(found, actor, "advanced", before=before, after=following)
        return found


def refuse(missing: list[Notice]) -> None:
    """Stop at a gate for the first thing that is missing.

    Raises:
        Conflict: with its code.
    """
    if missing:
        raise Conflict(missing[0].code, **{"count": missing[0].count, **missing[0].params})


@dataclass
class WaiveCheck(OnProject):
    """Go on without a declared effect check: on record, with a reason, shown with the project for good."""

    name = "project.waive_check"
    project: UUID
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.active()
        reason_of(self.reason)
        if found.waived_reason:
            raise Conflict("improve_app.check_waived_already", number=found.number)

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        found.waived_reason = reason_of(self.reason)
        found.save(update_fields=["waived_reason"])
        step(found, actor, "waived", found.waived_reason)
        return found


@dataclass
class NoteOnProject(OnProject):
    """Write something into a project's timeline: a decision, the notes of a review meeting."""

    name = "project.note"
    project: UUID
    text: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        find_project(self.project)
        if not self.text.strip():
            raise ActionError("improve_app.note_missing")
        if len(self.text) > 1000:
            raise ActionError("core.text_too_long", limit=1000, received=len(self.text))

    def perform(self, actor: Actor) -> Project:
        found = find_project(self.project)
        step(found, actor, "noted", self.text.strip())
        return found


@dataclass
class CloseProject(OnProject):
    """Close a project; only when what it brought has been judged."""

    name = "project.close"
    project: UUID
    reason: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        refuse(what_is_missing(self.active(), "close"))

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        found.state, found.closed_at = Project.State.CLOSED, timezone.now()
        found.closed_reason = self.reason.strip()[:_LONGEST_TEXT]
        found.save()
        step(found, actor, "closed", found.closed_reason)
        return found


@dataclass
class CancelProject(OnProject):
    """Give a project up before its change has begun; one that has begun is closed with a verdict."""

    name = "project.cancel"
    project: UUID
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.active()
        reason_of(self.reason)
        if found.begun_at is not None:
            raise Conflict("improve_app.project_begun", number=found.number)

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        found.state, found.closed_at = Project.State.CANCELLED, timezone.now()
        found.closed_reason = reason_of(self.reason)
        found.save()
        step(found, actor, "cancelled", found.closed_reason)
        return found
