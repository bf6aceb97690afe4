"""What people do to runs and schedules."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.jobs import queries, runs
from servloop_app.jobs.kinds import job_kind, job_kinds
from servloop_app.jobs.models import Run, Schedule
from servloop_app.jobs.schedules import default_schedules, due_after


@dataclass
class CancelRun(Action[Run]):
    """Cancel a run: at once while it waits, at its next chunk end while it runs."""

    name = "job.cancel"
    permission = "jobs.edit"
    run: UUID

    def object(self) -> str:
        return f"job:{self.run}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if queries.run(self.run).finished:
            raise Conflict("jobs.already_finished", run=str(self.run))

    def perform(self, actor: Actor) -> Run:  # noqa: ARG002
        runs.request_cancel(queries.run(self.run))
        return queries.run(self.run)


@dataclass
class RetryRun(Action[Run]):
    """Do the work of a failed or cancelled run again, as a new run."""

    name = "job.retry"
    permission = "jobs.edit"
    run: UUID

    def object(self) -> str:
        return f"job:{self.run}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        state = queries.run(self.run).state
        if state not in {Run.State.FAILED, Run.State.CANCELLED}:
            raise Conflict("jobs.not_failed", run=str(self.run))

    def perform(self, actor: Actor) -> Run:  # noqa: ARG002
        return runs.again(queries.run(self.run))


@dataclass
class SaveSchedule(Action[Schedule]):
    """Make a schedule, or change the one with that code."""

    name = "schedule.save"
    permission = "schedules.edit"
    code: str
    title: LocalizedText
    kind: str
    cron: str
    arguments: dict[str, Any] = field(default_factory=dict)
    time_zone: str = ""
    days: str = Schedule.Days.ALL.value
    enabled: bool = True

    def object(self) -> str:
        return f"schedule:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if job_kind(self.kind) is None:
            raise ActionError("core.choice_unknown", value=self.kind, choices=list(job_kinds()))
        if self.days not in Schedule.Days.values:
            raise ActionError("core.choice_unknown", value=self.days, choices=list(Schedule.Days.values))
        if self.time_zone and self.time_zone not in zoneinfo.available_timezones():
            raise ActionError("core.time_zone_unknown", zone=self.time_zone)
        if not self.title:
            raise ActionError("core.name_missing")
        self._filled(Schedule())

    def _filled(self, schedule: Schedule) -> Schedule:
        schedule.code, schedule.name, schedule.kind = self.code, self.title, self.kind
        schedule.cron, schedule.arguments, schedule.days = self.cron, self.arguments, self.days
        schedule.time_zone = self.time_zone or timezone.get_default_timezone_name()
        schedule.enabled = self.enabled
        schedule.next_at = due_after(schedule, timezone.now())
        return schedule

    def perform(self, actor: Actor) -> Schedule:  # noqa: ARG002
        found = Schedule.objects.filter(code=self.code).first()
        self._before = found and SaveSchedule(
            found.code,
            found.name,
            found.kind,
            found.cron,
            found.arguments,
            found.time_zone,
            found.days,
            found.enabled,
        )
        saved = self._filled(found or Schedule())
        saved.save()
        return saved

    def undo(self) -> Action[Any]:
        return self._before or DeleteSchedule(self.code)


@dataclass
class DeleteSchedule(Action[None]):
    """Delete a schedule; the runs it started stay."""

    name = "schedule.delete"
    permission = "schedules.edit"
    code: str

    def object(self) -> str:
        return f"schedule:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not Schedule.objects.filter(code=self.code).exists():
            raise NotFound("schedule", self.code)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        Schedule.objects.filter(code=self.code).delete()


@dataclass
class AddDefaultSchedules(Action[list[str]]):
    """Add the schedules that packages bring along and that are not there yet; at every start."""

    name = "schedule.add_defaults"
    permission = "schedules.edit"
    codes: list[str]

    def object(self) -> str:
        return "schedule:defaults"

    def perform(self, actor: Actor) -> list[str]:
        for code in self.codes:
            given = default_schedules[code]
            SaveSchedule(code, given.name, given.kind, given.cron, given.arguments).perform(actor)
        return self.codes


def missing_default_schedules() -> list[str]:
    """Codes of default schedules that were never added."""
    present = set(Schedule.objects.values_list("code", flat=True))
    return [code for code in default_schedules if code not in present]
