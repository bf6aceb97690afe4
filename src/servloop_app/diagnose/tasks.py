"""Reading uploaded logs, at once or by a job."""

from __future__ import annotations

from uuid import UUID

from servloop.errors import ServLoopError
from servloop_app.core.actions import Actor, execute
from servloop_app.diagnose.actions import READ_JOB, RecordReading, find_log
from servloop_app.diagnose.engine import renew_aggregates
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions, read_upload
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext


def read_now(public_id: UUID, actor: Actor) -> ProcessLog:
    """Read the file of a log and put on record what was found; an unreadable file is a finding, too."""
    return execute(_outcome(public_id), actor).outcome


@job(READ_JOB)
def read_log(run: RunContext, log: str) -> None:
    """Read a large file. Reading again writes the same events to the same place."""
    outcome = _outcome(UUID(log))
    if outcome.reading is not None:
        renew_aggregates(UUID(log), ReadingOptions.of(find_log(UUID(log)).options))
    with run.step():
        execute(outcome, Actor.system("jobs"))


def _outcome(public_id: UUID) -> RecordReading:
    log = find_log(public_id)
    try:
        return RecordReading(log=public_id, reading=read_upload(public_id, ReadingOptions.of(log.options)))
    except ServLoopError as error:
        # People know the file by the name that they gave it, not by ours.
        named = {"file": log.file_name} if "file" in error.params else {}
        return RecordReading(log=public_id, error_code=error.code, error_params={**error.params, **named})
