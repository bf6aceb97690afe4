"""What is done to tickets later on: hand over, call more serious, link, close, open again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.calendars import calendar_of
from servloop_app.core.chain import chain_kinds, connect, reference
from servloop_app.core.encryption import open_text
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.hooks import close_conditions
from servloop_app.improve.actions_tickets import OnTicket, find_ticket, pause_clock, resume_clock
from servloop_app.improve.ticket_models import Ticket, TicketEntry
from servloop_app.improve.ticket_rules import due_after, worked
from servloop_app.improve.ticket_writing import (
    Masked,
    add_entry,
    check_level,
    check_text,
    hours_of,
    owner_of,
)

_HOUR = 3600
LINKABLE = ("finding", "opportunity", "project")
_WITHOUT_REPLY = frozenset({Ticket.Result.UNREACHABLE.value})
Kind = TicketEntry.Kind


@dataclass
class HandOver(OnTicket):
    """Give a ticket to another person, to another unit, or to a person there; all of its history goes along."""

    name = "ticket.hand_over"
    step = "hand_over"
    ticket: UUID
    reason: str
    unit_code: str = ""
    person: UUID | None = None

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        check_text(self.reason, "tickets.reason_missing", 300)
        found = find_ticket(self.ticket)
        unit = find_unit(self.unit_code) if self.unit_code else found.unit
        owner = owner_of(self.person, unit) if self.person else None
        if unit == found.unit and owner == found.owner:
            raise ActionError("tickets.handed_to_nobody_new")

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        unit = find_unit(self.unit_code) if self.unit_code else ticket.unit
        owner = owner_of(self.person, unit) if self.person else None
        detail = {
            "from_unit": ticket.unit.code,
            "to_unit": unit.code,
            "from": str(ticket.owner.public_id) if ticket.owner else "",
            "to": str(owner.public_id) if owner else "",
        }
        ticket.unit, ticket.owner = unit, owner
        if ticket.state == Ticket.State.NEW and owner is not None:
            ticket.state = Ticket.State.IN_PROGRESS
        add_entry(ticket, Kind.HANDED_OVER, actor.person, self.reason, detail=detail)
        return ticket


@dataclass
class SetTicketLevel(OnTicket):
    """Call a ticket more or less serious; its time limits follow, counted from when it was opened."""

    name = "ticket.level"
    step = "level"
    ticket: UUID
    level: str
    reason: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        check_level(self.level)
        check_text(self.reason, "tickets.reason_missing", 300)
        if find_ticket(self.ticket).level == self.level:
            raise ActionError("tickets.level_unchanged", level=self.level)

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        resume_clock(ticket)
        hours, calendar = hours_of(self.level), calendar_of(ticket.unit_id)
        # What earlier pauses gave stays given.
        planned = calendar.due_at(ticket.opened_at, ticket.resolution_allowed)
        paused = max(worked(calendar, planned, ticket.resolution_due), 0.0)
        detail = {"from": ticket.level, "to": self.level}
        ticket.level = self.level
        ticket.reply_allowed = round(hours.reply * _HOUR)
        ticket.resolution_allowed = round(hours.resolution * _HOUR)
        ticket.reply_due = due_after(calendar, ticket.opened_at, hours.reply)
        ticket.resolution_due = calendar.due_at(ticket.opened_at, ticket.resolution_allowed + paused)
        ticket.reply_breached_at = ticket.resolution_breached_at = None
        if ticket.state == Ticket.State.WAITING:
            pause_clock(ticket)
        add_entry(ticket, Kind.LEVEL, actor.person, self.reason, detail=detail)
        return ticket


@dataclass
class LinkTicket(OnTicket):
    """Say that a ticket belongs to a finding, an opportunity or a project."""

    name = "ticket.link"
    step = "link"
    ticket: UUID
    target: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        kind, _colon, public_id = self.target.partition(":")
        linkable = [name for name in LINKABLE if name in chain_kinds]
        if kind not in linkable:
            raise ActionError("core.choice_unknown", value=kind, choices=linkable)
        try:
            wanted = UUID(public_id)
        except ValueError as error:
            raise NotFound(kind, public_id) from error
        found = chain_kinds[kind]
        actor.policy.require(found.permission)
        if not list(found.items(actor.policy, [wanted])):
            raise NotFound(kind, public_id)

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        connect(reference("ticket", ticket.public_id), self.target)
        add_entry(ticket, Kind.LINKED, actor.person, detail={"target": self.target})
        return ticket


@dataclass
class CloseTicket(OnTicket):
    """Close a ticket: what it came from, how it was settled, and what is to be kept in mind."""

    name = "ticket.close"
    step = "close"
    ticket: UUID
    cause: str
    result: str
    text: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        for value, choices in ((self.cause, Ticket.Cause), (self.result, Ticket.Result)):
            if value not in choices.values:
                raise ActionError("core.choice_unknown", value=value, choices=list(choices.values))
        check_text(self.text, "tickets.cause_missing")
        found = find_ticket(self.ticket)
        if found.first_replied_at is None and self.result not in _WITHOUT_REPLY:
            raise Conflict("tickets.customer_not_told", ticket=found.number)
        for name in close_conditions:
            missing = close_conditions[name](found)
            if missing is not None:
                raise Conflict(missing.code, **missing.params)

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        resume_clock(ticket)
        now = timezone.now()
        ticket.cause, ticket.result = self.cause, self.result
        ticket.state, ticket.closed_at = Ticket.State.CLOSED, now
        ticket.answered_at = ticket.answered_at or now
        detail = {"cause": self.cause, "result": self.result}
        add_entry(ticket, Kind.CLOSED, actor.person, self.text, detail=detail, at=now)
        return ticket


@dataclass
class ReopenTicket(OnTicket):
    """Open a settled ticket again: the customer is not content, or the matter is back. The time starts anew."""

    name = "ticket.reopen"
    step = "reopen"
    ticket: UUID
    reason: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        check_text(self.reason, "tickets.reason_missing", 300)

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        hours, calendar = hours_of(ticket.level), calendar_of(ticket.unit_id)
        now = timezone.now()
        ticket.state = Ticket.State.IN_PROGRESS if ticket.owner else Ticket.State.NEW
        ticket.answered_at = ticket.closed_at = None
        ticket.cause = ticket.result = ""
        ticket.resolution_allowed = round(hours.resolution * _HOUR)
        ticket.resolution_due = due_after(calendar, now, hours.resolution)
        ticket.resolution_breached_at = None
        ticket.reopened += 1
        add_entry(ticket, Kind.REOPENED, actor.person, self.reason, at=now)
        return ticket


@dataclass
class OpenTicketText(Masked[str]):
    """Read an entry of a ticket in clear: personal data that pages mask."""

    name = "ticket.open_text"
    permission = "personal_data.open"
    entry: UUID
    reason: str

    def _found(self) -> TicketEntry:
        found = TicketEntry.objects.select_related("ticket").filter(pk=self.entry).first()
        if found is None:
            raise NotFound("ticket_entry", self.entry)
        return found

    def unit(self) -> int:
        return self._found().ticket.unit_id

    def object(self) -> str:
        return reference("ticket", self._found().ticket.public_id)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        check_text(self.reason, "tickets.reason_missing", 300)

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        entry = self._found()
        return open_text(entry, "sealed_text") if entry.sealed_text else entry.masked_text
