"""A scorecard as plain values: what forms and the API give, checked before anything is stored."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from servloop.errors import SpecError
from servloop.measure.scorecard import Indicator, attainment
from servloop.measure.scorecard_templates import StarterCard
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.models import Metric
from servloop_app.measure.scorecard_models import BalancedScorecard

_LONGEST_NAME = 200
MOST_PERSPECTIVES, MOST_INDICATORS = 8, 30
FULL = 100.0  # what weights are meant to add up to; others are brought to it, and the page says so


@dataclass
class CardIndicator:
    """One indicator of a card.

    Attributes:
        metric: its code.
        weight: within its perspective.
        target: to reach in the direction of the metric; the lower end for a metric with a band. Empty: the metric's own.
        target_high: upper end of a band.
        worst: where nothing of the target is reached; empty: attainment is the ratio to the target.
    """

    metric: str
    weight: float = 1.0
    target: float | None = None
    target_high: float | None = None
    worst: float | None = None


@dataclass
class CardPerspective:
    """A perspective with its weight and its indicators."""

    name: LocalizedText
    weight: float = 1.0
    indicators: list[CardIndicator] = field(default_factory=list)


@dataclass
class CardDefinition:
    """All that defines a scorecard, in JSON-ready types; ``unit`` is empty for the organisation as a whole."""

    name: LocalizedText
    perspectives: list[CardPerspective]
    unit: str = ""
    judgements: dict[str, float] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what could not be scored.

        Raises:
            ActionError, SpecError: which entry, what was received, what exists.
        """
        if not self.name or not all(one.name for one in self.perspectives):
            raise ActionError("measure_app.name_missing")
        names = [self.name, *(one.name for one in self.perspectives)]
        longest = max(len(text) for name in names for text in (name.zh, name.en))
        if longest > _LONGEST_NAME:
            raise ActionError("core.text_too_long", limit=_LONGEST_NAME, received=longest)
        indicators = [one for part in self.perspectives for one in part.indicators]
        if not indicators or not all(part.indicators for part in self.perspectives):
            raise ActionError("scorecards.without_indicators")
        if len(self.perspectives) > MOST_PERSPECTIVES or len(indicators) > MOST_INDICATORS:
            raise ActionError(
                "scorecards.too_many", perspectives=MOST_PERSPECTIVES, indicators=MOST_INDICATORS
            )
        codes = [one.metric for one in indicators]
        doubled = sorted({code for code in codes if codes.count(code) > 1})
        if doubled:
            raise ActionError("scorecards.metric_twice", metrics=doubled)
        known = {metric.code: metric for metric in Metric.objects.filter(code__in=codes)}
        absent = [code for code in codes if code not in known]
        if absent:
            raise ActionError("scorecards.metric_unknown", metrics=absent)
        groups = [[part.weight for part in self.perspectives]]
        groups += [[one.weight for one in part.indicators] for part in self.perspectives]
        for weights in groups:
            if any(not math.isfinite(w) or w < 0 for w in weights) or not sum(weights):
                raise SpecError("assess.weights_not_positive", received=weights)
        for one in indicators:
            checked_target(one, known[one.metric])
        self._check_judgements(codes)

    def _check_judgements(self, codes: list[str]) -> None:
        for pair, value in self.judgements.items():
            first, _, second = pair.partition(":")
            if first not in codes or second not in codes or first == second:
                raise ActionError("scorecards.judgement_unknown", received=pair[:120])
            if not 1 / 9 - 1e-9 <= value <= 9:
                raise ActionError("scorecards.judgement_out_of_range", received=value)

    def stored(self) -> dict[str, Any]:
        """As kept of a version."""
        kept: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        kept["name"] = self.name.to_dict()
        for part, given in zip(kept["perspectives"], self.perspectives, strict=True):
            part["name"] = given.name.to_dict()
        return kept

    @classmethod
    def of(cls, card: BalancedScorecard) -> CardDefinition:
        """The definition of a card as it is."""
        return cls(
            card.name,
            [
                CardPerspective(
                    LocalizedText.of(part["name"]),
                    part["weight"],
                    [CardIndicator(**one) for one in part["indicators"]],
                )
                for part in card.perspectives
            ],
            card.unit.code if card.unit else "",
            dict(card.judgements),
        )

    @classmethod
    def of_starter(cls, starter: StarterCard) -> CardDefinition:
        """A card that ships, as a first definition."""
        return cls(
            LocalizedText.of(dict(starter.names)),
            [
                CardPerspective(
                    LocalizedText.of(dict(part.names)),
                    part.weight,
                    [
                        CardIndicator(
                            one.metric,
                            one.weight,
                            one.target[0],
                            one.target[1] if len(one.target) > 1 else None,
                            one.worst,
                        )
                        for one in part.indicators
                    ],
                )
                for part in starter.perspectives
            ],
        )


_ADAPTER = TypeAdapter(CardDefinition)


def target_of(one: CardIndicator, metric: Metric) -> tuple[float | None, float | None]:
    """Target of an indicator: its own, else the metric's; (lower end, upper end), both for a band."""
    if metric.direction == Metric.Direction.BAND:
        low = metric.target_min if one.target is None else one.target
        high = metric.target_max if one.target_high is None else one.target_high
        return low, high
    of_metric = metric.target_min if metric.direction == Metric.Direction.HIGHER else metric.target_max
    return (of_metric if one.target is None else one.target), None


def indicator_of(one: CardIndicator, metric: Metric, actual: float | None = None) -> Indicator | None:
    """The library's indicator; None when nobody set a target.

    Args:
        one: as on the card.
        metric: of its code.
        actual: value of the period; None without one.
    """
    low, high = target_of(one, metric)
    if metric.direction == Metric.Direction.BAND:
        if low is None or high is None:
            return None
        return Indicator(one.metric, one.weight, "band", (low, high), one.worst, actual)
    if low is None:
        return None
    return Indicator(one.metric, one.weight, metric.direction, low, one.worst, actual)


def checked_target(one: CardIndicator, metric: Metric) -> None:
    """Refuse a target that its direction cannot use.

    Raises:
        SpecError: `assess.target_unusable` and its kin.
    """
    found = indicator_of(one, metric)
    if found is not None:
        attainment(found)
