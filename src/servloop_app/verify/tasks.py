"""Computing checks in the background: what the data can see, and what came of the change."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import Snapshot
from servloop.results import plain
from servloop.verify.evaluation import evaluate, model_of, phases, place_of_start
from servloop.verify.series_planning import power_of_series
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.policy import EverythingPolicy
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.tasks import epoch_of
from servloop_app.verify.actions import EVALUATE_JOB, POWER_JOB
from servloop_app.verify.models import EffectCheck, EffectResult
from servloop_app.verify.payback import payback_of
from servloop_app.verify.queries import EVALUATION
from servloop_app.verify.series import declaration_for, following, observe

# Results are derived: the facts and the declaration give them again. They are the machinery's own books.
_TABLES = (EffectCheck._meta.db_table, EffectResult._meta.db_table)
FOLLOW_JOB = "effects.follow"
PAYBACK_JOB = "effects.payback"
_KEPT = 5  # newest results of a check; the one judged by stays as well


@job(POWER_JOB)
def plan_power(run: RunContext, check: str) -> dict[str, Any]:
    """What the data can see of a planned check; stored with it."""
    found = EffectCheck.objects.select_related("metric", "project").filter(public_id=check).first()
    if found is None or found.locked:
        return {}
    with fact_store().snapshot() as snapshot:
        try:
            power = _power(found, snapshot)
        except ServLoopError as error:
            power = {"error": error.code, "params": plain(error.params)}
    power["as_of"] = timezone.now().isoformat()
    with guard.opening(*_TABLES), run.step():
        EffectCheck.objects.filter(pk=found.pk, state=EffectCheck.State.DRAFT).update(power=power)
    return {"power": power.get("power")}


def _power(check: EffectCheck, snapshot: Snapshot) -> dict[str, Any]:
    observed = observe(check, snapshot, EverythingPolicy().tree)
    declared = declaration_for(check)
    before = [place for place, period in enumerate(observed.periods) if period < check.start]
    series = np.array([np.nan if observed.changed[i] is None else observed.changed[i] for i in before])
    if declared.compared and observed.comparison:
        series = series - np.array(
            [np.nan if observed.comparison[i] is None else observed.comparison[i] for i in before]
        )
    model = model_of(declared, len(before))
    periods = [observed.periods[i] for i in before]
    while periods and len(periods) < len(before) + check.after:
        periods.append(following(periods[-1], check.grain))
    found = power_of_series(
        series, check.after, check.smallest, model, phase=phases(periods, model), alpha=check.alpha
    )
    known = series[~np.isnan(series)]
    reason = found.power.reason
    return {
        "power": found.power.value,
        "detectable": found.detectable,
        "needed_after": found.needed_after,
        "n_before": found.n_before,
        "n_after": found.n_after,
        "spread": found.spread,
        "autocorrelation": found.autocorrelation,
        "enough": found.enough,
        "error": "" if reason is None else reason.code,
        "params": {} if reason is None else plain(reason.params),
        "level": float(known[-12:].mean()) if known.size and not declared.compared else None,
    }


@job(EVALUATE_JOB)
def evaluate_check(run: RunContext, check: str) -> dict[str, Any]:
    """Evaluate a check from the facts as they are now; a result for that state that is there is not made again."""
    found = EffectCheck.objects.select_related("metric", "project").filter(public_id=check).first()
    if found is None or found.state not in (EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY):
        return {}
    with fact_store().snapshot() as snapshot:
        epoch = epoch_of(snapshot.versions)
        if found.results.filter(epoch=epoch).exists():
            return {"result": "present"}
        values = _evaluated(found, snapshot)
    with guard.opening(*_TABLES), run.step():
        made = EffectResult.objects.create(check_of=found, epoch=epoch, as_of=timezone.now(), **values)
        EffectCheck.objects.filter(pk=found.pk).update(payback=payback_of(found, made))
        old = found.results.filter(final=False).values_list("pk", flat=True)[_KEPT:]
        EffectResult.objects.filter(pk__in=list(old)).delete()
    return {"final": made.final, "error": made.error_code}


def _evaluated(check: EffectCheck, snapshot: Snapshot) -> dict[str, Any]:
    try:
        observed = observe(check, snapshot, EverythingPolicy().tree)
        declared = declaration_for(check)
        place_of_start(observed.periods, declared)
        evaluation = evaluate(observed, declared)
    except ServLoopError as error:
        return {"error_code": error.code, "error_params": plain(error.params)}
    after = sum(period >= check.start for period in observed.periods)
    return {"evaluation": EVALUATION.dump_python(evaluation, mode="json"), "final": after >= check.after}


@job(FOLLOW_JOB, atomic=True)
def follow_figures(run: RunContext, event: dict[str, Any]) -> None:  # noqa: ARG001  # any new figures ask for the same
    """Have every check that waits for its verdict evaluated after new figures, and every planned one's power told."""
    started = EffectCheck.objects.filter(
        state__in=(EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY)
    ).values_list("public_id", flat=True)
    planned = EffectCheck.objects.filter(state=EffectCheck.State.DRAFT).values_list("public_id", flat=True)
    for kind, found in ((EVALUATE_JOB, started), (POWER_JOB, planned)):
        for public_id in found:
            arguments = {"check": str(public_id)}
            waiting = Run.objects.filter(kind=kind, state=Run.State.QUEUED, arguments=arguments)
            if not waiting.exists():
                run.enqueue(kind, arguments)


@job(PAYBACK_JOB, atomic=True)
def follow_costs(run: RunContext, event: dict[str, Any]) -> None:  # noqa: ARG001
    """Work the payback out again after the ledger of a project changed."""
    for check in EffectCheck.objects.filter(project__public_id=event["project"]).select_related("project"):
        newest = check.results.first()
        if newest is not None:
            with guard.opening(*_TABLES):
                EffectCheck.objects.filter(pk=check.pk).update(payback=payback_of(check, newest))
