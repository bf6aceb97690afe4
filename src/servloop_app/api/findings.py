"""Findings, what each computation observed of them, and dismissing them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.opportunities import FindingOut
from servloop_app.api.schemas import Page, Recorded, Strict, Text
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import findings_queries as queries
from servloop_app.diagnose.actions_findings import DismissFinding, ReopenFinding
from servloop_app.diagnose.models import FindingObservation

router = Router()


class ObservationOut(Schema):
    """What one computation observed."""

    made_at: datetime
    result: str
    first: date | None
    last: date | None
    value: float
    low: float | None
    high: float | None
    n: int
    method: str
    compared_with: float | None
    difference: float | None
    test: str
    p: float | None
    q: float | None
    loss: float | None

    @classmethod
    def of(cls, row: FindingObservation) -> "ObservationOut":
        """From the row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class FindingWithHistory(FindingOut):
    """A finding with everything that was observed of it, newest first."""

    reason: str
    first_seen: datetime
    last_seen: datetime
    observations: list[ObservationOut]


class FindingDecisionIn(Strict):
    """What is decided about a finding."""

    decision: Literal["dismiss", "reopen"] = Field(examples=["dismiss"])
    reason: Text = Field("", examples=["系统切换造成，已恢复"])


@router.get("", response=Page[FindingOut])
@policy(queries.PERMISSION)
def list_findings(request: HttpRequest, window: Query[Window], active: bool = True) -> Page[FindingOut]:
    """Findings, newest first; only those that are there and not dismissed unless ``active`` is false."""
    found = queries.findings(policy_of(request), active=active)
    cut = found[window.offset : window.offset + window.limit]
    return Page[FindingOut](items=[FindingOut.of(row) for row in cut], total=found.count())


@router.get("/{finding}", response=FindingWithHistory)
@policy(queries.PERMISSION)
def read_finding(request: HttpRequest, finding: UUID) -> FindingWithHistory:
    """One finding with its history."""
    row = queries.finding(policy_of(request), finding)
    return FindingWithHistory(
        **FindingOut.of(row).dict(),
        reason=row.reason,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        observations=[ObservationOut.of(seen) for seen in row.observations.all()],
    )


@router.post("/{finding}/decision", response=Recorded)
@policy("findings.edit")
def decide(request: HttpRequest, finding: UUID, given: FindingDecisionIn) -> Recorded:
    """Dismiss a finding with a reason, or take it up again."""
    queries.finding(policy_of(request), finding)
    if given.decision == "dismiss":
        return carry_out(request, DismissFinding(finding, given.reason))
    return carry_out(request, ReopenFinding(finding))
