"""XLSX and XLS, parsed in a child process with bounds on memory, processor time and waiting."""

from __future__ import annotations

import io
import json
import os
import subprocess  # runs this interpreter on our own module
import sys

import polars as pl

from servloop.errors import InputError
from servloop.io.archives import check_zip
from servloop.io.raw_table import RawTable, column_names
from servloop.io.sources import Source

TIMEOUT_SECONDS = 300
MEMORY_BYTES = 4 << 30
PROCESSOR_SECONDS = 240

# What Python and the loader print when the address space is used up; a negative code is a signal.
_STARVED = (b"memory", b"failed to map segment")
_CHILD = "servloop.io.spreadsheet_child"


def read_spreadsheet(source: Source, sheet: str | int | None) -> RawTable:
    """Read one sheet with every cell as text (whole numbers without ".0", times in ISO form).

    The first row with content is the header; rows without content are left out.

    Raises:
        InputError: ``io.zip_bomb``, ``io.zip_lies``, ``io.not_a_spreadsheet``, ``io.no_such_sheet``,
            ``io.spreadsheet_too_large``, ``io.damaged_file``, ``io.duplicate_header``, ``io.empty_file``.
    """
    if source.format == "xlsx":
        entries = check_zip(source)
        if not any(name.startswith("xl/") for name in entries):
            raise InputError("io.not_a_spreadsheet", file=source.name)
    about, table = _run_child(source, sheet)
    if table.height == 0 or table.width == 0:
        raise InputError("io.empty_file", file=source.name)
    return _below_header(source, about, table)


def _run_child(source: Source, sheet: str | int | None) -> tuple[dict[str, object], pl.DataFrame]:
    request = json.dumps(
        {
            "path": str(source.path.resolve()),
            "sheet": sheet,
            "memory": MEMORY_BYTES,
            "seconds": PROCESSOR_SECONDS,
            "format": source.format,
        }
    )
    environment = {
        **os.environ,
        "POLARS_MAX_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        child = subprocess.run(  # noqa: S603 - our interpreter, our module; the request travels by stdin
            [sys.executable, "-m", _CHILD],
            input=request.encode(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _too_large(source) from None
    if child.returncode:
        starved = child.returncode < 0 or any(sign in child.stderr.lower() for sign in _STARVED)
        raise _too_large(source) if starved else _damaged(source)
    head, _, body = child.stdout.partition(b"\n")
    about = json.loads(head)
    if "error" in about:
        raise InputError(about["error"], file=source.name, **about.get("params", {}))
    return about, pl.read_ipc(io.BytesIO(body))


def _damaged(source: Source) -> InputError:
    return InputError("io.damaged_file", file=source.name, format=source.format.upper())


def _too_large(source: Source) -> InputError:
    return InputError(
        "io.spreadsheet_too_large", file=source.name, gigabytes=MEMORY_BYTES >> 30, seconds=PROCESSOR_SECONDS
    )


def _below_header(source: Source, about: dict[str, object], table: pl.DataFrame) -> RawTable:
    filled = ~table.select(pl.all_horizontal(pl.all().is_null())).to_series()
    places = filled.arg_true()
    if places.is_empty():
        raise InputError("io.empty_file", file=source.name)
    header = table.row(places[0])
    # Columns without name and content are leftovers of formatting.
    used = [
        name
        for name, written in zip(table.columns, header, strict=True)
        if written is not None or table[name].null_count() < table.height
    ]
    names = column_names([table[name][places[0]] or "" for name in used], source.name)
    frame = table.select(used).filter(filled).slice(1)
    frame.columns = names
    rows = places.slice(1)
    details = {"sheet": about["sheet"], "sheets": about["sheets"]}
    return RawTable(frame, source.format, source.name, details, first_line=1, rows=rows)
