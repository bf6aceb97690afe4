"""Least squares as the driver models need it: coefficients with their standard errors, honest about collinearity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servloop.measure.frames import FloatArray

#: Share of a predictor's variance that must be left once the others are known; below, it is collinear.
COLLINEAR_TOLERANCE = 1e-10


@dataclass(frozen=True)
class LinearFit:
    """Ordinary (or weighted) least squares with an intercept.

    Attributes:
        intercept: constant term.
        coefficients: one a predictor; the minimum-norm solution when predictors are collinear.
        standard_errors, p_values: classical ones (two-sided t); NaN when there are no degrees of freedom.
        r2: share of the outcome's variance explained.
        n, degrees_of_freedom: rows, and rows less rank.
        full_rank: whether the predictors are linearly independent.
    """

    intercept: float
    coefficients: FloatArray
    standard_errors: FloatArray
    p_values: FloatArray
    r2: float
    n: int
    degrees_of_freedom: int
    full_rank: bool


def linear_fit(y: FloatArray, X: FloatArray, weights: FloatArray | None = None) -> LinearFit:
    """Fit ``y`` on the columns of ``X`` with an intercept.

    Args:
        y: outcome, length n, with some variance.
        X: n × p predictors without missing values.
        weights: positive case weights; scaled so that they sum to n.
    """
    from scipy.special import stdtr

    n = len(y)
    w = np.ones(n) if weights is None else weights * (n / weights.sum())
    y_mean = float(w @ y / n)
    x_mean = w @ X / n
    root = np.sqrt(w)
    centred_y, centred_x = (y - y_mean) * root, (X - x_mean) * root[:, None]
    scale = np.sqrt((centred_x**2).sum(axis=0))
    scale[scale == 0] = 1.0
    # Columns of unit length: the tolerance then means the same whatever the units are.
    u, singular, vt = np.linalg.svd(centred_x / scale, full_matrices=False)
    kept = singular > np.sqrt(COLLINEAR_TOLERANCE) * max(float(singular[0]), 1e-300) if singular.size else []
    u, singular, vt = u[:, kept], singular[kept], vt[kept]
    beta = (vt.T @ ((u.T @ centred_y) / singular)) / scale
    residual = centred_y - centred_x @ beta
    rank = int(singular.size)
    df = n - 1 - rank
    total = float(centred_y @ centred_y)
    unexplained = float(residual @ residual)
    if df > 0:
        spread = np.sqrt(((vt / singular[:, None]) ** 2).sum(axis=0)) / scale
        errors = np.sqrt(unexplained / df) * spread
        with np.errstate(divide="ignore", invalid="ignore"):
            p_values = 2 * stdtr(df, -np.abs(beta / errors))
    else:
        errors = np.full(X.shape[1], np.nan)
        p_values = errors.copy()
    return LinearFit(
        y_mean - float(x_mean @ beta),
        beta,
        errors,
        p_values,
        1 - unexplained / total if total > 0 else float("nan"),
        n,
        df,
        rank == X.shape[1],
    )


def correlation(gram: FloatArray) -> FloatArray:
    """Correlation matrices of centred cross-product matrices (…, m, m); constants correlate 0 with everything."""
    spread = np.sqrt(np.maximum(np.diagonal(gram, axis1=-2, axis2=-1), 0.0))
    safe = np.where(spread > 0, spread, 1.0)
    result: FloatArray = gram / safe[..., :, None] / safe[..., None, :]
    return result
