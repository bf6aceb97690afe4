"""A small organisation to test in, made by actions like any other.

head ── north ── beijing ── counter
     │        └─ tianjin
     └─ south ── shanghai
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from servloop_app.core.actions import (
    Actor,
    AssignRole,
    CreatePerson,
    CreateUnit,
    SetUpOrganisation,
    execute,
    find_unit,
)
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Person

PASSWORD = "Correct-horse-7"
UNITS = (
    ("north", "北区", "North", "division", "head"),
    ("south", "南区", "South", "division", "head"),
    ("beijing", "北京分行", "Beijing branch", "branch", "north"),
    ("tianjin", "天津分行", "Tianjin branch", "branch", "north"),
    ("shanghai", "上海分行", "Shanghai branch", "branch", "south"),
    ("counter", "柜台组", "Counter team", "team", "beijing"),
)
SYSTEM = Actor.system("tests", "command")


@dataclass
class Organisation:
    """The units above, and people as a test asks for them."""

    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def id(self, code: str) -> int:
        """The key of a unit."""
        return find_unit(code).pk

    def person(self, *roles: tuple[str, str] | tuple[str, str, str], home: str = "head") -> Person:
        """A new person with roles ``(role, unit[, effect])``."""
        username = f"person{next(self._numbers)}"
        made = execute(CreatePerson(username, home, f"人员 {username}", password=PASSWORD), SYSTEM).outcome
        for role in roles:
            execute(AssignRole(made.public_id, *role), SYSTEM)
        return made

    def actor(self, *roles: tuple[str, str] | tuple[str, str, str]) -> Actor:
        """A new person about to act."""
        return Actor.of_person(self.person(*roles), "page")


def build() -> Organisation:
    """Make the units in an empty database."""
    execute(SetUpOrganisation("head", LocalizedText("总行", "Head office")), SYSTEM)
    for code, zh, en, kind, parent in UNITS:
        execute(CreateUnit(code, LocalizedText(zh, en), kind, parent), SYSTEM)
    return Organisation()
