"""Omega, average variance extracted and composite reliability of one scale, and their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from servloop.measure.bootstrap import percentile_interval
from servloop.measure.confirmatory_estimation import FactorModel, fit
from servloop.measure.factor_extraction import extract
from servloop.measure.frames import FloatArray
from servloop.measure.reliability_alpha import correlation_matrix
from servloop.results import Estimate

OMEGAS = ("ml_sum_score", "minres_total")
FIGURES = (*OMEGAS, "ave", "composite_reliability")
METHOD = "bootstrap_percentile"
# With fewer usable resamples the percentiles would describe a selection.
_USABLE_SHARE = 0.9


def one_factor_figures(used: FloatArray) -> FloatArray:
    """The four `FIGURES` of complete answers, shape (persons, items) with at least three items.

    Returns:
        Shape (4,): omega on unstandardised maximum likelihood loadings over the variance of the sum; omega
        1 − Σ uniquenesses / Σ correlations from minimum residuals; mean squared standardised loading;
        composite reliability. All NaN where the answers have no usable
        correlation matrix or no proper maximum likelihood solution.
    """
    if len(used) <= used.shape[1] or (np.ptp(used, axis=0) == 0).any():
        return np.full(len(FIGURES), np.nan)
    correlations = correlation_matrix(used)
    if np.linalg.eigvalsh(correlations)[0] < 1e-10:
        return np.full(len(FIGURES), np.nan)
    pattern = np.ones((len(correlations), 1), dtype=np.bool_)
    found = fit(correlations, FactorModel(pattern, ~pattern))
    if not (found.identified and found.converged):
        return np.full(len(FIGURES), np.nan)
    loadings = found.loadings[:, 0]
    common = float((loadings * used.std(axis=0, ddof=1) * found.scales).sum() ** 2)
    squared = float(loadings.sum() ** 2)
    return np.array(
        [
            common / float(used.sum(axis=1).var(ddof=1)),
            1 - float(extract(correlations, 1, "minres").uniquenesses.sum() / correlations.sum()),
            float(np.square(loadings).mean()),
            squared / (squared + float((1 - np.square(loadings)).sum())),
        ]
    )


def one_factor_estimates(
    used: FloatArray, *, samples: int, seed: int, level: float
) -> Mapping[str, Estimate]:
    """The figures with percentile intervals over resampled persons.

    Args:
        used: complete answers, at least three items.
        samples: resamples; 0 for no intervals.
        seed: of the resampling.
        level: coverage.

    Returns:
        Figure → estimate; without an interval when more than a tenth of the resamples were unusable.
    """
    n = len(used)
    points = one_factor_figures(used)
    rng = np.random.default_rng(seed)
    draws = np.array([one_factor_figures(used[rng.integers(0, n, n)]) for _ in range(samples)])
    usable = draws[np.isfinite(draws).all(axis=1)] if samples else draws
    if samples == 0 or len(usable) < _USABLE_SHARE * samples:
        return {
            name: Estimate(float(point), n, method="one_factor", level=level)
            for name, point in zip(FIGURES, points, strict=True)
        }
    low, high = percentile_interval(usable, level)
    return {
        name: Estimate(float(points[i]), n, float(low[i]), float(high[i]), METHOD, level)
        for i, name in enumerate(FIGURES)
    }
