"""Rows that were set aside: opened, repaired in place or in a file, replayed, left out."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from servloop.io import read_table
from servloop_app.collect import queries
from servloop_app.collect.actions import MAX_REPAIRS, DismissRows, OpenQuarantined, ReplayRows
from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.core.actions import execute
from servloop_app.core.errors import ActionError
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.web.collect.one import ROWS_AT_ONCE, page
from servloop_app.web.submit import submit

_ID = "servloop_row"
_BOM = "\ufeff"
_LARGEST = 50_000_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def _open_rows(found: Import, limit: int) -> list[UUID]:
    rows = queries.quarantined(found).filter(state=QuarantinedRow.State.OPEN)
    return list(rows.values_list("id", flat=True)[:limit])


@policy("imports.edit")
@require_POST
def open_rows(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the next rows as they stood in the file, to be repaired in place; this is put on record."""
    found = queries.one_import(policy_of(request), public_id)
    done = execute(OpenQuarantined(public_id, _open_rows(found, ROWS_AT_ONCE)), actor_of(request))
    return page(request, found, opened=done.outcome)


@policy("imports.edit")
@require_POST
def replay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Import repaired rows: those of which a value was changed; or leave out the one whose button was pressed."""
    queries.one_import(policy_of(request), public_id)
    if "dismiss" in request.POST:
        count = submit(request, DismissRows(public_id, [UUID(request.POST["dismiss"])]))
        if count:
            messages.success(request, _("The row is left out; it stays on record."))
        return redirect("import", public_id)
    repairs: dict[UUID, dict[str, str]] = {}
    for key in request.POST:
        row, sign, column = key.partition("|")
        if sign and row != "was" and request.POST[key] != request.POST.get(f"was|{key}", ""):
            repairs.setdefault(UUID(row), {})[column] = request.POST[key]
    return _replay(request, public_id, repairs)


def _replay(request: HttpRequest, public_id: UUID, repairs: Mapping[UUID, dict[str, str]]) -> HttpResponse:
    count = len(repairs)
    said = ngettext("%(n)d row is replayed.", "%(n)d rows are replayed.", count) % {"n": count}
    done = submit(request, ReplayRows(public_id, dict(repairs), uuid.uuid4()), said)
    return redirect("import", done.outcome.public_id if done else public_id)


@policy("imports.edit")
@require_POST
def download(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The rows that wait for repair as a file, to be corrected and sent back; this is put on record."""
    rights = policy_of(request)
    found = queries.one_import(rights, public_id)
    rights.require("data.export", found.unit_id)
    done = execute(OpenQuarantined(public_id, _open_rows(found, MAX_REPAIRS)), actor_of(request))
    text = io.StringIO()
    writer = csv.writer(text)
    names = list(dict.fromkeys(name for _row, values in done.outcome for name in values))
    writer.writerow([_ID, *names])
    for row, values in done.outcome:
        writer.writerow([row.id, *(_escaped(values.get(name)) for name in names)])
    response = HttpResponse(_BOM + text.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{found.file_name} {_('to repair')}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _escaped(value: str | None) -> str:
    """A value that a spreadsheet takes as text; `_unescaped` gives it back."""
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _unescaped(text: str | None) -> str:
    text = text or ""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


@policy("imports.edit")
@require_POST
def upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Replay the rows of a corrected file; rows that were taken out of it wait on."""
    found = queries.one_import(policy_of(request), public_id)
    given = request.FILES.get("file")
    if given is None or (given.size or 0) > _LARGEST:
        messages.error(request, _("Choose the corrected file first; it may have up to 50 MB."))
        return redirect("import", public_id)
    repairs = _repairs_in(given, found)
    return _replay(request, public_id, repairs)


def _repairs_in(given: object, found: Import) -> dict[UUID, dict[str, str]]:
    from tempfile import NamedTemporaryFile  # noqa: PLC0415  # this page only

    with NamedTemporaryFile(suffix=".csv") as copy:
        for chunk in given.chunks():  # type: ignore[attr-defined]  # an uploaded file
            copy.write(chunk)
        copy.flush()
        frame = read_table(copy.name, infer=False).frame
    if _ID not in frame.columns:
        raise ActionError("collect.not_the_repair_file", column=_ID)
    known = {row.id: row for row in queries.quarantined(found).filter(state=QuarantinedRow.State.OPEN)}
    repairs: dict[UUID, dict[str, str]] = {}
    for values in frame.to_dicts():
        row_id = _uuid(values.pop(_ID))
        if row_id in known:
            repairs[known[row_id].id] = {name: _unescaped(text) for name, text in values.items()}
    return repairs


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
