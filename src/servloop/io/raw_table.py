"""What every reader hands on: a table as written, with its place in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from servloop.errors import InputError
from servloop.results import Notice


@dataclass(frozen=True)
class RawTable:
    """A table before any interpretation.

    Attributes:
        frame: the rows, in the order of the file.
        format: the format read.
        name: the file's name, for sentences.
        details: encoding, delimiter, sheet and the like.
        warnings: what was met on the way.
        first_line: the line, row or record number in the file of the first row.
        rows: places of the rows in the file where blank ones were left out, else None.
        roles: role -> column, where the format itself says it (XES, OCEL), else empty.
        relations: event to object relations of an object-centric log.
    """

    frame: pl.DataFrame
    format: str
    name: str
    details: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()
    first_line: int = 1
    rows: pl.Series | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    relations: pl.DataFrame | None = None

    def lines(self, rows: pl.Series) -> pl.Series:
        """Lines of the file (Int64) on which the given rows (positions in ``frame``) begin."""
        places = rows if self.rows is None else self.rows.gather(rows)
        lines = places.cast(pl.Int64) + self.first_line
        if self.format != "csv":
            return lines
        # A field in quotes may hold line ends, which push all later rows down.
        text = [
            pl.col(name).str.count_matches("\n", literal=True).fill_null(0) for name in self.frame.columns
        ]
        pushed = self.frame.select(pl.sum_horizontal(text).cast(pl.Int64).cum_sum().shift(1, fill_value=0))
        return lines + pushed.to_series().gather(rows)


def column_names(header: Sequence[str], file: str) -> list[str]:
    """Names of columns from a header as written: trimmed, nameless ones numbered.

    Raises:
        InputError: ``io.duplicate_header`` when a name occurs more than once.
    """
    names = [name.strip().lstrip("\ufeff") for name in header]
    repeated = [name for name, count in Counter(names).items() if count > 1 and name]
    if repeated:
        raise InputError("io.duplicate_header", file=file, columns=repeated)
    return [name or f"column_{place}" for place, name in enumerate(names, start=1)]


def infer_numbers(frame: pl.DataFrame, *, skip: Sequence[str] = ()) -> pl.DataFrame:
    """Turn text columns that hold numbers only into Int64 or Float64.

    Codes with leading zeros ("007"), a leading plus, or more digits than a number can carry stay text.
    """
    columns = [name for name, kind in frame.schema.items() if kind == pl.String and name not in skip]
    return frame.with_columns([_numbers(frame[name]) for name in columns])


_CODE = r"^[+]|^-?0[0-9]"
_WHOLE = r"^-?[0-9]{1,18}$"
_DECIMAL = r"^-?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]+)?$"
_SAMPLE = 200


def _numbers(values: pl.Series) -> pl.Series:
    present = values.drop_nulls()
    sample = present.head(_SAMPLE)
    if present.is_empty() or not sample.str.contains(_DECIMAL).all() or present.str.contains(_CODE).any():
        return values
    if sample.str.contains(_WHOLE).all() and present.str.contains(_WHOLE).all():
        return values.cast(pl.Int64)
    return values.cast(pl.Float64) if present.str.contains(_DECIMAL).all() else values
