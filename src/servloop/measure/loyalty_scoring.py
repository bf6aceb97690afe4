"""Scorings: how answers become a loyalty or satisfaction figure.

Every scoring makes of each answer a number whose mean is the figure: −100, 0 or 100 for a net figure, 0 or 1
for a share, the answer itself for a mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray

Scale = tuple[float, float]

NPS_SCALES: tuple[Scale, ...] = ((0, 10), (1, 10))


@dataclass(frozen=True)
class Scoring:
    """How answers become a figure.

    Attributes:
        kind: ``net`` (classes −1, 0, 1, in percentage points), ``share`` (0 or 1) or ``mean``.
        classes: name of each class → rule on (answers, scale) that says which answers are in it. For
            ``net``: high, middle and low class in this order; for ``share``: the class counted first.
        scales: the scales the scoring is defined on; empty for any.
    """

    kind: str
    classes: Mapping[str, Callable[[FloatArray, Scale], FloatArray]] = field(default_factory=dict)
    scales: tuple[Scale, ...] = ()


def _between(low: float, high: float) -> Callable[[FloatArray, Scale], FloatArray]:
    return lambda x, _: ((x >= low) & (x < high)).astype(np.float64)


TOP1 = Scoring("share", {"top1": lambda x, s: (x >= s[1]).astype(np.float64)})
TOP2 = Scoring("share", {"top2": lambda x, s: (x >= s[1] - 1).astype(np.float64)})
_SCORINGS: dict[tuple[str, str], Scoring] = {
    ("nps", "net"): Scoring(
        "net",
        {"promoters": _between(9, 11), "passives": _between(7, 9), "detractors": _between(-1, 7)},
        NPS_SCALES,
    ),
    ("csat", "top1"): TOP1,
    ("csat", "top2"): TOP2,
    ("csat", "mean"): Scoring("mean"),
    ("ces", "top1"): TOP1,
    ("ces", "top2"): TOP2,
    ("ces", "mean"): Scoring("mean"),
    ("ces", "share5_7"): Scoring("share", {"share5_7": _between(5, 8)}, ((1, 7),)),
    ("ces", "net"): Scoring(
        "net", {"easy": _between(6, 8), "neutral": _between(4, 6), "difficult": _between(0, 4)}, ((1, 7),)
    ),
}
DEFAULTS: dict[str, tuple[str, Scale]] = {
    "nps": ("net", (0, 10)),
    "csat": ("top2", (1, 5)),
    "ces": ("mean", (1, 7)),
}


def scorings(metric: str) -> tuple[str, ...]:
    """The scorings a metric knows."""
    return tuple(scoring for name, scoring in _SCORINGS if name == metric)


def scoring_of(metric: str, scoring: str) -> Scoring:
    """The definition of a scoring.

    Raises:
        SpecError: ``measure.loyalty_scoring_unknown``.
    """
    if (metric, scoring) not in _SCORINGS:
        raise SpecError(
            "measure.loyalty_scoring_unknown", metric=metric, scoring=scoring, available=scorings(metric)
        )
    return _SCORINGS[metric, scoring]


def scored(values: FloatArray, definition: Scoring, scale: Scale) -> FloatArray:
    """Each answer as its contribution to the figure: the figure is the mean of these."""
    if definition.kind == "mean":
        return values
    rules = list(definition.classes.values())
    if definition.kind == "share":
        return rules[0](values, scale)
    return 100.0 * (rules[0](values, scale) - rules[2](values, scale))
