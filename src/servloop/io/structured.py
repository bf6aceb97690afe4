"""Files that carry their own columns: Parquet, JSON lines, JSON arrays, SPSS."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from servloop.errors import InputError
from servloop.io.raw_table import RawTable, column_names
from servloop.io.sources import Source, chunks, unpacked_file


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Categories as text, nested values as JSON text, so that every column is a plain one."""
    changed = []
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.Categorical | pl.Enum):
            changed.append(pl.col(name).cast(pl.String))
        elif isinstance(kind, pl.Struct):
            changed.append(pl.col(name).struct.json_encode())
        elif isinstance(kind, pl.List | pl.Array):
            nested = [None if value is None else _json(value) for value in frame[name].to_list()]
            changed.append(pl.lit(pl.Series(name, nested, dtype=pl.String)))
    return frame.with_columns(changed)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def read_parquet(source: Source) -> RawTable:
    """Read a Parquet file with its own types.

    Raises:
        InputError: ``io.damaged_file``.
    """
    try:
        with unpacked_file(source) as path:
            frame = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError):
        raise InputError("io.damaged_file", file=source.name, format="Parquet") from None
    return RawTable(_flat(frame), "parquet", source.name)


def read_json_lines(source: Source) -> RawTable:
    """Read one JSON object per line; columns are the union of their keys.

    Raises:
        InputError: ``io.bad_json_line`` with the first line that is no JSON object.
    """
    text = b"".join(chunks(source)).removeprefix(b"\xef\xbb\xbf")
    try:
        frame = pl.read_ndjson(io.BytesIO(text), infer_schema_length=None)
    except pl.exceptions.PolarsError:
        raise _first_bad_line(text, source) from None
    return RawTable(_flat(frame), "jsonl", source.name)


def _first_bad_line(text: bytes, source: Source) -> InputError:
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            shown = line[:80].decode("utf-8", "replace")
            return InputError("io.bad_json_line", file=source.name, line=number, received=shown)
    return InputError("io.damaged_file", file=source.name, format="JSON")


def read_json(source: Source) -> RawTable:
    """Read a JSON array of objects.

    Raises:
        InputError: ``io.bad_json`` when the text is no JSON, ``io.json_no_table`` when it is no array of objects.
    """
    document = load_json(source)
    if not isinstance(document, list) or not all(isinstance(record, dict) for record in document):
        raise InputError("io.json_no_table", file=source.name)
    frame = pl.DataFrame(document, infer_schema_length=None, strict=False)
    return RawTable(_flat(frame), "json", source.name)


def load_json(source: Source) -> Any:
    """The JSON document of a source; ``io.bad_json`` with the line when it is none."""
    try:
        return json.loads(b"".join(chunks(source)).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError("io.bad_json", file=source.name, line=error.lineno) from None
    except (UnicodeDecodeError, RecursionError):
        raise InputError("io.bad_json", file=source.name, line=1) from None


def read_sav(source: Source) -> RawTable:
    """Read an SPSS file; labels of columns and values are in ``details``.

    Raises:
        InputError: ``io.damaged_file``.
    """
    import pyreadstat

    try:
        with unpacked_file(source) as path:
            columns, meta = pyreadstat.read_sav(str(path), output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError):
        raise InputError("io.damaged_file", file=source.name, format="SPSS") from None
    details: Mapping[str, object] = {
        "labels": {name: label for name, label in meta.column_names_to_labels.items() if label},
        "value_labels": dict(meta.variable_value_labels),
    }
    names = column_names(list(columns), source.name)
    series = [_sav_column(name, list(values)) for name, values in zip(names, columns.values(), strict=True)]
    return RawTable(pl.DataFrame(series), "sav", source.name, details)


def _sav_column(name: str, values: list[Any]) -> pl.Series:
    column = pl.Series(name, values, strict=False)
    if column.dtype.is_float():
        column = column.fill_nan(None)
        if (column.is_null() | (column == column.floor())).all():
            return column.cast(pl.Int64)
    return column


READERS: Mapping[str, Callable[[Source], RawTable]] = {
    "parquet": read_parquet,
    "jsonl": read_json_lines,
    "json": read_json,
    "sav": read_sav,
}
