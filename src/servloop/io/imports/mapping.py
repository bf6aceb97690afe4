"""How the columns of a file become fields: a mapping that can be suggested, edited, saved and used again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from servloop.errors import InputError, SpecError
from servloop.io.columns import plain_name, recognise_columns
from servloop.io.imports.targets import TARGETS, Target
from servloop.io.times import check_timezone

# Roles of an event log → fields of the target.
_EVENT_FIELDS = {
    "case": "case_id",
    "activity": "activity",
    "timestamp": "occurred_at",
    "start": "start_time",
    "lifecycle": "lifecycle",
    "resource": "resource",
    "group": "department",
}


@dataclass(frozen=True)
class Mapping:
    """What each column means, and how its values are read.

    Attributes:
        target: name of the kind of data.
        columns: field → column of the file.
        constants: field → value for all rows, for fields the file has no column for.
        values: field → value in the file → value to store (for choices such as channel).
        timezone: zone of times without offset.
        time_format: notation of times, when it cannot be told from the values.
        missing: texts that mean "no value".
        rating_scale: worst and best end of ratings.
        name: of the dataset: the survey, the process, or the source system. Part of every row's identity.
        skip: columns to leave out.
    """

    target: str
    columns: AnyMapping[str, str] = field(default_factory=dict)
    constants: AnyMapping[str, str] = field(default_factory=dict)
    values: AnyMapping[str, AnyMapping[str, str]] = field(default_factory=dict)
    timezone: str | None = None
    time_format: str | None = None
    missing: tuple[str, ...] = ("",)
    rating_scale: tuple[float, float] | None = None
    name: str = ""
    skip: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form, read back by `from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: AnyMapping[str, Any]) -> Mapping:
        """A mapping from its saved form.

        Raises:
            SpecError: `imports.unknown_target`, `imports.bad_mapping`.
        """
        try:
            values = dict(saved)
            values["missing"] = tuple(values.get("missing", ("",)))
            values["skip"] = tuple(values.get("skip", ()))
            scale = values.get("rating_scale")
            values["rating_scale"] = (float(scale[0]), float(scale[1])) if scale else None
            mapping = cls(**values)
        except (TypeError, ValueError, IndexError):
            raise SpecError("imports.bad_mapping", known=sorted(cls.__dataclass_fields__)) from None
        if mapping.target not in TARGETS:
            raise SpecError("imports.unknown_target", target=mapping.target, known=sorted(TARGETS))
        return mapping

    def checked(self, names: Sequence[str], file: str) -> Target:
        """The target, after a check that the mapping fits a file with these columns.

        Raises:
            InputError: `imports.no_such_column`, `imports.field_missing`.
            SpecError: `imports.unknown_target`, `imports.unknown_field`.
        """
        check_timezone(self.timezone)
        if self.target not in TARGETS:
            raise SpecError("imports.unknown_target", target=self.target, known=sorted(TARGETS))
        target = TARGETS[self.target]
        known = [f.name for f in target.fields]
        for name in (*self.columns, *self.constants):
            if name not in known:
                raise SpecError("imports.unknown_field", field=name, known=known)
        for column in self.columns.values():
            if column not in names:
                raise InputError("imports.no_such_column", file=file, column=column, columns=list(names))
        missing = [n for n in target.required if n not in self.columns and not self.constants.get(n)]
        if missing:
            raise InputError("imports.field_missing", file=file, fields=missing, columns=list(names))
        return target

    def rest(self, names: Sequence[str]) -> list[str]:
        """Columns that are mapped to nothing and not skipped."""
        used = {*self.columns.values(), *self.skip}
        return [name for name in names if name not in used]


def shape_of(names: Sequence[str]) -> str:
    """A fingerprint of a file's columns, by which a saved mapping is found for the next file of that shape."""
    return hashlib.sha256("\x1f".join(sorted(plain_name(name) for name in names)).encode()).hexdigest()[:32]


def suggest_mapping(frame: pl.DataFrame, *, target: str | None = None, name: str = "") -> Mapping:
    """A first mapping from column names and values; the person corrects it.

    Args:
        frame: the file, or its first rows.
        target: kind of data, when known; otherwise the kind that explains most columns and misses none it requires.
        name: of the dataset.
    """
    if target is not None and target not in TARGETS:
        raise SpecError("imports.unknown_target", target=target, known=sorted(TARGETS))
    candidates = [TARGETS[target]] if target else list(TARGETS.values())
    best, columns = max(
        ((t, _recognised(t, frame)) for t in candidates), key=lambda pair: _merit(pair[0], pair[1], frame)
    )
    return Mapping(target=best.name, columns=columns, name=name)


def _recognised(target: Target, frame: pl.DataFrame) -> dict[str, str]:
    chosen: dict[str, str] = {}
    if target.name == "events":
        roles = recognise_columns(frame.columns, frame)
        chosen = {_EVENT_FIELDS[role]: column for role, column in roles.items() if role in _EVENT_FIELDS}
    plain = {name: plain_name(name) for name in frame.columns}
    for fieldish in target.fields:
        if fieldish.name in chosen:
            continue
        for group in filter(None, fieldish.names.split("/")):
            wanted = {plain_name(n) for n in group.split("|")}
            found = [name for name, text in plain.items() if text in wanted and name not in chosen.values()]
            if found:
                chosen[fieldish.name] = found[0]
                break
    return chosen


def _merit(target: Target, columns: AnyMapping[str, str], frame: pl.DataFrame) -> tuple[bool, float]:
    """Complete before incomplete; then fields found, where required and distinctive ones count double."""
    complete = all(name in columns for name in target.required)
    if target.rest != "attributes":
        # Wide forms take any table: they win only where no other kind fits.
        return complete and len(frame.columns) > len(columns) + 1, 1.0 + 0.1 * len(columns)
    return complete, float(len(columns) + sum(name in columns for name in target.required))
