"""The tree of units: add, rename, move, close."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop_app.core.actions import CloseUnit, CreateUnit, MoveUnit, UpdateUnit, find_unit
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.core.units import tree_lines
from servloop_app.web.submit import submit
from servloop_app.web.trust.forms import NewUnitForm, UnitForm


@policy("units.view")
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The tree as it stands today."""
    rights = policy_of(request)
    lines = tree_lines(rights.tree, rights.units("units.view"))
    counted = Person.objects.filter(is_active=True).order_by().values_list("unit").annotate(Count("pk"))
    people = dict(counted)
    rows = [
        {"unit": line.unit, "depth": range(line.depth), "people": people.get(line.unit.pk, 0)}
        for line in lines
    ]
    return render(request, "web/trust/units.html", {"rows": rows, "may_edit": rights.may("units.edit")})


def _editable(rights: Policy) -> object:
    return Unit.objects.filter(pk__in=rights.units("units.edit")).order_by("sort_key")


@policy("units.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a unit below another."""
    rights = policy_of(request)
    initial = {"parent": request.GET.get("parent")}
    form = NewUnitForm(request.POST or None, initial=initial, units=_editable(rights))
    if form.is_valid():
        given = form.cleaned_data
        action = CreateUnit(given["code"], given["title"], given["kind"], given["parent"].code)
        if submit(request, action, _("“%(name)s” was added.") % {"name": given["title"]}, form) is not None:
            return redirect("units")
    context = {"form": form, "unit": None}
    return render(request, "web/trust/unit.html", context, status=422 if form.errors else 200)


@policy("units.edit")
@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Rename a unit, change its kind, move it."""
    rights = policy_of(request)
    found = _seen(rights, code)
    parent = rights.tree.parents.get(found.pk)
    initial = {
        "title": found.name,
        "kind": found.kind,
        "parent": rights.tree.codes.get(parent) if parent else None,
    }
    below = Unit.objects.filter(pk__in=rights.units("units.edit") - set(rights.tree.subtree(found.pk)))
    form = UnitForm(
        request.POST or None, initial=initial, units=below.order_by("sort_key"), root=parent is None
    )
    if form.is_valid() and _save(request, found, form, initial):
        return redirect("units")
    closable = parent is not None and not rights.tree.children.get(found.pk)
    context = {"form": form, "unit": found, "closable": closable}
    return render(request, "web/trust/unit.html", context, status=422 if form.errors else 200)


def _save(request: HttpRequest, found: Unit, form: UnitForm, before: dict[str, object]) -> bool:
    """Change and move are two actions: each has its own line in the log, and only what changed is done."""
    given = form.cleaned_data
    if (given["title"], given["kind"]) != (before["title"], before["kind"]):
        action = UpdateUnit(found.code, given["title"], given["kind"], found.time_zone)
        if submit(request, action, _("Saved."), form) is None:
            return False
    parent = given.get("parent")
    if parent is not None and parent.code != before["parent"]:
        said = _("From today on “%(name)s” belongs to “%(parent)s”.") % {
            "name": given["title"],
            "parent": parent,
        }
        return submit(request, MoveUnit(found.code, parent.code), said, form) is not None
    return True


def _seen(rights: Policy, code: str) -> Unit:
    found = find_unit(code)
    if not rights.may("units.view", found.pk):
        raise NotFound("unit", code)
    return found


@policy("units.edit")
@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Take a unit out of the tree from today on."""
    found = _seen(policy_of(request), code)
    said = _("“%(name)s” is closed. What happened there stays readable.") % {"name": found}
    submit(request, CloseUnit(code, timezone.localdate()), said)
    return redirect("units")
