"""Studies in the background: look at new answers, recognise what they are for, compute what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import FactsScope, Snapshot
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.localized import LocalizedText
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.actions_studies import COMPUTE_JOB, FOLLOW_JOB, RecogniseStudies
from servloop_app.measure.studies import Computed, Failure, compute_study, scope_key
from servloop_app.measure.study_definitions import StudyDefinition
from servloop_app.measure.study_kinds import KINDS, ModelKind
from servloop_app.measure.study_models import Study, StudyGroup, StudyResult, Survey
from servloop_app.measure.study_scopes import live_scopes
from servloop_app.measure.study_sources import Reading, SurveyColumns, describe_surveys
from servloop_app.measure.tasks import epoch_of

# Results and descriptions are derived: the facts and the study's version give them again.
_BOOKS = (StudyResult._meta.db_table, StudyGroup._meta.db_table, Survey._meta.db_table)
_ANSWERS = {"answers", "responses"}
_MOST_SEGMENTS = 6
_KEPT = 2  # newest results of a study in one scope


@job(FOLLOW_JOB)
def follow_facts(run: RunContext, event: dict[str, Any]) -> dict[str, int]:
    """After answers came or went: describe the surveys, recognise studies, have all computed."""
    made = 0
    if _ANSWERS & set(event.get("tables", _ANSWERS)):
        with fact_store().snapshot() as snapshot:
            epoch = epoch_of({name: snapshot.versions[name] for name in sorted(_ANSWERS)})
            with snapshot.connect(FactsScope.everything()) as facts:
                surveys = describe_surveys(facts)
        with guard.opening(*_BOOKS), run.step():
            _keep(surveys, epoch)
        found = recognised(surveys)
        if found:
            with run.step():
                made = execute(RecogniseStudies(found), Actor.system("studies")).outcome
    waiting = Run.objects.filter(kind=COMPUTE_JOB, state=Run.State.QUEUED, arguments={})
    if not waiting.exists():
        with run.step():
            run.enqueue(COMPUTE_JOB)
    return {"recognised": made}


def _keep(surveys: list[SurveyColumns], epoch: str) -> None:
    Survey.objects.exclude(name__in=[survey.survey for survey in surveys]).delete()
    for survey in surveys:
        Survey.objects.update_or_create(
            name=survey.survey,
            defaults={
                "epoch": epoch,
                "responses": survey.responses,
                "first_date": survey.first_date,
                "last_date": survey.last_date,
                "columns": survey.stored(),
            },
        )


def recognised(surveys: list[SurveyColumns]) -> list[tuple[str, StudyDefinition]]:
    """The studies that surveys are laid out for and that were never made."""
    known = {(one.kind, one.origin, one.survey) for one in Study.objects.exclude(origin="")}
    kinds = [KINDS[code] for code in KINDS]
    found = []
    for survey in surveys:
        proposals = [(kind, one) for kind in kinds for layout in kind.layouts for one in layout(survey)]
        measured = {column for kind, one in proposals for column in kind.columns(one.spec)}
        segments = [column for column in survey.segments if column not in measured][:_MOST_SEGMENTS]
        for kind, proposal in proposals:
            if (kind.code, proposal.layout, survey.survey) in known:
                continue
            definition = StudyDefinition(
                kind=kind.code,
                name=LocalizedText(f"{survey.survey}：{kind.name.zh}", f"{survey.survey}: {kind.name.en}"),
                source={"survey": survey.survey},
                spec=proposal.spec,
                labels=dict(proposal.labels),
                segments=segments,
            )
            found.append((proposal.layout, definition))
    return found


@job(COMPUTE_JOB, lease=timedelta(minutes=10))
def compute(run: RunContext, study: str = "", units: list[str] | None = None) -> dict[str, int]:
    """Compute studies for the facts as they are now; what is there already is not made again.

    Args:
        run: the run.
        study: one study, all in use when empty.
        units: a scope that somebody asked for, besides those that are kept fresh.
    """
    wanted = Study.objects.filter(active=True).select_related("unit")
    if study:
        wanted = wanted.filter(public_id=UUID(study))
    made = 0
    with fact_store().snapshot() as snapshot:
        tasks = [(one, key, scope) for one in wanted for key, scope in _scopes(one, units).items()]
        for done, (one, key, scope) in enumerate(tasks):
            run.progress(done, len(tasks), "studies", "studies.computing")
            kind = KINDS[one.kind]
            epoch = epoch_of({name: snapshot.versions[name] for name in kind.tables})
            if one.results.filter(version=one.version, epoch=epoch, scope=key).exists():
                continue
            computed = _compute(run, snapshot, one, kind, scope)
            with guard.opening(*_BOOKS), run.step():
                _store(one, computed, epoch=epoch, units=scope)
            made += 1
    return {"results": len(tasks), "computed": made}


def _scopes(study: Study, units: list[str] | None) -> dict[str, frozenset[str] | None]:
    scopes = live_scopes(study)
    return scopes if units is None else scopes | {scope_key(units): frozenset(units)}


def _compute(
    run: RunContext, snapshot: Snapshot, study: Study, kind: ModelKind, units: frozenset[str] | None
) -> Computed:
    def progress(done: int, total: int) -> None:
        run.progress(done, total, "breakdowns", "studies.computing_one", study=str(study.name))

    try:
        with snapshot.connect(FactsScope(units)) as facts:
            frame = kind.read(Reading(facts, units, study.source))
            return compute_study(kind, frame, study.spec, segments=study.segments, progress=progress)
    except ServLoopError as error:
        return Computed(0, failure=Failure.of(error))


def _store(study: Study, computed: Computed, *, epoch: str, units: frozenset[str] | None) -> None:
    failure = computed.failure
    result = StudyResult.objects.create(
        study=study,
        version=study.version,
        epoch=epoch,
        scope=scope_key(units),
        units=None if units is None else sorted(units),
        as_of=timezone.now(),
        n=computed.n,
        document=computed.document,
        breakdowns=[breakdown.summary() for breakdown in computed.breakdowns],
        error_code=failure.code if failure else "",
        error_params=failure.params if failure else {},
    )
    StudyGroup.objects.bulk_create(
        StudyGroup(
            result=result,
            by=breakdown.by,
            label=group.label,
            place=place,
            n=group.n,
            document=group.document,
            error_code=group.failure.code if group.failure else "",
            error_params=group.failure.params if group.failure else {},
        )
        for breakdown in computed.breakdowns
        for place, group in enumerate(breakdown.groups)
    )
    old = StudyResult.objects.filter(study=study, scope=result.scope).values_list("pk", flat=True)[_KEPT:]
    StudyResult.objects.filter(pk__in=list(old)).delete()
