"""Any table as a sequence of batches, so that a large text table never stands in memory whole."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from servloop.errors import InputError
from servloop.io.delimited import utf8_file
from servloop.io.raw_table import RawTable, column_names
from servloop.io.sources import Source, open_source
from servloop.io.tables import read_raw
from servloop.io.text_encoding import detect_layout

_STREAM_FROM_BYTES = 32 * 1024 * 1024
BATCH_ROWS = 250_000


def read_batches(
    path: Path | str,
    *,
    missing: Sequence[str] = ("",),
    sheet: str | int | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[RawTable]:
    """Read a file batch by batch, every value as text where the format has only text.

    Args:
        path: any supported file.
        missing: texts that mean "no value".
        sheet: name or place of a spreadsheet's sheet.
        batch_rows: rows per batch.

    Yields:
        Batches in the order of the file; each tells the lines of its rows.

    Raises:
        InputError: as `servloop.io.read_table`.
    """
    source = open_source(path)
    if source.format == "csv" and not source.gzipped and source.path.stat().st_size > _STREAM_FROM_BYTES:
        layout = detect_layout(source, encoding=None, delimiter=None)
        if layout.encoding in {"utf-8", "utf-8-sig"}:
            yield from _streamed(source, missing, batch_rows)
            return
    raw = read_raw(path, missing=missing, sheet=sheet)
    if raw.frame.height == 0:
        raise InputError("io.no_rows", file=raw.name)
    for start in range(0, raw.frame.height, batch_rows):
        rows = pl.int_range(start, min(start + batch_rows, raw.frame.height), dtype=pl.Int64, eager=True)
        places = rows if raw.rows is None else raw.rows.gather(rows).cast(pl.Int64)
        part = raw.frame.slice(start, batch_rows)
        if raw.format == "csv":
            # Ask the whole table once: quoted line ends before the batch push its lines down.
            places = raw.lines(rows) - raw.first_line
        yield replace(raw, frame=part, rows=places, format=f"{raw.format}-part")


def _streamed(source: Source, missing: Sequence[str], batch_rows: int) -> Iterator[RawTable]:
    layout = detect_layout(source, encoding=None, delimiter=None)
    names = column_names(layout.header, source.name)
    details = {"encoding": layout.encoding, "delimiter": layout.delimiter}
    line = layout.header_line + 1
    # Only a field in quotes can hold a line end; without quotes there is nothing to count.
    quoted = _has_quotes(source.path)
    with utf8_file(source, layout.encoding) as path:
        batches = pl.scan_csv(
            path,
            infer_schema=False,
            separator=layout.delimiter,
            null_values=list(missing),
            empty_string_is_null="" in missing,
            glob=False,
            with_column_names=lambda _: names,
        ).collect_batches(chunk_size=batch_rows, maintain_order=True)
        try:
            for frame in batches:
                kind = "csv" if quoted else "csv-part"
                batch = RawTable(frame, kind, source.name, details, first_line=line)
                line += _lines(frame) if quoted else frame.height
                blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
                yield (
                    replace(batch, frame=frame.filter(~blank), rows=(~blank).arg_true())
                    if blank.any()
                    else batch
                )
        except pl.exceptions.ComputeError as error:
            # The small reader finds the place and says it; if it can read the file after all, the cause is another.
            read_raw(source.path, missing=missing)
            raise InputError(
                "io.unreadable_file", file=source.name, cause=str(error).splitlines()[0]
            ) from None


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b'"') >= 0


def _lines(frame: pl.DataFrame) -> int:
    """Lines of the file that the rows take, counting those inside quotes."""
    inside = frame.select(
        pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0).sum())
    )
    return frame.height + int(inside.item())
