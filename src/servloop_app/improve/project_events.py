"""What projects tell the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.core.hooks import Event


@dataclass(frozen=True)
class ProjectCostsChanged(Event):
    """The ledger of a project has a new or another line.

    Attributes:
        project: public id.
    """

    name = "project.costs_changed"
    project: str
