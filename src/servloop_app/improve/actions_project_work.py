"""What is done inside a project: its actions and its ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.hooks import emit
from servloop_app.improve.actions_projects import OnProject, person_of, reason_of, step
from servloop_app.improve.project_events import ProjectCostsChanged
from servloop_app.improve.project_models import Project, ProjectAction, ProjectCost

_LONGEST = 300
_MOST = Decimal("999999999999.99")


def find_action(public_id: UUID | str) -> ProjectAction:
    """The action of a public id.

    Raises:
        NotFound: there is none.
    """
    found = ProjectAction.objects.select_related("project").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("project_action", public_id)
    return found


@dataclass
class AddProjectAction(OnProject):
    """Add what is to be done, by whom, until when."""

    name = "project_action.add"
    project: UUID
    what: str
    due: dt.date
    who: UUID | None = None

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        self.active()
        if not self.what.strip():
            raise ActionError("improve_app.action_missing")
        if len(self.what) > _LONGEST:
            raise ActionError("core.text_too_long", limit=_LONGEST, received=len(self.what))

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        made = ProjectAction.objects.create(
            project=found, what=self.what.strip(), who=person_of(self.who) or actor.person, due=self.due
        )
        step(found, actor, "action_added", what=made.what, due=made.due.isoformat())
        return found


@dataclass
class MoveProjectAction(Action[ProjectAction]):
    """Say how far an action is; giving it up needs a note."""

    name = "project_action.move"
    permission = "projects.edit"
    action: UUID
    state: str
    note: str = ""

    def unit(self) -> int | None:
        return find_action(self.action).project.unit_id

    def object(self) -> str:
        return f"project_action:{self.action}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_action(self.action)
        if found.project.state != Project.State.ACTIVE:
            raise Conflict("improve_app.project_closed", number=found.project.number)
        if self.state not in ProjectAction.State.values:
            raise ActionError(
                "core.choice_unknown", value=self.state, choices=list(ProjectAction.State.values)
            )
        if self.state == ProjectAction.State.DROPPED:
            reason_of(self.note)

    def perform(self, actor: Actor) -> ProjectAction:
        found = find_action(self.action)
        self._before = MoveProjectAction(self.action, found.state, found.note)
        found.state = self.state
        found.note = self.note.strip()[:_LONGEST] or found.note
        found.done_at = timezone.now() if self.state == ProjectAction.State.DONE else None
        found.save()
        step(found.project, actor, "action_moved", self.note.strip(), what=found.what, state=self.state)
        return found

    def undo(self) -> Action[ProjectAction]:
        return self._before


def money(text: str) -> Decimal | None:
    """An amount as people type it; None when nothing was typed.

    Raises:
        ActionError: it is no amount.
    """
    plain = text.replace(",", "").replace("\u00a0", "").strip()
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ActionError("improve_app.amount_unreadable", received=text[:40]) from None
    if not amount.is_finite() or not 0 <= amount <= _MOST:
        raise ActionError("improve_app.amount_unreadable", received=text[:40])
    return amount.quantize(Decimal("0.01"))


@dataclass
class AddProjectCost(OnProject):
    """Add a line to the ledger: planned, spent, or both."""

    name = "project_cost.add"
    project: UUID
    kind: str
    what: str
    planned: str = ""
    actual: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        self.active()
        if self.kind not in ProjectCost.Kind.values:
            raise ActionError("core.choice_unknown", value=self.kind, choices=list(ProjectCost.Kind.values))
        if not self.what.strip():
            raise ActionError("improve_app.cost_missing")
        if money(self.planned) is None and money(self.actual) is None:
            raise ActionError("improve_app.amount_missing")

    def perform(self, actor: Actor) -> Project:
        found = self.active()
        ProjectCost.objects.create(
            project=found,
            kind=self.kind,
            what=self.what.strip()[:200],
            planned=money(self.planned),
            actual=money(self.actual),
        )
        step(found, actor, "cost_added", what=self.what.strip()[:200])
        emit(ProjectCostsChanged(str(found.public_id)))
        return found


@dataclass
class SpendProjectCost(Action[ProjectCost]):
    """Say what a planned cost has really been."""

    name = "project_cost.spend"
    permission = "projects.edit"
    cost: UUID
    actual: str

    def _found(self) -> ProjectCost:
        found = ProjectCost.objects.select_related("project").filter(public_id=self.cost).first()
        if found is None:
            raise NotFound("project_cost", self.cost)
        return found

    def unit(self) -> int | None:
        return self._found().project.unit_id

    def object(self) -> str:
        return f"project_cost:{self.cost}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if money(self.actual) is None:
            raise ActionError("improve_app.amount_missing")

    def perform(self, actor: Actor) -> ProjectCost:
        found = self._found()
        self._before = found.actual
        found.actual = money(self.actual)
        found.save(update_fields=["actual"])
        step(found.project, actor, "cost_spent", what=found.what)
        emit(ProjectCostsChanged(str(found.project.public_id)))
        return found
