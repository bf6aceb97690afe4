"""What is done to the tree of units. Changes count from a day on; the past keeps its tree."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import ProtectedError, Q
from django.utils import timezone

from servloop_app.core.actions.base import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Unit, UnitPlacement
from servloop_app.core.units import UnitTree


def find_unit(code: str) -> Unit:
    """The unit of a code.

    Raises:
        NotFound: there is none.
    """
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise NotFound("unit", code)
    return unit


def _check_unit(code: str, name: LocalizedText, kind: str, time_zone: str) -> None:
    try:
        validate_slug(code)
    except ValidationError as error:
        raise ActionError("core.code_invalid", received=code) from error
    if len(code) > 64:
        raise ActionError("core.code_invalid", received=code)
    if not name:
        raise ActionError("core.name_missing")
    if kind not in Unit.Kind.values:
        raise ActionError("core.choice_unknown", value=kind, choices=list(Unit.Kind.values))
    check_time_zone(time_zone)


def check_time_zone(name: str) -> None:
    """Empty, or an IANA zone.

    Raises:
        ActionError: there is no such zone.
    """
    if name and name not in zoneinfo.available_timezones():
        raise ActionError("core.time_zone_unknown", zone=name)


@dataclass
class SetUpOrganisation(Action[Unit]):
    """Make the root of the tree, once; for the platform itself at its first start."""

    name = "organisation.set_up"
    permission = "units.edit"
    code: str
    title: LocalizedText

    def object(self) -> str:
        return f"unit:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if UnitPlacement.objects.filter(parent=None).exists():
            raise Conflict("core.organisation_exists")
        _check_unit(self.code, self.title, Unit.Kind.ORGANISATION, "")

    def perform(self, actor: Actor) -> Unit:  # noqa: ARG002
        root = Unit.objects.create(code=self.code, name=self.title, kind=Unit.Kind.ORGANISATION)
        UnitPlacement.objects.create(unit=root, parent=None, valid_from=date(1970, 1, 1))
        return root


@dataclass
class CreateUnit(Action[Unit]):
    """Add a unit below another from a day on."""

    name = "unit.create"
    permission = "units.edit"
    code: str
    title: LocalizedText
    kind: str
    parent: str
    valid_from: date = field(default_factory=timezone.localdate)
    time_zone: str = ""

    def unit(self) -> int:
        return find_unit(self.parent).pk

    def object(self) -> str:
        return f"unit:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_unit(self.code, self.title, self.kind, self.time_zone)
        if Unit.objects.filter(code=self.code).exists():
            raise Conflict("core.code_taken", received=self.code)
        _require_placed(self.parent, self.valid_from)

    def perform(self, actor: Actor) -> Unit:  # noqa: ARG002
        unit = Unit.objects.create(code=self.code, name=self.title, kind=self.kind, time_zone=self.time_zone)
        UnitPlacement.objects.create(unit=unit, parent=find_unit(self.parent), valid_from=self.valid_from)
        return unit

    def undo(self) -> Action[None]:
        return RemoveUnit(self.code)


def _require_placed(code: str, on: date) -> None:
    if code not in UnitTree.load(on).codes.values():
        raise ActionError("core.parent_not_in_tree", unit=code, day=on.isoformat())


@dataclass
class RemoveUnit(Action[None]):
    """Delete a unit that nothing refers to (a mistake); a unit that was in use is closed instead."""

    name = "unit.remove"
    permission = "units.edit"
    code: str

    def unit(self) -> int:
        return find_unit(self.code).pk

    def object(self) -> str:
        return f"unit:{self.code}"

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        unit = find_unit(self.code)
        if unit.placements.filter(parent=None).exists():
            raise ActionError("core.root_stays")
        try:
            unit.delete()
        except ProtectedError as error:
            raise Conflict("core.unit_in_use", unit=self.code) from error


@dataclass
class UpdateUnit(Action[Unit]):
    """Change name, kind and time zone of a unit; its code never changes."""

    name = "unit.update"
    permission = "units.edit"
    code: str
    title: LocalizedText
    kind: str
    time_zone: str = ""

    def unit(self) -> int:
        return find_unit(self.code).pk

    def object(self) -> str:
        return f"unit:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_unit(self.code, self.title, self.kind, self.time_zone)

    def perform(self, actor: Actor) -> Unit:  # noqa: ARG002
        unit = find_unit(self.code)
        self._before = UpdateUnit(unit.code, unit.name, unit.kind, unit.time_zone)
        unit.name, unit.kind, unit.time_zone = self.title, self.kind, self.time_zone
        unit.save()
        return unit

    def undo(self) -> Action[Unit]:
        return self._before


@dataclass
class MoveUnit(Action[UnitPlacement]):
    """Put a unit and all below it under another parent from a day on."""

    name = "unit.move"
    permission = "units.edit"
    code: str
    parent: str
    on: date = field(default_factory=timezone.localdate)

    def unit(self) -> int:
        return find_unit(self.code).pk

    def object(self) -> str:
        return f"unit:{self.code}"

    def validate(self, actor: Actor) -> None:
        moved, parent = find_unit(self.code), find_unit(self.parent)
        actor.policy.require(self.permission, parent.pk)
        current = _open_placement(moved)
        if current.parent_id is None:
            raise ActionError("core.root_stays")
        if current.parent_id == parent.pk:
            raise Conflict("core.already_there", unit=self.code, parent=self.parent)
        if self.on < current.valid_from:
            raise ActionError("core.before_last_change", unit=self.code, day=current.valid_from.isoformat())
        _require_placed(self.parent, self.on)
        later = UnitPlacement.objects.filter(valid_from__gt=self.on).values_list("valid_from", flat=True)
        for day in {self.on, *later}:
            if parent.pk in UnitTree.load(day).subtree(moved.pk):
                raise ActionError("core.unit_below_itself", unit=self.code, parent=self.parent)

    def perform(self, actor: Actor) -> UnitPlacement:  # noqa: ARG002
        moved, parent = find_unit(self.code), find_unit(self.parent)
        current = _open_placement(moved)
        assert current.parent is not None  # validated: the root stays
        self._before = current.parent.code
        if current.valid_from == self.on:
            current.parent = parent
            current.save()
            return current
        current.valid_to = self.on
        current.save()
        return UnitPlacement.objects.create(unit=moved, parent=parent, valid_from=self.on)

    def undo(self) -> Action[UnitPlacement]:
        return MoveUnit(self.code, self._before, self.on)


def _open_placement(unit: Unit) -> UnitPlacement:
    placement = unit.placements.filter(valid_to=None).select_related("parent").first()
    if placement is None:
        raise ActionError("core.unit_closed", unit=unit.code)
    return placement


@dataclass
class CloseUnit(Action[None]):
    """Take a unit out of the tree from a day on; what happened there stays readable as it was."""

    name = "unit.close"
    permission = "units.edit"
    code: str
    on: date

    def unit(self) -> int:
        return find_unit(self.code).pk

    def object(self) -> str:
        return f"unit:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        unit = find_unit(self.code)
        placement = _open_placement(unit)
        if placement.parent_id is None:
            raise ActionError("core.root_stays")
        if self.on <= placement.valid_from:
            raise ActionError("core.before_last_change", unit=self.code, day=placement.valid_from.isoformat())
        if UnitPlacement.objects.filter(Q(valid_to=None) | Q(valid_to__gt=self.on), parent=unit).exists():
            raise Conflict("core.unit_has_children", unit=self.code)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        placement = _open_placement(find_unit(self.code))
        placement.valid_to = self.on
        placement.save()
