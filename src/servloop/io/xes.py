"""XES event logs (IEEE 1849-2016 and the older 1.0), read as a stream, with or without a namespace.

Document types are refused, which rules out entity bombs and external entities; libxml2's own bounds on depth and
size stay on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any
from xml.parsers import expat  # looks at the prolog only; nothing is expanded, a document type ends it

import numpy as np
import polars as pl
from lxml import etree

from servloop.errors import InputError
from servloop.io.raw_table import RawTable
from servloop.io.sources import Source, chunks

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_blank_text": True,
    "remove_comments": True,
    "remove_pis": True,
}
_BATCH_EVENTS = 50_000
_PIECE_BYTES = 1 << 16


class _RootSeen(Exception):  # noqa: N818 - a signal inside this module, never shown
    pass


def read_xes(source: Source) -> RawTable:
    """Read a log: one row per event; attributes of the trace are repeated as ``case:<key>``.

    Values are kept as written; nested attributes, globals, classifiers and extensions are passed over.

    Raises:
        InputError: ``io.xml_doctype``, ``io.not_xes``, ``io.broken_xml`` with the line, and those of unpacking.
    """
    _check_prolog(source)
    try:
        frame = _events(_traces(source))
    except etree.XMLSyntaxError as error:
        raise _broken(source, error.lineno or 1) from None
    return RawTable(frame, "xes", source.name)


def _broken(source: Source, line: int) -> InputError:
    return InputError("io.broken_xml", file=source.name, line=line)


def _check_prolog(source: Source) -> None:
    """Refuse a document type and a root that is no log."""
    root = ""

    def doctype(*_: object) -> None:
        raise InputError("io.xml_doctype", file=source.name)

    def element(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal root
        root = tag
        raise _RootSeen

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(source.head, False)  # noqa: FBT003 - positional only
    except _RootSeen:
        pass
    except expat.ExpatError as error:
        raise _broken(source, error.lineno) from None
    if root.rpartition(":")[2] != "log":
        raise InputError("io.not_xes", file=source.name, root=root)


class _Stream:
    """A file object over the unpacked pieces of a source, which is what `etree.iterparse` reads."""

    def __init__(self, source: Source) -> None:
        # In pieces that stay in the processor's cache the parser is a third faster.
        self._pieces = (
            chunk[start : start + _PIECE_BYTES]
            for chunk in chunks(source)
            for start in range(0, len(chunk), _PIECE_BYTES)
        )

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")


def _traces(source: Source) -> Iterator[etree._Element]:
    """Whole traces from one parse, forgotten once they were used."""
    for _, trace in etree.iterparse(_Stream(source), events=("end",), tag="{*}trace", **_OPTIONS):
        yield trace
        trace.clear()
        parent = trace.getparent()
        while parent is not None and (before := trace.getprevious()) is not None:
            parent.remove(before)


class _Columns:
    """Texts by key for a run of rows, turned into columns at once."""

    def __init__(self) -> None:
        self.height = 0
        self._found: dict[str, tuple[list[int], list[str | None]]] = {}

    def add(self, element: etree._Element) -> None:
        """Take the attributes among the direct children of an event or a trace as the next row."""
        row = self.height
        found = self._found
        for attribute in element:
            key = attribute.get("key")
            if key is None:
                continue
            try:
                rows, values = found[key]
            except KeyError:
                rows, values = found[key] = ([], [])
            rows.append(row)
            values.append(attribute.get("value"))
        self.height += 1

    def to_frame(self, prefix: str = "") -> pl.DataFrame:
        """One text column per key; null in rows without it."""
        places = list(range(self.height))
        columns = []
        for key, (rows, values) in self._found.items():
            if rows == places:
                columns.append(pl.Series(prefix + key, values, dtype=pl.String))
                continue
            sparse = np.full(self.height, None, dtype=object)
            sparse[rows] = values
            columns.append(pl.Series(prefix + key, sparse.tolist(), dtype=pl.String))
        return pl.DataFrame(columns)


def _events(traces: Iterator[etree._Element]) -> pl.DataFrame:
    events, cases = _Columns(), _Columns()
    case_of: list[int] = []
    batches: list[pl.DataFrame] = []
    for trace in traces:
        before = events.height
        for event in trace.iterchildren("{*}event"):
            events.add(event)
        case_of.extend(repeat(cases.height, events.height - before))
        cases.add(trace)
        if events.height >= _BATCH_EVENTS:
            batches.append(_joined(events, cases, case_of))
            events, cases, case_of = _Columns(), _Columns(), []
    batches.append(_joined(events, cases, case_of))
    return pl.concat(batches, how="diagonal").rechunk()


def _joined(events: _Columns, cases: _Columns, case_of: list[int]) -> pl.DataFrame:
    frame = events.to_frame()
    if not case_of:
        return frame
    own = cases.to_frame("case:")
    return own.select(pl.all().gather(case_of)).hstack(frame)
