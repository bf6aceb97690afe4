"""Rows for the fact tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from servloop.facts import FactStore

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore(tmp_path / "facts")


@pytest.fixture
def feedback() -> Callable[..., pa.Table]:
    """Make feedback rows: ``feedback(n, import_id=…, first=…, **columns)``."""

    def make(n: int, *, import_id: str = "import-1", first: int = 0, **columns: object) -> pa.Table:
        frame = pl.DataFrame({"seq": range(first, first + n)}).with_columns(
            record_id=pl.format("r{}", "seq"),
            import_id=pl.lit(import_id),
            content_hash=pl.col("seq"),
            revision=pl.lit(0, pl.Int32),
            unit_id=pl.format("u{}", pl.col("seq") % 3),
            occurred_at=pl.lit(START) + pl.duration(hours=pl.col("seq")),
            ingested_at=pl.lit(START),
            schema_version=pl.lit(1, pl.Int32),
            text=pl.format("文字 text {}", "seq"),
        )
        return frame.with_columns(**{k: pl.lit(v) for k, v in columns.items()}).to_arrow()

    return make
