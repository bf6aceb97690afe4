"""What is done to studies: made, changed, taken out of use, recognised in new answers, computed for somebody's units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor, find_unit
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.models import Unit
from servloop_app.core.units import UnitTree
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue
from servloop_app.measure.study_definitions import StudyDefinition
from servloop_app.measure.study_models import Study, StudyVersion
from servloop_app.measure.study_scopes import units_of

COMPUTE_JOB = "studies.compute"
FOLLOW_JOB = "studies.follow_facts"
_LONGEST_REASON = 300


def find_study(public_id: UUID) -> Study:
    """A study by its id.

    Raises:
        NotFound: there is none.
    """
    found = Study.objects.select_related("unit").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("study", public_id)
    return found


def _fill(study: Study, definition: StudyDefinition, spec: dict[str, Any]) -> None:
    study.kind = definition.kind
    study.name = definition.name
    study.source = definition.source
    study.spec = spec
    study.unit = _unit(definition.unit)
    study.labels = {key: text.to_dict() for key, text in definition.labels.items()}
    study.segments = definition.segments


def _place(unit: int | None) -> int | None:
    """Where the permission must hold: a study of the organisation as a whole is for who decides about the whole."""
    return unit or UnitTree.load(timezone.localdate()).root


def _unit(code: str) -> Unit | None:
    return find_unit(code) if code else None


def _record(study: Study, definition: StudyDefinition, actor: Actor, reason: str) -> None:
    StudyVersion.objects.create(
        study=study,
        version=study.version,
        definition=definition.stored(),
        reason=reason[:_LONGEST_REASON],
        made_by=actor.person,
    )


def _ask(study: Study) -> None:
    enqueue(COMPUTE_JOB, {"study": str(study.public_id)}, f"study:{study.public_id}")


@dataclass
class CreateStudy(Action[Study]):
    """Apply a model to a survey."""

    name = "study.create"
    permission = "models.edit"
    definition: StudyDefinition
    origin: str = ""

    def unit(self) -> int | None:
        return _place(find_unit(self.definition.unit).pk if self.definition.unit else None)

    def object(self) -> str:
        return f"study:{self._made.public_id}"

    def perform(self, actor: Actor) -> Study:
        study = Study(origin=self.origin, made_by=actor.person)
        _fill(study, self.definition, self.definition.check())
        study.save()
        _record(study, self.definition, actor, "")
        _ask(study)
        self._made = study
        return study

    def undo(self) -> Action[Study]:
        return UseStudy(self._made.public_id, active=False)


class OnStudy(Action[Study]):
    """An action on one study."""

    permission = "models.edit"
    study: UUID

    def unit(self) -> int | None:
        return _place(find_study(self.study).unit_id)

    def object(self) -> str:
        return f"study:{self.study}"


@dataclass
class ChangeStudy(OnStudy):
    """Define a study anew, with a reason; the earlier definition stays on record and its results are not shown."""

    name = "study.change"
    study: UUID
    definition: StudyDefinition
    reason: str

    def validate(self, actor: Actor) -> None:
        if not self.reason.strip():
            raise ActionError("measure_app.reason_missing")
        there = find_unit(self.definition.unit).pk if self.definition.unit else None
        actor.policy.require("models.edit", _place(there))  # also where it is going to

    def perform(self, actor: Actor) -> Study:
        study = find_study(self.study)
        self._before = ChangeStudy(self.study, StudyDefinition.of(study), self.reason)
        _fill(study, self.definition, self.definition.check())
        study.version += 1
        study.save()
        _record(study, self.definition, actor, self.reason.strip())
        _ask(study)
        return study

    def undo(self) -> Action[Study]:
        return self._before


@dataclass
class UseStudy(OnStudy):
    """Take a study into use, or out of use; its history stays, and it is not recognised anew."""

    name = "study.use"
    study: UUID
    active: bool

    def perform(self, actor: Actor) -> Study:  # noqa: ARG002
        study = find_study(self.study)
        study.active = self.active
        study.save(update_fields=["active"])
        if self.active:
            _ask(study)
        return study

    def undo(self) -> Action[Study]:
        return UseStudy(self.study, active=not self.active)


@dataclass
class RecogniseStudies(Action[int]):
    """Make the studies that answers were recognised to be for; what was there once, in use or not, stays as it is."""

    name = "study.recognise"
    permission = "models.edit"
    found: list[tuple[str, StudyDefinition]] = field(default_factory=list)  # layout, definition

    def object(self) -> str:
        return "study:recognised"

    def perform(self, actor: Actor) -> int:
        made = 0
        for layout, definition in self.found:
            if Study.objects.filter(kind=definition.kind, origin=layout, source=definition.source).exists():
                continue
            CreateStudy(definition, layout).perform(actor)
            made += 1
        return made


@dataclass
class ComputeStudy(Action[bool]):
    """Have a study computed for the units that the asking person may see."""

    name = "study.compute"
    permission = "models.view"
    study: UUID

    def object(self) -> str:
        return f"study:{self.study}"

    def perform(self, actor: Actor) -> bool:
        units = units_of(find_study(self.study), actor.policy)
        if units is not None and not units:
            raise NotFound("study", self.study)
        arguments: dict[str, Any] = {
            "study": str(self.study),
            "units": None if units is None else sorted(units),
        }
        unfinished = Run.objects.filter(
            kind=COMPUTE_JOB, state__in=[Run.State.QUEUED, Run.State.RUNNING], arguments=arguments
        )
        if unfinished.exists():
            return False
        enqueue(COMPUTE_JOB, arguments, f"study:{self.study}")
        return True
