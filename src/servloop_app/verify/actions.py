"""What is done to effect checks: planned, declared and locked, voided, judged."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor, find_unit
from servloop_app.core.chain import connect, reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.numbering import next_number
from servloop_app.improve.actions_projects import PROJECT, find_project, step
from servloop_app.improve.project_models import Project
from servloop_app.jobs.runs import enqueue
from servloop_app.measure import queries as measure
from servloop_app.measure.models import Metric
from servloop_app.verify.declarations import declaration_of, hash_of
from servloop_app.verify.models import EffectCheck, EffectVerdict

CHECK = "check"
PREFIX = "EC"
POWER_JOB = "effects.plan"
EVALUATE_JOB = "effects.evaluate"
_FEWEST_AFTER, _MOST_AFTER = 3, 104
_LONGEST = 300
_LONGEST_REASON = 1000
_LIVING = (EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY, EffectCheck.State.JUDGED)


def find_check(public_id: UUID | str) -> EffectCheck:
    """The check of a public id.

    Raises:
        NotFound: there is none.
    """
    rows = EffectCheck.objects.select_related("project__unit", "metric")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound(CHECK, public_id)
    return found


def living_check(project: Project) -> EffectCheck | None:
    """The check of a project that counts: declared, looked at afterwards, or judged already."""
    return project.checks.filter(state__in=_LIVING).first()


@dataclass
class Design:
    """How it will be judged whether a project helped, in JSON-ready types.

    Attributes:
        metric: code of the metric.
        units: codes of the units that get the change.
        start: first day of the change.
        smallest: smallest effect worth having, more than 0, in the unit of the metric.
        method: ``"its"`` (their own course before) or ``"did"`` (units without the change).
        comparison: codes of the units without the change.
        grain: ``"week"`` or ``"month"``.
        after: periods after the start at which it is judged.
        direction: ``"increase"`` or ``"decrease"``; by the metric when empty.
        alpha: level of the test.
        gain: money that one unit of the metric is worth a month, over all changed units; None when not said.
    """

    metric: str
    units: list[str]
    start: dt.date
    smallest: float
    method: str = "its"
    comparison: list[str] = field(default_factory=list)
    grain: str = "week"
    after: int = 12
    direction: str = ""
    alpha: float = 0.05
    gain: float | None = None

    def check(self, actor: Actor) -> Metric:
        """Refuse a design that could not be carried out.

        Raises:
            ActionError, NotAllowed, NotFound: what is wrong and what was expected.
        """
        metric = measure.one_metric(self.metric)
        if not (metric.active and metric.computable):
            raise ActionError("verify_app.metric_not_computable", metric=self.metric)
        for value, known in (
            (self.method, EffectCheck.Method.values),
            (self.grain, EffectCheck.Grain.values),
            (self.wished(metric), EffectCheck.Direction.values),
        ):
            if value not in known:
                raise ActionError("core.choice_unknown", value=value, choices=list(known))
        if not self.units:
            raise ActionError("verify_app.no_units")
        if self.method == EffectCheck.Method.COMPARISON and not self.comparison:
            raise ActionError("verify_app.no_comparison_units")
        self._check_units(actor)
        self._check_numbers()
        return metric

    def wished(self, metric: Metric) -> str:
        """The direction that was asked for, or the better one of the metric."""
        if self.direction:
            return self.direction
        return {Metric.Direction.HIGHER: "increase", Metric.Direction.LOWER: "decrease"}.get(
            Metric.Direction(metric.direction), ""
        )

    def _check_units(self, actor: Actor) -> None:
        tree = actor.policy.tree
        ids = {code: find_unit(code).pk for code in [*self.units, *self.comparison]}
        for code, unit in ids.items():
            # Whoever names a unit must be allowed to see its figures: the result tells of them.
            if not actor.policy.may("metrics.view", unit):
                raise NotFound("unit", code)
        seen: dict[int, str] = {}
        for code in [*self.units, *self.comparison]:
            for below in tree.subtree(ids[code]):
                if below in seen:
                    raise ActionError("verify_app.units_overlap", first=seen[below], second=code)
                seen[below] = code

    def _check_numbers(self) -> None:
        if not (math.isfinite(self.smallest) and self.smallest > 0):
            raise ActionError("verify_app.smallest_missing")
        if not _FEWEST_AFTER <= self.after <= _MOST_AFTER:
            raise ActionError(
                "verify_app.after_out_of_range", low=_FEWEST_AFTER, high=_MOST_AFTER, received=self.after
            )
        if not 0.001 <= self.alpha <= 0.2:
            raise ActionError("verify_app.alpha_out_of_range", received=self.alpha)
        if self.gain is not None and not (math.isfinite(self.gain) and self.gain > 0):
            raise ActionError("verify_app.gain_invalid")

    def values(self, metric: Metric) -> dict[str, Any]:
        """Fields of the model."""
        return {
            "metric": metric,
            "metric_version": metric.version,
            "source": metric.source,
            "formula": metric.formula,
            "units": list(self.units),
            "comparison": list(self.comparison) if self.method == EffectCheck.Method.COMPARISON else [],
            "method": self.method,
            "grain": self.grain,
            "start": self.start,
            "after": self.after,
            "smallest": float(self.smallest),
            "direction": self.wished(metric),
            "alpha": float(self.alpha),
            "gain": self.gain,
        }


def _active(project: Project) -> Project:
    if project.state != Project.State.ACTIVE:
        raise Conflict("improve_app.project_closed", number=project.number)
    return project


@dataclass
class PlanCheck(Action[EffectCheck]):
    """Plan how a project will be judged; what the data can see of it is computed in the background."""

    name = "check.plan"
    permission = "projects.edit"
    project: UUID
    design: Design

    def unit(self) -> int | None:
        return find_project(self.project).unit_id

    def object(self) -> str:
        return reference(CHECK, self._made.public_id)

    def validate(self, actor: Actor) -> None:
        found = _active(find_project(self.project))
        if living_check(found) is not None:
            raise Conflict("verify_app.declared_already", number=found.number)
        if found.begun_at is not None and not found.waived_reason:
            raise Conflict("verify_app.begun", number=found.number)
        self.design.check(actor)

    def perform(self, actor: Actor) -> EffectCheck:
        found = find_project(self.project)
        metric = measure.one_metric(self.design.metric)
        draft = found.checks.filter(state=EffectCheck.State.DRAFT).first()
        if draft is None:
            draft = EffectCheck(number=next_number(PREFIX), project=found, made_by=actor.person)
        for name, value in self.design.values(metric).items():
            setattr(draft, name, value)
        draft.power = {}
        draft.save()
        self._made = draft
        connect(reference(PROJECT, found.public_id), self.object())
        enqueue(POWER_JOB, {"check": str(draft.public_id)}, self.object())
        return draft


class OnCheck(Action[EffectCheck]):
    """An action on one check."""

    permission = "projects.edit"
    check: UUID

    def unit(self) -> int | None:
        return find_check(self.check).project.unit_id

    def object(self) -> str:
        return reference(CHECK, self.check)

    def draft(self) -> EffectCheck:
        """The check while it is planned.

        Raises:
            Conflict: it is locked.
        """
        found = find_check(self.check)
        if found.locked:
            raise Conflict("verify_app.locked", number=found.number, state=found.state)
        _active(found.project)
        return found


@dataclass
class DeclareCheck(OnCheck):
    """Declare a check before the change begins, and lock it: the log keeps the hash of what was declared."""

    name = "check.declare"
    check: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.draft()
        if found.project.begun_at is not None:
            raise Conflict("verify_app.begun", number=found.project.number)
        today = timezone.localdate()
        if found.start <= today:
            raise Conflict("verify_app.declared_late", start=found.start.isoformat(), today=today.isoformat())

    def perform(self, actor: Actor) -> EffectCheck:
        found = self.draft()
        found.declaration = declaration_of(found)
        found.declaration_hash = self._hash = hash_of(found.declaration)
        found.declared_at, found.declared_by = timezone.now(), actor.person
        found.state = EffectCheck.State.DECLARED
        found.save()
        step(found.project, actor, "declared", check=str(found.public_id), number=found.number)
        return found

    def recorded(self) -> dict[str, Any]:
        return {**super().recorded(), "declaration_sha256": self._hash}


@dataclass
class ExploreCheck(OnCheck):
    """Look at a change that began without a declared check; every page says that it was not declared.

    Only for projects whose check was waived.
    """

    name = "check.explore"
    check: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self.draft()
        if not found.project.waived_reason:
            raise Conflict("verify_app.not_waived", number=found.project.number)

    def perform(self, actor: Actor) -> EffectCheck:
        found = self.draft()
        found.state = EffectCheck.State.EXPLORATORY
        found.save(update_fields=["state"])
        step(found.project, actor, "explored", check=str(found.public_id), number=found.number)
        enqueue(EVALUATE_JOB, {"check": str(found.public_id)}, self.object())
        return found


@dataclass
class VoidCheck(OnCheck):
    """Void a declared check, with a reason that stays with it; what was declared can still be read."""

    name = "check.void"
    check: UUID
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_check(self.check)
        if found.state not in (EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY):
            raise Conflict("verify_app.not_declared", number=found.number, state=found.state)
        if not self.reason.strip():
            raise ActionError("verify_app.reason_missing")

    def perform(self, actor: Actor) -> EffectCheck:
        found = find_check(self.check)
        found.state = EffectCheck.State.VOIDED
        found.voided_reason, found.voided_at = self.reason.strip()[:_LONGEST], timezone.now()
        found.save()
        step(
            found.project,
            actor,
            "voided",
            found.voided_reason,
            check=str(found.public_id),
            number=found.number,
        )
        return found


@dataclass
class EvaluateCheck(OnCheck):
    """Compute a check again from the facts as they are now."""

    name = "check.evaluate"
    check: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_check(self.check)
        if found.state not in _LIVING[:2]:
            raise Conflict("verify_app.not_declared", number=found.number, state=found.state)

    def perform(self, actor: Actor) -> EffectCheck:  # noqa: ARG002
        found = find_check(self.check)
        enqueue(EVALUATE_JOB, {"check": str(found.public_id)}, self.object())
        return found


@dataclass
class JudgeCheck(OnCheck):
    """Record the verdict: adopt, adjust or stop, with a reason; the figures judged by are frozen with it.

    Before all declared periods are in, a change may only be stopped.
    """

    name = "check.judge"
    permission = "projects.edit"
    check: UUID
    decision: str
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_check(self.check)
        if found.state not in _LIVING[:2]:
            raise Conflict("verify_app.not_declared", number=found.number, state=found.state)
        check_decision(self.decision, self.reason)
        newest = found.results.first()
        if newest is None:
            raise Conflict("verify_app.no_result", number=found.number)
        if not newest.final and self.decision != EffectVerdict.Decision.STOP:
            raise Conflict("verify_app.too_early", number=found.number, after=found.after)

    def perform(self, actor: Actor) -> EffectCheck:
        found = find_check(self.check)
        newest = found.results.first()
        assert newest is not None, "checked by validate"
        evaluation = newest.evaluation or {}
        EffectVerdict.objects.create(
            project=found.project,
            check_of=found,
            result=newest,
            decision=self.decision,
            suggested=(evaluation.get("verdict") or {}).get("decision") or "",
            reason=self.reason.strip()[:_LONGEST_REASON],
            figures=(evaluation.get("effect") or {}).get("estimate") or {},
            made_by=actor.person,
        )
        found.state = EffectCheck.State.JUDGED
        found.save(update_fields=["state"])
        step(
            found.project,
            actor,
            "judged",
            self.reason.strip(),
            check=str(found.public_id),
            number=found.number,
            decision=self.decision,
        )
        return found


def check_decision(decision: str, reason: str) -> None:
    """Refuse a verdict that is none, or that gives no reason.

    Raises:
        ActionError: which.
    """
    if decision not in EffectVerdict.Decision.values:
        raise ActionError("core.choice_unknown", value=decision, choices=list(EffectVerdict.Decision.values))
    if not reason.strip():
        raise ActionError("verify_app.reason_missing")
    if len(reason) > _LONGEST_REASON:
        raise ActionError("core.text_too_long", limit=_LONGEST_REASON, received=len(reason))


@dataclass
class JudgeUnmeasured(Action[EffectVerdict]):
    """A verdict on a project whose check was waived: by judgement, and every page says so."""

    name = "project.judge_unmeasured"
    permission = "projects.edit"
    project: UUID
    decision: str
    reason: str

    def unit(self) -> int | None:
        return find_project(self.project).unit_id

    def object(self) -> str:
        return reference(PROJECT, self.project)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = _active(find_project(self.project))
        if not found.waived_reason:
            raise Conflict("verify_app.not_waived", number=found.number)
        if found.begun_at is None:
            raise Conflict("verify_app.not_begun", number=found.number)
        if living_check(found) is not None:
            raise Conflict("verify_app.judge_the_check", number=found.number)
        if found.verdicts.exists():
            raise Conflict("verify_app.judged_already", number=found.number)
        check_decision(self.decision, self.reason)

    def perform(self, actor: Actor) -> EffectVerdict:
        found = find_project(self.project)
        made = EffectVerdict.objects.create(
            project=found,
            decision=self.decision,
            reason=self.reason.strip(),
            made_by=actor.person,
        )
        step(found, actor, "judged", made.reason, decision=self.decision)
        return made
