"""What is done to tickets: open, take on, write notes, reply, go on after a pause."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.calendars import calendar_of
from servloop_app.core.chain import reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Unit
from servloop_app.core.units import UnitTree
from servloop_app.improve.ticket_models import Level, Ticket, TicketEntry
from servloop_app.improve.ticket_rules import allowed, due_after, shifted
from servloop_app.improve.ticket_writing import (
    LONGEST_TITLE,
    PERMISSION,
    Masked,
    Opening,
    add_entry,
    check_level,
    check_text,
    hours_of,
    open_ticket,
    owner_of,
)

CHANNELS = ("phone", "email", "sms", "chat", "letter", "in_person", "app")
AFTER_REPLY = ("go_on", "ask", "answered")
Kind = TicketEntry.Kind


def find_ticket(public_id: UUID | str) -> Ticket:
    """The ticket of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Ticket.objects.select_related("unit", "owner").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("ticket", public_id)
    return found


def unit_of_record(record: FeedbackRecord) -> Unit:
    """The unit that sees to a feedback record: its own, else the organisation."""
    if record.unit is not None:
        return record.unit
    return Unit.objects.get(pk=UnitTree.load(timezone.localdate()).root or 0)


def title_of_record(record: FeedbackRecord) -> str:
    """What a feedback record is about, masked."""
    first = next((line for line in record.masked_text.splitlines() if line.strip()), "")
    return (record.masked_title or first or record.record_id)[:LONGEST_TITLE]


@dataclass
class OpenTicket(Masked[Ticket]):
    """Open a ticket by hand: somebody called, wrote or came by."""

    name = "ticket.open"
    permission = PERMISSION
    title: str
    unit_code: str
    level: str = Level.GENERAL.value
    words: str = ""
    owner: UUID | None = None

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return reference("ticket", self._opened.public_id)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        check_text(self.title, "tickets.title_missing", LONGEST_TITLE)
        check_level(self.level)
        if self.words:
            check_text(self.words, "tickets.text_missing")

    def perform(self, actor: Actor) -> Ticket:
        unit = find_unit(self.unit_code)
        owner = owner_of(self.owner, unit) if self.owner else None
        opening = Opening(self.title, unit, self.level, words=self.words, owner=owner)
        self._opened = open_ticket(opening, actor.person)
        return self._opened


@dataclass
class TicketFromFeedback(Action[Ticket]):
    """Make a feedback record a ticket of its unit."""

    name = "ticket.from_feedback"
    permission = PERMISSION
    record: UUID
    level: str = Level.GENERAL.value
    owner: UUID | None = None

    def _record(self) -> FeedbackRecord:
        found = FeedbackRecord.objects.select_related("unit").filter(id=self.record).first()
        if found is None:
            raise NotFound("feedback", self.record)
        return found

    def unit(self) -> int:
        return unit_of_record(self._record()).pk

    def object(self) -> str:
        return reference("ticket", self._opened.public_id)

    def validate(self, actor: Actor) -> None:
        check_level(self.level)
        record = self._record()
        actor.policy.require("feedback.view", unit_of_record(record).pk)
        taken = Ticket.objects.filter(source=reference("feedback", record.id)).first()
        if taken is not None:
            raise Conflict("tickets.already_a_ticket", ticket=taken.number)

    def perform(self, actor: Actor) -> Ticket:
        record = self._record()
        unit = unit_of_record(record)
        self._opened = open_ticket(
            Opening(
                title_of_record(record),
                unit,
                self.level,
                source=reference("feedback", record.id),
                owner=owner_of(self.owner, unit) if self.owner else None,
                person_key=record.person_key,
            ),
            actor.person,
        )
        return self._opened


class OnTicket(Masked[Ticket]):
    """A step on one ticket, allowed in certain states."""

    permission = PERMISSION
    step: str
    ticket: UUID

    def unit(self) -> int:
        return find_ticket(self.ticket).unit_id

    def object(self) -> str:
        return reference("ticket", self.ticket)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        # Steps on one ticket take turns: what follows sees what the one before has left.
        Ticket.objects.select_for_update().filter(public_id=self.ticket).first()
        found = find_ticket(self.ticket)
        if not allowed(self.step, found.state):
            raise Conflict("tickets.not_in_this_state", ticket=found.number, state=found.state)


def resume_clock(ticket: Ticket) -> None:
    """Let the clock run again: the pause counts as it lasted, up to its limit."""
    if ticket.paused_at is None or ticket.paused_until is None or ticket.due_before_pause is None:
        return
    end = min(timezone.now(), ticket.paused_until)
    ticket.resolution_due = shifted(
        calendar_of(ticket.unit_id), ticket.due_before_pause, ticket.paused_at, end
    )
    ticket.paused_at = ticket.paused_until = ticket.due_before_pause = None


def pause_clock(ticket: Ticket) -> None:
    """Stop the clock of the resolution, for as long as the level allows at most."""
    if ticket.paused_at is not None:
        return
    now, calendar = timezone.now(), calendar_of(ticket.unit_id)
    ticket.paused_at = now
    ticket.paused_until = due_after(calendar, now, hours_of(ticket.level).pause)
    ticket.due_before_pause = ticket.resolution_due
    ticket.resolution_due = shifted(calendar, ticket.resolution_due, now, ticket.paused_until)


@dataclass
class TakeTicket(OnTicket):
    """Take a ticket on oneself."""

    name = "ticket.take"
    step = "take"
    ticket: UUID

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        found = find_ticket(self.ticket)
        if actor.person is None:
            raise ActionError("tickets.person_needed")
        if found.owner == actor.person:
            raise Conflict("tickets.yours_already", ticket=found.number)

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        before = ticket.owner
        ticket.owner, ticket.state = actor.person, Ticket.State.IN_PROGRESS
        detail = {"from": str(before.public_id)} if before else {}
        add_entry(ticket, Kind.TAKEN, actor.person, detail=detail)
        return ticket


@dataclass
class NoteOnTicket(OnTicket):
    """Write down something for colleagues; the customer does not see it."""

    name = "ticket.note"
    step = "note"
    ticket: UUID
    text: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        check_text(self.text, "tickets.text_missing")

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        add_entry(ticket, Kind.NOTE, actor.person, self.text)
        return ticket


@dataclass
class ReplyToCustomer(OnTicket):
    """Put a reply on record that was given to the customer by a channel outside the platform.

    ``then`` says what follows: ``go_on`` (an interim reply), ``ask`` (the customer has to answer; the clock stands
    still) or ``answered`` (this settles it).
    """

    name = "ticket.reply"
    step = "reply"
    ticket: UUID
    text: str
    channel: str
    then: str = "answered"

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        check_text(self.text, "tickets.text_missing")
        for value, choices in ((self.channel, CHANNELS), (self.then, AFTER_REPLY)):
            if value not in choices:
                raise ActionError("core.choice_unknown", value=value, choices=list(choices))

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        now = timezone.now()
        ticket.first_replied_at = ticket.first_replied_at or now
        if ticket.owner is None and actor.person is not None:
            ticket.owner = actor.person
        if self.then == "ask":
            pause_clock(ticket)
            ticket.state, ticket.answered_at = Ticket.State.WAITING, None
        else:
            resume_clock(ticket)
            answered = self.then == "answered"
            ticket.state = Ticket.State.ANSWERED if answered else Ticket.State.IN_PROGRESS
            ticket.answered_at = now if answered else None
        detail: dict[str, str] = {"then": self.then}
        if ticket.paused_until is not None:
            detail["until"] = ticket.paused_until.isoformat()
        add_entry(ticket, Kind.REPLY, actor.person, self.text, channel=self.channel, detail=detail, at=now)
        return ticket


@dataclass
class ResumeTicket(OnTicket):
    """Go on: the customer answered, or waited for longer than agreed."""

    name = "ticket.resume"
    step = "resume"
    ticket: UUID
    words: str = ""
    limit: bool = False

    def perform(self, actor: Actor) -> Ticket:
        ticket = find_ticket(self.ticket)
        resume_clock(ticket)
        ticket.state = Ticket.State.IN_PROGRESS
        if self.words.strip():
            add_entry(ticket, Kind.WORDS, actor.person, self.words)
        detail = {"because": "limit"} if self.limit else {"because": "answer"}
        add_entry(ticket, Kind.RESUMED, actor.person, detail=detail)
        return ticket
