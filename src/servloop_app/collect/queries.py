"""Reading imports, quarantined rows and feedback."""

from __future__ import annotations

import io
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from django.db.models import Q, QuerySet

from servloop.facts import TABLES, FactsScope, process_events
from servloop.io.batches import read_batches
from servloop.io.imports import Mapping, suggest_mapping
from servloop.io.imports.mapping import shape_of
from servloop.io.raw_table import RawTable
from servloop_app.collect import files
from servloop_app.collect.models import FeedbackRecord, Import, MappingProfile, QuarantinedRow
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy, scoped

_PREVIEW_ROWS = 200


def imports(policy: Policy) -> QuerySet[Import]:
    """The imports of the units that a person may see, newest first."""
    return scoped(Import, policy, "imports.view").select_related("unit", "created_by", "run", "replays")


def one_import(policy: Policy, public_id: UUID) -> Import:
    """One import.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = imports(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("import", public_id)
    return found


def units_with(policy: Policy, permission: str) -> QuerySet[Unit]:
    """The units in which a person has a permission."""
    return Unit.objects.filter(pk__in=policy.units(permission)).order_by("sort_key")


def units_to_import_for(policy: Policy) -> QuerySet[Unit]:
    """The units for which a person may import."""
    return units_with(policy, "imports.edit")


def first_batch(public_id: UUID) -> RawTable:
    """The first rows of a file that waits for its mapping, as written; kept, since some formats open slowly."""
    path = files.source_of(public_id)
    if path is None:
        raise NotFound("import", public_id)
    head = files.head_of(public_id)
    if not head.exists():
        first = next(iter(read_batches(path, batch_rows=_PREVIEW_ROWS)))
        first.frame.head(_PREVIEW_ROWS).write_parquet(head)
    return RawTable(pl.read_parquet(head, glob=False), "head", path.name)


def preview(public_id: UUID) -> pl.DataFrame:
    """The first rows of a file that waits for its mapping."""
    return first_batch(public_id).frame


def suggested(frame: pl.DataFrame, *, name: str, target: str | None = None) -> tuple[Mapping, bool]:
    """A mapping for a file: the one used for the last file of its shape, or a fresh suggestion.

    Returns:
        The mapping, and whether it is a remembered one.
    """
    profile = MappingProfile.objects.filter(shape=shape_of(frame.columns)).first()
    if profile is not None and target in {None, profile.mapping.get("target")}:
        return Mapping.from_dict(profile.mapping), True
    return suggest_mapping(frame, target=target, name=name), False


def quarantined(found: Import) -> QuerySet[QuarantinedRow]:
    """Rows of an import that were set aside, in the order of the file."""
    return found.quarantined.all()


@dataclass(frozen=True)
class Asked:
    """What the list is limited to.

    Attributes:
        text: words in the masked text.
        unit: its code; empty for all.
        channel: its name; empty for all.
        source: public id of the import that brought the records; None for all.
    """

    text: str = ""
    unit: str = ""
    channel: str = ""
    source: UUID | None = None

    @property
    def anything(self) -> bool:
        """Whether it is limited at all."""
        return bool(self.text or self.unit or self.channel or self.source)


def feedback(policy: Policy, asked: Asked | None = None) -> QuerySet[FeedbackRecord]:
    """Current feedback records of the units that a person may see, newest first.

    There may be millions: pages list them by `feedback_list.part`.
    """
    asked = asked or Asked()
    records = scoped(FeedbackRecord, policy, "feedback.view").filter(current=True)
    if asked.text:
        records = records.filter(Q(masked_text__icontains=asked.text) | Q(masked_title__icontains=asked.text))
    if asked.unit:
        unit = Unit.objects.filter(code=asked.unit).first()
        records = records.filter(unit=unit) if unit else records.none()
    if asked.channel:
        records = records.filter(channel=asked.channel)
    if asked.source:
        # Its key, not a join: the records of an import lie in order in the index of its key.
        source = Import.objects.filter(public_id=asked.source).first()
        records = records.filter(brought_by=source) if source else records.none()
    return records


def feedback_record(policy: Policy, record: UUID) -> FeedbackRecord:
    """One feedback record.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = (
        scoped(FeedbackRecord, policy, "feedback.view")
        .select_related("unit", "brought_by")
        .filter(id=record)
        .first()
    )
    if found is None:
        raise NotFound("feedback", record)
    return found


def process_file(policy: Policy, process: str) -> bytes:
    """The events of a process that a person may see, as a Parquet file.

    Raises:
        NotFound: there are none.
    """
    return process_events_file(policy.facts("process.view"), process)


def process_events_file(scope: FactsScope, process: str) -> bytes:
    """The events of a process in a scope of the facts, as a Parquet file.

    Raises:
        NotFound: there are none.
    """
    with files.fact_store().snapshot(["events"]) as snapshot, snapshot.connect(scope) as facts:
        events = process_events(facts, process)
    if events.is_empty():
        raise NotFound("process", process)
    written = io.BytesIO()
    events.write_parquet(written)
    return written.getvalue()


def revisions(record: FeedbackRecord) -> QuerySet[FeedbackRecord]:
    """All revisions of a record, the newest first."""
    return (
        FeedbackRecord.objects.filter(record_id=record.record_id)
        .select_related("brought_by")
        .order_by("-revision")
    )


def visible_rows(policy: Policy) -> dict[str, int]:
    """Rows of each fact table that a person may see."""
    with files.fact_store().snapshot() as snapshot, snapshot.connect(policy.facts("imports.view")) as facts:
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in TABLES)  # noqa: S608
        return {str(name): int(count) for name, count in facts.sql(counts).fetchall()}
