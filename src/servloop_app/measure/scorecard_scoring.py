"""Scoring a card for a selection: the figures of its metrics, the targets, the library's arithmetic, the intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from servloop.measure.scorecard import Indicator, Perspective, ScoredNode, attainment, scorecard
from servloop.measure.scorecard import Scorecard as Scored
from servloop.measure.scorecard_interval import CardInterval, card_interval
from servloop.results import Estimate
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.measure.scorecard_definitions import CardDefinition, CardIndicator, indicator_of, target_of
from servloop_app.measure.selection import Selection

NO_METHOD = "scorecard"
Figures = Mapping[str, Estimate]


@dataclass(frozen=True)
class ScoredIndicator:
    """One indicator of a scored card.

    Attributes:
        metric: whose figure.
        given: as on the card.
        figure: of the selection; its reason says why there is no value.
        target: lower and upper end; one of them for a metric with a direction.
        node: attainment, weights and contribution; None when it has no target.
        ends: attainment at the two ends of the figure's interval; None without an interval.
        lights: there; more than one when the interval leaves it open.
    """

    metric: Metric
    given: CardIndicator
    figure: Estimate
    target: tuple[float | None, float | None]
    node: ScoredNode | None
    ends: tuple[float, float] | None
    lights: tuple[str, ...]

    @property
    def light(self) -> str:
        """``green``, ``yellow``, ``red``; ``grey`` without value or target."""
        return self.node.light if self.node else "grey"

    @property
    def open(self) -> bool:
        """Whether the interval of the figure reaches over a limit between two lights."""
        return len(self.lights) > 1


@dataclass(frozen=True)
class ScoredPart:
    """A scored perspective; ``node`` is None when no indicator of it has a target."""

    name: str
    weight: float
    node: ScoredNode | None
    indicators: tuple[ScoredIndicator, ...]

    @property
    def light(self) -> str:
        """As of an indicator."""
        return self.node.light if self.node else "grey"


@dataclass(frozen=True)
class ScoredCard:
    """A card with its score.

    Attributes:
        parts: perspectives in order.
        total: the library's result; None when no indicator has a target.
        score: with its interval; not computable, with the reason, without any value.
        interval: lights that the figures leave open.
        uneven: sums of weights that are not 100: name of the perspective (empty for the perspectives themselves) → sum.
    """

    parts: tuple[ScoredPart, ...]
    total: Scored | None
    score: Estimate
    interval: CardInterval | None
    uneven: Mapping[str, float]

    @property
    def indicators(self) -> list[ScoredIndicator]:
        """All, in order."""
        return [one for part in self.parts for one in part.indicators]

    @property
    def missing(self) -> list[ScoredIndicator]:
        """Those without a value or a target: their weight went to the others."""
        return [one for one in self.indicators if one.light == "grey"]

    @property
    def light(self) -> str:
        """Of the whole."""
        return self.total.light if self.total else "grey"


def score(definition: CardDefinition, metrics: Mapping[str, Metric], figures: Figures) -> ScoredCard:
    """Score a card.

    Args:
        definition: of the card.
        metrics: by code.
        figures: code → figure; a metric that was never computed is not among them.
    """
    tree = _tree(definition, metrics, {code: figure.value for code, figure in figures.items()})
    parts_with_target = [part for part in tree if part.indicators]
    total = scorecard(parts_with_target) if parts_with_target else None
    interval = None
    nodes: dict[tuple[str, ...], ScoredNode] = {}
    if total is not None:
        nodes = {node.path: node for node in total.nodes}
        ends = {
            path: (figure.low, figure.high)
            for path in nodes
            if len(path) > 1
            and (figure := figures.get(path[-1])) is not None
            and figure.low is not None
            and figure.high is not None
        }
        interval = card_interval(parts_with_target, ends, total)
    parts = []
    for place, part in enumerate(definition.perspectives):
        key = str(place)
        indicators = tuple(
            ScoredIndicator(
                metrics[one.metric],
                one,
                _figure(figures.get(one.metric), metrics[one.metric]),
                target_of(one, metrics[one.metric]),
                nodes.get((key, one.metric)),
                interval.ends.get((key, one.metric)) if interval else None,
                interval.lights.get((key, one.metric), ()) if interval else (),
            )
            for one in part.indicators
            if one.metric in metrics
        )
        parts.append(ScoredPart(str(part.name), part.weight, nodes.get((key,)), indicators))
    return ScoredCard(tuple(parts), total, _score(total, interval), interval, _uneven(definition))


def _tree(
    definition: CardDefinition, metrics: Mapping[str, Metric], actuals: Mapping[str, float | None]
) -> list[Perspective]:
    """The library's card; perspectives are named by their places, indicators by their metrics."""
    found = []
    for place, part in enumerate(definition.perspectives):
        indicators = tuple(
            built
            for one in part.indicators
            if one.metric in metrics
            and (built := indicator_of(one, metrics[one.metric], actuals.get(one.metric))) is not None
        )
        found.append(Perspective(str(place), part.weight, indicators))
    return found


def _figure(figure: Estimate | None, metric: Metric) -> Estimate:
    """The figure, or why there is none."""
    if figure is not None:
        return figure
    return Estimate.not_computable(
        0, "scorecards.not_computed" if metric.computable else "scorecards.needs_data"
    )


def _score(total: Scored | None, interval: CardInterval | None) -> Estimate:
    if total is None:
        return Estimate.not_computable(0, "scorecards.no_targets", method=NO_METHOD)
    if total.score is None:
        return Estimate.not_computable(
            0, "assess.card_without_values", method=NO_METHOD, indicators=total.indicators
        )
    return Estimate(
        total.score,
        total.n,
        interval.low if interval else None,
        interval.high if interval else None,
        "scorecard, error_propagation",
    )


def _uneven(definition: CardDefinition) -> dict[str, float]:
    """Weights that do not add up to 100; all equal to 1 means "equal" and is no oversight."""
    found = {}
    groups = {"": [part.weight for part in definition.perspectives]}
    groups |= {str(part.name): [one.weight for one in part.indicators] for part in definition.perspectives}
    for name, weights in groups.items():
        if set(weights) != {1.0} and abs(sum(weights) - 100) > 0.05:
            found[name] = sum(weights)
    return found


def figures_of(
    cells: Mapping[str, Cells], selection: Selection, units: frozenset[str] | None = None
) -> dict[str, Estimate]:
    """The bare figures of a selection, by metric."""
    return {code: one.value(selection, units) for code, one in cells.items()}


def by_month(
    definition: CardDefinition,
    metrics: Mapping[str, Metric],
    cells: Mapping[str, Cells],
    selection: Selection,
    units: frozenset[str] | None = None,
) -> list[tuple[dt.date, ScoredCard]]:
    """The card month by month."""
    return [
        (dt.date.fromisoformat(month), scored)
        for month, scored in _grouped(
            definition, metrics, lambda code: cells[code].estimates("month", selection, units), cells
        ).items()
    ]


def by_unit(
    definition: CardDefinition,
    metrics: Mapping[str, Metric],
    cells: Mapping[str, Cells],
    selection: Selection,
    units: frozenset[str] | None = None,
) -> dict[str, ScoredCard]:
    """The card of every unit that has rows, by code."""
    found = _grouped(
        definition, metrics, lambda code: cells[code].estimates("unit_code", selection, units), cells
    )
    return {code: scored for code, scored in found.items() if code}


def _grouped(
    definition: CardDefinition,
    metrics: Mapping[str, Metric],
    estimates: Callable[[str], dict[str, Estimate]],
    cells: Mapping[str, Cells],
) -> dict[str, ScoredCard]:
    figures: dict[str, dict[str, Estimate]] = {}
    for code in cells:
        for group, figure in estimates(code).items():
            figures.setdefault(group, {})[code] = figure
    return {group: score(definition, metrics, own) for group, own in sorted(figures.items())}


def attained(one: CardIndicator, metric: Metric, figure: Estimate) -> tuple[float, float] | None:
    """Attainment in per cent with its standard error (from the ends of the figure's interval); None without one."""
    built: Indicator | None = indicator_of(one, metric, figure.value)
    value = attainment(built) if built is not None else None
    if built is None or value is None:
        return None
    if figure.low is None or figure.high is None:
        return 100 * value, 0.0
    ends = [attainment(replace(built, actual=end)) or 0.0 for end in (figure.low, figure.high)]
    return 100 * value, 100 * abs(ends[1] - ends[0]) / (2 * 1.959964)
