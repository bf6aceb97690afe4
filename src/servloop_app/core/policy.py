"""Who may do what where: the one place that answers it.

A person has roles in units (`Assignment`), each reaching over the unit's subtree of today. A permission holds
in a unit when some role given above or at it carries the permission and no role denied above or at it does:
deny wins. A policy may be narrowed further (`Policy.within`): rights only ever intersect, so that a token or a
"see as" preview can never do more than the person behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from servloop.facts import FactsScope
from servloop_app.core.errors import NotAllowed
from servloop_app.core.models import Assignment, Person
from servloop_app.core.permissions import ORGANISATION_WIDE, PERMISSIONS, ROLES
from servloop_app.core.units import UnitTree

Row = TypeVar("Row", bound=models.Model)


class Policy:
    """The rights of one person on one day. Two queries, made when first asked; share it within a request.

    Args:
        person: whose rights; None has none.
        on: the day whose tree and assignments count; today unless given.
    """

    def __init__(self, person: Person | None, on: date | None = None) -> None:
        self.person = person
        self.on = on or timezone.localdate()
        self._narrowed: list[Policy] = []
        self._only: frozenset[str] | None = None
        self._units: dict[str, frozenset[int]] = {}

    @cached_property
    def tree(self) -> UnitTree:
        """The units of that day."""
        return UnitTree.load(self.on)

    @cached_property
    def assignments(self) -> list[tuple[str, int, str]]:
        """(role, unit, effect) of the person, as valid on that day."""
        if self.person is None or not self.person.is_active:
            return []
        rows = valid_on(Assignment.objects.filter(person=self.person), self.on)
        return list(rows.values_list("role", "unit_id", "effect"))

    def units(self, permission: str) -> frozenset[int]:
        """The ids of all units in which the person has a permission.

        Raises:
            KeyError: there is no such permission.
        """
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        if permission not in self._units:
            self._units[permission] = self._compute(permission)
        return self._units[permission]

    def _compute(self, permission: str) -> frozenset[int]:
        if self._only is not None and permission not in self._only:
            return frozenset()
        granted: set[int] = set()
        denied: set[int] = set()
        for role, unit, effect in self.assignments:
            if permission in ROLES.get(role, frozenset()):
                (denied if effect == Assignment.Effect.DENY else granted).update(self.tree.subtree(unit))
        allowed = granted - denied
        for other in self._narrowed:
            allowed &= other.units(permission)
        return frozenset(allowed)

    def may(self, permission: str, unit: int | None = None) -> bool:
        """Whether the person has a permission in a unit.

        Without a unit the question is "anywhere", except for permissions that concern the organisation as a
        whole: these must hold in its root.
        """
        allowed = self.units(permission)
        if unit is None and permission in ORGANISATION_WIDE:
            unit = self.tree.root
            return unit is not None and unit in allowed
        return bool(allowed) if unit is None else unit in allowed

    def require(self, permission: str, unit: int | None = None) -> None:
        """Go on only with the permission.

        Raises:
            NotAllowed: the person lacks it.
        """
        if not self.may(permission, unit):
            raise NotAllowed(permission, self.tree.codes.get(unit, "") if unit else "")

    def permissions(self) -> frozenset[str]:
        """All permissions that the person has somewhere (as `may` answers without a unit)."""
        return frozenset(permission for permission in PERMISSIONS if self.may(permission))

    def within(self, *others: Policy, permissions: Iterable[str] | None = None) -> Policy:
        """The same person's policy narrowed to what others may do too, and to the given permissions."""
        narrowed = Policy(self.person, self.on)
        narrowed._narrowed = [*self._narrowed, *others]
        given = None if permissions is None else frozenset(permissions)
        narrowed._only = given if self._only is None else self._only if given is None else self._only & given
        return narrowed

    def refresh(self) -> None:
        """Forget what was read: an action may have changed the tree or the assignments."""
        self._units.clear()
        for name in ("tree", "assignments"):
            self.__dict__.pop(name, None)
        for other in self._narrowed:
            other.refresh()

    def facts(self, permission: str) -> FactsScope:
        """The scope in which this person reads facts under a permission, by the codes of units.

        Who has it in every unit sees all rows, also those of units that left the tree.
        """
        allowed = self.units(permission)
        if allowed and len(allowed) == len(self.tree.codes):
            return FactsScope.everything()
        return FactsScope(frozenset(self.tree.codes[unit] for unit in allowed))


class EverythingPolicy(Policy):
    """The platform itself (jobs, commands of whoever owns the machine): every permission everywhere."""

    def __init__(self) -> None:
        super().__init__(None)

    def _compute(self, permission: str) -> frozenset[int]:  # noqa: ARG002
        return frozenset(self.tree.codes)

    def may(self, permission: str, unit: int | None = None) -> bool:  # noqa: ARG002
        """Always, for permissions that exist."""
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        return True


def valid_on(rows: models.QuerySet[Row], day: date) -> models.QuerySet[Row]:
    """Rows with ``valid_from``/``valid_to`` that hold on a day; the end is not included."""
    return rows.filter(
        models.Q(valid_to=None) | models.Q(valid_to__gt=day),
        valid_from__lte=day,
    )


def scoped(model: type[Row], policy: Policy, permission: str) -> models.QuerySet[Row]:
    """The rows of a model that a person may see under a permission: the only way that pages and API read.

    The model names the way to its unit in ``UNIT_PATH`` (``"unit"``, ``"ticket__unit"``…). Rows without a unit
    belong to the organisation as a whole: they are visible to who has the permission in the root.
    """
    path = unit_path(model)
    allowed = policy.units(permission)
    rows = model._default_manager.all()
    if policy.tree.root is not None and policy.tree.root in allowed:
        if len(allowed) == len(policy.tree.codes):
            return rows
        return rows.filter(models.Q(**{f"{path}__in": allowed}) | models.Q(**{f"{path}__isnull": True}))
    return rows.filter(**{f"{path}__in": allowed})


def unit_path(model: type[Any]) -> str:
    """How rows of a model belong to a unit: the lookup named in its ``UNIT_PATH``.

    Raises:
        TypeError: the model does not say.
    """
    path = getattr(model, "UNIT_PATH", None)
    if not isinstance(path, str):
        msg = f"{model.__name__} does not say how it belongs to a unit: set UNIT_PATH"
        raise TypeError(msg)
    return path
