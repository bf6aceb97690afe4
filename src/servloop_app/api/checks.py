"""Effect checks: read with their result and marks, declared, voided, judged."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Field, Query, Router, Schema

from servloop.results import plain
from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Page, Recorded, Strict, Text
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.verify import queries
from servloop_app.verify.actions import DeclareCheck, EvaluateCheck, ExploreCheck, JudgeCheck, VoidCheck
from servloop_app.verify.models import EffectCheck, EffectVerdict

router = Router()


class CheckOut(Schema):
    """An effect check; values are in the unit of the metric (seconds for times)."""

    id: UUID
    number: str = Field(examples=["EC-2026-000001"])
    project: UUID
    metric: str = Field(examples=["csat"])
    metric_version: int
    units: list[str] = Field(examples=[["beijing"]])
    comparison: list[str]
    method: str = Field(examples=["did"])
    grain: str = Field(examples=["week"])
    start: date
    after: int
    smallest: float
    direction: str = Field(examples=["increase"])
    alpha: float
    gain: float | None
    state: str = Field(examples=["declared"])
    declared_at: datetime | None
    declaration_hash: str
    voided_reason: str

    @classmethod
    def of(cls, row: EffectCheck) -> "CheckOut":
        """From the row, with its project and metric selected."""
        named = {"id", "project", "metric"}
        taken = {name: getattr(row, name) for name in cls.model_fields if name not in named}
        return cls(id=row.public_id, project=row.project.public_id, metric=row.metric.code, **taken)


class VerdictOut(Schema):
    """What people decided, beside what the rule suggested."""

    decision: str = Field(examples=["adopt"])
    suggested: str = Field(examples=["adopt"])
    reason: str
    made_at: datetime

    @classmethod
    def of(cls, row: EffectVerdict) -> "VerdictOut":
        """From the row."""
        return cls(decision=row.decision, suggested=row.suggested, reason=row.reason, made_at=row.made_at)


class CheckWithResult(CheckOut):
    """A check with its log entry, its newest result and its verdict."""

    log_entry: int | None
    unchanged: bool | None = Field(description="whether the check still reads as it was declared")
    power: dict[str, Any]
    as_of: datetime | None
    final: bool = Field(description="all declared periods are in")
    effect: dict[str, Any] | None
    methods: list[dict[str, Any]]
    marks: list[dict[str, Any]]
    suggested: str | None = Field(examples=["adopt"])
    payback: dict[str, Any]
    verdict: VerdictOut | None

    @classmethod
    def seen_by(cls, held: Policy, row: EffectCheck) -> "CheckWithResult":
        """From the row and its newest result; what other units did is for who may see them."""
        visible = queries.may_see_comparison(held, row)
        result = queries.newest_result(row)
        found = queries.evaluation_of(result)
        entry = queries.log_entry(row)
        verdict = queries.verdict_of(row)
        language = get_language() or "en"
        return cls(
            **CheckOut.of(row).dict(),
            log_entry=entry.seq if entry else None,
            unchanged=entry.unchanged if entry else None,
            power=row.power,
            as_of=result.as_of if result else None,
            final=bool(result and result.final),
            effect=plain(found.effect, language) if found else None,
            methods=[
                plain(one, language)
                for one in (found.methods if found else ())
                if visible or one.key != "others"
            ],
            marks=[plain(one, language) for one in found.marks] if found else [],
            suggested=found.verdict.decision if found else None,
            payback=row.payback,
            verdict=VerdictOut.of(verdict) if verdict else None,
        )


class VoidIn(Strict):
    """Why a check is voided."""

    reason: Text = Field(examples=["试点推迟"])


class VerdictIn(Strict):
    """What becomes of the change, and why."""

    decision: Literal["adopt", "adjust", "stop"] = Field(examples=["adopt"])
    reason: str = Field(max_length=1000, examples=["效果稳定，推广到全行"])


def _there(held: Policy, check: UUID) -> None:
    queries.one_check(held, check)  # one that this person cannot see is not there


@router.get("", response=Page[CheckOut])
@policy(queries.PERMISSION)
def list_checks(request: HttpRequest, window: Query[Window], state: str = "") -> Page[CheckOut]:
    """Effect checks, the newest first; with ``state`` only those in it."""
    found = queries.checks(policy_of(request))
    found = found.filter(state=state) if state else found
    cut = found[window.offset : window.offset + window.limit]
    return Page[CheckOut](items=[CheckOut.of(row) for row in cut], total=found.count())


@router.get("/{check}", response=CheckWithResult)
@policy(queries.PERMISSION)
def read_check(request: HttpRequest, check: UUID) -> CheckWithResult:
    """One check with what came of it."""
    held = policy_of(request)
    return CheckWithResult.seen_by(held, queries.one_check(held, check))


@router.post("/{check}/declaration", response=Recorded)
@policy("projects.edit")
def declare_check(request: HttpRequest, check: UUID) -> Recorded:
    """Declare a check before the change begins, and lock it."""
    _there(policy_of(request), check)
    return carry_out(request, DeclareCheck(check))


@router.post("/{check}/exploration", response=Recorded)
@policy("projects.edit")
def explore_check(request: HttpRequest, check: UUID) -> Recorded:
    """Look at a change whose check was waived; it never counts as declared."""
    _there(policy_of(request), check)
    return carry_out(request, ExploreCheck(check))


@router.post("/{check}/voiding", response=Recorded)
@policy("projects.edit")
def void_check(request: HttpRequest, check: UUID, given: VoidIn) -> Recorded:
    """Void a declared check, with a reason."""
    _there(policy_of(request), check)
    return carry_out(request, VoidCheck(check, given.reason))


@router.post("/{check}/evaluation", response=Recorded)
@policy("projects.edit")
def evaluate_check(request: HttpRequest, check: UUID) -> Recorded:
    """Compute a check again from the facts as they are now."""
    _there(policy_of(request), check)
    return carry_out(request, EvaluateCheck(check))


@router.post("/{check}/verdict", response=Recorded)
@policy("projects.edit")
def judge_check(request: HttpRequest, check: UUID, given: VerdictIn) -> Recorded:
    """Record the verdict, with a reason."""
    _there(policy_of(request), check)
    return carry_out(request, JudgeCheck(check, given.decision, given.reason))
