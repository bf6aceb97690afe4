"""People and their roles."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import (
    Activation,
    AssignmentIn,
    AssignmentOut,
    Page,
    PersonChange,
    PersonIn,
    PersonOut,
    Recorded,
    RoleOut,
)
from servloop_app.core.actions import (
    AssignRole,
    CreatePerson,
    RemoveAssignment,
    SetPersonActive,
    UpdatePerson,
)
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, Person
from servloop_app.core.permissions import ROLES
from servloop_app.core.policy import scoped
from servloop_app.core.routes import policy, policy_of

router = Router()
roles = Router()


def _seen(request: HttpRequest, public_id: UUID) -> Person:
    """A person that the caller may see; the others do not exist for them."""
    people = scoped(Person, policy_of(request), "people.view").select_related("unit")
    found = people.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("person", public_id)
    return found


@router.get("", response=Page[PersonOut])
@policy("people.view")
def list_people(request: HttpRequest, window: Query[Window], search: str = "") -> Page[PersonOut]:
    """People of the units that the caller sees, by name."""
    people = scoped(Person, policy_of(request), "people.view").select_related("unit")
    if search:
        people = people.filter(name__icontains=search) | people.filter(username__icontains=search)
    cut = people.order_by("sort_key", "pk")[window.offset : window.offset + window.limit]
    return Page[PersonOut](items=[PersonOut.of(person) for person in cut], total=people.count())


@router.post("", response={201: Recorded})
@policy("people.edit")
def create_person(request: HttpRequest, given: PersonIn) -> Status[Recorded]:
    """Add a person; a sign-in name exists once, so the same request twice adds one person."""
    action = CreatePerson(given.username, given.unit, given.name, given.email, given.language)
    return Status(201, carry_out(request, action))


@router.get("/{person}", response=PersonOut)
@policy("people.view")
def read_person(request: HttpRequest, person: UUID) -> PersonOut:
    """One person."""
    return PersonOut.of(_seen(request, person))


@router.put("/{person}", response=Recorded)
@policy("people.edit")
def update_person(request: HttpRequest, person: UUID, given: PersonChange) -> Recorded:
    """Change name, e-mail, language and home unit."""
    _seen(request, person)
    return carry_out(request, UpdatePerson(person, given.name, given.email, given.language, given.unit))


@router.put("/{person}/active", response=Recorded)
@policy("people.edit")
def set_active(request: HttpRequest, person: UUID, given: Activation) -> Recorded:
    """Lock somebody out or let them in."""
    _seen(request, person)
    return carry_out(request, SetPersonActive(person, given.active))


@router.get("/{person}/roles", response=list[AssignmentOut])
@policy("roles.view")
def list_assignments(request: HttpRequest, person: UUID) -> list[AssignmentOut]:
    """The roles of one person, in units that the caller sees."""
    found = _seen(request, person)
    rows = scoped(Assignment, policy_of(request), "roles.view").filter(person=found)
    return [AssignmentOut.of(row) for row in rows.select_related("person", "unit").order_by("pk")]


@router.post("/{person}/roles", response={201: Recorded})
@policy("roles.assign")
def assign_role(request: HttpRequest, person: UUID, given: AssignmentIn) -> Status[Recorded]:
    """Give or deny a role in a unit and below."""
    _seen(request, person)
    action = AssignRole(person, given.role, given.unit, given.effect, valid_to=given.valid_to)
    return Status(201, carry_out(request, action))


@router.delete("/{person}/roles/{assignment}", response=Recorded)
@policy("roles.assign")
def remove_assignment(request: HttpRequest, person: UUID, assignment: UUID) -> Recorded:
    """Take a role, or its denial, away."""
    found = _seen(request, person)
    if not found.assignments.filter(public_id=assignment).exists():
        raise NotFound("assignment", assignment)
    return carry_out(request, RemoveAssignment(assignment))


@roles.get("", response=list[RoleOut])
@policy("roles.view")
def list_roles(request: HttpRequest) -> list[RoleOut]:  # noqa: ARG001
    """Every role and what it permits."""
    return [RoleOut(role=role, permissions=sorted(permitted)) for role, permitted in ROLES.items()]
