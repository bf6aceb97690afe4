"""Everything held about one person in the collect stage: found, handed over, erased from every file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Q

from servloop.facts.locks import LockBusyError
from servloop.io.batches import read_batches
from servloop_app.collect import feedback, files, people, personal_facts, quarantine
from servloop_app.collect.actions.imports import RecordFailure
from servloop_app.collect.actions.personal_data import ERASE_JOB, RecordErasure
from servloop_app.collect.models import FeedbackRecord, Import, PersonKey, QuarantinedRow
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.core.masking import masked
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext

_SYSTEM = Actor.system("erasure")
_ASKED_AT_ONCE = 500


class CollectedData:
    """Feedback and facts of a person; an identifier leads to its key, the key to all the rest."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """Feedback records (masked), rows of the facts, and what waits or was set aside with the person's name in it."""
        wanted = list(indexes)
        keys = _keys(wanted)
        records = FeedbackRecord.objects.filter(person_key__in=keys)
        held: list[dict[str, Any]] = [
            {
                "kind": "feedback",
                "time": r.occurred_at.isoformat(),
                "title": r.masked_title,
                "text": r.masked_text,
            }
            for r in records
        ]
        for table, rows in personal_facts.contents_of(personal_facts.rows_of(keys, wanted)).items():
            held.extend({"kind": f"fact.{table}", "values": row} for row in rows)
        aside = QuarantinedRow.objects.filter(person_index__in=wanted).select_related("source")
        held.extend(
            {"kind": "row_set_aside", "file": masked(row.source.file_name), "line": row.line} for row in aside
        )
        held.extend(
            {"kind": "file_waiting", "file": masked(found.file_name), "time": found.created_at.isoformat()}
            for found in _files_naming(set(wanted))
        )
        return held

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Erase them: the rows, the files that held them, and the way from identifier to key; safe to repeat."""
        wanted = list(indexes)
        keys = _keys(wanted)
        store = files.fact_store()
        rows = personal_facts.rows_of(keys, wanted)
        touched = _drop_records(keys, rows.get("feedback", []))
        with guard.opening(quarantine.TABLE):
            set_aside, _ = QuarantinedRow.objects.filter(person_index__in=wanted).delete()
        for table, record_ids in rows.items():
            touched += store.delete_records(table, record_ids)
        for table in store.tables():
            store.vacuum(table)  # also when nothing was found now: an earlier attempt may have died before it
        touched += set_aside + _drop_files(set(wanted))
        with guard.opening(people.TABLE):
            PersonKey.objects.filter(index__in=wanted).delete()
        return touched


def _keys(indexes: Iterable[bytes]) -> list[str]:
    return list(PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True))


def _drop_records(keys: list[str], record_ids: list[str]) -> int:
    """Delete feedback records under the keys, and those with these record ids, with all their revisions."""
    touched = 0
    with guard.opening(feedback.TABLE):
        for start in range(0, max(len(record_ids), 1), _ASKED_AT_ONCE):
            part = Q(record_id__in=record_ids[start : start + _ASKED_AT_ONCE])
            deleted, _ = FeedbackRecord.objects.filter(Q(person_key__in=keys) | part).delete()
            touched += deleted
    return touched


def _drop_files(wanted: set[bytes]) -> int:
    """Remove files that wait for their mapping or failed and name one of the people: they can be uploaded again."""
    dropped = 0
    for found in _files_naming(wanted):
        files.remove(found.public_id)
        execute(RecordFailure(found.public_id, "collect.file_erased"), _SYSTEM)
        dropped += 1
    return dropped


def _files_naming(wanted: set[bytes]) -> list[Import]:
    """Imports of which nothing is stored, and whose file is there and names one of the people."""
    waiting = Import.objects.filter(state__in=[Import.State.MAPPING, Import.State.FAILED])
    return [f for f in waiting if files.source_of(f.public_id) is not None and _names_one(f, wanted)]


def _names_one(found: Import, wanted: set[bytes]) -> bool:
    """Whether a file names one of the people: in its column of people, or anywhere while it has none."""
    path = files.source_of(found.public_id)
    assert path is not None
    person = found.mapping.get("columns", {}).get("person")
    for batch in read_batches(path):
        for column in [batch.frame[person]] if person in batch.frame.columns else batch.frame.iter_columns():
            values = column.drop_nulls().unique().cast(pl.String, strict=False).drop_nulls()
            if people.naming(values, wanted, of_people=True):
                return True
    return False


def _overwrite_freed_pages() -> None:
    """Leave nothing of deleted rows in the work database's files (SQLite; it overwrites pages that it frees)."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@job(ERASE_JOB, max_attempts=10)
def erase_people(run: RunContext, indexes: list[str], erasure: str = "") -> dict[str, int]:
    """Erase people from every package that holds something about them."""
    wanted = [bytes.fromhex(index) for index in indexes]
    try:
        records = {name: handler.erase(wanted) for name, handler in personal_data_handlers.items()}
    except LockBusyError as error:  # somebody reads for long; the files must go all the same, so try again
        raise TimeoutError(error.code) from error
    _overwrite_freed_pages()
    with run.step():
        tables = list(files.fact_store().tables())
        execute(RecordErasure(sorted(indexes), records, tables, erasure), _SYSTEM)
    return records


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("collect", CollectedData())
