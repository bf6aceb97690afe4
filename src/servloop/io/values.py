"""Every value that a file holds, as text: for looking whether it names somebody."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from servloop.io import ocel
from servloop.io.batches import read_batches
from servloop.io.sources import Source, chunks, open_source
from servloop.io.structured import load_json

_ATTRIBUTE = re.compile(r"""value\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CARRIED = 1 << 16  # characters that an attribute may reach over the end of a piece


def values_of_file(path: Path | str, *, without: Collection[str] = ()) -> Iterator[tuple[str, set[str]]]:
    """The distinct values of a file, part by part, each with the heading of its column; empty where there is none.

    Args:
        path: any supported file; of a workbook its first sheet, of a log in XML or JSON also what no event carries.
        without: columns of a table to pass over.

    Raises:
        InputError: as `servloop.io.read_table`.
    """
    source = open_source(path)
    if source.format == "xes":
        yield from (("", values) for values in _of_xml(source))
    elif source.format in {"json", "ocel-json"}:
        yield "", set(_of_json(load_json(source)))
    elif source.format == "ocel-sqlite":
        yield from (("", values) for values in ocel.values_of_sqlite(source))
    else:
        for batch in read_batches(path):
            for column in batch.frame.iter_columns():
                if column.name not in without:
                    yield column.name, values_of_column(column)


def values_of_column(column: pl.Series) -> set[str]:
    """The distinct values of a column as they are written; whole numbers without a fraction, times not at all."""
    distinct = column.drop_nulls().unique()
    if distinct.dtype.is_temporal() or distinct.dtype.is_nested():
        return set()
    if distinct.dtype.is_float():
        whole = distinct.filter(distinct.is_finite() & (distinct == distinct.floor()))
        distinct = whole.cast(pl.Int64, strict=False).drop_nulls()
    return set(distinct.cast(pl.String, strict=False).drop_nulls())


def _of_xml(source: Source) -> Iterator[set[str]]:
    rest = ""
    for piece in chunks(source):
        text = rest + piece.decode("utf-8", errors="replace")
        found = list(_ATTRIBUTE.finditer(text))
        yield {html.unescape(match[1] or match[2] or "") for match in found}
        rest = text[found[-1].end() if found else 0 :][-_CARRIED:]


def _of_json(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str | int) and not isinstance(one, bool):
            yield str(one)
