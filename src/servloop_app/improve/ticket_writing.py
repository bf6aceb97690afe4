"""What several actions on tickets share: opening one, and adding to its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from servloop_app.core.actions import Action
from servloop_app.core.calendars import calendar_of
from servloop_app.core.chain import connect, reference
from servloop_app.core.encryption import seal_text
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.masking import masked
from servloop_app.core.models import Person, Unit
from servloop_app.core.numbering import next_number
from servloop_app.core.policy import Policy
from servloop_app.improve.ticket_models import Level, ServiceLevel, Ticket, TicketEntry
from servloop_app.improve.ticket_rules import DEFAULT_HOURS, Hours, due_after
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue

PREFIX = "TK"
LONGEST_TITLE = 200
LONGEST_TEXT = 8000
_HOUR = 3600
PERMISSION = "tickets.edit"
STORE_JOB = "ticket.store"
_STORE_AFTER = timedelta(seconds=60)
_TEXTS = ("title", "words", "text", "reason")
Outcome = TypeVar("Outcome")


class Masked(Action[Outcome]):
    """An action whose texts may hold personal data: the log keeps what they say masked."""

    def recorded(self) -> dict[str, Any]:
        """The fields with personal data in texts replaced."""
        shown = super().recorded()
        return {name: masked(value) if name in _TEXTS else value for name, value in shown.items()}


@dataclass
class Opening:
    """A ticket about to be opened.

    Attributes:
        title: what it is about, in a few words.
        unit: who has to see to it.
        level: how serious it is.
        source: reference of what it was opened from; empty when somebody opened it by hand.
        words: what the customer said, where that is not kept elsewhere.
        owner: who takes it on, if that is known.
        person_key: the customer, as in the facts.
        at: when; now unless given.
    """

    title: str
    unit: Unit
    level: str
    source: str = ""
    words: str = ""
    owner: Person | None = None
    person_key: str = ""
    at: datetime | None = None


def hours_of(level: str) -> Hours:
    """Working hours of a level: as people set them, else as they ship."""
    row = ServiceLevel.objects.filter(level=level).first()
    return (
        DEFAULT_HOURS[level] if row is None else Hours(row.reply_hours, row.resolution_hours, row.pause_hours)
    )


def open_ticket(opening: Opening, author: Person | None) -> Ticket:
    """Write a ticket with its first entries; only inside an action."""
    at = opening.at or timezone.now()
    hours = hours_of(opening.level)
    calendar = calendar_of(opening.unit.pk)
    ticket = Ticket.objects.create(
        number=next_number(PREFIX),
        title=masked(opening.title.strip())[:LONGEST_TITLE],
        unit=opening.unit,
        owner=opening.owner,
        level=opening.level,
        state=Ticket.State.IN_PROGRESS if opening.owner else Ticket.State.NEW,
        source=opening.source,
        person_key=opening.person_key,
        opened_by=author,
        opened_at=at,
        changed_at=at,
        reply_allowed=round(hours.reply * _HOUR),
        resolution_allowed=round(hours.resolution * _HOUR),
        reply_due=due_after(calendar, at, hours.reply),
        resolution_due=due_after(calendar, at, hours.resolution),
    )
    if opening.source:
        connect(opening.source, reference("ticket", ticket.public_id))
    detail = {"source": opening.source, "level": opening.level, "unit": opening.unit.code}
    if opening.owner:
        detail["to"] = str(opening.owner.public_id)
    add_entry(ticket, TicketEntry.Kind.OPENED, author, at=at, detail=detail)
    if opening.words.strip():
        add_entry(ticket, TicketEntry.Kind.WORDS, author, opening.words, at=at)
    return ticket


def add_entry(
    ticket: Ticket,
    kind: str,
    author: Person | None,
    text: str = "",
    *,
    at: datetime | None = None,
    channel: str = "",
    detail: dict[str, Any] | None = None,
) -> TicketEntry:
    """Add a line to a timeline; what it says is kept masked, and sealed in clear where masking changed it."""
    text = text.strip()
    at = at or timezone.now()
    last = ticket.entries.aggregate(last=Max("place"))["last"]
    entry = TicketEntry(
        ticket=ticket,
        place=0 if last is None else last + 1,
        at=at,
        kind=kind,
        author=author,
        channel=channel,
        masked_text=masked(text),
        detail=detail or {},
    )
    if entry.masked_text != text:
        seal_text(entry, "sealed_text", text)  # its key is known before it is saved
    entry.save(force_insert=True)
    ticket.changed_at = at
    ticket.save()
    _have_stored()
    return entry


def _have_stored() -> None:
    """Have tickets carried into the facts soon; one run in the queue does for all changes until then."""
    if not Run.objects.filter(kind=STORE_JOB, state=Run.State.QUEUED).exists():
        enqueue(STORE_JOB, {}, "tickets", run_after=timezone.now() + _STORE_AFTER)


def check_text(text: str, code: str, limit: int = LONGEST_TEXT) -> None:
    """Refuse a text that is missing or too long.

    Raises:
        ActionError: the code for a missing one, `core.text_too_long`.
    """
    if not text.strip():
        raise ActionError(code)
    if len(text) > limit:
        raise ActionError("core.text_too_long", limit=limit, received=len(text))


def check_level(level: str) -> None:
    """Refuse what is no level.

    Raises:
        ActionError: `core.choice_unknown`.
    """
    if level not in Level.values:
        raise ActionError("core.choice_unknown", value=level, choices=list(Level.values))


def owner_of(person: UUID, unit: Unit) -> Person:
    """Somebody who may see to tickets of a unit.

    Raises:
        NotFound: there is no such person.
        ActionError: `tickets.owner_without_right`.
    """
    found = Person.objects.filter(public_id=person, is_active=True).first()
    if found is None:
        raise NotFound("person", person)
    if not Policy(found).may(PERMISSION, unit.pk):
        raise ActionError("tickets.owner_without_right", person=str(found), unit=str(unit))
    return found
