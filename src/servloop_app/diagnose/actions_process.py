"""What is asked of process logs, and what people say about a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions import find_log
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog, ProcessStudy
from servloop_app.diagnose.studies.base import KINDS, key_of
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue

STUDY_JOB = "process_log.study"
_KEPT = 100  # newest studies of a log


@dataclass
class AskForStudy(Action[ProcessStudy]):
    """Have an analysis of a log worked out; one that is there or under way is not asked for twice."""

    name = "process_study.ask"
    permission = "process.view"
    log: UUID
    kind: str
    parameters: dict[str, Any] = field(default_factory=dict)
    again: bool = False

    def unit(self) -> int:
        return find_log(self.log).unit_id

    def object(self) -> str:
        return f"process_log:{self.log}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self.kind not in KINDS:
            raise ActionError("core.choice_unknown", value=self.kind, choices=sorted(KINDS))

    def perform(self, actor: Actor) -> ProcessStudy:  # noqa: ARG002
        log = find_log(self.log)
        key = key_of(log, self.kind, self.parameters)
        found = ProcessStudy.objects.select_related("run").filter(key=key).first()
        if found is not None and (_under_way(found) or (found.done and not self.again)):
            return found
        if found is None:
            found = ProcessStudy(log=log, kind=self.kind, key=key, parameters=self.parameters)
        found.as_of, found.result, found.error_code, found.error_params = None, None, "", {}
        found.run = enqueue(STUDY_JOB, {"study": str(found.public_id)}, f"process_log:{self.log}")
        found.save()
        _tidy(log)
        return found


def _tidy(log: ProcessLog) -> None:
    """Remove the oldest studies of a log, with their files once that is certain."""
    old = list(ProcessStudy.objects.filter(log=log).values_list("pk", "key")[_KEPT:])
    ProcessStudy.objects.filter(pk__in=[pk for pk, _key in old]).delete()
    files = [log_files.study_rows_of(log.public_id, key) for _pk, key in old]

    def remove() -> None:
        for file in files:
            file.unlink(missing_ok=True)

    transaction.on_commit(remove)


def _under_way(found: ProcessStudy) -> bool:
    return (
        not found.done and found.run is not None and found.run.state in {Run.State.QUEUED, Run.State.RUNNING}
    )


class Define(Action[ProcessDefinition]):
    """An action that says something about the process of a log; what was said before stays readable."""

    permission = "process.edit"
    kind: str
    log: UUID

    def unit(self) -> int:
        return find_log(self.log).unit_id

    def object(self) -> str:
        return f"process_log:{self.log}"

    def content(self) -> Any:
        """What is said, JSON-ready."""
        raise NotImplementedError

    def perform(self, actor: Actor) -> ProcessDefinition:
        log = find_log(self.log)
        before = self._before()
        self._earlier = None if before is None else before.content
        newest = ProcessDefinition.objects.filter(log=log, kind=self.kind).aggregate(newest=Max("version"))
        return ProcessDefinition.objects.create(
            log=log,
            kind=self.kind,
            version=(newest["newest"] or 0) + 1,
            content=self.content(),
            made_by=actor.person,
        )

    def _before(self) -> ProcessDefinition | None:
        return ProcessDefinition.objects.filter(log__public_id=self.log, kind=self.kind).first()

    def restoring(self) -> RestoreDefinition:
        """The action that says again what was said before this one."""
        return RestoreDefinition(self.log, self.kind, self._earlier)


@dataclass
class RestoreDefinition(Define):
    """Say again what was said before about the process of a log; None for nothing."""

    name = "process_definition.restore"
    log: UUID
    kind: str
    earlier: Any = None

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self.kind not in ProcessDefinition.Kind.values:
            raise ActionError("core.choice_unknown", value=self.kind, choices=ProcessDefinition.Kind.values)

    def content(self) -> Any:
        return self.earlier
