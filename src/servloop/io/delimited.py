"""Text tables: any delimiter, UTF-8, GB 18030 or UTF-16, plain or packed with gzip."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from servloop.errors import InputError
from servloop.io.raw_table import RawTable, column_names
from servloop.io.sources import Source
from servloop.io.text_encoding import TextLayout, decoded_chunks, detect_layout, is_chinese

_UTF8 = ("utf-8", "utf-8-sig")


def read_delimited(
    source: Source,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] = ("",),
) -> RawTable:
    """Read a text table with every value as text.

    Raises:
        InputError: ``io.duplicate_header``, ``io.wrong_encoding``, ``io.extra_fields``, ``io.broken_quotes``
            and those of `detect_layout`.
    """
    layout = detect_layout(source, encoding=encoding, delimiter=delimiter)
    names = column_names(layout.header, source.name)
    try:
        frame = _read(source, layout, missing)
    except _NotUtf8:
        # The start was plain ASCII; the text beyond it is not UTF-8 after all.
        undecodable = _undecodable(source, layout.encoding)
        layout = replace(layout, encoding="gb18030")
        if encoding is not None or not _is_chinese(source):
            raise undecodable from None
        frame = _read(source, layout, missing)
    frame.columns = names
    rows = None
    if len(names) > 1:
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        if blank.any():
            rows = (~blank).arg_true()
            frame = frame.filter(~blank)
    nameless = [name for name, written in zip(names, layout.header, strict=True) if not written.strip()]
    frame = frame.drop([name for name in nameless if frame[name].null_count() == frame.height])
    details = {"encoding": layout.encoding, "delimiter": layout.delimiter}
    return RawTable(frame, "csv", source.name, details, first_line=layout.header_line + 1, rows=rows)


class _NotUtf8(Exception):  # noqa: N818 - a signal inside this module, never shown
    pass


def _undecodable(source: Source, encoding: str) -> InputError:
    try:
        for _ in decoded_chunks(source, encoding):
            pass
    except InputError as error:
        return error
    return InputError("io.wrong_encoding", file=source.name, encoding=encoding, line=1)


def _is_chinese(source: Source) -> bool:
    """Whether the whole file decodes as GB 18030 into mostly common Chinese characters."""
    try:
        return all(is_chinese(text) for text in decoded_chunks(source, "gb18030"))
    except InputError:
        return False


def _read(source: Source, layout: TextLayout, missing: Sequence[str]) -> pl.DataFrame:
    with utf8_file(source, layout.encoding) as path:
        try:
            return pl.read_csv(
                path,
                infer_schema=False,
                separator=layout.delimiter,
                null_values=list(missing),
                empty_string_is_null="" in missing,
                glob=False,
            )
        except pl.exceptions.ComputeError as error:
            if "utf-8" in str(error) and layout.encoding in _UTF8:
                raise _NotUtf8 from None
            raise _explained(path, source, layout) from None


@contextmanager
def utf8_file(source: Source, encoding: str) -> Iterator[Path]:
    """The content as a plain UTF-8 file: the file itself where it is one."""
    if encoding in _UTF8 and not source.gzipped:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="servloop-") as folder:
        path = Path(folder) / "plain.csv"
        with path.open("w", encoding="utf-8", newline="") as plain:
            for text in decoded_chunks(source, encoding):
                plain.write(text)
        yield path


def _explained(path: Path, source: Source, layout: TextLayout) -> InputError:
    """The first place where the text is no table of the header's width."""
    width = len(layout.header)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text, delimiter=layout.delimiter, strict=True)
        begins = 1
        try:
            for row in reader:
                if len(row) > width:
                    return InputError(
                        "io.extra_fields", file=source.name, line=begins, expected=width, received=len(row)
                    )
                begins = reader.line_num + 1
        except csv.Error:
            pass
    return InputError("io.broken_quotes", file=source.name, line=begins)
