"""Rows that were set aside: sealed, shown with their reasons, repaired and sent back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl

from servloop_app.collect import files
from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.core.encryption import key_ring, open_text, place_of

BATCH = 1_000
TABLE = QuarantinedRow._meta.db_table
# A file that is wrong in nearly every row needs another mapping, not row-by-row repair.
KEPT_AT_MOST = 100_000


def rows_of(found: Import, rejects: Path) -> list[QuarantinedRow]:
    """One sealed row per rejected line, with all its faults, in the order of the file."""
    frame = (
        pl.read_parquet(rejects, glob=False)
        .group_by("line", maintain_order=True)
        .agg(pl.col("raw").first(), pl.struct("column", "reason").alias("faults"))
        .head(KEPT_AT_MOST)
    )
    ring = key_ring()
    rows = []
    for line, raw, faults in frame.select("line", "raw", "faults").iter_rows():
        row = QuarantinedRow(id=uuid4(), source=found, line=line, faults=faults)
        row.raw = ring.seal(raw.encode(), place_of(row, "raw"))
        rows.append(row)
    return rows


def opened(row: QuarantinedRow) -> dict[str, str | None]:
    """The row as it stood in the file: column → text. For use inside an audited action."""
    values: dict[str, str | None] = json.loads(open_text(row, "raw"))
    return values


def write_repaired(public_id: UUID, rows: Iterable[Mapping[str, str | None]]) -> int:
    """Write repaired rows as the file of a new import, as JSON lines; returns its size in bytes."""
    lines = (json.dumps(dict(row), ensure_ascii=False).encode() + b"\n" for row in rows)
    return files.keep_upload(public_id, "repaired.jsonl", lines)
