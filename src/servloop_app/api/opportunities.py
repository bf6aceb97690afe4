"""Opportunities, their findings, and decisions about them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Page, Recorded, Strict, Text
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose.models import Finding
from servloop_app.plan import queries
from servloop_app.plan.actions import (
    AcceptOpportunity,
    EstimateEffort,
    RejectOpportunity,
    ReopenOpportunity,
    SnoozeOpportunity,
)
from servloop_app.plan.models import Opportunity

router = Router()


class FindingOut(Schema):
    """A finding as last observed."""

    id: UUID
    kind: str = Field(examples=["change"])
    state: str = Field(examples=["new"])
    subject: dict[str, str] = Field(examples=[{"metric": "csat"}])
    unit: str | None = Field(examples=["beijing"])
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    difference: float | None
    p: float | None
    q: float | None
    loss: float | None
    loss_share: float | None
    loss_volume: float | None
    loss_basis: str

    @classmethod
    def of(cls, finding: Finding) -> "FindingOut":
        """From the row and its newest observation."""
        newest = finding.observations.all()[0]
        observed = {
            name: getattr(newest, name) for name in cls.model_fields if hasattr(newest, name) and name != "id"
        }
        return cls(
            **observed,
            id=finding.public_id,
            kind=finding.kind,
            state=finding.state,
            subject=finding.subject,
            unit=finding.unit.code if finding.unit else None,
        )


class OpportunityOut(Schema):
    """An opportunity with the parts of its score: loss × confidence ÷ effort."""

    id: UUID
    subject: dict[str, str] = Field(examples=[{"metric": "csat"}])
    unit: str | None = Field(examples=["beijing"])
    state: str = Field(examples=["open"])
    reason: str
    snoozed_until: date | None
    present: bool
    score: float | None
    loss: float | None
    confidence: float
    effort: int
    decided_at: datetime | None

    @classmethod
    def of(cls, row: Opportunity) -> "OpportunityOut":
        """From the row, with its unit selected."""
        taken = {name: getattr(row, name) for name in cls.model_fields if name not in {"id", "unit"}}
        return cls(id=row.public_id, unit=row.unit.code if row.unit else None, **taken)


class OpportunityWithFindings(OpportunityOut):
    """An opportunity with what it rests on."""

    findings: list[FindingOut]


class DecisionIn(Strict):
    """What is decided."""

    decision: Literal["accept", "reject", "snooze", "reopen"] = Field(examples=["reject"])
    reason: Text = Field("", examples=["年内已排满"])
    until: date | None = None


class EffortIn(Strict):
    """How much it would take."""

    effort: int = Field(ge=1, le=5, examples=[2])


@router.get("", response=Page[OpportunityOut])
@policy("opportunities.view")
def list_opportunities(
    request: HttpRequest, window: Query[Window], waiting: bool = False
) -> Page[OpportunityOut]:
    """Opportunities, the most worthwhile first; with ``waiting`` only those that wait for a decision."""
    held = policy_of(request)
    found = queries.waiting(held) if waiting else queries.opportunities(held)
    cut = found[window.offset : window.offset + window.limit]
    return Page[OpportunityOut](items=[OpportunityOut.of(row) for row in cut], total=found.count())


@router.get("/{opportunity}", response=OpportunityWithFindings)
@policy("opportunities.view")
def read_opportunity(request: HttpRequest, opportunity: UUID) -> OpportunityWithFindings:
    """One opportunity with its findings."""
    row = queries.one_opportunity(policy_of(request), opportunity)
    findings = row.findings.select_related("unit").prefetch_related("observations")
    return OpportunityWithFindings(
        **OpportunityOut.of(row).dict(), findings=[FindingOut.of(finding) for finding in findings]
    )


@router.post("/{opportunity}/decision", response=Recorded)
@policy("opportunities.edit")
def decide(request: HttpRequest, opportunity: UUID, given: DecisionIn) -> Recorded:
    """Accept, reject with a reason, put off until a day, or take a decision back."""
    queries.one_opportunity(policy_of(request), opportunity)
    if given.decision == "accept":
        return carry_out(request, AcceptOpportunity(opportunity))
    if given.decision == "reject":
        return carry_out(request, RejectOpportunity(opportunity, given.reason))
    if given.decision == "snooze":
        return carry_out(request, SnoozeOpportunity(opportunity, given.until or date.min))
    return carry_out(request, ReopenOpportunity(opportunity))


@router.put("/{opportunity}/effort", response=Recorded)
@policy("opportunities.edit")
def estimate_effort(request: HttpRequest, opportunity: UUID, given: EffortIn) -> Recorded:
    """Say how much an opportunity would take."""
    queries.one_opportunity(policy_of(request), opportunity)
    return carry_out(request, EstimateEffort(opportunity, given.effort))
