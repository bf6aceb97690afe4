"""Tables of the improve stage."""

from __future__ import annotations

from servloop_app.improve.ticket_models import Level, ServiceLevel, Ticket, TicketEntry, TicketRule

__all__ = ["Level", "ServiceLevel", "Ticket", "TicketEntry", "TicketRule"]
