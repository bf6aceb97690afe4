"""What is done to tickets in bulk and by itself: marking limits that passed, rules, service levels."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action, Actor
from servloop_app.core.chain import reference
from servloop_app.core.errors import ActionError
from servloop_app.core.hooks import emit
from servloop_app.improve.actions_tickets import title_of_record, unit_of_record
from servloop_app.improve.ticket_events import TicketOverdue
from servloop_app.improve.ticket_models import Level, ServiceLevel, Ticket, TicketEntry, TicketRule
from servloop_app.improve.ticket_rules import DEFAULT_HOURS, LONGEST_HOURS, Hours
from servloop_app.improve.ticket_writing import PERMISSION, Opening, add_entry, check_level, open_ticket

AT_ONCE = 200
MOST_DAYS = 366
_OPEN = (Ticket.State.NEW, Ticket.State.IN_PROGRESS, Ticket.State.WAITING)


def late_reply(now: dt.datetime) -> Q:
    """Tickets whose customer heard nothing in time and still has not."""
    return Q(state__in=_OPEN, first_replied_at=None, reply_due__lt=now)


def late_resolution(now: dt.datetime) -> Q:
    """Tickets that should have been settled by now; a pause has put its limit into the due time already."""
    return Q(state__in=_OPEN, resolution_due__lt=now)


def overdue(now: dt.datetime) -> Q:
    """Tickets with either clock past its limit."""
    return late_reply(now) | late_resolution(now)


@dataclass
class MarkBreaches(Action[int]):
    """Put on record which tickets passed a time limit since the last look, and tell of it."""

    name = "ticket.mark_breaches"
    permission = PERMISSION

    def object(self) -> str:
        return "ticket:all"

    def perform(self, actor: Actor) -> int:
        now = timezone.now()
        marked = 0
        for clock, late in (("reply", late_reply(now)), ("resolution", late_resolution(now))):
            mark = f"{clock}_breached_at"
            for ticket in Ticket.objects.select_for_update().filter(late, **{mark: None})[:AT_ONCE]:
                setattr(ticket, mark, now)
                detail = {"clock": clock, "due": getattr(ticket, f"{clock}_due").isoformat()}
                add_entry(ticket, TicketEntry.Kind.BREACHED, actor.person, detail=detail, at=now)
                emit(TicketOverdue(str(ticket.public_id), clock))
                marked += 1
        return marked


@dataclass
class OpenTicketsByRule(Action[int]):
    """Open tickets for the records of an import that the rule names."""

    name = "ticket.by_rule"
    permission = PERMISSION
    source: UUID

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> int:
        found = records_by_rule(self.source)
        rule = TicketRule.objects.get()
        for record in found[:AT_ONCE]:
            open_ticket(
                Opening(
                    title_of_record(record),
                    unit_of_record(record),
                    rule.level,
                    source=reference("feedback", record.id),
                    person_key=record.person_key,
                ),
                actor.person,
            )
        return min(len(found), AT_ONCE)


def records_by_rule(source: UUID) -> list[FeedbackRecord]:
    """Records of an import that become tickets by the rule and are none yet; at most one more than one turn's."""
    rule = TicketRule.objects.filter(enabled=True).first()
    if rule is None:
        return []
    since = timezone.now() - dt.timedelta(days=rule.days)
    wanted = FeedbackRecord.objects.filter(
        brought_by__public_id=source, current=True, occurred_at__gte=since
    ).select_related("unit")
    if rule.kinds:
        wanted = wanted.filter(kind__in=rule.kinds)
    if rule.rating_at_most is not None:
        wanted = wanted.filter(rating__lte=rule.rating_at_most)
    recent = list(wanted.order_by("occurred_at", "pk"))
    known = set(
        Ticket.objects.filter(source__in=[reference("feedback", record.id) for record in recent]).values_list(
            "source", flat=True
        )
    )
    return [record for record in recent if reference("feedback", record.id) not in known][: AT_ONCE + 1]


@dataclass
class SetServiceLevel(Action[ServiceLevel]):
    """Set how much working time tickets of a level have; those already open keep theirs."""

    name = "ticket.set_service_level"
    permission = "settings.edit"
    level: str
    reply_hours: float
    resolution_hours: float
    pause_hours: float

    def object(self) -> str:
        return f"service_level:{self.level}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        check_level(self.level)
        for hours in (self.reply_hours, self.resolution_hours, self.pause_hours):
            if not 0 < hours <= LONGEST_HOURS:  # also refuses what is no number
                raise ActionError("tickets.hours_out_of_range", most=int(LONGEST_HOURS), received=str(hours))
        if self.reply_hours > self.resolution_hours:
            raise ActionError("tickets.reply_after_resolution")

    def perform(self, actor: Actor) -> ServiceLevel:  # noqa: ARG002
        self._before = service_levels()[self.level]
        row, _new = ServiceLevel.objects.update_or_create(
            level=self.level,
            defaults={
                "reply_hours": self.reply_hours,
                "resolution_hours": self.resolution_hours,
                "pause_hours": self.pause_hours,
            },
        )
        return row

    def undo(self) -> Action[ServiceLevel]:
        before = asdict(self._before)
        return SetServiceLevel(self.level, before["reply"], before["resolution"], before["pause"])


def service_levels() -> dict[str, Hours]:
    """Working hours of every level, as they count now."""
    rows = {row.level: row for row in ServiceLevel.objects.all()}
    return {
        level: Hours(rows[level].reply_hours, rows[level].resolution_hours, rows[level].pause_hours)
        if level in rows
        else DEFAULT_HOURS[level]
        for level in Level.values
    }


@dataclass
class SetTicketRule(Action[TicketRule]):
    """Say which feedback becomes tickets by itself."""

    name = "ticket.set_rule"
    permission = "settings.edit"
    enabled: bool
    kinds: list[str]
    rating_at_most: float | None = None
    days: int = 7
    level: str = Level.GENERAL.value

    def object(self) -> str:
        return "ticket_rule:1"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        check_level(self.level)
        if not 1 <= self.days <= MOST_DAYS:
            raise ActionError("tickets.days_out_of_range", most=MOST_DAYS, received=self.days)
        if self.enabled and not self.kinds and self.rating_at_most is None:
            raise ActionError("tickets.rule_takes_all")

    def perform(self, actor: Actor) -> TicketRule:  # noqa: ARG002
        before = TicketRule.objects.filter(pk=1).first() or TicketRule()
        self._before = SetTicketRule(
            before.enabled, before.kinds, before.rating_at_most, before.days, before.level
        )
        kinds = sorted({kind.strip() for kind in self.kinds if kind.strip()})
        row, _new = TicketRule.objects.update_or_create(
            pk=1,
            defaults={
                "enabled": self.enabled,
                "kinds": kinds,
                "rating_at_most": self.rating_at_most,
                "days": self.days,
                "level": self.level,
            },
        )
        return row

    def undo(self) -> Action[TicketRule]:
        return self._before
