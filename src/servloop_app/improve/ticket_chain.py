"""How the chain of custody shows tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import ChainItem, ChainKind, chain_kinds, reference
from servloop_app.core.policy import Policy
from servloop_app.improve import ticket_queries
from servloop_app.improve.ticket_models import Ticket

ORDER = 40
_MEANINGS = {
    Ticket.State.NEW: "watch",
    Ticket.State.IN_PROGRESS: "info",
    Ticket.State.WAITING: "neutral",
    Ticket.State.ANSWERED: "good",
    Ticket.State.CLOSED: "good",
}


def meaning_of(state: str) -> str:
    """The meaning in which a ticket's state is shown."""
    return _MEANINGS[Ticket.State(state)]


def items(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    """The tickets among these ids that a person may see."""
    for ticket in ticket_queries.tickets(policy).filter(public_id__in=ids):
        yield ChainItem(
            reference("ticket", ticket.public_id),
            ticket.number,
            ticket.title,
            "ticket",
            (ticket.public_id,),
            Ticket.State(ticket.state).label,
            meaning_of(ticket.state),
        )


def register() -> None:
    """Make the kind known."""
    chain_kinds.add("ticket", ChainKind("ticket", _("Ticket"), ORDER, ticket_queries.PERMISSION, items))
