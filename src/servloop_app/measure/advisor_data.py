"""The readiness report of the model advisor: which of the data that models need are in the facts, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from servloop.measure.advisor import ROLES
from servloop.measure.excellence import STATEMENTS
from servloop_app.core.policy import Policy
from servloop_app.measure import queries, study_queries
from servloop_app.measure.figures import Cells
from servloop_app.measure.study_definitions import described
from servloop_app.measure.study_models import Study, Survey
from servloop_app.measure.study_sources import SurveyColumn

_LEAST_ITEMS = 3
_MOST_POINTS = 11
# What a study of a kind needs, it has.
_OF_KIND = {
    "kano": ("kano_pairs",),
    "index": ("constructs",),
    "drivers": ("perception", "overall"),
    "reliability": ("perception",),
}
_INTERNAL = frozenset({"events", "cases", "measurements", "event_cases"})


@dataclass(frozen=True)
class Evidence:
    """Where data of a role were found.

    Attributes:
        role: of `servloop.measure.advisor.ROLES`.
        n: complete answers, or figures, that the person may see.
        kind: ``study``, ``survey`` or ``metric``.
        name: of it.
        reference: public id of the study, code of the metric, or name of the survey.
    """

    role: str
    n: int
    kind: str
    name: str
    reference: str


def data_at_hand(policy: Policy) -> list[Evidence]:
    """All that was found, the largest of each role first."""
    found = [*_of_studies(policy), *_of_surveys(), *_of_metrics(policy)]
    return sorted(found, key=lambda one: (ROLES.index(one.role), -one.n, one.name))


def counts(found: list[Evidence]) -> dict[str, int]:
    """Role → the most that one source offers: answers of different surveys do not add up to one sample.

    Internal figures are counted, as many metrics as have one.
    """
    held = dict.fromkeys(ROLES, 0)
    for one in found:
        if one.role == "internal_figures":
            held[one.role] += 1
        else:
            held[one.role] = max(held[one.role], one.n)
    return held


def _of_studies(policy: Policy) -> Iterator[Evidence]:
    for view in study_queries.views_of(policy, study_queries.studies(policy)):
        n = view.result.n if view.result else 0
        for role in _roles(view.study):
            yield Evidence(role, n, "study", str(view.study.name), str(view.study.public_id))


def _roles(study: Study) -> tuple[str, ...]:
    items = study.spec.get("items", [])
    if study.kind == "servqual":
        asked = any(item.get("expectation") for item in items)
        return ("perception", "expectation") if asked else ("perception",)
    if study.kind == "importance":
        stated = any(item.get("importance") for item in items)
        return ("perception", "importance") if stated else ("perception", "overall")
    return _OF_KIND.get(study.kind, ())


def _of_surveys() -> Iterator[Evidence]:
    """Surveys that no study was made of yet."""
    studied = {study.survey for study in Study.objects.filter(active=True)}
    for survey in Survey.objects.all():
        about = described(survey)
        marks = [column for column in about.columns if _is_mark(column)]
        if survey.name not in studied and len(marks) >= _LEAST_ITEMS:
            yield Evidence("perception", survey.responses, "survey", survey.name, survey.name)
        asked = {statement.code for statement in STATEMENTS}
        if asked <= set(about.names):
            yield Evidence("self_assessment", survey.responses, "survey", survey.name, survey.name)


def _is_mark(column: SurveyColumn) -> bool:
    return (
        column.numeric
        and column.whole
        and column.low is not None
        and column.high is not None
        and column.low >= 0
        and column.high < _MOST_POINTS
        and column.distinct > 1
    )


def _of_metrics(policy: Policy) -> Iterator[Evidence]:
    if not policy.may(queries.PERMISSION):
        return
    metrics = list(queries.metrics(computable=True))
    for code, cells in queries.cells_of(policy, metrics).items():
        n = _rows(cells)
        if not n:
            continue
        name = str(cells.metric.name)
        if cells.metric.aggregate == "nps":
            yield Evidence("recommend", n, "metric", name, code)
        if code == "csat":
            yield Evidence("overall", n, "metric", name, code)
        if cells.metric.source in _INTERNAL:
            yield Evidence("internal_figures", n, "metric", name, code)


def _rows(cells: Cells) -> int:
    return int(cells.table.n[cells.table.select(units=cells.visible)].sum())
