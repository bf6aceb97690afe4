"""Reports: the archive, one report, its files, and having reports made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from servloop.messages import message
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.jobs.models import Run
from servloop_app.measure.selection import add_months
from servloop_app.monitor import report_queries as queries
from servloop_app.monitor.actions_reports import RENDER_JOB, AskForFile, MakeReports
from servloop_app.monitor.report_figures import months_with_data
from servloop_app.monitor.report_models import Report, ReportFile, ReportRun
from servloop_app.web.measure.charts import language
from servloop_app.web.measure.filters import month_name
from servloop_app.web.measure.words import METHOD_LABELS
from servloop_app.web.monitor.report_view import Document, document
from servloop_app.web.monitor.report_workbook import workbook
from servloop_app.web.submit import page_of, submit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Line:
    """A report in the archive."""

    report: Report
    doc: Document
    pdf: ReportFile | None


@policy(queries.VIEW)
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """The archive, and the form to have reports made."""
    rights = policy_of(request)
    rows = page_of(request, queries.reports(rights).prefetch_related("files"), 30)
    tag = language()
    lines = [
        Line(one, document(one), next((file for file in one.files.all() if file.language == tag), None))
        for one in rows
    ]
    may_make = rights.may(queries.EDIT)
    months = months_with_data(rights) if may_make else []
    last = add_months(timezone.localdate(), -1)
    context = {
        "page": rows,
        "rows": lines,
        "heading": _heading(lines, rows.paginator.count),
        "working": ReportRun.objects.filter(state=ReportRun.State.MAKING).select_related("run")
        if may_make
        else [],
        "may_make": may_make,
        "months": [(month.isoformat(), month_name(month)) for month in months],
        "chosen": (last if last in months else months[0]).isoformat() if months else "",
        "people": queries.possible_recipients(rights) if may_make else [],
        "standard": {person.public_id for person in queries.standard_recipients()} if may_make else set(),
    }
    return render(request, "web/monitor/reports.html", context)


def _heading(lines: list[Line], total: int) -> str:
    if not lines:
        return _("No reports yet")
    said = ngettext(
        "%(n)s report; the newest is of %(month)s", "%(n)s reports; the newest is of %(month)s", total
    )
    return said % {"n": total, "month": lines[0].doc.month_name}


@policy(queries.EDIT)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Have reports made."""
    try:
        month = dt.date.fromisoformat(request.POST.get("month", ""))
        people = [UUID(given) for given in request.POST.getlist("people")]
    except ValueError as error:
        raise NotFound("month", request.POST.get("month", "")) from error
    submit(request, MakeReports(month, people), _("The reports are being made"))
    return redirect("reports")


@policy(queries.VIEW)
@require_GET
def report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One report on the screen."""
    found = queries.one_report(policy_of(request), public_id)
    tag = language()
    written = found.files.filter(language=tag).defer("content").first()
    context = {
        "report": found,
        "doc": document(found),
        "as_frozen": queries.is_as_frozen(found),
        "base": "",
        "pdf": written,
        "why": message(written.error_code, written.error_params, tag)
        if written and written.error_code
        else "",
        "working": _being_written(found, tag),
        "methods": METHOD_LABELS,
    }
    return render(request, "web/monitor/report.html", context)


def _being_written(found: Report, tag: str) -> bool:
    wanted = {"report": str(found.public_id), "language": tag}
    return Run.objects.filter(
        kind=RENDER_JOB, state__in=(Run.State.QUEUED, Run.State.RUNNING), arguments=wanted
    ).exists()


@policy(queries.VIEW)
@require_GET
def print_view(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The report alone, as a sheet to print."""
    found = queries.one_report(policy_of(request), public_id)
    context = {"doc": document(found), "base": "", "methods": METHOD_LABELS}
    return render(request, "web/monitor/report_file.html", context)


@policy(queries.VIEW)
@require_POST
def ask_for_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have the PDF written in the language of the page."""
    queries.one_report(policy_of(request), public_id)
    submit(request, AskForFile(public_id, language()))
    return redirect("report", public_id)


@policy(queries.VIEW)
@require_GET
def pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The PDF in the language of the page."""
    found = queries.one_report(policy_of(request), public_id)
    written = found.files.filter(language=language(), error_code="").first()
    if written is None or written.content is None:
        raise NotFound("file", f"{public_id}.pdf")
    return _file(bytes(written.content), "application/pdf", found, "pdf")


@policy(queries.VIEW)
@require_GET
def xlsx(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The numbers of the report as a workbook."""
    found = queries.one_report(policy_of(request), public_id)
    return _file(workbook(document(found)), XLSX, found, "xlsx")


def _file(content: bytes, kind: str, found: Report, ending: str) -> HttpResponse:
    name = f"{found.run.number} {document(found).month_name} {found.person}.{ending}"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response
