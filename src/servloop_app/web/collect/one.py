"""One import: how far it is, how good the file was, what was set aside, and taking it back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.messages import message
from servloop_app.collect import files, queries
from servloop_app.collect.actions import CancelImport, UndoImport
from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.core.actions import execute
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions import MAX_TITLE, AddProcessLog
from servloop_app.diagnose.following import followed_log
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.queries import process_logs
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.diagnose.tasks import read_now
from servloop_app.web.collect import words
from servloop_app.web.submit import page_of, submit

ROWS_AT_ONCE = 25


@dataclass(frozen=True)
class Column:
    """Quality of one field."""

    label: Any
    column: str
    complete: float | None
    n: int
    outliers: int | None


@policy("imports.view")
@require_GET
def one(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page of an import in whatever state it is."""
    rights = policy_of(request)
    found = queries.one_import(rights, public_id)
    may_edit = rights.may("imports.edit", found.unit_id)
    if found.state == Import.State.MAPPING and may_edit:
        return redirect("import_mapping", public_id)
    if request.headers.get("HX-Request") and (found.state != Import.State.WORKING or found.stuck):
        return HttpResponse(headers={"HX-Refresh": "true"})  # the end changes more than the progress
    return page(request, found)


def page(request: HttpRequest, found: Import, opened: Any = None, status: int = 200) -> HttpResponse:
    """The page, with opened rows in it if there are any."""
    language = get_language() or "en"
    rights = policy_of(request)
    rows = queries.quarantined(found)
    waiting = rows.filter(state=QuarantinedRow.State.OPEN).count()
    context: dict[str, Any] = {
        "found": found,
        "title": _title(found, waiting),
        "may_edit": rights.may("imports.edit", found.unit_id),
        "may_see_records": found.target == "feedback" and rights.may("feedback.view"),
        "may_open_process": found.target == "events" and rights.may("process.edit", found.unit_id),
        "may_export": rights.may("data.export", found.unit_id),
        "target": words.TARGETS.get(found.target, found.target),
        "meaning": words.STATE_MEANINGS[found.state],
        "why": message(found.error_code, found.error_params, language) if found.error_code else "",
        "kept": files.source_of(found.public_id) is not None,
        "notices": [notice.message(language) for notice in found.notices],
        "waiting": waiting,
        "opened": opened,
        "page": page_of(request, rows, ROWS_AT_ONCE),
        "reasons": words.REASONS,
        "meanings": words.STATE_MEANINGS,
        "row_states": dict(QuarantinedRow.State.choices),
        "replays": found.replayed_by.all(),
    }
    if found.state == Import.State.WORKING and found.run is not None:
        context["doing"] = (
            message(found.run.message_code, found.run.message_params, language)
            if found.run.message_code
            else ""
        )
    if found.report:
        context |= _quality(found)
    return render(request, "web/collect/import.html", context, status=status)


def _title(found: Import, waiting: int) -> str:
    if found.stuck:
        return _("The import stopped before its end")
    if found.state == Import.State.WORKING:
        return _("“%(file)s” is being imported") % {"file": found.file_name}
    if found.state == Import.State.FAILED:
        return _("“%(file)s” was not imported") % {"file": found.file_name}
    if found.state == Import.State.UNDONE:
        return _("“%(file)s” was taken back") % {"file": found.file_name}
    if found.state == Import.State.MAPPING:
        return _("The columns of “%(file)s” wait to be confirmed") % {"file": found.file_name}
    count = found.accepted or 0
    imported = ngettext("%(n)s row imported", "%(n)s rows imported", count) % {"n": number_format(count)}
    if not waiting:
        return imported
    return _("%(imported)s, %(waiting)s to repair") % {
        "imported": imported,
        "waiting": number_format(waiting),
    }


def _quality(found: Import) -> dict[str, Any]:
    """The seven qualities of data, in words of the page."""
    report = found.report
    columns = found.mapping.get("columns", {})
    details = [
        Column(
            words.FIELDS.get(name, name),
            columns.get(name, ""),
            share.get("value"),
            share.get("n", 0),
            report["outliers"].get(name),
        )
        for name, share in report["completeness"].items()
    ]
    reasons = report["reasons"]
    return {
        "columns": details,
        "reason_counts": [(words.REASONS.get(code, code), count) for code, count in reasons.items()],
        "complete": min((c.complete for c in details if c.complete is not None), default=None),
        "validity": _rows(reasons, "unreadable_time", "unreadable_number", "out_of_range", "unknown_unit"),
        "consistency": _rows(reasons, "end_before_start", "repeated_heading"),
        "timeliness": _rows(reasons, "future_time"),
        "missing": _rows(reasons, "missing_value"),
        "equal_rows": report["equal_rows"],
        "outlying": sum(c.outliers or 0 for c in details),
        "first": _moment(report["first"]),
        "last": _moment(report["last"]),
        "zone": settings.TIME_ZONE,
    }


def _rows(reasons: dict[str, int], *codes: str) -> int:
    return sum(reasons.get(code, 0) for code in codes)


def _moment(text: str | None) -> Any:
    return parse_datetime(text) if text else None


@policy("imports.edit")
@require_POST
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop an import."""
    found = queries.one_import(policy_of(request), public_id)
    submit(request, CancelImport(public_id), _("“%(file)s” is being stopped.") % {"file": found.file_name})
    return redirect("import", public_id)


@policy("process.edit")
@require_POST
def process(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Open the process of an events import as a map, from all its events in the facts that the person may see.

    The log that follows the facts is there soon after the import; whoever is quicker gets one made at once.
    """
    rights = policy_of(request)
    found = queries.one_import(rights, public_id)
    rights.require("process.edit", found.unit_id)
    name = str(found.mapping["name"])
    followed = followed_log(found.unit.code, name)
    if process_logs(rights).filter(public_id=followed, state=ProcessLog.State.READY).exists():
        return redirect("process_log", followed)
    log = uuid.uuid4()
    size = log_files.keep_upload(log, "facts.parquet", [queries.process_file(rights, name)])
    new = AddProcessLog(
        log=log,
        title=name[:MAX_TITLE],
        unit_code=found.unit.code,
        file_name=found.file_name,
        file_size=size,
        options=ReadingOptions(columns={}),
    )
    try:
        execute(new, actor_of(request))
    except Exception:
        log_files.remove(log)
        raise
    read_now(log, actor_of(request))
    return redirect("process_log", log)


@policy("imports.edit")
@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an import back."""
    queries.one_import(policy_of(request), public_id)
    submit(request, UndoImport(public_id))
    return redirect("import", public_id)
