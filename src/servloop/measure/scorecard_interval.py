"""How sure the score of a card is: the intervals of its figures, carried through attainment and weights.

Each indicator moves the score by half the way between its two ends; the moves of independent figures add up as squares
(propagation of errors, GUM 2008, section 5.1). Figures that rise and fall together make the true interval wider.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from servloop.measure.scorecard import Indicator, Perspective, Scorecard, attainment, light_of, scorecard

METHOD = "error_propagation"


@dataclass(frozen=True)
class CardInterval:
    """The interval of a score, and the lights that the intervals of the figures leave open.

    Attributes:
        low, high: of the score; None where no figure has an interval.
        ends: path of an indicator → its attainment at the two ends of its interval, lower first.
        lights: path of an indicator → the lights there, worst first; one light when both agree.
        light: of the whole, at the two ends of the score.
    """

    low: float | None
    high: float | None
    ends: Mapping[tuple[str, ...], tuple[float, float]]
    lights: Mapping[tuple[str, ...], tuple[str, ...]]
    light: tuple[str, ...]


def card_interval(
    perspectives: Sequence[Perspective],
    intervals: Mapping[tuple[str, ...], tuple[float, float]],
    scored: Scorecard | None = None,
) -> CardInterval:
    """The interval of a card's score.

    Args:
        perspectives: the card, as scored.
        intervals: path of an indicator → both ends of its figure's interval (in the figure's unit).
        scored: the scored card, if it is at hand.

    Raises:
        SpecError: as `servloop.measure.scorecard.scorecard`.
    """
    scored = scored or scorecard(perspectives)
    effective = {node.path: node.effective_weight for node in scored.nodes if node.kind == "indicator"}
    squares = 0.0
    attained: dict[tuple[str, ...], tuple[float, float]] = {}
    lights: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path, (low, high) in intervals.items():
        indicator = _indicator(perspectives, path)
        if indicator.actual is None:
            continue
        ends = sorted(attainment(replace(indicator, actual=end)) or 0.0 for end in (low, high))
        squares += (100 * effective[path] * (ends[1] - ends[0]) / 2) ** 2
        attained[path] = (ends[0], ends[1])
        lights[path] = tuple(dict.fromkeys(light_of(end) for end in ends))
    if scored.score is None or not squares:
        return CardInterval(None, None, attained, lights, () if scored.score is None else (scored.light,))
    half = math.sqrt(squares)
    low, high = max(scored.score - half, 0.0), scored.score + half
    return CardInterval(
        low, high, attained, lights, tuple(dict.fromkeys(light_of(end / 100) for end in (low, high)))
    )


def _indicator(perspectives: Sequence[Perspective], path: tuple[str, ...]) -> Indicator:
    found = next(one for one in perspectives if one.name == path[0])
    for name in path[1:-1]:
        found = next(one for one in found.branches if one.name == name)
    return next(one for one in found.indicators if one.name == path[-1])
