"""What is done to imports and to what they brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import FactsScope
from servloop.io.imports import Mapping
from servloop_app.collect import files, quarantine
from servloop_app.collect.models import FeedbackRecord, Import, MappingProfile, QuarantinedRow
from servloop_app.core.actions import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.encryption import open_text
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.jobs.runs import enqueue

STORE_JOB = "import.store"
UNDO_JOB = "import.undo"
_MAX_REPAIRS = 1_000


def find_import(public_id: UUID | str) -> Import:
    """The import of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Import.objects.select_related("unit").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("import", public_id)
    return found


class _OnImport(Action[Import]):
    """An action on one existing import."""

    permission = "imports.edit"
    source: UUID

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"


@dataclass
class AddImport(Action[Import]):
    """Take in a file that lies in its folder; nothing is imported before its mapping is confirmed."""

    name = "import.add"
    permission = "imports.edit"
    source: UUID
    unit_code: str
    file_name: str
    file_size: int
    mapping: dict[str, Any]
    shape: str

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> Import:
        return Import.objects.create(
            public_id=self.source,
            unit=find_unit(self.unit_code),
            created_by=actor.person,
            file_name=self.file_name[:255],
            file_size=self.file_size,
            mapping=self.mapping,
            shape=self.shape,
        )


@dataclass
class ConfirmImport(_OnImport):
    """Say what the columns mean and import the rows; the mapping is remembered for the next file of that shape."""

    name = "import.confirm"
    source: UUID
    mapping: dict[str, Any]

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if found.state not in {Import.State.MAPPING, Import.State.FAILED}:
            raise Conflict("collect.import_under_way", file=found.file_name)
        if files.source_of(self.source) is None:
            raise Conflict("collect.file_gone", file=found.file_name)
        mapping = Mapping.from_dict(self.mapping)
        if not mapping.name.strip():
            raise ActionError("collect.dataset_missing")

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.mapping = Mapping.from_dict(self.mapping).to_dict()
        found.state = Import.State.WORKING
        found.error_code, found.error_params = "", {}
        found.run = enqueue(STORE_JOB, {"source": str(self.source)}, f"import:{self.source}")
        found.save()
        if found.shape:
            MappingProfile.objects.update_or_create(shape=found.shape, defaults={"mapping": found.mapping})
        return found


@dataclass
class RecordImport(_OnImport):
    """Put on record what an import brought; the one leaf for all its rows."""

    name = "import.record"
    source: UUID
    source_hash: str
    rows: int
    accepted: int
    rejected: int
    stored: dict[str, dict[str, int]]
    report: dict[str, Any]

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.DONE
        found.finished_at = timezone.now()
        found.source_hash = self.source_hash
        found.rows, found.accepted, found.rejected = self.rows, self.accepted, self.rejected
        found.stored, found.report = self.stored, self.report
        found.save()
        transaction.on_commit(lambda: files.remove(self.source))
        return found


@dataclass
class RecordFailure(_OnImport):
    """Put on record why a file could not be imported, or that it was cancelled; nothing of it is stored."""

    name = "import.fail"
    source: UUID
    error_code: str
    error_params: dict[str, Any] = field(default_factory=dict)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.FAILED
        found.error_code, found.error_params = self.error_code, self.error_params
        found.save()
        return found


@dataclass
class DiscardImport(_OnImport):
    """Throw away a file that was not imported."""

    name = "import.discard"
    source: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if found.state not in {Import.State.MAPPING, Import.State.FAILED}:
            raise Conflict("collect.import_under_way", file=found.file_name)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.delete()
        transaction.on_commit(lambda: files.remove(self.source))
        return found


@dataclass
class UndoImport(_OnImport):
    """Take an import back: its rows go, older revisions show again."""

    name = "import.undo"
    source: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if found.state != Import.State.DONE:
            raise Conflict("collect.nothing_to_undo", file=found.file_name)
        later = _revised_by(found)
        if later:
            raise Conflict("collect.revised_later", file=found.file_name, imports=later)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.WORKING
        found.run = enqueue(UNDO_JOB, {"source": str(self.source)}, f"import:{self.source}")
        found.save()
        return found


def _revised_by(found: Import) -> list[str]:
    """File names of later imports that revised rows of this one."""
    with files.fact_store().snapshot() as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        later = {
            row[0]
            for table in found.stored
            for row in facts.sql(
                f'SELECT DISTINCT import_id FROM "{table}" WHERE replaces_import = ? AND import_id <> ?',  # noqa: S608
                params=[found.fact_id, found.fact_id],
            ).fetchall()
        }
    return sorted(
        Import.objects.filter(public_id__in=[UUID(i) for i in later]).values_list("file_name", flat=True)
    )


@dataclass
class RecordUndo(_OnImport):
    """Put on record that an import is gone."""

    name = "import.undone"
    source: UUID

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.UNDONE
        found.finished_at = timezone.now()
        found.save()
        return found


@dataclass
class OpenQuarantined(Action[list[tuple[QuarantinedRow, dict[str, str | None]]]]):
    """Look at rows that were set aside, as they stood in the file."""

    name = "quarantine.open"
    permission = "imports.edit"
    source: UUID
    rows: list[UUID]

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> list[tuple[QuarantinedRow, dict[str, str | None]]]:  # noqa: ARG002
        rows = QuarantinedRow.objects.filter(source__public_id=self.source, id__in=self.rows)
        return [(row, quarantine.opened(row)) for row in rows]


@dataclass
class ReplayRows(Action[Import]):
    """Import rows that were repaired: each with the values that replace those of the file."""

    name = "quarantine.replay"
    permission = "imports.edit"
    source: UUID
    repairs: dict[UUID, dict[str, str]]
    replay: UUID

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.repairs:
            raise ActionError("collect.nothing_repaired")
        if len(self.repairs) > _MAX_REPAIRS:
            raise ActionError("collect.too_many_repairs", limit=_MAX_REPAIRS, received=len(self.repairs))
        open_rows = self._rows()
        if len(open_rows) != len(self.repairs):
            raise Conflict("collect.already_repaired")

    def _rows(self) -> list[QuarantinedRow]:
        return list(
            QuarantinedRow.objects.filter(
                source__public_id=self.source, id__in=list(self.repairs), state=QuarantinedRow.State.OPEN
            )
        )

    def perform(self, actor: Actor) -> Import:
        origin = find_import(self.source)
        rows = self._rows()
        repaired = []
        for row in rows:
            values = quarantine.opened(row)
            given = {name: text for name, text in self.repairs[row.id].items() if name in values}
            repaired.append({**values, **given})
        size = quarantine.write_repaired(self.replay, repaired)
        replay = Import.objects.create(
            public_id=self.replay,
            unit=origin.unit,
            created_by=actor.person,
            file_name=origin.file_name,
            file_size=size,
            mapping=origin.mapping,
            replays=origin,
            state=Import.State.WORKING,
        )
        replay.run = enqueue(STORE_JOB, {"source": str(self.replay)}, f"import:{self.source}")
        replay.save()
        QuarantinedRow.objects.filter(id__in=[row.id for row in rows]).update(
            state=QuarantinedRow.State.REPLAYED, replayed_by=replay
        )
        return replay

    def recorded(self) -> dict[str, Any]:
        """Which rows, not what stands in them."""
        return {
            "source": str(self.source),
            "replay": str(self.replay),
            "rows": sorted(map(str, self.repairs)),
        }


@dataclass
class DismissRows(Action[int]):
    """Leave rows out for good; they stay on record as dismissed."""

    name = "quarantine.dismiss"
    permission = "imports.edit"
    source: UUID
    rows: list[UUID]

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        return QuarantinedRow.objects.filter(
            source__public_id=self.source, id__in=self.rows, state=QuarantinedRow.State.OPEN
        ).update(state=QuarantinedRow.State.DISMISSED)


@dataclass
class OpenFeedbackText(Action[str]):
    """Read a feedback in clear: personal data that lists and searches mask."""

    name = "feedback.open"
    permission = "personal_data.open"
    record: UUID
    reason: str

    def _found(self) -> FeedbackRecord:
        record = FeedbackRecord.objects.filter(id=self.record).first()
        if record is None:
            raise NotFound("feedback", self.record)
        return record

    def unit(self) -> int | None:
        return self._found().unit_id

    def object(self) -> str:
        return f"feedback:{self.record}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.reason.strip():
            raise ActionError("collect.reason_missing")

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        record = self._found()
        if not record.sealed_text:
            return "\n\n".join(text for text in (record.masked_title, record.masked_text) if text)
        return open_text(record, "sealed_text")


def failure_of(error: ServLoopError, source: UUID) -> RecordFailure:
    """The record of an error."""
    return RecordFailure(source, error.code, {key: _plain(value) for key, value in error.params.items()})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple | set | frozenset) else value
