"""Studies: models applied to surveys, their results, and their definitions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Localized, Page, Recorded, Strict, Text
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import study_queries as queries
from servloop_app.measure.actions_studies import ChangeStudy, ComputeStudy, CreateStudy, UseStudy
from servloop_app.measure.models import Study, Survey
from servloop_app.measure.study_definitions import StudyDefinition
from servloop_app.measure.study_queries import GroupView, StudyView

router = Router()
surveys = Router()


class StudyOut(Schema):
    """A study, and how its newest result in the caller's units stands."""

    id: UUID
    kind: str = Field(examples=["servqual"])
    version: int
    name: dict[str, str]
    survey: str
    unit: str | None
    active: bool
    recognised: bool = Field(description="made from the columns of an import, not by a person")
    computed: bool
    as_of: datetime | None
    n: int | None
    reason: str = Field(description="why there are no figures though it was computed")

    @classmethod
    def of(cls, view: StudyView) -> "StudyOut":
        """From a view of the study."""
        return cls(**_stated(view))


def _stated(view: StudyView) -> dict[str, Any]:
    study, result = view.study, view.result
    return {
        "id": study.public_id,
        "kind": study.kind,
        "version": study.version,
        "name": study.name.to_dict(),
        "survey": study.survey,
        "unit": study.unit.code if study.unit else None,
        "active": study.active,
        "recognised": bool(study.origin),
        "computed": result is not None,
        "as_of": result.as_of if result else None,
        "n": result.n if result else None,
        "reason": view.reason,
    }


class BreakdownOut(Schema):
    """What there is by one column."""

    by: str = Field(examples=["@unit"])
    groups: int
    hidden: int = Field(description="groups too small to be told, and those that would follow from them")
    differences: Any = Field(description="tests between the groups, as the model's command gives them")
    reason: str


class StudyWithResult(StudyOut):
    """A study with its specification and the figures of everyone in the caller's units."""

    spec: dict[str, Any]
    labels: dict[str, dict[str, str]]
    segments: list[str]
    figures: Any = Field(description="as the model's command prints them; null while there are none")
    breakdowns: list[BreakdownOut]


class GroupOut(Schema):
    """One unit or segment with its figures."""

    label: str = Field(examples=["beijing"])
    n: int | None = Field(description="null when the group is hidden")
    figures: Any
    reason: str

    @classmethod
    def of(cls, group: GroupView) -> "GroupOut":
        """From a view of the group."""
        return cls(label=group.label, n=group.n, figures=group.document, reason=group.reason)


class StudyIn(Strict):
    """The definition of a study."""

    kind: Text = Field(examples=["importance"])
    name: Localized
    survey: Text = Field(examples=["2026-q4"])
    spec: dict[str, Any] = Field(
        examples=[{"scale": [1, 7], "items": [{"importance": "i1", "performance": "p1"}]}],
        description="the specification of the model's command, as JSON",
    )
    unit: Text = Field("", description="code of the unit whose answers count; empty for all")
    labels: dict[str, Localized] = Field(default_factory=dict)
    segments: list[Text] = Field(default_factory=list)

    def definition(self) -> StudyDefinition:
        """As the application holds it."""
        return StudyDefinition(
            kind=self.kind,
            name=self.name.value(),
            source={"survey": self.survey},
            spec=self.spec,
            unit=self.unit,
            labels={key: text.value() for key, text in self.labels.items()},
            segments=list(self.segments),
        )


class StudyChangeIn(StudyIn):
    """Another definition, with the reason that stays in the history."""

    reason: Text = Field(examples=["维度按问卷说明补充"])


class StudyUseIn(Strict):
    """Whether a study is in use."""

    active: bool = Field(examples=[False])


class SurveyOut(Schema):
    """A survey whose answers are in the facts, and its questions."""

    name: str
    responses: int
    first_date: date | None
    last_date: date | None
    columns: list[dict[str, Any]]

    @classmethod
    def of(cls, row: Survey) -> "SurveyOut":
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


@router.get("", response=Page[StudyOut])
@policy(queries.PERMISSION)
def list_studies(request: HttpRequest, window: Query[Window]) -> Page[StudyOut]:
    """Studies in use that concern the caller's units."""
    held = policy_of(request)
    found = queries.studies(held)
    cut = found[window.offset : window.offset + window.limit]
    views = queries.views_of(held, list(cut))
    return Page[StudyOut](items=[StudyOut.of(view) for view in views], total=found.count())


@router.post("", response=Recorded)
@policy("models.edit")
def create_study(request: HttpRequest, given: StudyIn) -> Recorded:
    """Apply a model to a survey; the figures follow in a job."""
    return carry_out(request, CreateStudy(given.definition()))


@router.get("/{study}", response=StudyWithResult)
@policy(queries.PERMISSION)
def read_study(request: HttpRequest, study: UUID) -> StudyWithResult:
    """One study with the newest figures of everyone in the caller's units."""
    held = policy_of(request)
    found: Study = queries.one_study(held, study)
    view = queries.view_of(held, found)
    breakdowns = [
        BreakdownOut(
            by=by,
            groups=told["groups"],
            hidden=told["hidden"],
            differences=told["differences"],
            reason=told["reason"],
        )
        for by, told in view.breakdowns.items()
    ]
    return StudyWithResult(
        **_stated(view),
        spec=found.spec,
        labels=found.labels,
        segments=found.segments,
        figures=view.document,
        breakdowns=breakdowns,
    )


@router.get("/{study}/groups", response=list[GroupOut])
@policy(queries.PERMISSION)
def read_groups(request: HttpRequest, study: UUID, by: str = "@unit") -> list[GroupOut]:
    """The figures of every unit or segment; a group that may not be told has neither n nor figures."""
    held = policy_of(request)
    view = queries.view_of(held, queries.one_study(held, study))
    return [GroupOut.of(group) for group in view.groups(by)]


@router.post("/{study}/compute", response=Recorded)
@policy(queries.PERMISSION)
def compute_study(request: HttpRequest, study: UUID) -> Recorded:
    """Have a study computed for the caller's units, where there are no figures yet."""
    found = queries.one_study(policy_of(request), study)
    return carry_out(request, ComputeStudy(found.public_id), str(found.public_id))


@router.put("/{study}", response=Recorded)
@policy("models.edit")
def change_study(request: HttpRequest, study: UUID, given: StudyChangeIn) -> Recorded:
    """Define a study anew; the earlier definition stays on record."""
    found = queries.one_study(policy_of(request), study)
    return carry_out(request, ChangeStudy(found.public_id, given.definition(), given.reason))


@router.put("/{study}/use", response=Recorded)
@policy("models.edit")
def use_study(request: HttpRequest, study: UUID, given: StudyUseIn) -> Recorded:
    """Take a study into use or out of use."""
    found = queries.one_study(policy_of(request), study)
    return carry_out(request, UseStudy(found.public_id, active=given.active))


@surveys.get("", response=list[SurveyOut])
@policy("models.edit")
def list_surveys(request: HttpRequest) -> list[SurveyOut]:  # noqa: ARG001  # names and scales of questions, no answers
    """The surveys whose answers are in the facts, with their questions: what a specification may name."""
    return [SurveyOut.of(row) for row in queries.surveys()]
