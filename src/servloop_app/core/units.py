"""Reading the tree of units as it stood on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from servloop_app.core.models import Unit, UnitPlacement


@dataclass(frozen=True)
class UnitTree:
    """The tree of one day, by ids, in memory: one query, also for thousands of units.

    Attributes:
        codes: unit → its code, for every unit placed that day.
        parents: unit → parent; the root's is None.
        children: parent → its children.
        root: the whole organisation, None before it is set up.
    """

    codes: dict[int, str]
    parents: dict[int, int | None]
    children: dict[int, list[int]] = field(repr=False)
    root: int | None

    @classmethod
    def load(cls, on: date) -> UnitTree:
        """Read the placements that hold on a day."""
        placed: Iterable[tuple[int, str, int | None]] = (
            UnitPlacement.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)
            .order_by("unit__sort_key", "unit_id")
            .values_list("unit_id", "unit__code", "parent_id")
        )
        codes: dict[int, str] = {}
        parents: dict[int, int | None] = {}
        children: dict[int, list[int]] = {}
        root = None
        for unit, code, parent in placed:
            codes[unit], parents[unit] = code, parent
            if parent is None:
                root = unit
            else:
                children.setdefault(parent, []).append(unit)
        return cls(codes, parents, children, root)

    def subtree(self, unit: int) -> Iterator[int]:
        """A unit and everything below it; nothing for a unit that is not in the tree that day."""
        waiting = [unit] if unit in self.codes else []
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(self.children.get(current, ()))

    def path(self, unit: int) -> list[int]:
        """From the root down to a unit."""
        way: list[int] = []
        current: int | None = unit if unit in self.codes else None
        while current is not None and current not in way:
            way.append(current)
            current = self.parents.get(current)
        return way[::-1]


@dataclass(frozen=True)
class TreeLine:
    """A unit as a page lists it: how deep it stands and what it is."""

    unit: Unit
    depth: int


def tree_lines(tree: UnitTree, within: frozenset[int]) -> list[TreeLine]:
    """The tree from the root down, depth first, siblings by name, limited to units in ``within``."""
    rows = Unit.objects.in_bulk(list(within))
    lines: list[TreeLine] = []
    waiting = [(tree.root, 0)] if tree.root is not None else []
    while waiting:
        unit, depth = waiting.pop()
        if unit in rows:
            lines.append(TreeLine(rows[unit], depth))
        waiting.extend((child, depth + 1) for child in reversed(tree.children.get(unit, [])))
    return lines
