"""The list of logs: taking one in, saying how it is to be read, removing it."""

from __future__ import annotations

import re
import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.errors import InputError
from servloop_app.core.actions import execute
from servloop_app.core.errors import NotAllowed
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.diagnose import log_files, queries, sample, tasks
from servloop_app.diagnose.actions import AddProcessLog, DeleteProcessLog, SetReadingOptions, why_not_read
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions, head_of_upload
from servloop_app.web.errors import sentence
from servloop_app.web.figures import file_size
from servloop_app.web.process.forms import ROLE_LABELS, ReadingForm, UploadForm
from servloop_app.web.process.uploads import MAX_UPLOAD_BYTES, READ_AT_ONCE_BYTES, bound_uploads

_COLUMN_FAULT = re.compile(r"io\.(?P<fault>missing|ambiguous)_(?P<role>case|activity|timestamp)_column")


@policy("process.view")
@require_GET
def logs(request: HttpRequest) -> HttpResponse:
    """All logs that the person may see."""
    return _list(request, _upload_form(request))


def _upload_form(request: HttpRequest) -> UploadForm | None:
    """The form for a new log; None for who may not add one anywhere."""
    rights = policy_of(request)
    units = queries.units_to_add_to(rights)
    if not units:
        return None
    home = getattr(request.user, "unit_id", None)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    return UploadForm(*data, units=units, home=home if home in rights.units("process.edit") else None)


def _list(request: HttpRequest, form: UploadForm | None, error: str = "", status: int = 200) -> HttpResponse:
    found = list(queries.process_logs(policy_of(request)))
    context = {"logs": found, "form": form, "error": error, "open": bool(error or (form and form.errors))}
    return render(request, "web/process/logs.html", context, status=status)


@policy("process.edit")
@csrf_exempt  # checked below: the size must be bounded before the body, and with it the token, is read
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Take in a file."""
    guard = bound_uploads(request)
    request.POST  # noqa: B018  # reads the body through the handlers
    if guard.too_large:
        limit = file_size(MAX_UPLOAD_BYTES)
        return _list(
            request,
            _blank_form(request),
            _("The file is larger than %(limit)s. Nothing was taken in; split it, or import it by command.")
            % {"limit": limit},
            413,
        )
    return _add(request)


def _blank_form(request: HttpRequest) -> UploadForm:
    return UploadForm(units=queries.units_to_add_to(policy_of(request)))


@csrf_protect
def _add(request: HttpRequest) -> HttpResponse:
    form = _upload_form(request)
    if form is None or not form.is_valid():
        return _list(request, form, status=422)
    file = form.cleaned_data["file"]
    public_id = uuid.uuid4()
    size = log_files.keep_upload(public_id, file.name, file.chunks())
    by_job = size > READ_AT_ONCE_BYTES
    action = AddProcessLog(
        log=public_id,
        title=form.chosen_title(),
        unit_code=form.cleaned_data["unit"].code,
        file_name=file.name,
        file_size=size,
        options=ReadingOptions(columns={}, timezone=form.cleaned_data["timezone"]),
        by_job=by_job,
    )
    _take_in(request, public_id, action)
    return redirect("process_log", public_id) if by_job else _read(request, public_id)


@policy("process.edit")
@require_POST
def add_sample(request: HttpRequest) -> HttpResponse:
    """Take in a made-up log, to look around."""
    rights = policy_of(request)
    units = queries.units_to_add_to(rights)
    home = getattr(request.user, "unit_id", None)
    unit = (units.filter(pk=home).first() if home else None) or units.first()
    if unit is None:
        raise NotAllowed("process.edit")
    public_id = uuid.uuid4()
    action = AddProcessLog(
        log=public_id,
        title=_("Sample: service requests"),
        unit_code=unit.code,
        file_name=sample.FILE_NAME,
        file_size=sample.keep_sample(public_id),
        options=ReadingOptions(columns={}),
        sample=True,
    )
    _take_in(request, public_id, action)
    return _read(request, public_id)


def _take_in(request: HttpRequest, public_id: UUID, action: AddProcessLog) -> None:
    """Carry the action out; without it the file must not stay."""
    try:
        execute(action, actor_of(request))
    except Exception:
        log_files.remove(public_id)
        raise


def _read(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read the file and go where the person can go on."""
    log = tasks.read_now(public_id, actor_of(request))
    if log.state == ProcessLog.State.COLUMNS:
        return redirect("process_columns", public_id)
    if log.ready:
        messages.success(
            request,
            _("“%(name)s” is read: %(cases)s cases, %(events)s events.")
            % {
                "name": log.name,
                "cases": number_format(log.cases or 0),
                "events": number_format(log.events or 0),
            },
        )
    return redirect("process_log", public_id)


@policy("process.edit")
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say which column is what."""
    log = queries.process_log(policy_of(request), public_id)
    try:
        head = head_of_upload(public_id)
        names, rows, unreadable = list(head.columns), head.rows(), ""
    except InputError as error:  # an XES or OCEL log is no table: only the other questions are left
        names, rows, unreadable = [], [], sentence(error)
    stored = ReadingOptions.of(log.options)
    known = {**log.columns, **stored.columns}
    initial = {
        **known,
        "timezone": stored.timezone,
        "time_format": stored.time_format,
        "object_type": stored.object_type,
        "skip_bad_rows": stored.skip_bad_rows,
        "lifecycle": stored.lifecycle,
    }
    form = ReadingForm(
        request.POST or None, initial=initial, names=names, object_types=log.error_params.get("types", [])
    )
    if request.method == "POST" and form.is_valid():
        by_job = log.file_size > READ_AT_ONCE_BYTES
        execute(SetReadingOptions(log=public_id, options=form.options(), by_job=by_job), actor_of(request))
        return redirect("process_log", public_id) if by_job else _read(request, public_id)
    context = {
        "log": log,
        "form": form,
        "names": names,
        "rows": rows,
        "why": reason(log) or unreadable * (not names),
    }
    return render(request, "web/process/columns.html", context, status=422 if form.errors else 200)


def reason(log: ProcessLog) -> str:
    """Why a log is not read yet, in the words of a page: what a command's option mends, a form mends here."""
    asked = _COLUMN_FAULT.fullmatch(log.error_code)
    if asked is None:
        return why_not_read(log, get_language() or "en")
    role = str(ROLE_LABELS[asked["role"]]).partition(_(":"))[0]
    if asked["fault"] == "missing":
        text = _(
            "No column of %(file)s was recognised as “%(role)s”. Choose it below; the other columns are kept."
        )
    else:
        text = _("More than one column of %(file)s could be “%(role)s”. Choose the right one below.")
    return text % {"file": log.file_name, "role": role}


@policy("process.edit")
@require_POST
def delete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Remove a log with its file and events."""
    log = queries.process_log(policy_of(request), public_id)
    execute(DeleteProcessLog(log=public_id), actor_of(request))
    messages.success(request, _("“%(name)s” was deleted, with its file and its events.") % {"name": log.name})
    return redirect("process_logs")
