"""Feedback: sealed and masked records in the work database, a masked copy in the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
from django.db.models import Max, OuterRef, Subquery

from servloop.facts import TABLES, FactsScope
from servloop_app.collect import files
from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.collect.staging import mask_column
from servloop_app.core.bulk import insert_new
from servloop_app.core.encryption import KeyRing, key_ring, place_in
from servloop_app.core.models import Unit

BATCH = 5_000
TABLE = FeedbackRecord._meta.db_table
_FREE = ("title", "text", "attributes")
_TEXTS = ("title", "text")
_COPIED = ("source_key", "channel", "kind", "status", "person_key")
_NUMBERS = ("rating", "rating_low", "rating_high")
_KEPT = {"record_id", "revision", "unit_id", "occurred_at", "import_id", "attributes"}
# Fields that have their value in the facts under this or another name, and all fields of a record.
_FROM_FACTS = (
    *("record_id", "revision", "unit_id", "occurred_at", "masked_title", "masked_text", "attributes", "fact"),
    *_COPIED,
    *_NUMBERS,
)
_FIELDS = (
    "id",
    "brought_by",
    "current",
    "sealed_text",
    *(n.removesuffix("_id") if n == "unit_id" else n for n in _FROM_FACTS),
)
_OTHERS = [n for n in TABLES["feedback"].names if n not in {*_KEPT, *_TEXTS, *_COPIED, *_NUMBERS}]


def masked_copy(clear: Path) -> Path:
    """A staged file with personal data in its free texts replaced, beside the clear one."""
    masked = clear.with_name("feedback-masked.parquet")
    rows = pl.read_parquet(clear, glob=False)
    texts = [mask_column(rows[name]) for name in _FREE if name in rows.columns]
    rows.with_columns(texts).write_parquet(masked, compression="lz4")
    return masked


def batches_of_records(found: Import, clear: Path, start: int) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Records for the rows that the facts took from an import, from a place on; each batch with its end.

    Args:
        found: the import.
        clear: its staged file with clear texts.
        start: rows before this place in the file are done.

    Returns:
        Values of `_FIELDS`.
    """
    with (
        files.fact_store().snapshot(["feedback"]) as snapshot,
        snapshot.connect(FactsScope.everything()) as facts,
    ):
        kept = facts.sql(
            "SELECT * FROM feedback WHERE import_id = ? AND seq >= ? ORDER BY seq",
            params=[found.fact_id, start],
        ).pl()
    clear_texts = pl.read_parquet(clear, glob=False).select(
        "seq",
        *(pl.col(name).alias(f"clear_{name}") for name in _TEXTS if name in pl.read_parquet_schema(clear)),
    )
    others = pl.struct(_OTHERS).struct.json_encode().alias("fact")
    units = {unit.code: unit.pk for unit in Unit.objects.all()}
    rows = (
        kept.with_columns(others)
        .join(clear_texts, on="seq", maintain_order="left")
        .with_columns(
            pl.col(*_COPIED, "attributes").fill_null(""),
            pl.col("unit_id").replace_strict(units, default=None, return_dtype=pl.Int64),
            clear=_joined(f"clear_{name}" for name in _TEXTS if f"clear_{name}" in clear_texts.columns),
            masked=_joined(_TEXTS),
            masked_title=pl.col("title").fill_null(""),
            masked_text=pl.col("text").fill_null(""),
        )
        .select("seq", "clear", "masked", *_FROM_FACTS)
    )
    ring = key_ring()
    for place in range(0, rows.height, BATCH):
        part = rows.slice(place, BATCH)
        yield part["seq"][-1] + 1, [_record(found, row, ring) for row in part.iter_rows()]


def _joined(texts: Iterable[str]) -> pl.Expr:
    """Title and text as one, without what is missing or empty."""
    filled = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in texts]
    return pl.concat_str(filled, separator="\n\n", ignore_nulls=True) if filled else pl.lit("")


def _record(found: Import, row: tuple[Any, ...], ring: KeyRing) -> tuple[Any, ...]:
    _seq, clear, masked, *values = row
    key = uuid4()
    sealed = None
    if clear != masked:
        sealed = ring.seal(clear.encode(), place_in(FeedbackRecord, key, "sealed_text"))
    return (key, found.pk, True, sealed, *values)


def store_batch(records: list[tuple[Any, ...]]) -> None:
    """Write records; of several revisions of one, the newest is current. Writing a batch again changes nothing."""
    insert_new(FeedbackRecord, _FIELDS, records)
    record_id, revision = _FIELDS.index("record_id"), _FIELDS.index("revision")
    revised = [record[record_id] for record in records if record[revision]]
    if revised:
        mark_current(revised)


def mark_current(record_ids: list[str]) -> None:
    """Make the highest revision of each record the current one."""
    rows = FeedbackRecord.objects.filter(record_id__in=record_ids)
    newest = (
        FeedbackRecord.objects.filter(record_id=OuterRef("record_id"))
        .values("record_id")
        .annotate(newest=Max("revision"))
        .values("newest")
    )
    rows.update(current=False)
    rows.filter(revision=Subquery(newest)).update(current=True)


def remove_records(found: Import, limit: int = BATCH) -> bool:
    """Remove some records that an import brought and show the revisions before them; whether there are more."""
    part = list(FeedbackRecord.objects.filter(brought_by=found).values_list("id", "record_id")[:limit])
    FeedbackRecord.objects.filter(id__in=[id_ for id_, _ in part]).delete()
    mark_current([record_id for _, record_id in part])
    return len(part) == limit


def fact_of(record: FeedbackRecord) -> dict[str, Any]:
    """A record's row in the facts, JSON-ready."""
    return {
        **record.fact,
        "record_id": record.record_id,
        "revision": record.revision,
        "import_id": record.brought_by.fact_id,
        "unit_id": record.unit.code if record.unit else None,
        "occurred_at": record.occurred_at.isoformat(),
        "title": record.masked_title or None,
        "text": record.masked_text or None,
        "attributes": record.attributes or None,
        **{name: getattr(record, name) or None for name in _COPIED},
        **{name: getattr(record, name) for name in _NUMBERS},
    }
