"""The organisation: units in a tree that changes over time, and who has which role where."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core.localized import LocalizedTextField, PinyinKeyField
from servloop_app.core.models.people import Person


class Unit(models.Model):
    """A part of the organisation. ``code`` names it for ever: facts, files and addresses refer to it."""

    UNIT_PATH = "pk"

    class Kind(models.TextChoices):
        """What sort of unit it is."""

        ORGANISATION = "organisation", _("organisation")
        DIVISION = "division", _("division")
        BRANCH = "branch", _("branch")
        TEAM = "team", _("team")
        SUPPLIER = "supplier", _("supplier")

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = LocalizedTextField(_("name"))
    sort_key = PinyinKeyField(source="name")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering: ClassVar[list[str]] = ["sort_key"]

    def __str__(self) -> str:
        return str(self.name)


class UnitPlacement(models.Model):
    """Where a unit stands in the tree from a day on, until (not including) another; the root has no parent."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="placements")
    parent = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="child_placements")
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="core_placement_once_a_day"),
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(valid_to=None), name="core_placement_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="core_placement_forward",
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("unit")),
                name="core_placement_not_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} in {self.parent_id} from {self.valid_from}"


class Assignment(models.Model):
    """A person has a role in a unit and everything below it — or is denied it there, which always wins."""

    UNIT_PATH = "unit"

    class Effect(models.TextChoices):
        """Whether the role is given or taken away."""

        ALLOW = "allow", _("allow")
        DENY = "deny", _("deny")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="assignments")
    role = models.CharField(_("role"), max_length=30)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    effect = models.CharField(_("effect"), max_length=5, choices=Effect, default=Effect.ALLOW)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="core_assignment_forward",
            )
        ]

    def __str__(self) -> str:
        return f"{self.effect} {self.role} in {self.unit_id}"
