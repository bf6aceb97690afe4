"""A weighted index of units (branches, teams, suppliers, merchants) whose ranking admits how uncertain it is.

Normalise, weigh, add (OECD/JRC Handbook on Constructing Composite Indicators, 2008), then draw: values within their
standard errors and weights around those given, so that a rank comes with an interval and a chance of being first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from servloop.errors import SpecError
from servloop.measure.composite import normalised_weights
from servloop.measure.frames import FloatArray, IntArray, numeric_matrix, text_column
from servloop.measure.sampling import check_level
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

BoolArray = NDArray[np.bool_]

NORMALISATIONS = ("minmax", "zscore", "none")


@dataclass(frozen=True)
class RankedUnit:
    """One unit.

    Attributes:
        name: its name.
        score: the index with the interval of the draws.
        rank: 1 is best; equal scores share a rank.
        rank_low, rank_high: interval of the rank; None without draws.
        first: share of the draws in which it came first.
        missing: indicators without a value; the weights of the others were scaled up.
    """

    name: str
    score: Estimate
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    first: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CompositeIndex(Result):
    """Units in the order of the frame, with the weights used."""

    n: int
    weights: dict[str, float]
    normalisation: str
    units: tuple[RankedUnit, ...]
    draws: int
    level: float

    def to_frame(self) -> pl.DataFrame:
        """One row a unit, best first."""
        import polars as pl

        frame = pl.DataFrame(
            [
                {
                    "name": u.name,
                    "score": u.score.value,
                    "low": u.score.low,
                    "high": u.score.high,
                    "rank": u.rank,
                    "rank_low": u.rank_low,
                    "rank_high": u.rank_high,
                    "first": u.first,
                    "missing": ", ".join(u.missing),
                }
                for u in self.units
            ],
            infer_schema_length=None,
        )
        return frame.sort("rank", nulls_last=True) if self.units else frame


def composite_index(
    frame: Any,
    name: str,
    indicators: Mapping[str, float],
    *,
    cost: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    normalisation: str = "minmax",
    weight_concentration: float | None = 100.0,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> CompositeIndex:
    """Add up weighted indicators and say how sure the ranking is.

    Args:
        frame: any data frame, one row a unit.
        name: column of the units' names.
        indicators: column → weight; brought to a sum of 1.
        cost: indicators where less is better.
        errors: indicator → column of its standard error; others count as exact.
        normalisation: ``minmax`` (0 … 100 over the units), ``zscore``, or ``none`` (already on one scale; a cost
            indicator is then taken with a minus).
        weight_concentration: draws of the weights come from a Dirichlet distribution around the weights with this
            concentration (100: a weight of 0.25 varies by ± 0.04); None keeps them fixed.
        draws: simulated indices; 0 for none.
        level: coverage of the intervals.
        seed: of the draws.

    Raises:
        SpecError: no indicators, unknown choices, weights that are negative or all zero.
    """
    check_level(level)
    columns = list(indicators)
    _check_request(columns, cost, errors, normalisation)
    notices: list[Notice] = []
    w = normalised_weights(list(indicators.values()), columns, notices)
    X = numeric_matrix(frame, columns)
    sign = np.where(np.isin(columns, list(cost)), -1.0, 1.0)
    X = X * sign
    errors_of = np.zeros_like(X)
    for column, source in (errors or {}).items():
        errors_of[:, columns.index(column)] = np.nan_to_num(numeric_matrix(frame, [source])[:, 0])
    labels = [label or "" for label in text_column(frame, name).to_list()]
    present = ~np.isnan(X)
    if X.size:
        flat = present.any(axis=0) & (
            np.nanmax(np.where(present, X, -np.inf), axis=0)
            == np.nanmin(np.where(present, X, np.inf), axis=0)
        )
        if flat.any() and normalisation != "none":
            names = [c for c, f in zip(columns, flat, strict=True) if f]
            notices.append(Notice("assess.constant_criteria", len(names), {"names": names}))
    partial = int((present.any(axis=1) & ~present.all(axis=1)).sum())
    if partial:
        notices.append(Notice("assess.weights_of_the_rest", partial))
    scores = _scores(X[None], w[None], normalisation)[0]
    rng = np.random.default_rng(seed)
    uncertain = bool(draws) and len(X) > 0 and (weight_concentration is not None or bool(errors_of.any()))
    samples = np.empty((0, len(X)))
    if uncertain:
        drawn = X + errors_of * rng.standard_normal((draws, *X.shape))
        # A weight of 0 stays 0: Dirichlet parameters must be positive.
        around = np.tile(w, (draws, 1))
        if weight_concentration is not None:
            around[:, w > 0] = rng.dirichlet(weight_concentration * w[w > 0], draws)
        samples = _scores(drawn, around, normalisation)
    return CompositeIndex(
        warnings=tuple(notices),
        n=int(np.isfinite(scores).sum()),
        weights=dict(zip(columns, w.tolist(), strict=True)),
        normalisation=normalisation,
        units=_units(labels, columns, present=present, scores=scores, samples=samples, level=level),
        draws=len(samples),
        level=level,
    )


def _check_request(
    columns: list[str], cost: Sequence[str], errors: Mapping[str, str] | None, normalisation: str
) -> None:
    if not columns:
        raise SpecError("assess.no_columns", name="indicators")
    if normalisation not in NORMALISATIONS:
        raise SpecError(
            "assess.unknown_choice", name="normalisation", received=normalisation, known=list(NORMALISATIONS)
        )
    for given, chosen in (("cost", cost), ("errors", list(errors or ()))):
        unknown = sorted(set(chosen) - set(columns))
        if unknown:
            raise SpecError("assess.unknown_choice", name=given, received=", ".join(unknown), known=columns)


def _scores(X: FloatArray, w: FloatArray, normalisation: str) -> FloatArray:
    """Indices of draws × units; the weights of missing indicators go to the others, NaN where all are missing."""
    present = ~np.isnan(X)
    if normalisation == "minmax":
        low = np.where(present, X, np.inf).min(axis=1, keepdims=True, initial=np.inf)
        high = np.where(present, X, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
        span = np.where(high > low, high - low, 1.0)
        low = np.where(np.isfinite(low), low, 0.0)
        z = np.where(high > low, 100 * (X - low) / span, 50.0)
    elif normalisation == "zscore":
        n = np.maximum(present.sum(axis=1, keepdims=True), 1)
        mean = np.where(present, X, 0).sum(axis=1, keepdims=True) / n
        square = np.where(present, (X - mean) ** 2, 0).sum(axis=1, keepdims=True)
        spread = np.sqrt(square / np.maximum(n - 1, 1))
        z = np.where(spread > 0, (X - mean) / np.where(spread > 0, spread, 1.0), 0.0)
    else:
        z = X
    weight = present * w[:, None, :]
    total = weight.sum(axis=2)
    sums = (weight * np.where(present, z, 0.0)).sum(axis=2)
    return np.where(total > 0, sums / np.where(total > 0, total, 1.0), np.nan)


def _units(
    labels: list[str],
    columns: list[str],
    *,
    present: BoolArray,
    scores: FloatArray,
    samples: FloatArray,
    level: float,
) -> tuple[RankedUnit, ...]:
    tail = [(1 - level) / 2, (1 + level) / 2]
    known = np.isfinite(scores)
    ranks = np.empty((len(samples), 0), dtype=np.int64)
    lows = highs = np.empty(0)
    if len(samples) and known.any():
        drawn = samples[:, known]
        ranks = _ranks(drawn.round(10))
        lows, highs = np.quantile(drawn, tail, axis=0)
    units = []
    position = -1
    for i, label in enumerate(labels):
        missing = tuple(c for c, p in zip(columns, present[i], strict=True) if not p)
        if not known[i]:
            gap = Estimate.not_computable(0, "assess.no_indicator_values", method="weighted_index")
            units.append(RankedUnit(label, gap, None, None, None, None, missing))
            continue
        position += 1
        rank = 1 + int((scores[known] > scores[i] + 1e-12).sum())
        entered = len(columns) - len(missing)
        if not ranks.size:
            units.append(
                RankedUnit(
                    label,
                    Estimate(float(scores[i]), entered, method="weighted_index", level=level),
                    rank,
                    None,
                    None,
                    None,
                    missing,
                )
            )
            continue
        rank_low, rank_high = np.quantile(ranks[:, position], tail, method="inverted_cdf")
        units.append(
            RankedUnit(
                label,
                Estimate(
                    float(scores[i]),
                    entered,
                    float(lows[position]),
                    float(highs[position]),
                    "weighted_index+simulation",
                    level,
                ),
                rank,
                int(rank_low),
                int(rank_high),
                float((ranks[:, position] == 1).mean()),
                missing,
            )
        )
    return tuple(units)


def _ranks(values: FloatArray) -> IntArray:
    """Ranks along rows, 1 for the largest; equal values share the best of their ranks."""
    order = np.argsort(-values, axis=1, kind="stable")
    descending = np.take_along_axis(values, order, axis=1)
    places = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    new = np.ones(values.shape, dtype=np.bool_)
    new[:, 1:] = descending[:, 1:] != descending[:, :-1]
    first = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    ranks = np.empty(values.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, first + 1, axis=1)
    return ranks
