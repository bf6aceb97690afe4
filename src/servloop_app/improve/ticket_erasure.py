"""What tickets hold about one person: handed over, and erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from servloop_app.collect.models import PersonKey
from servloop_app.core import guard
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.improve.ticket_models import Ticket, TicketEntry

_TABLES = (Ticket._meta.db_table, TicketEntry._meta.db_table)
_ERASED = "—"


class TicketData:
    """Texts of a person's tickets. That there was a ticket, when and how it ended, stays: it is no longer theirs."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """The tickets with everything written in them, masked."""
        keys = PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True)
        held = Ticket.objects.filter(person_key__in=list(keys)).prefetch_related("entries")
        return [
            {
                "kind": "ticket",
                "number": ticket.number,
                "time": ticket.opened_at.isoformat(),
                "title": ticket.title,
                "texts": [entry.masked_text for entry in ticket.entries.all() if entry.masked_text],
            }
            for ticket in held
        ]

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Empty their texts; also those of people whose key another package has already deleted."""
        keys = PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True)
        known = PersonKey.objects.values("key")
        theirs = Q(person_key__in=list(keys)) | ~Q(person_key__in=known)
        tickets = list(Ticket.objects.exclude(person_key="").filter(theirs).values_list("pk", flat=True))
        with guard.opening(*_TABLES):
            TicketEntry.objects.filter(ticket__in=tickets).update(masked_text="", sealed_text=None)
            return Ticket.objects.filter(pk__in=tickets).update(title=_ERASED, person_key="")


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("tickets", TicketData())
