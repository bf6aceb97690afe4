"""Process logs that follow the facts: an import of events is a map without anybody asking for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from servloop.facts import FactsScope
from servloop_app.collect import queries as collect
from servloop_app.collect.files import fact_store
from servloop_app.collect.models import Import
from servloop_app.core.actions import Actor, execute
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Unit
from servloop_app.core.policy import EverythingPolicy
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions import AddProcessLog, DeleteProcessLog
from servloop_app.diagnose.engine import renew_aggregates
from servloop_app.diagnose.findings_tasks import FIND_JOB
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.diagnose.tasks import read_now
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import RunContext

FOLLOW_JOB = "process_log.follow_facts"
ERASED_JOB = "process_log.follow_erasure"
_NAMESPACE = UUID("6d3c1c53-9a55-4f2e-9a52-5f0f3c1b7d11")
_FILE = "facts.parquet"


def followed_log(unit_code: str, process: str) -> UUID:
    """Public id of the log that follows a process's events in a unit and below."""
    return uuid5(_NAMESPACE, f"{unit_code}:{process}")


@job(FOLLOW_JOB)
def follow_facts(run: RunContext, event: dict[str, Any]) -> dict[str, int]:
    """Write a process's events of the facts to its log, made when it is not there; doing it twice changes nothing.

    A log that somebody removed comes back with the next import of that process.
    """
    source = Import.objects.filter(public_id=event["source"]).select_related("unit").first()
    if source is None or "events" not in event["tables"]:
        return {"events": 0}
    run.progress(0, 1, "logs", "process.following")
    log = write_log(source.unit, str(source.mapping["name"]))
    if log is None:
        return {"events": 0}
    if not Run.objects.filter(kind=FIND_JOB, state=Run.State.QUEUED).exists():
        run.enqueue(FIND_JOB)
    return {"events": log.events or 0}


def write_log(unit: Unit, process: str) -> ProcessLog | None:
    """Write a process's events of the facts to the log that follows it in a unit; None when there are no events."""
    public_id = followed_log(unit.code, process)
    actor = Actor.system("process_logs")
    existing = ProcessLog.objects.filter(public_id=public_id).first()
    try:
        content = collect.process_events_file(_scope(unit), process)
    except NotFound:  # all of them were taken back, or erased
        if existing is not None:
            execute(DeleteProcessLog(public_id), actor)
        return None
    if existing is None:
        log_files.remove(public_id)  # what a run that was broken off may have left
    size = log_files.keep_upload(public_id, _FILE, [content])
    if existing is None:
        title = process[: ProcessLog._meta.get_field("name").max_length or None]
        new = AddProcessLog(public_id, title, unit.code, _FILE, size, ReadingOptions(columns={}))
        execute(new, actor)
    log = read_now(public_id, actor)
    if log.ready:
        renew_aggregates(public_id, ReadingOptions.of(log.options))
    return log


@job(ERASED_JOB)
def follow_erasure(run: RunContext, event: dict[str, Any]) -> dict[str, int]:  # noqa: ARG001  # whatever was erased
    """Write anew what follows cases that are no longer in the facts; doing it twice changes nothing."""
    followed = followed_logs()
    renewed = 0
    for done, public_id in enumerate(followed):
        run.progress(done, len(followed), "logs", "process.following")
        renewed += bool(renew_followed(public_id, *followed[public_id]))
    return {"logs": renewed}


def followed_logs() -> dict[UUID, tuple[Unit, str]]:
    """Logs that follow the facts: public id → the unit and the process."""
    imports = Import.objects.filter(mapping__target="events").select_related("unit")
    pairs = {(one.unit.code, str(one.mapping.get("name"))): one.unit for one in imports}
    wanted = {followed_log(code, process): (unit, process) for (code, process), unit in pairs.items()}
    there = ProcessLog.objects.values_list("public_id", flat=True)
    return {public_id: wanted[public_id] for public_id in there if public_id in wanted}


def renew_followed(public_id: UUID, unit: Unit, process: str) -> int:
    """Write a log anew if it holds cases that the facts no longer know; how many those are."""
    import polars as pl  # noqa: PLC0415

    path = log_files.events_of(public_id)
    stored = set(pl.read_parquet(path, columns=["case_id"])["case_id"].unique()) if path.exists() else {None}
    with fact_store().snapshot(["events"]) as snapshot, snapshot.connect(_scope(unit)) as facts:
        sql = "SELECT DISTINCT case_id FROM events WHERE process_id = ?"
        known = {row[0] for row in facts.sql(sql, params=[process]).fetchall()}
    gone = len(stored - known)
    if gone:
        write_log(unit, process)
    return gone


def _scope(unit: Unit) -> FactsScope:
    tree = EverythingPolicy().tree
    if unit.pk == tree.root:
        return FactsScope.everything()
    return FactsScope(frozenset(tree.codes[below] for below in tree.subtree(unit.pk)))
