"""Balanced scorecard (Kaplan & Norton 1992): perspectives, a tree of indicators, targets, traffic lights.

score = Σ weight of the perspective · Σ weight of the indicator · attainment; attainment is actual ÷ target where
higher is better, target ÷ actual or a linear scale where lower is, and full inside a band. It is held between 0 and
120 % so that one indicator cannot hide the others. An indicator without a value gives its weight to its siblings and
is named; a perspective without any value gives its weight to the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from servloop.errors import SpecError
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

DIRECTIONS = ("higher", "lower", "band")
#: Attainment is held within these, as a share of the target.
FLOOR, CEILING = 0.0, 1.2
#: From this attainment on the light is green, from the second on yellow, else red.
GREEN, YELLOW = 1.0, 0.9


@dataclass(frozen=True)
class Indicator:
    """One indicator as declared.

    Attributes:
        name: its name.
        weight: within its perspective.
        direction: ``higher``, ``lower`` or ``band``.
        target: the number to reach; for a band the two ends.
        worst: where attainment is 0 on a linear scale (optional): for ``lower`` the slow end, for ``higher`` the
            starting point, for a band the distance outside it that counts as nothing.
        actual: what was reached; None when there is no value.
    """

    name: str
    weight: float = 1.0
    direction: str = "higher"
    target: float | tuple[float, float] = 1.0
    worst: float | None = None
    actual: float | None = None


@dataclass(frozen=True)
class Perspective:
    """A perspective (or a branch of the tree): its weight among its siblings, its indicators and branches."""

    name: str
    weight: float = 1.0
    indicators: tuple[Indicator, ...] = ()
    branches: tuple[Perspective, ...] = ()


@dataclass(frozen=True)
class ScoredNode:
    """A scored perspective or indicator.

    Attributes:
        path: names from the perspective down.
        kind: ``perspective`` or ``indicator``.
        weight: share of the whole card as declared; ``effective_weight`` after missing values were passed on.
        attainment: share of the target, 0 … 1.2; None without a value.
        contribution: effective weight · attainment, in points of 100.
        light: ``green``, ``yellow``, ``red``, or ``grey`` without a value.
        actual, target: of an indicator.
    """

    path: tuple[str, ...]
    kind: str
    weight: float
    effective_weight: float
    attainment: float | None
    contribution: float | None
    light: str
    actual: float | None = None
    target: float | tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Scorecard(Result):
    """The scored card.

    Attributes:
        score: 0 … 120 points; None when no indicator has a value (``reason``).
        light: of the whole.
        nodes: perspectives and indicators, depth first in the order declared.
        n: indicators with a value, of ``indicators``.
        coverage: declared weight of the indicators that have a value.
    """

    score: float | None
    light: str
    nodes: tuple[ScoredNode, ...]
    n: int
    indicators: int
    coverage: float
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row a node."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "node": " / ".join(node.path),
                    "kind": node.kind,
                    "weight": node.weight,
                    "effective_weight": node.effective_weight,
                    "attainment": node.attainment,
                    "contribution": node.contribution,
                    "light": node.light,
                    "actual": node.actual,
                }
                for node in self.nodes
            ],
            infer_schema_length=None,
        )


def attainment(indicator: Indicator) -> float | None:
    """Share of the target reached, between 0 and 1.2; None without a value.

    Raises:
        SpecError: a target that its direction cannot use (0 for a ratio, a band with its ends swapped), or an actual
            of 0 or less for ``lower`` without a ``worst``.
    """
    _check_indicator(indicator)
    actual, target = indicator.actual, indicator.target
    if actual is None or not math.isfinite(actual):
        return None
    if isinstance(target, tuple):
        outside = max(target[0] - actual, actual - target[1], 0.0)
        if outside == 0:
            return 1.0
        reach = indicator.worst if indicator.worst is not None else target[1] - target[0]
        return max(FLOOR, 1 - outside / reach) if reach > 0 else FLOOR
    if indicator.worst is not None:
        value = (actual - indicator.worst) / (target - indicator.worst)
    elif indicator.direction == "higher":
        value = actual / target
    else:
        # Nothing at all where less is better (no complaints) is as good as it gets.
        value = target / actual if actual > 0 else CEILING
    return min(max(value, FLOOR), CEILING)


def _check_indicator(indicator: Indicator) -> None:
    if indicator.direction not in DIRECTIONS:
        raise SpecError(
            "assess.unknown_choice", name="direction", received=indicator.direction, known=list(DIRECTIONS)
        )
    target = indicator.target
    if (indicator.direction == "band") != isinstance(target, tuple):
        raise SpecError("assess.target_of_direction", name=indicator.name, direction=indicator.direction)
    if isinstance(target, tuple):
        fits = target[0] <= target[1] and (indicator.worst is None or indicator.worst > 0)
    elif indicator.worst is not None:
        fits = indicator.worst < target if indicator.direction == "higher" else indicator.worst > target
    else:
        fits = target > 0
    if not fits:
        raise SpecError("assess.target_unusable", name=indicator.name, target=target, worst=indicator.worst)


def light_of(value: float | None) -> str:
    """Traffic light of an attainment."""
    if value is None:
        return "grey"
    # Rounding must not turn a target that was met red.
    return "green" if value >= GREEN - 1e-9 else "yellow" if value >= YELLOW - 1e-9 else "red"


def scorecard(perspectives: Sequence[Perspective]) -> Scorecard:
    """Score a card.

    Args:
        perspectives: with their indicators; weights of siblings are brought to a sum of 1.

    Raises:
        SpecError: no indicators, weights that are negative or all zero, two siblings of one name, unusable targets.
    """
    whole = Perspective("", 1.0, branches=tuple(perspectives))
    if not _leaves(whole):
        raise SpecError("assess.no_columns", name="indicators")
    nodes: list[ScoredNode] = []
    value = _score(whole, (), 1.0, 1.0, nodes)
    leaves = [node for node in nodes if node.kind == "indicator"]
    missing = [" / ".join(node.path) for node in leaves if node.attainment is None]
    notices = [Notice("assess.indicators_missing", len(missing), {"names": missing})] if missing else []
    clipped = [" / ".join(node.path) for node in leaves if node.attainment == CEILING]
    if clipped:
        notices.append(Notice("assess.attainment_capped", len(clipped), {"names": clipped}))
    return Scorecard(
        warnings=tuple(notices),
        score=None if value is None else 100 * value,
        light=light_of(value),
        nodes=tuple(nodes),
        n=len(leaves) - len(missing),
        indicators=len(leaves),
        coverage=sum(node.weight for node in leaves if node.attainment is not None),
        reason=Notice("assess.card_without_values", params={"indicators": len(leaves)})
        if value is None
        else None,
    )


def _leaves(node: Perspective) -> int:
    return len(node.indicators) + sum(_leaves(branch) for branch in node.branches)


def _value(node: Perspective) -> float | None:
    """Attainment of a branch: the weighted mean of the children that have one."""
    values = [(child.weight, _value(child)) for child in node.branches]
    values += [(child.weight, attainment(child)) for child in node.indicators]
    known = [(weight, value) for weight, value in values if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total > 0 else None


def _score(
    node: Perspective, path: tuple[str, ...], weight: float, effective: float, nodes: list[ScoredNode]
) -> float | None:
    """Append the node's children, depth first, and return the node's attainment."""
    children: list[Perspective | Indicator] = [*node.branches, *node.indicators]
    names = [child.name for child in children]
    if len(set(names)) < len(names):
        raise SpecError("assess.doubled_columns", names=sorted({n for n in names if names.count(n) > 1}))
    total = sum(child.weight for child in children)
    if any(child.weight < 0 for child in children) or (children and total <= 0):
        raise SpecError("assess.weights_not_positive", received=[child.weight for child in children])
    values = [attainment(child) if isinstance(child, Indicator) else _value(child) for child in children]
    known = sum(child.weight for child, value in zip(children, values, strict=True) if value is not None)
    for child, value in zip(children, values, strict=True):
        share = weight * child.weight / total
        passed_on = effective * child.weight / known if value is not None and known > 0 else 0.0
        indicator = child if isinstance(child, Indicator) else None
        nodes.append(
            ScoredNode(
                (*path, child.name),
                "indicator" if indicator else "perspective",
                share,
                passed_on,
                value,
                None if value is None else 100 * passed_on * value,
                light_of(value),
                indicator.actual if indicator else None,
                indicator.target if indicator else None,
            )
        )
        if isinstance(child, Perspective):
            _score(child, (*path, child.name), share, passed_on, nodes)
    return _value(node)


def scorecard_from_spec(
    spec: Mapping[str, Any], actuals: Mapping[str, float | None] | None = None
) -> Scorecard:
    """Score a validated ``balanced-scorecard`` specification (see the schema of that name).

    Args:
        spec: perspectives with indicators; an indicator may state its actual itself.
        actuals: indicator name → value, taken before those of the specification.
    """
    return scorecard([_perspective(entry, actuals or {}) for entry in spec["perspectives"]])


def actuals_from_frame(frame: Any, spec: Mapping[str, Any]) -> dict[str, float | None]:
    """Values of the indicators of a specification that name a column: its ``aggregate`` over the rows.

    Args:
        frame: any data frame.
        spec: a validated ``balanced-scorecard`` specification.

    Returns:
        Indicator → value; None where the column has no value at all.
    """
    import numpy as np

    from servloop.measure.frames import numeric_matrix

    actuals: dict[str, float | None] = {}
    open_entries = list(spec["perspectives"])
    while open_entries:
        entry = open_entries.pop()
        open_entries.extend(entry.get("branches", ()))
        for item in entry.get("indicators", ()):
            if "column" not in item:
                continue
            values = numeric_matrix(frame, [item["column"]])[:, 0]
            values = values[~np.isnan(values)]
            aggregate = _AGGREGATES[item.get("aggregate", "mean")]
            actuals[item["name"]] = float(aggregate(values)) if values.size else None
    return actuals


_AGGREGATES: dict[str, Callable[[Any], float]] = {
    "mean": lambda values: values.mean(),
    "sum": lambda values: values.sum(),
    "median": median,
    "last": lambda values: values[-1],
    "count": len,
}


def _perspective(entry: Mapping[str, Any], actuals: Mapping[str, float | None]) -> Perspective:
    indicators = []
    for item in entry.get("indicators", ()):
        target = item["target"]
        indicators.append(
            Indicator(
                item["name"],
                item.get("weight", 1.0),
                item.get("direction", "band" if isinstance(target, list) else "higher"),
                (float(target[0]), float(target[1])) if isinstance(target, list) else float(target),
                item.get("worst"),
                actuals.get(item["name"], item.get("actual")),
            )
        )
    branches = tuple(_perspective(branch, actuals) for branch in entry.get("branches", ()))
    return Perspective(entry["name"], entry.get("weight", 1.0), tuple(indicators), branches)
