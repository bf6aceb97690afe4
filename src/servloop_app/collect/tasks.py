"""The work of imports: stage, set aside, store, keep feedback; and taking an import back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from servloop.errors import InputError, ServLoopError
from servloop.facts import FactStoreError, ingest
from servloop.facts.locks import LockBusyError
from servloop.results import Notice, plain
from servloop_app.collect import feedback, files, quarantine
from servloop_app.collect.actions.imports import (
    CLEAR_JOB,
    STORE_JOB,
    UNDO_JOB,
    RecordFailure,
    RecordImport,
    RecordUndo,
    clear_away,
    failure_of,
    find_import,
)
from servloop_app.collect.models import FeedbackRecord, Import, QuarantinedRow
from servloop_app.collect.staging import stage
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.bulk import room_for_indexes
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import Cancelled, RunContext

SYSTEM = Actor.system("imports")
UPKEEP_JOB = "facts.upkeep"
# Rows that are to go must go, also when the disk stays full for a day.
TIDYING_ATTEMPTS = 30


def give_up(run: Run) -> None:
    """Take back what an import has stored whose job was given up: a worker that died over it, a broken disk."""
    found = Import.objects.filter(run=run).first()
    if found is not None and found.state == Import.State.DONE:
        transaction.on_commit(lambda: files.remove(found.public_id))
    if found is not None and found.state == Import.State.WORKING:
        failed = run.state == Run.State.FAILED
        reason = (run.message_code, run.message_params) if failed else ("collect.cancelled", {})
        with guard.opening(Import._meta.db_table):
            clear_away(found, *reason)


@job(STORE_JOB, abandoned=give_up)
def store_import(run: RunContext, source: str) -> dict[str, int]:
    """Bring a file into the facts; stopped at any point it goes on without losing or doubling a row."""
    found = find_import(UUID(source))
    if found.state != Import.State.WORKING:  # the worker died between the last step and the end of the run
        if found.state == Import.State.DONE:
            files.remove(found.public_id)  # which it may not have come to any more
        return {"rows": found.rows or 0, "rejected": found.rejected or 0}
    if run.cursor is None:
        take_back(found)  # whatever an earlier run of this import that failed for good has left
        with run.step({"feedback": 0}):
            pass
    try:
        with files.called(found.file_name):
            return _store(run, found)
    except Cancelled:
        _fail(run, found, RecordFailure(found.public_id, "collect.cancelled"))
        raise
    except ServLoopError as error:
        _fail(run, found, failure_of(error, found.public_id))
        raise


def _fail(run: RunContext, found: Import, outcome: RecordFailure) -> None:
    # A run that somebody else has by now is not ours to end: the first step finds out.
    with run.step(run.cursor):
        pass
    take_back(found)
    with suppress(Cancelled), run.step(run.cursor):
        execute(outcome, SYSTEM)


def _store(run: RunContext, found: Import) -> dict[str, int]:
    path = files.source_of(found.public_id)
    if path is None:
        raise InputError("collect.file_gone", file=found.file_name)
    staged = stage(found, path, lambda rows: run.progress(rows, None, "rows", "collect.checking"))
    _set_aside(run, found, staged.rejects)
    stored: dict[str, dict[str, int]] = {}
    clear = staged.files.get("feedback")
    for table, staged_file in staged.files.items():
        done = ingest(
            files.fact_store(),
            feedback.masked_copy(staged_file) if table == "feedback" else staged_file,
            table=table,
            source=found.mapping["name"],
            import_id=found.fact_id,
            transaction=run.public_id.hex,
            ingested_at=timezone.now(),
            progress=lambda rows, total: run.progress(rows, total, "rows", "collect.storing"),
        )
        stored[table] = {"new": done.new, "revised": done.revised, "repeated": done.repeated}
    if clear is not None:
        _keep_feedback(run, found, clear)
    report = staged.report
    outcome = RecordImport(
        found.public_id,
        staged.source_hash,
        report.rows,
        report.accepted,
        report.rejected,
        stored,
        _as_json(report.to_dict(), report.warnings),
    )
    with run.step(run.cursor):
        execute(outcome, SYSTEM)
    return {"rows": report.rows, "rejected": report.rejected}


def _as_json(report: dict[str, Any], warnings: tuple[Notice, ...]) -> dict[str, Any]:
    report["warnings"] = [
        {"code": w.code, "count": w.count, "params": plain(dict(w.params))} for w in warnings
    ]
    return report


def _set_aside(run: RunContext, found: Import, rejects: Path | None) -> None:
    """Keep rejected rows; doing it again replaces them."""
    with guard.opening(quarantine.TABLE):
        QuarantinedRow.objects.filter(source=found).delete()
        if rejects is None:
            return
        rows = quarantine.rows_of(found, rejects)
        for start in range(0, len(rows), quarantine.BATCH):
            with run.step(run.cursor):
                QuarantinedRow.objects.bulk_create(rows[start : start + quarantine.BATCH])
            run.progress(start, len(rows), "rows", "collect.setting_aside")


def _keep_feedback(run: RunContext, found: Import, clear: Path) -> None:
    start = int(run.cursor["feedback"])
    with guard.opening(feedback.TABLE), room_for_indexes(FeedbackRecord):
        for end, records in feedback.batches_of_records(found, clear, start):
            with run.step({"feedback": end}):
                feedback.store_batch(records)
            run.progress(end, None, "rows", "collect.keeping_feedback")


@job(UNDO_JOB, max_attempts=TIDYING_ATTEMPTS)
def undo_import(run: RunContext, source: str) -> None:
    """Take an import back."""
    found = find_import(UUID(source))
    if found.state == Import.State.WORKING:
        take_back(found)
        with run.step():
            execute(RecordUndo(found.public_id), SYSTEM)


@job(CLEAR_JOB, max_attempts=TIDYING_ATTEMPTS)
def clear_import(
    run: RunContext,
    source: str,
    error_code: str = "collect.cancelled",
    error_params: dict[str, Any] | None = None,
) -> None:
    """Take back what an import left that was cancelled or given up; its file stays, to be imported or thrown away."""
    found = find_import(UUID(source))
    if found.state == Import.State.WORKING:
        take_back(found)
        with run.step():
            execute(RecordFailure(found.public_id, error_code, error_params or {}), SYSTEM)


@job(UPKEEP_JOB)
def upkeep(run: RunContext) -> dict[str, int]:
    """Join small files of the facts and delete those that nobody reads any more, where nobody reads just now.

    Files that an upload or an import left behind which was broken off go as well.
    """
    store = files.fact_store()
    fewer = {}
    for number, table in enumerate(store.tables()):
        run.progress(number, len(store.tables()), "tables", "collect.upkeep")
        fewer[table] = store.compact(table)
        with suppress(LockBusyError):  # somebody reads for long: next time
            store.vacuum(table)
    open_ones = Import.objects.exclude(state__in=[Import.State.DONE, Import.State.UNDONE])
    files.remove_strays(needed=set(open_ones.values_list("public_id", flat=True)))
    return fewer


def take_back(found: Import) -> None:
    """Remove every row that an import brought, and what it staged; safe to repeat."""
    store = files.fact_store()
    for table in store.tables():
        try:
            store.delete_import(found.fact_id, [table])
        except FactStoreError as error:
            # A table of another program's making concerns only imports that stored something there.
            if error.code != "facts.unsupported_table" or table in found.stored:
                raise
    files.clear_staging(found.public_id)
    with guard.opening(feedback.TABLE, quarantine.TABLE):
        while feedback.remove_records(found):
            pass
        QuarantinedRow.objects.filter(source=found).delete()
