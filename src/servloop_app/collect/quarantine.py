"""Rows that were set aside: sealed, shown with their reasons, repaired and sent back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl

from servloop.io.imports import TARGETS
from servloop_app.collect import files, people
from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.collect.staging import mask_column
from servloop_app.core.encryption import key_ring, open_text, place_of

BATCH = 1_000
TABLE = QuarantinedRow._meta.db_table
# A file that is wrong in nearly every row needs another mapping, not row-by-row repair.
KEPT_AT_MOST = 100_000
# What stands in a list without being opened: values of these kinds, masked and cut.
_PLAIN = {"number", "integer", "time", "date", "choice", "unit"}
_SHOWN = 60


def rows_of(found: Import, rejects: Path) -> list[QuarantinedRow]:
    """One sealed row per rejected row, with all its faults, in the order of the file."""
    columns = found.mapping["columns"]
    plain = [columns[f.name] for f in TARGETS[found.target].fields if f.kind in _PLAIN and f.name in columns]
    person = columns.get("person")
    received = pl.when(pl.col("column").is_in(plain)).then(pl.col("received").str.head(_SHOWN))
    frame = pl.read_parquet(rejects, glob=False).with_columns(received)
    frame = frame.with_columns(mask_column(frame["received"]))
    frame = (
        frame.group_by("place", maintain_order=True)
        .agg(pl.col("line", "raw").first(), pl.struct("column", "reason", "received").alias("faults"))
        .head(KEPT_AT_MOST)
    )
    ring = key_ring()
    rows = []
    for place, line, raw, faults in frame.iter_rows():
        row = QuarantinedRow(id=uuid4(), source=found, place=place, line=line, faults=faults)
        row.raw = ring.seal(raw.encode(), place_of(row, "raw"))
        who = json.loads(raw).get(person) if person else None
        row.person_index = people.index_of(who) if who else None
        rows.append(row)
    return rows


def opened(row: QuarantinedRow) -> dict[str, str | None]:
    """The row as it stood in the file: column → text. For use inside an audited action."""
    values: dict[str, str | None] = json.loads(open_text(row, "raw"))
    return values


def write_repaired(public_id: UUID, rows: Mapping[int, Mapping[str, str | None]]) -> int:
    """Write repaired rows (place in their source → columns) as the file of a new import; returns its size."""
    lines = (json.dumps(dict(row), ensure_ascii=False).encode() + b"\n" for row in rows.values())
    size = files.keep_upload(public_id, "repaired.jsonl", lines)
    files.keep_places(public_id, list(rows))
    return size
