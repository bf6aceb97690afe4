"""Reading studies and their results, limited to what a person may see. No request computes anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language

from servloop.messages import message
from servloop_app.core.errors import NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.core.policy import Policy
from servloop_app.jobs.models import Run
from servloop_app.measure.actions_studies import COMPUTE_JOB, FOLLOW_JOB
from servloop_app.measure.studies import scope_key
from servloop_app.measure.study_documents import in_language
from servloop_app.measure.study_models import Study, StudyGroup, StudyResult, Survey
from servloop_app.measure.study_scopes import PERMISSION as SCOPE_PERMISSION
from servloop_app.measure.study_scopes import units_of

PERMISSION = SCOPE_PERMISSION


@dataclass(frozen=True)
class GroupView:
    """One unit or segment as a person may see it.

    Attributes:
        label: code of the unit, or the answer; empty for people who did not say.
        n: respondents; None when the group is hidden.
        document: the model's document in the reader's language; None when there is none.
        reason: why there is none.
    """

    label: str
    n: int | None
    document: Any
    reason: str = ""


@dataclass(frozen=True)
class StudyView:
    """A study with its newest result in the units that a person may see.

    Attributes:
        study: the study.
        result: None while there is none for this version and these units.
        units: codes of the units; None for everything.
        fresh: no job is under way that may bring a newer result.
        document: the model's document in the reader's language.
        reason: why there is no document though there is a result.
        breakdowns: column → what is said of the breakdown as a whole (``differences``, ``hidden``, ``reason``).
    """

    study: Study
    result: StudyResult | None
    units: frozenset[str] | None
    fresh: bool = True
    document: Any = None
    reason: str = ""
    breakdowns: dict[str, Any] = field(default_factory=dict)

    @property
    def computing(self) -> bool:
        """Whether nothing can be shown yet."""
        return self.result is None

    def groups(self, by: str) -> list[GroupView]:
        """The groups of a breakdown; one query."""
        if self.result is None:
            return []
        language = get_language() or "en"
        return [
            GroupView(one.label, one.n, in_language(one.document, language), _reason(one, language))
            for one in self.result.groups.filter(by=by)
        ]

    def label(self, name: str) -> str:
        """The words of a name in the specification, in the reader's language; the name itself without any."""
        words = self.study.labels.get(name)
        return str(LocalizedText.of(words)) if words else name


def studies(policy: Policy, *, active: bool = True) -> QuerySet[Study]:
    """Studies that concern some unit of the person; figures in them are limited to her units."""
    found = Study.objects.filter(active=active).select_related("unit", "made_by")
    if not policy.units(PERMISSION):
        return found.none()
    concerned = [one.pk for one in found if units_of(one, policy) is None or units_of(one, policy)]
    return found.filter(pk__in=concerned)


def one_study(policy: Policy, public_id: UUID) -> Study:
    """One study, in use or not.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = Study.objects.filter(public_id=public_id).select_related("unit", "made_by").first()
    if found is None or not policy.units(PERMISSION):
        raise NotFound("study", public_id)
    units = units_of(found, policy)
    if units is not None and not units:
        raise NotFound("study", public_id)
    return found


def view_of(policy: Policy, study: Study) -> StudyView:
    """A study with its newest result for a person; two queries, and one more by breakdown that is shown."""
    units = units_of(study, policy)
    result = StudyResult.objects.filter(study=study, version=study.version, scope=scope_key(units)).first()
    fresh = not running()
    if result is None:
        return StudyView(study, None, units, fresh)
    language = get_language() or "en"
    breakdowns = {
        entry["by"]: in_language(entry, language)
        | {
            "reason": message(entry["error_code"], entry["error_params"], language)
            if entry["error_code"]
            else ""
        }
        for entry in result.breakdowns
    }
    return StudyView(
        study,
        result,
        units,
        fresh,
        in_language(result.document, language),
        _reason(result, language),
        breakdowns,
    )


def running() -> bool:
    """Whether studies are being computed or wait for it, or new answers are being looked at."""
    under_way = Run.objects.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])
    return under_way.filter(kind__in=[COMPUTE_JOB, FOLLOW_JOB]).exists()


def views_of(policy: Policy, found: QuerySet[Study] | list[Study]) -> list[StudyView]:
    """Views of several studies."""
    return [view_of(policy, study) for study in found]


def surveys() -> QuerySet[Survey]:
    """The surveys that have answers; their reader needs ``models.edit``. No answers are among it."""
    return Survey.objects.all()


def _reason(stored: StudyResult | StudyGroup, language: str) -> str:
    return message(stored.error_code, stored.error_params, language) if stored.error_code else ""
