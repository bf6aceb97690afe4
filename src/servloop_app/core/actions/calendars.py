"""What is done to working calendars and holiday tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from servloop.errors import InputError, SpecError
from servloop.monitor.holidays import read_holidays
from servloop_app.core.actions.base import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.calendars import REGIONS, build_calendar
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.models import HolidayTable, UnitCalendar


def _check_region(region: str) -> None:
    if region and region not in REGIONS:
        raise ActionError("core.choice_unknown", value=region, choices=list(REGIONS))


@dataclass
class SetCalendar(Action[UnitCalendar]):
    """Set the working hours of a unit: ``{"0": [["09:00", "18:00"]], …}``, 0 = Monday."""

    name = "calendar.set"
    permission = "calendars.edit"
    unit_code: str
    hours: dict[str, list[tuple[str, str]]]
    time_zone: str
    region: str = ""

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"unit:{self.unit_code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_region(self.region)
        if set(self.hours) - set("0123456"):
            raise ActionError("core.choice_unknown", value=str(sorted(self.hours)), choices=list("0123456"))
        try:
            build_calendar(self.hours, self.time_zone, self.region)
        except SpecError as error:
            raise ActionError(error.code, **error.params) from error

    def perform(self, actor: Actor) -> UnitCalendar:  # noqa: ARG002
        unit = find_unit(self.unit_code)
        found = UnitCalendar.objects.filter(unit=unit).first()
        self._before = found and SetCalendar(self.unit_code, found.hours, found.time_zone, found.region)
        saved = found or UnitCalendar(unit=unit)
        saved.hours, saved.time_zone, saved.region = self.hours, self.time_zone, self.region
        saved.save()
        return saved

    def undo(self) -> Action[Any]:
        return self._before or RemoveCalendar(self.unit_code)


@dataclass
class RemoveCalendar(Action[None]):
    """Let a unit work by the calendar above it again."""

    name = "calendar.remove"
    permission = "calendars.edit"
    unit_code: str

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"unit:{self.unit_code}"

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        gone, _by_model = UnitCalendar.objects.filter(unit__code=self.unit_code).delete()
        if not gone:
            raise NotFound("calendar", self.unit_code)


@dataclass
class UpdateHolidays(Action[HolidayTable]):
    """Replace the holiday table of a region, for example when next year's days were announced."""

    name = "calendar.update_holidays"
    permission = "settings.edit"
    region: str
    document: dict[str, Any]

    def object(self) -> str:
        return f"holidays:{self.region}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_region(self.region)
        try:
            read_holidays(self.document)
        except InputError as error:
            raise ActionError(error.code, **error.params) from error

    def perform(self, actor: Actor) -> HolidayTable:  # noqa: ARG002
        table, _created = HolidayTable.objects.update_or_create(
            region=self.region, defaults={"document": self.document}
        )
        return table
