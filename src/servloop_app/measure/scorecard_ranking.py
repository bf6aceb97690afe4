"""A card's index of units against each other: whose rank is sure, under which weights, and what another method says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from servloop.errors import ServLoopError
from servloop.measure.composite import entropy_weights, topsis
from servloop.measure.composite_ahp import AhpWeights, ahp
from servloop.measure.composite_index import CompositeIndex, composite_index
from servloop.results import Notice
from servloop_app.measure.models import Metric
from servloop_app.measure.scorecard_definitions import CardDefinition, CardIndicator
from servloop_app.measure.scorecard_scoring import ScoredCard, attained

SCHEMES = ("card", "equal", "entropy", "ahp")
DRAWS = 1000
_SEED = 20_260_101
_NAME = "unit"


@dataclass(frozen=True)
class Ranking:
    """Units ranked by a weighted index of attainments.

    Attributes:
        index: scores and ranks with intervals, in the order of the units' codes.
        weights: scheme → metric → share; only schemes that could be computed.
        scheme: the one that was used.
        closeness: unit → closeness to the ideal (TOPSIS) and its rank, units with all figures only.
        comparisons: weights from pairwise comparisons, with their consistency; None where somebody compared nothing.
        notices: what must be said beside it.
    """

    index: CompositeIndex
    weights: Mapping[str, Mapping[str, float]]
    scheme: str
    closeness: Mapping[str, tuple[float, int]]
    comparisons: AhpWeights | None
    notices: tuple[Notice, ...]


def rank_units(
    definition: CardDefinition, metrics: Mapping[str, Metric], units: Mapping[str, ScoredCard], scheme: str
) -> Ranking | None:
    """Rank units; None when fewer than two have figures.

    Args:
        definition: of the card.
        metrics: by code.
        units: scored cards, by unit.
        scheme: of `SCHEMES`; one that cannot be computed gives way to the card's own weights.
    """
    frame, columns = _table(metrics, units)
    if frame.height < 2 or not columns:
        return None
    notices: list[Notice] = []
    weights: dict[str, Mapping[str, float]] = {
        "card": _share(_own_weights(definition, columns)),
        "equal": _share(dict.fromkeys(columns, 1.0)),
    }
    complete = frame.drop_nulls(columns)
    if complete.height > 1:
        by_entropy = entropy_weights(complete, columns)
        if by_entropy.reason is None:
            weights["entropy"] = {one.name: one.weight for one in by_entropy.criteria}
        else:
            notices.append(by_entropy.reason)
    comparisons = compared(definition, columns)
    if comparisons is not None:
        weights["ahp"] = dict(zip(comparisons.names, comparisons.weights, strict=True))
        notices += comparisons.warnings
    used = scheme if scheme in weights else "card"
    chosen = weights[used]
    index = composite_index(
        frame,
        _NAME,
        chosen,
        errors={column: f"{column}:error" for column in columns},
        normalisation="none",
        draws=DRAWS,
        seed=_SEED,
    )
    return Ranking(
        index,
        weights,
        used,
        _closeness(complete, chosen) if complete.height > 1 else {},
        comparisons,
        (*notices, *index.warnings),
    )


def _table(metrics: Mapping[str, Metric], units: Mapping[str, ScoredCard]) -> tuple[pl.DataFrame, list[str]]:
    """One row a unit: attainment in per cent and its standard error; indicators that nobody has are left out."""
    rows = []
    seen: dict[str, CardIndicator] = {}
    for code, scored in units.items():
        row: dict[str, str | float | None] = {_NAME: code}
        for one in scored.indicators:
            found = attained(one.given, metrics[one.metric.code], one.figure)
            if found is not None:
                seen[one.metric.code] = one.given
                row[one.metric.code], row[f"{one.metric.code}:error"] = found
        if len(row) > 1:
            rows.append(row)
    columns = list(seen)
    schema: dict[str, type[pl.DataType]] = {_NAME: pl.String}
    schema |= {name: pl.Float64 for column in columns for name in (column, f"{column}:error")}
    return pl.DataFrame(rows, schema=schema), columns


def _own_weights(definition: CardDefinition, columns: list[str]) -> dict[str, float]:
    """Declared share of every indicator in the whole card."""
    found = {}
    whole = sum(part.weight for part in definition.perspectives)
    for part in definition.perspectives:
        siblings = sum(one.weight for one in part.indicators)
        for one in part.indicators:
            if one.metric in columns:
                found[one.metric] = part.weight / whole * one.weight / siblings
    return {column: found[column] for column in columns}


def _share(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    # Where only indicators without weight have figures, all count alike.
    return {name: weight / total if total > 0 else 1 / len(weights) for name, weight in weights.items()}


def compared(definition: CardDefinition, columns: list[str]) -> AhpWeights | None:
    """Weights from the pairwise comparisons on the card; None unless every pair was compared."""
    matrix: list[list[float | None]] = [[1.0 if i == j else None for j in columns] for i in columns]
    for (i, first), (j, second) in combinations(enumerate(columns), 2):
        value = definition.judgements.get(f"{first}:{second}")
        if value is None and (back := definition.judgements.get(f"{second}:{first}")) is not None:
            value = 1 / back
        if value is None:
            return None
        matrix[i][j] = value
    if len(columns) < 2:
        return None
    return ahp([matrix], columns)


def _closeness(complete: pl.DataFrame, weights: Mapping[str, float]) -> dict[str, tuple[float, int]]:
    try:
        found = topsis(complete, list(weights), list(weights.values()), name=_NAME)
    except ServLoopError:
        return {}
    return {
        one.name: (one.closeness, one.rank)
        for one in found.alternatives
        if one.closeness is not None and one.rank is not None
    }
