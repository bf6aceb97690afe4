"""What tickets tell the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.core.hooks import Event


@dataclass(frozen=True)
class TicketOverdue(Event):
    """A time limit of a ticket passed.

    Attributes:
        ticket: its public id.
        clock: ``"reply"`` or ``"resolution"``.
    """

    name = "ticket.overdue"
    ticket: str
    clock: str
