"""What the plan stage tells the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.core.hooks import Event


@dataclass(frozen=True)
class OpportunitiesRanked(Event):
    """Opportunities were brought up to date with the findings.

    Attributes:
        present: how many the findings speak of.
    """

    name = "opportunities.ranked"
    present: int
