"""Tables of the core: people and sessions, units and assignments, the audit log, links, events, number series."""

from servloop_app.core.models.calendars import HolidayTable, UnitCalendar
from servloop_app.core.models.events import OutboxEvent
from servloop_app.core.models.links import Link
from servloop_app.core.models.log import LogLeaf, LogPayload, LogState
from servloop_app.core.models.numbering import NumberSeries
from servloop_app.core.models.people import ApiToken, Person, Session
from servloop_app.core.models.units import Assignment, Unit, UnitPlacement

__all__ = [
    "ApiToken",
    "Assignment",
    "HolidayTable",
    "Link",
    "LogLeaf",
    "LogPayload",
    "LogState",
    "NumberSeries",
    "OutboxEvent",
    "Person",
    "Session",
    "Unit",
    "UnitCalendar",
    "UnitPlacement",
]
