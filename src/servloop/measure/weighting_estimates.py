"""Means of weighted samples with errors by Taylor linearisation (Särndal, Swensson & Wretman 1992, sections 5.5, 6.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, IntArray, group_codes, numeric_matrix
from servloop.measure.sampling import check_level
from servloop.measure.weighting import Weighting, kish
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class WeightedMean(Result):
    """A weighted mean.

    Attributes:
        column: what was averaged.
        estimate: value, n and interval (Student's t on clusters - 1 degrees of freedom).
        standard_error: linearised.
        design_effect: variance ÷ that of a simple random sample of the same size from the same population.
        unweighted: the plain mean, to see what weighting changes.
        clusters: primary sampling units, or the rows when there are none.
        kish_deff, n_effective: of the weights of the rows used.
    """

    column: str
    estimate: Estimate
    standard_error: float | None
    design_effect: float | None
    unweighted: float | None
    clusters: int
    kish_deff: float | None
    n_effective: float | None

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        import polars as pl

        e = self.estimate
        return pl.DataFrame(
            [
                {
                    "column": self.column,
                    "mean": e.value,
                    "low": e.low,
                    "high": e.high,
                    "standard_error": self.standard_error,
                    "design_effect": self.design_effect,
                    "unweighted": self.unweighted,
                    "n": e.n,
                    "n_effective": self.n_effective,
                }
            ]
        )


def weighted_mean(
    frame: Any,
    column: str,
    weights: Weighting | str,
    *,
    cluster: str | None = None,
    finite_population: float | None = None,
    level: float = 0.95,
) -> WeightedMean:
    """The weighted mean of a column.

    With a `Weighting` the error knows that the margins are fixed: only what the margins do not explain varies
    (residuals of the linearised variable on them, with the starting weights). With a column of weights it does not.

    Args:
        frame: the frame that the weights belong to.
        column: numeric; missing values are left out as a domain.
        weights: a result of `rake`, `post_stratify` or `calibrate`, or a column of weights.
        cluster: column of primary sampling units.
        finite_population: units (or clusters) in the population, for the finite population correction.
        level: coverage.

    Raises:
        SpecError: weights of another frame; a population smaller than the sample.
    """
    check_level(level)
    y = numeric_matrix(frame, [column])[:, 0]
    notices: list[Notice] = []
    if isinstance(weights, Weighting):
        w, start, auxiliary = weights.weights, weights.start, weights.auxiliary
        if len(w) != len(y):
            raise SpecError("assess.unequal_lists", name="weights", received=len(w), expected=len(y))
    else:
        w = numeric_matrix(frame, [weights])[:, 0]
        w = np.where(w > 0, w, np.nan)
        start, auxiliary = w, np.empty((len(w), 0))
    groups = group_codes(frame, cluster).codes if cluster is not None else np.arange(len(y))
    used = ~np.isnan(w) & (groups >= 0)
    answered = used & ~np.isnan(y)
    left_out = len(y) - int(answered.sum())
    if left_out:
        notices.append(Notice("assess.incomplete_rows", left_out))
    n = int(answered.sum())
    if n == 0 or float(w[answered].sum()) <= 0:
        gap = Estimate.not_computable(n, "assess.no_answers", method="linearised")
        return _report(column, gap, notices)
    figures = _linearised(
        np.where(answered, y, 0.0)[used],
        answered[used].astype(np.float64),
        w[used],
        start=start[used],
        auxiliary=auxiliary[used],
        clusters=np.unique(groups[used], return_inverse=True)[1],
        finite_population=finite_population,
    )
    deff, effective = kish(w[answered])
    return _report(
        column,
        _estimate(figures, n, level),
        notices,
        standard_error=figures.error,
        design_effect=figures.design_effect,
        unweighted=float(y[answered].mean()),
        clusters=figures.clusters,
        kish_deff=deff,
        n_effective=effective,
    )


@dataclass(frozen=True)
class _Figures:
    mean: float
    error: float | None
    design_effect: float | None
    clusters: int


def _linearised(
    y: FloatArray,
    inside: FloatArray,
    w: FloatArray,
    *,
    start: FloatArray,
    auxiliary: FloatArray,
    clusters: IntArray,
    finite_population: float | None,
) -> _Figures:
    total = float(w @ inside)
    mean = float(w @ (y * inside)) / total
    z = inside * (y - mean) / total
    if auxiliary.shape[1]:
        # Margins that are met exactly do not vary from sample to sample: take out what they explain.
        scale = np.maximum(np.abs(auxiliary).max(axis=0), 1e-300)
        X = auxiliary / scale
        weighted = X * start[:, None]
        z = z - X @ (np.linalg.pinv(weighted.T @ X, rcond=1e-12, hermitian=True) @ (weighted.T @ z))
    sums = np.bincount(clusters, w * z)
    m = len(sums)
    if finite_population is not None and finite_population < m:
        raise SpecError("assess.population_below_sample", population=finite_population, sample=m)
    if m < 2:
        return _Figures(mean, None, None, m)
    correction = 1.0 if finite_population is None else 1 - m / finite_population
    variance = m / (m - 1) * float(((sums - sums.mean()) ** 2).sum()) * correction
    n = int(inside.sum())
    spread = float(w @ (inside * (y - mean) ** 2)) / total * n / (n - 1) if n > 1 else 0.0
    simple = spread / n * max(1 - n / total, 0.0) if total > n else spread / n
    return _Figures(mean, math.sqrt(variance), variance / simple if simple > 0 else None, m)


def _estimate(figures: _Figures, n: int, level: float) -> Estimate:
    from scipy.special import stdtrit

    if figures.error is None:
        return Estimate(figures.mean, n, method="linearised", level=level)
    half = float(stdtrit(figures.clusters - 1, 0.5 + level / 2)) * figures.error
    return Estimate(figures.mean, n, figures.mean - half, figures.mean + half, "linearised_t", level)


def _report(
    column: str,
    estimate: Estimate,
    notices: list[Notice],
    *,
    standard_error: float | None = None,
    design_effect: float | None = None,
    unweighted: float | None = None,
    clusters: int = 0,
    kish_deff: float | None = None,
    n_effective: float | None = None,
) -> WeightedMean:
    return WeightedMean(
        warnings=tuple(notices),
        column=column,
        estimate=estimate,
        standard_error=standard_error,
        design_effect=design_effect,
        unweighted=unweighted,
        clusters=clusters,
        kish_deff=kish_deff,
        n_effective=n_effective,
    )
