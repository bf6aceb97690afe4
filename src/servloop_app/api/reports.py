"""Reports: the archive that the caller may open, and what one says."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop_app.api.changes import Window
from servloop_app.api.schemas import Page
from servloop_app.core.routes import policy, policy_of
from servloop_app.monitor import report_queries as queries
from servloop_app.monitor.report_models import Report

router = Router()


class ReportOut(Schema):
    """A frozen report of one month for one person."""

    id: UUID
    number: str = Field(examples=["RP-2026-000001"])
    month: date = Field(examples=["2026-10-01"])
    person: UUID
    units: list[str] = Field(examples=[["beijing"]])
    made_at: datetime
    digest: str
    leaf: int | None

    @classmethod
    def of(cls, row: Report) -> "ReportOut":
        """From the row, with run and person selected."""
        return cls(
            id=row.public_id,
            number=row.run.number,
            month=row.run.month,
            person=row.person.public_id,
            units=row.units,
            made_at=row.made_at,
            digest=row.digest,
            leaf=row.leaf,
        )


class ReportWithContent(ReportOut):
    """A report with all that it says.

    `digest` is the SHA-256 of the content in canonical JSON, where only `seal` is left of each quote; the seal is the
    SHA-256 of the quote's salt and of its other fields in canonical JSON. A quote that was erased at its customer's wish
    keeps its seal alone, so the digest still fits. `as_frozen` tells whether both agree with the audit log.
    """

    content: dict[str, Any]
    as_frozen: bool


@router.get("", response=Page[ReportOut])
@policy(queries.VIEW)
def list_reports(request: HttpRequest, window: Query[Window]) -> Page[ReportOut]:
    """Reports that the caller may open, the newest month first."""
    found = queries.reports(policy_of(request))
    cut = found[window.offset : window.offset + window.limit]
    return Page[ReportOut](items=[ReportOut.of(row) for row in cut], total=found.count())


@router.get("/{report}", response=ReportWithContent)
@policy(queries.VIEW)
def read_report(request: HttpRequest, report: UUID) -> ReportWithContent:
    """One report with its frozen content."""
    row = queries.one_report(policy_of(request), report)
    return ReportWithContent(
        **ReportOut.of(row).dict(), content=row.content, as_frozen=queries.is_as_frozen(row)
    )
