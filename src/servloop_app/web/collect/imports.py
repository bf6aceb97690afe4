"""The list of imports: taking a file in and saying what its columns mean, with the first rows beside it."""

from __future__ import annotations

import uuid
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.errors import ServLoopError
from servloop.io.imports import TARGETS
from servloop.io.imports.mapping import shape_of
from servloop_app.collect import files, preview, queries
from servloop_app.collect.actions import AddImport, ConfirmImport, DiscardImport
from servloop_app.collect.models import Import
from servloop_app.core.actions import execute
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.web.collect import words
from servloop_app.web.collect.forms import MappingForm, UploadForm
from servloop_app.web.errors import sentence
from servloop_app.web.figures import file_size
from servloop_app.web.process.uploads import MAX_UPLOAD_BYTES, bound_uploads
from servloop_app.web.submit import page_of, submit


@policy("imports.view")
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """All imports that the person may see."""
    return _list(request, _upload_form(request))


def _upload_form(request: HttpRequest, *, blank: bool = False) -> UploadForm | None:
    rights = policy_of(request)
    units = queries.units_to_import_for(rights)
    if not units:
        return None
    home = getattr(request.user, "unit_id", None)
    data = (request.POST, request.FILES) if request.method == "POST" and not blank else ()
    return UploadForm(*data, units=units, home=home if home in rights.units("imports.edit") else None)


def _list(request: HttpRequest, form: UploadForm | None, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "page": page_of(request, queries.imports(policy_of(request))),
        "form": form,
        "error": error,
        "open": bool(error or (form and form.errors)),
        "targets": words.TARGETS,
        "meanings": words.STATE_MEANINGS,
    }
    return render(request, "web/collect/imports.html", context, status=status)


@policy("imports.edit")
@csrf_exempt  # checked below: the size must be bounded before the body, and with it the token, is read
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Take in a file; nothing is imported before its columns are confirmed."""
    guard = bound_uploads(request)
    request.POST  # noqa: B018  # reads the body through the handlers
    if guard.too_large:
        text = _(
            "The file is larger than %(limit)s. Nothing was taken in; split it, or import it by command."
        )
        return _list(
            request, _upload_form(request, blank=True), text % {"limit": file_size(MAX_UPLOAD_BYTES)}, 413
        )
    return _add(request)


@csrf_protect
def _add(request: HttpRequest) -> HttpResponse:
    form = _upload_form(request)
    if form is None or not form.is_valid():
        return _list(request, form, status=422)
    file = form.cleaned_data["file"]
    public_id = uuid.uuid4()
    size = files.keep_upload(public_id, file.name, file.chunks())
    try:
        with files.called(file.name):
            head = queries.preview(public_id)
        mapping, remembered = queries.suggested(head, name=file.name.partition(".")[0])
        suggestion = {**mapping.to_dict(), "timezone": mapping.timezone or settings.TIME_ZONE}
        unit = form.cleaned_data["unit"].code
        shape = shape_of(head.columns)
        execute(AddImport(public_id, unit, file.name, size, suggestion, shape), actor_of(request))
    except ServLoopError as error:  # the file as a whole cannot be read: it must not stay
        files.remove(public_id)
        return _list(request, form, sentence(error), 422)
    except Exception:
        files.remove(public_id)
        raise
    if remembered:
        messages.info(request, _("A file with these columns was imported before; its choices are filled in."))
    return redirect("import_mapping", public_id)


@policy("imports.edit")
@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what the columns mean."""
    found = queries.one_import(policy_of(request), public_id)
    if not found.open_to_mapping or files.source_of(public_id) is None:
        return redirect("import", public_id)
    form, looked = _looked_at(found, request.POST or request.GET, bound=request.method == "POST")
    if request.method == "POST" and "partial" in request.GET:
        return render(
            request,
            "web/collect/preview.html",
            {"looked": looked, "reasons": words.REASONS, "fields": words.FIELDS},
        )
    if request.method == "POST" and form.is_valid():
        done = submit(request, ConfirmImport(public_id, form.mapping()), form=form)
        if done is not None:
            return redirect("import", public_id)
    context = {
        "found": found,
        "form": form,
        "looked": looked,
        "reasons": words.REASONS,
        "fields": words.FIELDS,
        "rest": words.REST[TARGETS[looked.mapping["target"]].rest],
    }
    return render(request, "web/collect/mapping.html", context, status=422 if form.errors else 200)


def _looked_at(found: Import, given: QueryDict, *, bound: bool) -> tuple[MappingForm, preview.Preview]:
    """The form, and how the first rows look under what it says."""
    head = queries.preview(found.public_id)
    known = found.mapping
    target = given.get("target", known["target"])
    if target in TARGETS and target != known["target"]:
        fresh, _remembered = queries.suggested(head, name=known["name"], target=target)
        known = {**fresh.to_dict(), "timezone": known["timezone"], "name": known["name"]}
        bound = bound and any(key.startswith("column_") for key in given) and given.get("shown") == target
    form = MappingForm(given if bound else None, names=head.columns, mapping=known)
    chosen = form.mapping() if bound and form.is_valid() else known
    if bound and not form.is_valid():
        chosen = {**known, "columns": {k: v for k, v in form.given_columns().items() if v}}
    return form, preview.look(found, chosen)


@policy("imports.edit")
@require_POST
def discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Throw away a file that was not imported."""
    found = queries.one_import(policy_of(request), public_id)
    done = submit(request, DiscardImport(public_id), _("“%(file)s” was removed.") % {"file": found.file_name})
    return redirect("imports") if done else redirect("import", public_id)
