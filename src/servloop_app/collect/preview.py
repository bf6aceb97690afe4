"""How the first rows of a file look under a mapping, before anything is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.io.imports import Mapping
from servloop.io.imports.checks import check
from servloop_app.collect import queries
from servloop_app.collect.models import Import
from servloop_app.collect.staging import unit_index

_SHOWN = 8
_CUT = 60


@dataclass(frozen=True)
class Cell:
    """A value as written, and why it would be set aside (empty when it is right)."""

    text: str | None
    reason: str


@dataclass(frozen=True)
class Preview:
    """The first rows.

    Attributes:
        mapping: the mapping looked through.
        columns: column → the field it is, empty for one that is mapped to nothing.
        rows: their cells, wrong rows first so that they are seen.
        looked_at: rows that were checked.
        wrong: how many of them would be set aside.
        problem: why the mapping as a whole does not fit, if it does not.
    """

    mapping: dict[str, Any]
    columns: dict[str, str]
    rows: list[list[Cell]]
    looked_at: int
    wrong: int
    problem: ServLoopError | None


def look(found: Import, chosen: dict[str, Any]) -> Preview:
    """Look at the first rows of a file that waits for its mapping."""
    raw = queries.first_batch(found.public_id)
    faults: dict[int, dict[str, str]] = {}
    problem: ServLoopError | None = None
    mapping = Mapping.from_dict(chosen)
    try:
        target = mapping.checked(raw.frame.columns, raw.name)
        checked = check(raw, mapping, target, unit_index(found.unit), timezone.now())
        for row, column, reason in checked.wrong.select("row", "column", "reason").iter_rows():
            faults.setdefault(row, {}).setdefault(column, reason)
    except ServLoopError as error:
        problem = error
    fields = {column: name for name, column in mapping.columns.items()}
    order = sorted(range(raw.frame.height), key=lambda row: row not in faults)[:_SHOWN]
    rows = [
        [
            Cell(None if value is None else str(value)[:_CUT], faults.get(row, {}).get(name, ""))
            for name, value in zip(raw.frame.columns, raw.frame.row(row), strict=True)
        ]
        for row in sorted(order)
    ]
    columns = {name: fields.get(name, "") for name in raw.frame.columns}
    return Preview(chosen, columns, rows, raw.frame.height, len(faults), problem)
