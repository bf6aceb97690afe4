"""Process logs that follow the facts: an import of events is a map without anybody asking for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from servloop.facts import FactsScope
from servloop_app.collect import queries as collect
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
    process = str(source.mapping["name"])
    public_id = followed_log(source.unit.code, process)
    actor = Actor.system("process_logs")
    existing = ProcessLog.objects.filter(public_id=public_id).first()
    run.progress(0, 1, "logs", "process.following")
    try:
        content = collect.process_events_file(_scope(source.unit), process)
    except NotFound:  # all imports of it were taken back
        if existing is not None:
            execute(DeleteProcessLog(public_id), actor)
        return {"events": 0}
    if existing is None:
        log_files.remove(public_id)  # what a run that was broken off may have left
    size = log_files.keep_upload(public_id, _FILE, [content])
    if existing is None:
        title = process[: ProcessLog._meta.get_field("name").max_length or None]
        new = AddProcessLog(public_id, title, source.unit.code, _FILE, size, ReadingOptions(columns={}))
        execute(new, actor)
    log = read_now(public_id, actor)
    if log.ready:
        renew_aggregates(public_id, ReadingOptions.of(log.options))
    if not Run.objects.filter(kind=FIND_JOB, state=Run.State.QUEUED).exists():
        run.enqueue(FIND_JOB)
    return {"events": log.events or 0}


def _scope(unit: Unit) -> FactsScope:
    tree = EverythingPolicy().tree
    if unit.pk == tree.root:
        return FactsScope.everything()
    return FactsScope(frozenset(tree.codes[below] for below in tree.subtree(unit.pk)))
