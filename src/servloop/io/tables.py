"""Tables from any supported file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from servloop.errors import InputError
from servloop.io.delimited import read_delimited
from servloop.io.raw_table import RawTable, infer_numbers
from servloop.io.sources import Source, open_source
from servloop.results import Notice


@dataclass(frozen=True)
class TableFile:
    """A table read from a file.

    Attributes:
        frame: the rows, in the order of the file.
        format: ``csv``, ``xlsx``, ``xls``, ``parquet``, ``jsonl``, ``json``, ``xes``, ``ocel-sqlite``,
            ``ocel-json`` or ``sav``.
        warnings: what was met on the way.
        details: encoding and delimiter, sheet and sheets, labels of a SAV file.
    """

    frame: pl.DataFrame
    format: str
    warnings: tuple[Notice, ...]
    details: Mapping[str, object]


def read_table(
    path: Path | str,
    *,
    infer: bool = True,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
    missing: Sequence[str] = ("",),
) -> TableFile:
    """Read any tabular file.

    Args:
        path: the file; its format is told by content, not by its name.
        infer: columns that hold numbers only become numbers; False keeps text exactly as written.
        delimiter: what separates the fields of a text table; found from the content when None.
        encoding: of a text table; found from the content when None.
        sheet: name or place (from 0) of a spreadsheet's sheet; the first when None.
        missing: texts that mean "no value"; 'NA' and '?' are values unless named here.

    Raises:
        InputError: the file is absent, empty, damaged, dangerous, or no table; the sentence says which.
    """
    raw = read_raw(path, delimiter=delimiter, encoding=encoding, sheet=sheet, missing=missing)
    if raw.frame.height == 0:
        raise InputError("io.no_rows", file=raw.name)
    frame = infer_numbers(raw.frame) if infer else raw.frame
    return TableFile(frame, raw.format, raw.warnings, raw.details)


def read_raw(
    path: Path | str,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
    missing: Sequence[str] = ("",),
    object_type: str | None = None,
) -> RawTable:
    """Read any supported file as written, before interpretation; arguments as for `read_events`."""
    source = open_source(path)
    if source.format == "csv":
        return read_delimited(source, delimiter=delimiter, encoding=encoding, missing=missing)
    raw = _read_typed(source, sheet, object_type)
    return replace(raw, frame=_without(raw.frame, missing))


def _read_typed(source: Source, sheet: str | int | None, object_type: str | None) -> RawTable:
    from servloop.io import ocel, spreadsheets, structured, xes

    if source.format == "xes":
        return xes.read_xes(source)
    if source.format in {"xlsx", "xls"}:
        return spreadsheets.read_spreadsheet(source, sheet)
    if source.format == "ocel-sqlite":
        return ocel.read_sqlite(source, object_type)
    if source.format == "ocel-json":
        return ocel.read_json(source, object_type)
    return structured.READERS[source.format](source)


def _without(frame: pl.DataFrame, missing: Sequence[str]) -> pl.DataFrame:
    """Texts that mean "no value" become null, as in text tables."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(~pl.col(name).is_in(list(missing))).then(pl.col(name)).alias(name) for name in texts
    )
