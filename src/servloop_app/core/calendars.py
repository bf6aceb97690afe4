"""The working calendar that counts for a unit: its own, else the nearest one above it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from servloop.monitor.calendar import WorkingCalendar
from servloop.monitor.holidays import HolidayTable as Holidays
from servloop.monitor.holidays import china_holidays, read_holidays
from servloop_app.core.models import HolidayTable, UnitCalendar
from servloop_app.core.units import UnitTree

_OFFICE_HOURS = {day: [("09:00", "12:00"), ("13:00", "18:00")] for day in range(5)}
REGIONS = ("CN",)


def holidays_of(region: str) -> Holidays | None:
    """The newest table of a region; None for none."""
    if not region:
        return None
    stored = HolidayTable.objects.filter(region=region).first()
    return china_holidays() if stored is None else read_holidays(stored.document)


def build_calendar(hours: dict[str, Any], time_zone: str, region: str) -> WorkingCalendar:
    """The calendar of stored hours.

    Raises:
        SpecError: a time is not HH:MM, spans overlap, or the zone is unknown.
    """
    weekly = {int(day): [(start, end) for start, end in spans] for day, spans in hours.items()}
    return WorkingCalendar.from_hours(weekly, time_zone, holidays_of(region))


def calendar_of(unit: int, on: date | None = None) -> WorkingCalendar:
    """The calendar that counts for a unit; office hours with China's holidays where none is set."""
    path = UnitTree.load(on or timezone.localdate()).path(unit)
    rows = {row.unit_id: row for row in UnitCalendar.objects.filter(unit__in=path)}
    for above in reversed(path):
        if above in rows:
            row = rows[above]
            return build_calendar(row.hours, row.time_zone, row.region)
    return WorkingCalendar.from_hours(
        _OFFICE_HOURS, timezone.get_default_timezone_name(), holidays_of(REGIONS[0])
    )


def organisation_calendar() -> WorkingCalendar:
    """The calendar of the organisation as a whole."""
    root = UnitTree.load(timezone.localdate()).root
    return calendar_of(-1 if root is None else root)
