"""Schedules: when the next run is due, and starting it once however many processes look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.db import transaction
from django.utils import timezone

from servloop_app.core import guard
from servloop_app.core.calendars import organisation_calendar
from servloop_app.core.errors import ActionError
from servloop_app.core.hooks import Registry
from servloop_app.core.localized import LocalizedText
from servloop_app.jobs.models import Schedule
from servloop_app.jobs.runs import enqueue

_TRIES = 4000  # cron times looked at for a working day: years of daily ones


@dataclass(frozen=True)
class DefaultSchedule:
    """A schedule that an installation has from the start; people may change or switch it off."""

    name: LocalizedText
    kind: str
    cron: str
    arguments: dict[str, Any]


default_schedules: Registry[DefaultSchedule] = Registry("default_schedules")


def next_time(
    cron: str, zone: str, after: datetime, is_working_day: Callable[[date], bool] | None = None
) -> datetime:
    """The first time after a moment that the cron text names, on a working day if asked.

    Raises:
        ActionError: the cron text is not valid, or names no time on a working day.
    """
    try:
        times = CronSim(cron, after.astimezone(ZoneInfo(zone)))
        for _try, found in zip(range(_TRIES), times, strict=False):
            if is_working_day is None or is_working_day(found.date()):
                return found
    except CronSimError as error:
        raise ActionError("jobs.cron_invalid", cron=cron, problem=str(error)) from error
    raise ActionError("jobs.cron_never", cron=cron)


def due_after(schedule: Schedule, after: datetime) -> datetime | None:
    """When a schedule is due next; None while it is off."""
    if not schedule.enabled:
        return None
    if schedule.days == Schedule.Days.ALL:
        return next_time(schedule.cron, schedule.time_zone, after)
    calendar = organisation_calendar()
    return next_time(schedule.cron, schedule.time_zone, after, lambda day: bool(calendar.spans_of(day)))


def tick(now: datetime | None = None) -> int:
    """Start what is due; how many runs. What was missed while nobody looked is started once, not once a time."""
    now = now or timezone.now()
    started = 0
    for schedule in Schedule.objects.filter(enabled=True, next_at__lte=now):
        with transaction.atomic(), guard.opening("jobs_run", "jobs_schedule"):
            ours = Schedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at, enabled=True).update(
                next_at=due_after(schedule, now)
            )
            if ours:
                run = enqueue(schedule.kind, schedule.arguments, f"schedule:{schedule.code}")
                Schedule.objects.filter(pk=schedule.pk).update(last_run=run)
                started += 1
    return started
