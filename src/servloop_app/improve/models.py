"""Tables of the improve stage."""

from __future__ import annotations

from servloop_app.improve.project_models import Project, ProjectAction, ProjectCost, ProjectStep
from servloop_app.improve.ticket_models import (
    Level,
    ServiceLevel,
    Ticket,
    TicketEntry,
    TicketFacts,
    TicketRule,
)

__all__ = [
    "Level",
    "Project",
    "ProjectAction",
    "ProjectCost",
    "ProjectStep",
    "ServiceLevel",
    "Ticket",
    "TicketEntry",
    "TicketFacts",
    "TicketRule",
]
