"""What is done to process logs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from servloop.messages import message
from servloop_app.core.actions import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.diagnose import log_files
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import MENDABLE, Reading, ReadingOptions
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue

MAX_TITLE = 120
READ_JOB = "process_log.read"


def find_log(public_id: UUID | str) -> ProcessLog:
    """The log of a public id.

    Raises:
        NotFound: there is none.
    """
    log = ProcessLog.objects.filter(public_id=public_id).first()
    if log is None:
        raise NotFound("process_log", public_id)
    return log


def _check_title(title: str) -> None:
    if not title.strip():
        raise ActionError("diagnose.title_missing")
    if len(title) > MAX_TITLE:
        raise ActionError("core.text_too_long", limit=MAX_TITLE, received=len(title))


@dataclass
class AddProcessLog(Action[ProcessLog]):
    """Take in an event log whose file lies in its folder; reading it follows."""

    name = "process_log.add"
    permission = "process.edit"
    log: UUID
    title: str
    unit_code: str
    file_name: str
    file_size: int
    options: ReadingOptions
    by_job: bool = False
    sample: bool = False

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"process_log:{self.log}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_title(self.title)

    def perform(self, actor: Actor) -> ProcessLog:
        return ProcessLog.objects.create(
            public_id=self.log,
            name=self.title.strip(),
            unit=find_unit(self.unit_code),
            uploaded_by=actor.person,
            file_name=self.file_name,
            file_size=self.file_size,
            sample=self.sample,
            options=asdict(self.options),
            run=_reading_job(self.log) if self.by_job else None,
        )

    def undo(self) -> Action[None]:
        return DeleteProcessLog(self.log)


def _reading_job(public_id: UUID) -> Run:
    return enqueue(READ_JOB, {"log": str(public_id)}, f"process_log:{public_id}")


class _OnLog(Action[ProcessLog]):
    """An action on one existing log."""

    permission = "process.edit"
    log: UUID

    def unit(self) -> int:
        return find_log(self.log).unit_id

    def object(self) -> str:
        return f"process_log:{self.log}"


@dataclass
class SetReadingOptions(_OnLog):
    """Say how the file is to be read: which column is what, the time zone, the notation of times."""

    name = "process_log.options"
    log: UUID
    options: ReadingOptions
    by_job: bool = False

    def perform(self, actor: Actor) -> ProcessLog:  # noqa: ARG002
        log = find_log(self.log)
        log.options = asdict(self.options)
        log.state = ProcessLog.State.READING
        log.error_code, log.error_params = "", {}
        log.run = _reading_job(self.log) if self.by_job else None
        log.save()
        return log


@dataclass
class RecordReading(_OnLog):
    """Put on record what reading the file found, or why it could not be read."""

    name = "process_log.read"
    log: UUID
    reading: Reading | None = None
    error_code: str = ""
    error_params: dict[str, Any] | None = None

    def perform(self, actor: Actor) -> ProcessLog:  # noqa: ARG002
        log = find_log(self.log)
        if self.reading is None:
            log.state = ProcessLog.State.COLUMNS if self.error_code in MENDABLE else ProcessLog.State.FAILED
            log.error_code, log.error_params = self.error_code, self.error_params or {}
        else:
            _apply(log, self.reading)
        log.save()
        return log


def _apply(log: ProcessLog, reading: Reading) -> None:
    log.state = ProcessLog.State.READY
    log.error_code, log.error_params = "", {}
    log.version += 1
    log.format, log.columns = reading.format, reading.columns
    log.cases, log.events, log.activities = reading.cases, reading.events, reading.activities
    log.first_at, log.last_at = reading.first, reading.last
    log.rejected, log.warnings = reading.rejected, reading.warnings


@dataclass
class MarkNotWaiting(_OnLog):
    """Say that nobody waits before an activity (a timer, archiving), or that somebody does after all."""

    name = "process_log.not_waiting"
    log: UUID
    activity: str
    marked: bool

    def perform(self, actor: Actor) -> ProcessLog:  # noqa: ARG002
        log = find_log(self.log)
        others = [activity for activity in log.not_waiting if activity != self.activity]
        log.not_waiting = sorted([*others, self.activity]) if self.marked else others
        log.save()
        return log

    def undo(self) -> Action[ProcessLog]:
        return MarkNotWaiting(self.log, self.activity, marked=not self.marked)


@dataclass
class EraseCases(_OnLog):
    """Put on record that cases of people who were erased left a log, and that the rest took the place of its file.

    Attributes:
        log: public id of the log.
        cases: how many.
        options: how the rest is read.
        file_size: bytes of the rest.
    """

    name = "process_log.erase_cases"
    log: UUID
    cases: int
    options: ReadingOptions
    file_size: int

    def perform(self, actor: Actor) -> ProcessLog:  # noqa: ARG002
        log = find_log(self.log)
        log.options, log.file_size = asdict(self.options), self.file_size
        log.state = ProcessLog.State.READING
        log.save()
        return log


@dataclass
class DeleteProcessLog(Action[None]):
    """Remove a log with its file and its events."""

    name = "process_log.delete"
    permission = "process.edit"
    log: UUID

    def unit(self) -> int:
        return find_log(self.log).unit_id

    def object(self) -> str:
        return f"process_log:{self.log}"

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        find_log(self.log).delete()
        transaction.on_commit(lambda: log_files.remove(self.log))


def why_not_read(log: ProcessLog, language: str) -> str:
    """Why a log could not be read, as a sentence; empty when it could."""
    return message(log.error_code, log.error_params, language) if log.error_code else ""
