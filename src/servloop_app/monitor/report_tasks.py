"""Making reports in the background: on the first of a month for the month before, or when somebody asks."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from servloop.messages import normalize_language
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.models import Person, Unit
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.selection import add_months
from servloop_app.monitor import report_queries
from servloop_app.monitor.actions_reports import (
    FREEZE_JOB,
    RENDER_JOB,
    EndReportRun,
    FreezeReport,
    MakeReports,
)
from servloop_app.monitor.report_content import ReportPolicy, common_unit, content_of
from servloop_app.monitor.report_models import Report, ReportRun
from servloop_app.monitor.report_quotes import quoted

MONTHLY_JOB = "reports.monthly"
_TABLE = Report._meta.db_table


@job(MONTHLY_JOB, atomic=True)
def make_monthly(run: RunContext, month: str = "") -> dict[str, str]:  # noqa: ARG001  # it has nothing to tell
    """Have last month's reports made for whoever gets them by themselves; once for each month."""
    wanted = dt.date.fromisoformat(month) if month else add_months(timezone.localdate(), -1)
    people = [person.public_id for person in report_queries.standard_recipients()]
    if not people or ReportRun.objects.filter(month=wanted, made_by=None).exists():
        return {}
    made = execute(MakeReports(wanted, people), Actor.system("reports")).outcome
    return {"report_run": made.number}


@job(FREEZE_JOB)
def freeze_reports(run: RunContext, report_run: str) -> dict[str, int]:
    """Freeze the report of each recipient; what is frozen already stays as it is."""
    found = ReportRun.objects.get(public_id=report_run)
    frozen = set(Report.objects.filter(run=found).values_list("person__public_id", flat=True))
    actor = Actor.system("reports")
    for done, public_id in enumerate(found.people):
        run.progress(done, len(found.people), "reports", "report.freezing")
        person = Person.objects.filter(public_id=public_id).first()
        if person is None or person.public_id in frozen:
            continue
        unit = common_unit(ReportPolicy(person))
        if unit is None:  # lost the right since
            continue
        records = quoted(ReportPolicy(person), found.month)
        content: dict[str, Any] = content_of(person, found.month, records)
        code = Unit.objects.values_list("code", flat=True).get(pk=unit)
        with run.step():
            made = execute(
                FreezeReport(UUID(report_run), person.public_id, code, content, [row.pk for row in records]),
                actor,
            )
            with guard.opening(_TABLE):
                Report.objects.filter(pk=made.outcome.pk).update(leaf=made.seq)
            run.enqueue(
                RENDER_JOB,
                {"report": str(made.outcome.public_id), "language": language_of(person)},
            )
    with run.step():
        execute(EndReportRun(UUID(report_run)), actor)
    return {"reports": len(found.people)}


def language_of(person: Person) -> str:
    """The language in which a person reads."""
    return normalize_language(person.language or settings.LANGUAGE_CODE)
