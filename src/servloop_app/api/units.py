"""The tree of units."""

from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from servloop_app.api.changes import carry_out
from servloop_app.api.schemas import Code, Recorded, UnitChange, UnitIn, UnitMove, UnitOut
from servloop_app.core.actions import CreateUnit, MoveUnit, RemoveUnit, UpdateUnit, find_unit
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.core.units import UnitTree, tree_lines

router = Router()


def _require_seen(held: Policy, code: str) -> None:
    """Units that the caller may not see do not exist for them."""
    if not held.may("units.view", find_unit(code).pk):
        raise NotFound("unit", code)


@router.get("", response=list[UnitOut])
@policy("units.view")
def list_units(request: HttpRequest, on: date | None = None) -> list[UnitOut]:
    """The units that the caller sees, from the root down; the tree of today or of another day."""
    held = policy_of(request)
    tree = held.tree if on is None else UnitTree.load(on)
    return [
        UnitOut.of(line.unit, tree.codes.get(tree.parents.get(line.unit.pk) or 0), line.depth)
        for line in tree_lines(tree, held.units("units.view"))
    ]


@router.post("", response={201: Recorded})
@policy("units.edit")
def create_unit(request: HttpRequest, given: UnitIn) -> Status[Recorded]:
    """Add a unit; a code exists once, so the same request twice adds one unit."""
    action = CreateUnit(
        given.code,
        given.name.value(),
        given.kind,
        given.parent,
        given.valid_from or timezone.localdate(),
        given.time_zone,
    )
    return Status(201, carry_out(request, action, given.code))


@router.put("/{code}", response=Recorded)
@policy("units.edit")
def update_unit(request: HttpRequest, code: Code, given: UnitChange) -> Recorded:
    """Change name, kind and time zone."""
    _require_seen(policy_of(request), code)
    return carry_out(request, UpdateUnit(code, given.name.value(), given.kind, given.time_zone), code)


@router.put("/{code}/parent", response=Recorded)
@policy("units.edit")
def move_unit(request: HttpRequest, code: Code, given: UnitMove) -> Recorded:
    """Put a unit and all below it under another parent from a day on."""
    _require_seen(policy_of(request), code)
    return carry_out(request, MoveUnit(code, given.parent, given.on or timezone.localdate()), code)


@router.delete("/{code}", response=Recorded)
@policy("units.edit")
def remove_unit(request: HttpRequest, code: Code) -> Recorded:
    """Remove a unit that was never used."""
    _require_seen(policy_of(request), code)
    return carry_out(request, RemoveUnit(code), code)
