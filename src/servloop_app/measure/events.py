"""What the measure stage tells the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.core.hooks import Event


@dataclass(frozen=True)
class MetricsRefreshed(Event):
    """Figures were computed for a state of the facts.

    Attributes:
        epoch: name of that state.
    """

    name = "metrics.refreshed"
    epoch: str
