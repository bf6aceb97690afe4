"""Checks of one batch: every value read as its field, every wrong one with its reason.

Validity (can be read, in range), completeness (required fields), timeliness (not in the future) and consistency
(ends after starts, no heading in the middle) set rows aside; nothing is changed to fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

import polars as pl

from servloop.io.imports.distinct import by_distinct
from servloop.io.imports.mapping import Mapping
from servloop.io.imports.targets import Field, Target
from servloop.io.raw_table import RawTable
from servloop.io.times import to_utc
from servloop.io.zones import to_local
from servloop.results import Notice

_FUTURE_TOLERANCE = dt.timedelta(days=1)
_ORDERED = (("start_time", "occurred_at"), ("started_at", "occurred_at"), ("occurred_at", "resolved_at"))


@dataclass(frozen=True)
class UnitIndex:
    """Units as files name them.

    Attributes:
        ids: code or name of a unit (lower case) → unit id.
        zones: unit id → IANA zone.
        default: unit of rows that name none; None sets such rows aside only where they name an unknown one.
        default_zone: zone of rows without a unit.
    """

    ids: AnyMapping[str, str] = field(default_factory=dict)
    zones: AnyMapping[str, str] = field(default_factory=dict)
    default: str | None = None
    default_zone: str = "UTC"


@dataclass
class Checked:
    """A batch after the checks.

    Attributes:
        frame: ``seq`` (place in the batch) and one column per field, wrong rows still in.
        wrong: faults as ``row, column, reason, received``.
        warnings: from reading times.
    """

    frame: pl.DataFrame
    wrong: pl.DataFrame
    warnings: list[Notice]


class _Faults:
    """Collects faults of one batch."""

    def __init__(self, raw: RawTable) -> None:
        self._raw = raw
        self._found: list[pl.DataFrame] = []

    def add(self, mask: pl.Series, column: str, reason: str) -> None:
        rows = mask.fill_null(value=False).arg_true()
        if rows.is_empty():
            return
        present = column in self._raw.frame.columns
        received = self._raw.frame[column].gather(rows).cast(pl.String, strict=False) if present else None
        self._found.append(
            pl.DataFrame({"row": rows.cast(pl.Int64)}).with_columns(
                pl.lit(column).alias("column"),
                pl.lit(reason).alias("reason"),
                (pl.lit(None, pl.String) if received is None else received).alias("received"),
            )
        )

    def frame(self) -> pl.DataFrame:
        empty = pl.DataFrame(
            schema={"row": pl.Int64, "column": pl.String, "reason": pl.String, "received": pl.String}
        )
        found = pl.concat([empty, *self._found]).sort("row", maintain_order=True)
        heading = pl.col("reason") == "repeated_heading"
        # A heading among the rows is one fault, not one for every cell that is no value.
        return found.filter(heading | ~heading.any().over("row"))


def check(raw: RawTable, mapping: Mapping, target: Target, units: UnitIndex, now: dt.datetime) -> Checked:
    """Read all fields of a batch.

    Args:
        raw: the batch as written.
        mapping: what its columns mean.
        target: the kind of data.
        units: units as files name them.
        now: time of the import (aware); later times are in the future.
    """
    faults = _Faults(raw)
    warnings: list[Notice] = []
    columns: dict[str, pl.Series] = {}
    _repeated_headings(raw, mapping, faults)
    for fieldish in target.fields:
        source = mapping.columns.get(fieldish.name)
        if source is not None:
            values = raw.frame[source]
        elif fieldish.name in mapping.constants:
            values = pl.Series([mapping.constants[fieldish.name]], dtype=pl.String).new_from_index(
                0, raw.frame.height
            )
        elif fieldish.kind == "unit" and units.default:
            values = pl.Series([None], dtype=pl.String).new_from_index(0, raw.frame.height)
        else:
            continue
        name = source or fieldish.name
        known = mapping.values.get(fieldish.name)
        if known and values.dtype == pl.String:
            values = values.replace(dict(known))
        read = _read(values, fieldish, name, mapping=mapping, units=units, faults=faults, warnings=warnings)
        columns[fieldish.name] = read
        if fieldish.required:
            faults.add(values.is_null(), name, "missing_value")
        if fieldish.past and isinstance(read.dtype, pl.Datetime):
            faults.add(read > now + _FUTURE_TOLERANCE, name, "future_time")
    _consistency(columns, mapping, faults)
    frame = pl.DataFrame({"seq": pl.int_range(raw.frame.height, dtype=pl.Int64, eager=True), **columns})
    return Checked(frame, faults.frame(), warnings)


def _read(
    values: pl.Series,
    fieldish: Field,
    name: str,
    *,
    mapping: Mapping,
    units: UnitIndex,
    faults: _Faults,
    warnings: list[Notice],
) -> pl.Series:
    kind = fieldish.kind
    if kind in {"time", "date"}:
        times = to_utc(values, timezone=mapping.timezone, time_format=mapping.time_format)
        faults.add(times.unreadable, name, "unreadable_time")
        warnings.extend(times.warnings)
        return times.utc if kind == "time" else _local_dates(times.utc, mapping.timezone)
    if kind in {"number", "integer"}:
        return _numbers(values, fieldish, name, mapping, faults)
    if kind == "unit":
        return _units(values, name, units, faults)
    if values.dtype == pl.String and (kind == "choice" or fieldish.name == "lifecycle"):
        return by_distinct(values, _lower)
    text = _text(values)
    return text.str.to_lowercase() if kind == "choice" or fieldish.name == "lifecycle" else text


def _local_dates(utc: pl.Series, zone: str | None) -> pl.Series:
    return to_local(utc, zone or "UTC").dt.date()


def _text(values: pl.Series) -> pl.Series:
    if values.dtype.is_float():
        whole = bool((values.is_null() | (values == values.floor())).all())
        return values.cast(pl.Int64).cast(pl.String) if whole else values.cast(pl.String)
    if values.dtype != pl.String:
        return values.cast(pl.String)
    return by_distinct(values, _tidy)


def _tidy(values: pl.Series) -> pl.Series:
    text = values.str.strip_chars()
    return pl.select(pl.when(text != "").then(text)).to_series()


def _lower(values: pl.Series) -> pl.Series:
    return _tidy(values).str.to_lowercase()


def _numbers(values: pl.Series, fieldish: Field, name: str, mapping: Mapping, faults: _Faults) -> pl.Series:
    if values.dtype == pl.String:
        # 1,234.5 and full-width digits are numbers; 12% and 3 分 are not, silently.
        plain = values.str.strip_chars().str.normalize("NFKC").str.replace_all(",", "", literal=True)
        numbers = plain.cast(pl.Float64, strict=False)
        blank = plain == ""
    else:
        numbers = values.cast(pl.Float64, strict=False)
        blank = numbers.is_null() & values.is_null()
    faults.add(
        values.is_not_null() & ~blank & (numbers.is_null() | numbers.is_nan()), name, "unreadable_number"
    )
    low, high = fieldish.low, fieldish.high
    if fieldish.name == "rating" and mapping.rating_scale:
        low, high = mapping.rating_scale
    elif fieldish.name == "rating":
        low = 0.0  # no scale of satisfaction starts below zero
    if low is not None:
        faults.add(numbers < low, name, "out_of_range")
    if high is not None:
        faults.add(numbers > high, name, "out_of_range")
    if fieldish.kind == "integer":
        faults.add(numbers != numbers.floor(), name, "unreadable_number")
        return numbers.cast(pl.Int64, strict=False)
    return numbers


def _units(values: pl.Series, name: str, units: UnitIndex, faults: _Faults) -> pl.Series:
    texts = values if values.dtype == pl.String else _text(values)

    def known(written: pl.Series) -> pl.Series:
        named = _lower(written)
        ids = {text: units.ids[text] for text in named.unique().drop_nulls() if text in units.ids}
        if not ids:
            return pl.Series([None], dtype=pl.String).new_from_index(0, len(named))
        return named.replace_strict(ids, default=None, return_dtype=pl.String)

    found = by_distinct(texts, known)
    if found.null_count():
        faults.add(by_distinct(texts, _tidy).is_not_null() & found.is_null(), name, "unknown_unit")
    return found.fill_null(units.default) if units.default else found


def _repeated_headings(raw: RawTable, mapping: Mapping, faults: _Faults) -> None:
    """A second heading in the middle of a file: cells that repeat the names of their columns."""
    texts = [c for c in mapping.columns.values() if raw.frame[c].dtype == pl.String]
    if len(texts) < 2:
        return
    # Few rows repeat the first name: only those are looked at further.
    rows = (raw.frame[texts[0]].str.strip_chars() == texts[0]).fill_null(value=False).arg_true()
    if rows.is_empty():
        return
    found = raw.frame.select(texts).gather(rows)
    same = found.select(pl.all_horizontal(pl.col(c).str.strip_chars() == c for c in texts)).to_series()
    mask = pl.repeat(value=False, n=raw.frame.height, dtype=pl.Boolean, eager=True).scatter(rows, same)
    faults.add(mask, texts[0], "repeated_heading")


def _consistency(columns: AnyMapping[str, pl.Series], mapping: Mapping, faults: _Faults) -> None:
    for first, second in _ORDERED:
        if first in columns and second in columns and mapping.target != "events":
            faults.add(
                columns[second] < columns[first], mapping.columns.get(second, second), "end_before_start"
            )
