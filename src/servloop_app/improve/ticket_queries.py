"""Reading tickets, limited to what a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import Case, DateTimeField, F, Q, QuerySet, When
from django.utils import timezone

from servloop.monitor.calendar import WorkingCalendar
from servloop_app.core.calendars import calendar_of
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, Person
from servloop_app.core.permissions import ROLES
from servloop_app.core.policy import Policy, scoped
from servloop_app.improve.actions_tickets_system import overdue
from servloop_app.improve.ticket_models import Ticket, TicketEntry
from servloop_app.improve.ticket_rules import Clock, clock

PERMISSION = "tickets.view"
OPEN = (Ticket.State.NEW, Ticket.State.IN_PROGRESS, Ticket.State.WAITING)


@dataclass(frozen=True)
class TicketFilter:
    """What a list of tickets shows.

    Attributes:
        state: a state, ``"open"`` for all that somebody has to see to, ``"overdue"``, or ``"all"``.
        unit: code of a unit, with all below it; empty for all.
        owner: public id of a person, ``"me"``, ``"nobody"``, or empty for all.
        level: a level, or empty for all.
        text: words of the title, or a number.
    """

    state: str = "open"
    unit: str = ""
    owner: str = ""
    level: str = ""
    text: str = ""


def tickets(policy: Policy, asked: TicketFilter | None = None) -> QuerySet[Ticket]:
    """Tickets of the units that a person may see, the most urgent first."""
    found = scoped(Ticket, policy, PERMISSION).select_related("unit", "owner")
    asked = asked or TicketFilter("all")
    if asked.state == "open":
        found = found.filter(state__in=OPEN)
    elif asked.state == "overdue":
        found = found.filter(overdue(timezone.now()))
    elif asked.state in Ticket.State.values:
        found = found.filter(state=asked.state)
    if asked.unit:
        ids = {code: unit for unit, code in policy.tree.codes.items()}
        below = list(policy.tree.subtree(ids[asked.unit])) if asked.unit in ids else []
        found = found.filter(unit__in=below)
    if asked.owner:
        found = found.filter(_owned(policy, asked.owner))
    if asked.level:
        found = found.filter(level=asked.level)
    if asked.text:
        found = found.filter(Q(title__icontains=asked.text) | Q(number__iexact=asked.text))
    if asked.state in {"open", "overdue", *OPEN}:
        return found.annotate(next_due=_next_due()).order_by("next_due", "pk")
    return found.order_by("-changed_at", "-pk")


def _next_due() -> Case:
    """The clock that runs out first: the reply's until there was one, then the resolution's."""
    return Case(
        When(first_replied_at=None, reply_due__lt=F("resolution_due"), then=F("reply_due")),
        default=F("resolution_due"),
        output_field=DateTimeField(),
    )


def _owned(policy: Policy, owner: str) -> Q:
    if owner == "me":
        return Q(owner=policy.person) if policy.person else Q(pk__in=[])
    if owner == "nobody":
        return Q(owner=None)
    try:
        return Q(owner__public_id=UUID(owner))
    except ValueError:
        return Q(pk__in=[])


def one_ticket(policy: Policy, public_id: UUID) -> Ticket:
    """One ticket.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = tickets(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("ticket", public_id)
    return found


def timeline(ticket: Ticket) -> list[TicketEntry]:
    """Everything that happened to a ticket, the newest first."""
    return list(ticket.entries.select_related("author").order_by("-place"))


@dataclass(frozen=True)
class Clocks:
    """Both clocks of a ticket."""

    reply: Clock
    resolution: Clock

    @property
    def next(self) -> Clock:
        """The one that runs out first among those still running; else that of the resolution."""
        waiting = [one for one in (self.reply, self.resolution) if one.done_at is None]
        return min(waiting, key=lambda one: one.due, default=self.resolution)


class ClockReader:
    """Reads the clocks of many tickets at one moment; calendars are looked up once a unit."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or timezone.now()
        self._calendar = cache(calendar_of)

    def calendar(self, ticket: Ticket) -> WorkingCalendar:
        """Working time of the ticket's unit."""
        return self._calendar(ticket.unit_id)

    def read(self, ticket: Ticket) -> Clocks:
        """What both clocks say."""
        calendar = self.calendar(ticket)
        return Clocks(
            clock(
                calendar, ticket.reply_allowed, ticket.reply_due, self.now, done_at=ticket.first_replied_at
            ),
            clock(
                calendar,
                ticket.resolution_allowed,
                ticket.resolution_due,
                self.now,
                done_at=ticket.answered_at,
                paused_at=ticket.paused_at,
                due_before_pause=ticket.due_before_pause,
            ),
        )


def ticket_of(source: str) -> Ticket | None:
    """The ticket that was opened from an object, whoever may see it."""
    return Ticket.objects.filter(source=source).select_related("unit").first()


def possible_owners(policy: Policy, unit: int) -> list[Person]:
    """People who may see to tickets of a unit, by name."""
    roles = [role for role, held in ROLES.items() if "tickets.edit" in held]
    path = policy.tree.path(unit)
    today = policy.on
    ids = Assignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=today), role__in=roles, unit__in=path, valid_from__lte=today
    ).values_list("person_id", flat=True)
    people = Person.objects.filter(pk__in=set(ids), is_active=True)
    return [person for person in people if _policy_in(policy, person).may("tickets.edit", unit)]


def _policy_in(policy: Policy, person: Person) -> Policy:
    """Somebody's rights over a tree that is read already."""
    held = Policy(person, policy.on)
    held.tree = policy.tree
    return held


def due_for(policy: Policy) -> QuerySet[Ticket]:
    """The person's own open tickets, the most urgent first."""
    return tickets(policy, TicketFilter("open", owner="me"))


def unowned(policy: Policy) -> QuerySet[Ticket]:
    """Open tickets without an owner in units where the person may take or hand them out."""
    units = policy.units("tickets.edit")
    return tickets(policy, TicketFilter("open", owner="nobody")).filter(unit__in=units)
