"""People: who they are, what they may do, and seeing the platform through their eyes."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop_app.core.actions import (
    AssignRole,
    CreatePerson,
    RemoveAssignment,
    SetPassword,
    SetPersonActive,
    UpdatePerson,
)
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, Person, Unit
from servloop_app.core.policy import Policy, scoped, valid_on
from servloop_app.core.routes import SEE_AS, policy, policy_of, signed_in
from servloop_app.web.submit import page_of, submit
from servloop_app.web.trust.forms import NewPersonForm, PasswordForm, PersonForm, RoleForm
from servloop_app.web.words import ROLE_LABELS


def _units(rights: Policy, permission: str) -> object:
    return Unit.objects.filter(pk__in=rights.units(permission)).order_by("sort_key")


@policy("people.view")
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in the units that one sees."""
    rights = policy_of(request)
    wanted = request.GET.get("q", "").strip()
    seen = scoped(Assignment, rights, "people.view").select_related("unit")
    today = valid_on(seen, rights.on).order_by("role")
    rows = scoped(Person, rights, "people.view").select_related("unit")
    if wanted:
        rows = rows.filter(
            Q(name__icontains=wanted) | Q(username__icontains=wanted) | Q(email__icontains=wanted)
        )
    rows = rows.order_by("-is_active", "sort_key", "pk").prefetch_related(
        Prefetch("assignments", today, "current")
    )
    context = {
        "page": page_of(request, rows),
        "wanted": wanted,
        "labels": ROLE_LABELS,
        "may_add": rights.may("people.edit"),
        "total": scoped(Person, rights, "people.view").filter(is_active=True).count(),
    }
    return render(request, "web/trust/people.html", context)


@policy("people.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a person."""
    form = NewPersonForm(request.POST or None, units=_units(policy_of(request), "people.edit"))
    if form.is_valid():
        given = form.cleaned_data
        action = CreatePerson(
            username=given["username"],
            unit_code=given["unit"].code,
            full_name=given["full_name"],
            email=given["email"],
            language=given["language"],
            password=given["password"],
        )
        said = _("%(name)s was added. Give them a role, so that they see something.") % {
            "name": given["full_name"]
        }
        done = submit(request, action, said, form)
        if done is not None:
            return redirect("person", done.outcome.public_id)
    return render(request, "web/trust/person_add.html", {"form": form}, status=422 if form.errors else 200)


def seen_person(rights: Policy, public_id: UUID) -> Person:
    """A person that one may see.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = scoped(Person, rights, "people.view").select_related("unit").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("person", public_id)
    return found


@policy("people.view", post="people.edit")
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One person: profile, roles, sessions."""
    rights = policy_of(request)
    found = seen_person(rights, public_id)
    initial = {
        "full_name": found.name,
        "email": found.email,
        "language": found.language,
        "unit": found.unit.code if found.unit else None,
    }
    form = PersonForm(request.POST or None, initial=initial, units=_units(rights, "people.edit"))
    if form.is_valid():
        given = form.cleaned_data
        action = UpdatePerson(
            public_id, given["full_name"], given["email"], given["language"], given["unit"].code
        )
        if submit(request, action, _("Saved."), form) is not None:
            return redirect("person", public_id)
    return _person_page(request, found, {"form": form}, 422 if form.errors else 200)


def _person_page(
    request: HttpRequest, found: Person, forms: dict[str, object], status: int = 200
) -> HttpResponse:
    rights = policy_of(request)
    roles = (
        scoped(Assignment, rights, "people.view")
        .filter(person=found)
        .select_related("unit")
        .order_by("role", "pk")
    )
    context = {
        "person": found,
        "roles": roles,
        "labels": ROLE_LABELS,
        "sees_all": rights.tree.root in rights.units("people.view"),
        "may_edit": rights.may("people.edit", found.unit_id),
        "may_assign": rights.may("roles.assign"),
        "may_preview": rights.may("access.preview", found.unit_id)
        and found != request.user
        and found.is_active,
        "role_form": RoleForm(
            units=_units(rights, "roles.assign"), initial={"unit": found.unit.code if found.unit else None}
        ),
        "password_form": PasswordForm(),
        "myself": found == request.user,
        **forms,
    }
    return render(request, "web/trust/person.html", context, status=status)


@policy("roles.assign")
@require_POST
def assign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give or deny a role."""
    rights = policy_of(request)
    found = seen_person(rights, public_id)
    form = RoleForm(request.POST, units=_units(rights, "roles.assign"))
    if form.is_valid():
        given = form.cleaned_data
        action = AssignRole(
            public_id, given["role"], given["unit"].code, given["effect"], valid_to=given["valid_to"]
        )
        if submit(request, action, _("The role counts from now on."), form) is not None:
            return redirect("person", public_id)
    return _person_page(request, found, {"role_form": form, "form": _profile(found, rights)}, 422)


def _profile(found: Person, rights: Policy) -> PersonForm:
    initial = {"full_name": found.name, "email": found.email, "language": found.language}
    initial["unit"] = found.unit.code if found.unit else ""
    return PersonForm(initial=initial, units=_units(rights, "people.edit"))


@policy("roles.assign")
@require_POST
def unassign(request: HttpRequest, public_id: UUID, assignment: UUID) -> HttpResponse:
    """Take a role away."""
    found = seen_person(policy_of(request), public_id)
    if not found.assignments.filter(public_id=assignment).exists():
        raise NotFound("assignment", assignment)
    submit(request, RemoveAssignment(assignment), _("The role was taken away."))
    return redirect("person", public_id)


@policy("people.edit")
@require_POST
def set_active(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Lock somebody out, or let them in again."""
    found = seen_person(policy_of(request), public_id)
    active = request.POST.get("active") == "1"
    said = (
        _("%(name)s may sign in again.")
        if active
        else _("%(name)s can no longer sign in; all sessions were ended.")
    )
    submit(request, SetPersonActive(public_id, active), said % {"name": found})
    return redirect("person", public_id)


@policy("people.edit")
@require_POST
def set_password(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give somebody a new password."""
    rights = policy_of(request)
    found = seen_person(rights, public_id)
    form = PasswordForm(request.POST)
    if form.is_valid():
        said = _("The new password counts at once; all sessions were ended.")
        if submit(request, SetPassword(public_id, form.cleaned_data["password"]), said, form) is not None:
            return redirect("person", public_id)
    return _person_page(request, found, {"password_form": form, "form": _profile(found, rights)}, 422)


@policy("access.preview")
@require_POST
def preview(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """See the platform as somebody else does; nothing can be changed meanwhile."""
    found = seen_person(policy_of(request), public_id)
    policy_of(request).require("access.preview", found.unit_id)
    request.session[SEE_AS] = str(found.public_id)
    return redirect("start")


@signed_in("ends one's own preview")
@require_POST
def preview_end(request: HttpRequest) -> HttpResponse:
    """See with one's own eyes again."""
    watched = request.session.pop(SEE_AS, None)
    return redirect("person", watched) if watched else redirect("start")
