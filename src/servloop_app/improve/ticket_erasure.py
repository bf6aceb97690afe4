"""What tickets hold about one person: handed over, and erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from servloop_app.collect.models import PersonKey
from servloop_app.core import guard
from servloop_app.core.actions import actions
from servloop_app.core.audit_log import forget
from servloop_app.core.chain import reference
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.improve.ticket_models import Ticket, TicketEntry
from servloop_app.improve.ticket_writing import Masked

_TABLES = (Ticket._meta.db_table, TicketEntry._meta.db_table)
ERASED = "—"


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
        """Empty their texts, in the audit log's details as well; also where another package deleted the key already."""
        theirs = list(tickets_of(indexes).values_list("pk", "public_id", "title"))
        titles = {title for _pk, _public_id, title in theirs} - {ERASED}
        # A ticket that was opened from an alert about one of these took its title over.
        copies = Ticket.objects.filter(source__startswith="alert:", title__in=titles)
        theirs += list(copies.values_list("pk", "public_id", "title"))
        forget([reference("ticket", public_id) for _pk, public_id, _title in theirs], _actions_with_texts())
        pks = [pk for pk, _public_id, _title in theirs]
        with guard.opening(*_TABLES):
            TicketEntry.objects.filter(ticket__in=pks).update(masked_text="", sealed_text=None)
            return Ticket.objects.filter(pk__in=pks).update(title=ERASED, person_key="")


def tickets_of(indexes: Iterable[bytes]) -> QuerySet[Ticket]:
    """Tickets of people that are not erased yet, and of those whose key another package has already deleted."""
    keys = PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True)
    known = PersonKey.objects.values("key")
    return Ticket.objects.exclude(person_key="").filter(
        Q(person_key__in=list(keys)) | ~Q(person_key__in=known)
    )


def _actions_with_texts() -> list[str]:
    return [name for name, action in actions().items() if issubclass(action, Masked)]


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("tickets", TicketData())
