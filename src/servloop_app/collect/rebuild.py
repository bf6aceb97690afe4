"""Make the facts that are copies of the work database again from it: feedback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import DEFAULT_DB_ALIAS, connections

from servloop.facts import TABLES
from servloop.facts.locks import lock
from servloop_app.collect import feedback, files
from servloop_app.collect.models import FeedbackRecord

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 20_000
_TIMES = [c.name for c in TABLES["feedback"].columns if c.type == "timestamp"]


def rebuild_feedback() -> int:
    """Replace the feedback facts by what the work database holds; returns the rows written."""
    store = files.fact_store()
    written = 0
    caller = threading.get_ident()

    def batches() -> Iterator[pa.Table]:
        # The writer reads in a thread of its own, which forgets its connection to the work database between two
        # batches: nobody else would close it.
        connection = connections[DEFAULT_DB_ALIAS]
        try:
            yield from tables()
        finally:
            if threading.get_ident() != caller:
                connection.close()

    def tables() -> Iterator[pa.Table]:
        nonlocal written
        records = FeedbackRecord.objects.select_related("unit", "brought_by").order_by("pk")
        rows: list[dict[str, Any]] = []
        for record in records.iterator(chunk_size=_BATCH):
            rows.append(feedback.fact_of(record))
            if len(rows) == _BATCH:
                yield _table(rows)
                written += len(rows)
                rows.clear()
        yield _table(rows)
        written += len(rows)

    with lock(store.folder / "_locks" / "feedback.ingest", exclusive=True):
        store.replace("feedback", batches())
    return written


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # the web process imports this module and does without

    schema = TABLES["feedback"].arrow()
    frame = pl.from_arrow(pa.Table.from_pylist([], schema=schema))
    assert isinstance(frame, pl.DataFrame)
    if rows:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        written = {n: pl.String if n in _TIMES or n == "local_date" else t for n, t in frame.schema.items()}
        read = pl.read_ndjson(lines, schema=written)
        frame = read.with_columns(
            pl.col(_TIMES).str.to_datetime(time_unit="us", time_zone="UTC"),
            pl.col("local_date").str.to_date(),
        )
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
