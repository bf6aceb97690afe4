"""Tickets: read, opened, answered, handed over, closed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Code, Page, Recorded, Strict, Text
from servloop_app.core.actions import Action
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import ticket_queries as queries
from servloop_app.improve.actions_tickets import (
    NoteOnTicket,
    OpenTicket,
    ReplyToCustomer,
    ResumeTicket,
    TakeTicket,
    TicketFromFeedback,
)
from servloop_app.improve.actions_tickets_course import (
    CloseTicket,
    HandOver,
    LinkTicket,
    ReopenTicket,
    SetTicketLevel,
)
from servloop_app.improve.models import Ticket, TicketEntry
from servloop_app.improve.ticket_queries import ClockReader, TicketFilter
from servloop_app.improve.ticket_rules import Clock
from servloop_app.improve.ticket_writing import LONGEST_TEXT

router = Router()
LongText = Annotated[str, Field(max_length=LONGEST_TEXT)]
LevelCode = Literal["minor", "general", "serious"]


class ClockOut(Schema):
    """A clock in working seconds; ``rest`` is negative when the limit passed."""

    allowed: float
    rest: float
    due: datetime
    state: str = Field(examples=["running"])
    done_at: datetime | None

    @classmethod
    def of(cls, clock: Clock) -> "ClockOut":
        """From the library's clock."""
        return cls(**{name: getattr(clock, name) for name in cls.model_fields})


class TicketOut(Schema):
    """A ticket; its title is masked."""

    id: UUID
    number: str = Field(examples=["TK-2026-000001"])
    title: str
    unit: str = Field(examples=["beijing"])
    owner: UUID | None
    level: str = Field(examples=["general"])
    state: str = Field(examples=["new"])
    source: str = Field(examples=["feedback:7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])
    opened_at: datetime
    closed_at: datetime | None
    cause: str
    result: str
    reopened: int
    reply: ClockOut
    resolution: ClockOut

    @classmethod
    def of(cls, row: Ticket, reader: ClockReader) -> "TicketOut":
        """From the row, with its unit and owner selected."""
        named = (
            "number",
            "title",
            "level",
            "state",
            "source",
            "opened_at",
            "closed_at",
            "cause",
            "result",
            "reopened",
        )
        clocks = reader.read(row)
        return cls(
            id=row.public_id,
            unit=row.unit.code,
            owner=row.owner.public_id if row.owner else None,
            reply=ClockOut.of(clocks.reply),
            resolution=ClockOut.of(clocks.resolution),
            **{name: getattr(row, name) for name in named},
        )


class EntryOut(Schema):
    """A line of the timeline, personal data masked."""

    at: datetime
    kind: str = Field(examples=["reply"])
    author: UUID | None
    channel: str
    text: str
    masked: bool = Field(description="whether there is more to read than is shown")
    detail: dict[str, str]

    @classmethod
    def of(cls, row: TicketEntry) -> "EntryOut":
        """From the row, with its author selected."""
        return cls(
            at=row.at,
            kind=row.kind,
            author=row.author.public_id if row.author else None,
            channel=row.channel,
            text=row.masked_text,
            masked=row.sealed_text is not None,
            detail=row.detail,
        )


class TicketWithTimeline(TicketOut):
    """A ticket with everything that happened to it, the newest first."""

    entries: list[EntryOut]


class TicketsAsked(Schema):
    """Which tickets."""

    state: str = Field("all", description="open, overdue, all, or a state", max_length=20)
    unit: str = Field("", description="code of a unit, with all below it", max_length=64)
    owner: str = Field("", description="id of a person, me, or nobody", max_length=40)
    level: str = Field("", max_length=10)
    text: str = Field("", description="words of the title, or a number", max_length=80)


class OpenIn(Strict):
    """A ticket by hand (title and unit), or from a feedback record."""

    title: Text = Field("", examples=["等候太久"])
    unit: Code = Field("", examples=["beijing"])
    words: LongText = ""
    record: UUID | None = Field(None, description="id of a feedback record")
    level: LevelCode = "general"
    owner: UUID | None = None


class TextIn(Strict):
    """What to write."""

    text: LongText = Field(examples=["已联系网点"])


class ReplyIn(TextIn):
    """A reply that was given to the customer, and what follows."""

    channel: str = Field(max_length=20, examples=["phone"])
    then: Literal["answered", "go_on", "ask"] = "answered"


class ResumeIn(Strict):
    """What the customer answered."""

    words: LongText = Field("", examples=["是上午十点在三号窗口办的"])


class HandOverIn(Strict):
    """To whom, and why."""

    reason: Text = Field(examples=["原因在材料审核岗"])
    unit: str = Field("", max_length=64, examples=["shanghai"])
    person: UUID | None = None


class LevelIn(Strict):
    """Another level, and why."""

    level: LevelCode
    reason: Text = Field(examples=["涉及多位客户"])


class CloseIn(TextIn):
    """How it ended."""

    cause: str = Field(max_length=20, examples=["process"])
    result: str = Field(max_length=20, examples=["solved"])


class ReasonIn(Strict):
    """Why."""

    reason: Text = Field(examples=["客户表示问题再次出现"])


class LinkIn(Strict):
    """What it belongs to."""

    target: str = Field(max_length=80, examples=["opportunity:7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])


@router.get("", response=Page[TicketOut])
@policy(queries.PERMISSION)
def list_tickets(request: HttpRequest, window: Query[Window], asked: Query[TicketsAsked]) -> Page[TicketOut]:
    """Tickets of the caller's units; open ones by what runs out first, others by the newest change."""
    found = queries.tickets(policy_of(request), TicketFilter(**asked.dict()))
    reader = ClockReader()
    cut = found[window.offset : window.offset + window.limit]
    return Page[TicketOut](items=[TicketOut.of(row, reader) for row in cut], total=found.count())


@router.get("/{ticket}", response=TicketWithTimeline)
@policy(queries.PERMISSION)
def read_ticket(request: HttpRequest, ticket: UUID) -> TicketWithTimeline:
    """One ticket with its timeline."""
    row = queries.one_ticket(policy_of(request), ticket)
    entries = [EntryOut.of(entry) for entry in queries.timeline(row)]
    return TicketWithTimeline(**TicketOut.of(row, ClockReader()).dict(), entries=entries)


@router.post("", response={201: Recorded})
@policy("tickets.edit")
def open_ticket(request: HttpRequest, given: OpenIn) -> Status[Recorded]:
    """Open a ticket by hand, or from a feedback record."""
    if given.record is not None:
        action: Action[Ticket] = TicketFromFeedback(given.record, given.level, given.owner)
    else:
        action = OpenTicket(given.title, given.unit, given.level, given.words, given.owner)
    return Status(201, carry_out(request, action))


@router.post("/{ticket}/take", response=Recorded)
@policy("tickets.edit")
def take(request: HttpRequest, ticket: UUID) -> Recorded:
    """Take a ticket on oneself."""
    return carry_out(request, TakeTicket(_seen(request, ticket)))


@router.post("/{ticket}/notes", response=Recorded)
@policy("tickets.edit")
def note(request: HttpRequest, ticket: UUID, given: TextIn) -> Recorded:
    """Write a note for colleagues."""
    return carry_out(request, NoteOnTicket(_seen(request, ticket), given.text))


@router.post("/{ticket}/replies", response=Recorded)
@policy("tickets.edit")
def reply(request: HttpRequest, ticket: UUID, given: ReplyIn) -> Recorded:
    """Put a reply on record that was given to the customer; nothing is sent."""
    action = ReplyToCustomer(_seen(request, ticket), given.text, given.channel, given.then)
    return carry_out(request, action)


@router.post("/{ticket}/resume", response=Recorded)
@policy("tickets.edit")
def resume(request: HttpRequest, ticket: UUID, given: ResumeIn) -> Recorded:
    """The customer answered: the clock runs again."""
    return carry_out(request, ResumeTicket(_seen(request, ticket), given.words))


@router.post("/{ticket}/hand-over", response=Recorded)
@policy("tickets.edit")
def hand_over(request: HttpRequest, ticket: UUID, given: HandOverIn) -> Recorded:
    """Give it to another person or unit, with all of its history."""
    action = HandOver(_seen(request, ticket), given.reason, given.unit, given.person)
    return carry_out(request, action)


@router.put("/{ticket}/level", response=Recorded)
@policy("tickets.edit")
def level(request: HttpRequest, ticket: UUID, given: LevelIn) -> Recorded:
    """Call it more or less serious; its time limits follow."""
    return carry_out(request, SetTicketLevel(_seen(request, ticket), given.level, given.reason))


@router.post("/{ticket}/links", response=Recorded)
@policy("tickets.edit")
def link(request: HttpRequest, ticket: UUID, given: LinkIn) -> Recorded:
    """Say which finding, opportunity or project it belongs to."""
    return carry_out(request, LinkTicket(_seen(request, ticket), given.target))


@router.post("/{ticket}/close", response=Recorded)
@policy("tickets.edit")
def close(request: HttpRequest, ticket: UUID, given: CloseIn) -> Recorded:
    """Close it with cause and result."""
    return carry_out(request, CloseTicket(_seen(request, ticket), given.cause, given.result, given.text))


@router.post("/{ticket}/reopen", response=Recorded)
@policy("tickets.edit")
def reopen(request: HttpRequest, ticket: UUID, given: ReasonIn) -> Recorded:
    """Open it again; the time to settle it starts anew."""
    return carry_out(request, ReopenTicket(_seen(request, ticket), given.reason))


def _seen(request: HttpRequest, ticket: UUID) -> UUID:
    """The id again, if the caller may know of the ticket."""
    return queries.one_ticket(policy_of(request), ticket).public_id
