"""What is done to imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import FactsScope
from servloop.io.imports import Mapping
from servloop_app.collect import files
from servloop_app.collect.events import ImportStored, ImportUndone
from servloop_app.collect.models import FeedbackRecord, Import, MappingProfile, QuarantinedRow
from servloop_app.core.actions import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.hooks import emit
from servloop_app.core.models import Link
from servloop_app.jobs.runs import enqueue, request_cancel

STORE_JOB = "import.store"
UNDO_JOB = "import.undo"
CLEAR_JOB = "import.clear"
_AT_ONCE = 500
_NAMED = 5  # records that a refusal names


def find_import(public_id: UUID | str) -> Import:
    """The import of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Import.objects.select_related("unit").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("import", public_id)
    return found


class OnImport(Action[Import]):
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
class ConfirmImport(OnImport):
    """Say what the columns mean and import the rows; the mapping is remembered for the next file of that shape."""

    name = "import.confirm"
    source: UUID
    mapping: dict[str, Any]

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if not found.open_to_mapping:
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
class RecordImport(OnImport):
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
        emit(ImportStored(str(self.source), sorted(self.stored)))
        transaction.on_commit(lambda: files.remove(self.source))
        return found


@dataclass
class RecordFailure(OnImport):
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
        _reopen_rows(found)
        return found


def _reopen_rows(replay: Import) -> None:
    """Rows that a replay was to bring wait for repair again."""
    QuarantinedRow.objects.filter(replayed_by=replay).update(
        state=QuarantinedRow.State.OPEN, replayed_by=None
    )


@dataclass
class CancelImport(OnImport):
    """Stop an import; what it stored so far is taken back."""

    name = "import.cancel"
    source: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if found.state != Import.State.WORKING:
            raise Conflict("collect.nothing_to_cancel", file=found.file_name)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        if found.run is not None:
            request_cancel(found.run)
            found = find_import(self.source)
        # A running job stops and cleans up by itself, one that waited is followed by another that does.
        if found.run is None or found.run.finished:
            clear_away(found)
        return found


def clear_away(
    found: Import, error_code: str = "collect.cancelled", error_params: dict[str, Any] | None = None
) -> None:
    """Start the job that takes back what an import stored so far and puts on record why."""
    arguments = {"source": str(found.public_id), "error_code": error_code, "error_params": error_params or {}}
    found.run = enqueue(CLEAR_JOB, arguments, f"import:{found.public_id}")
    found.save(update_fields=["run"])


@dataclass
class DiscardImport(OnImport):
    """Throw away a file that was not imported."""

    name = "import.discard"
    source: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_import(self.source)
        if found.state not in {Import.State.MAPPING, Import.State.FAILED}:
            raise Conflict("collect.import_under_way", file=found.file_name)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        _reopen_rows(found)
        found.delete()
        transaction.on_commit(lambda: files.remove(self.source))
        return found


@dataclass
class UndoImport(OnImport):
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
        used = _records_with_a_story(found)
        if used:
            raise Conflict("collect.records_in_use", file=found.file_name, records=used)

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.WORKING
        found.run = enqueue(UNDO_JOB, {"source": str(self.source)}, f"import:{self.source}")
        found.save()
        return found


def _records_with_a_story(found: Import) -> list[str]:
    """Numbers in the source of records that led to something, a ticket for example; a few of them."""
    sources = Link.objects.filter(source__startswith="feedback:").values_list("source", flat=True)
    led_on = [source.partition(":")[2] for source in sources.iterator()]
    names: list[str] = []
    for start in range(0, len(led_on), _AT_ONCE):
        rows = FeedbackRecord.objects.filter(pk__in=led_on[start : start + _AT_ONCE], brought_by=found)
        names += [row.source_key or str(row.pk) for row in rows[:_NAMED]]
        if len(names) >= _NAMED:
            break
    return sorted(set(names))[:_NAMED]


def _revised_by(found: Import) -> list[str]:
    """File names of later imports that revised rows of this one."""
    others = Import.objects.filter(state__in=[Import.State.DONE, Import.State.WORKING]).exclude(pk=found.pk)
    same = others.filter(mapping__name=found.mapping["name"], mapping__target=found.target)
    if not any(other.total("revised") or other.state == Import.State.WORKING for other in same):
        return []  # spares the look into the facts, which takes longer the more there are
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
class RecordUndo(OnImport):
    """Put on record that an import is gone."""

    name = "import.undone"
    source: UUID

    def perform(self, actor: Actor) -> Import:  # noqa: ARG002
        found = find_import(self.source)
        found.state = Import.State.UNDONE
        found.finished_at = timezone.now()
        found.save()
        emit(ImportUndone(str(self.source), sorted(found.stored)))
        _reopen_rows(found)
        return found


def failure_of(error: ServLoopError, source: UUID) -> RecordFailure:
    """The record of an error."""
    return RecordFailure(source, error.code, {key: _plain(value) for key, value in error.params.items()})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple | set | frozenset) else value
