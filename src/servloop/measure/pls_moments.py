"""Means and covariances of the items, of the sample and of its bootstrap resamples, with missing answers.

Missing answers: ``mean`` puts in the mean of the item (of the resample); ``pairwise`` takes every
covariance from the rows that have both items; ``casewise`` drops rows with a gap before anything else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from servloop.measure.bootstrap import resample_counts
from servloop.measure.frames import FloatArray

_NO_VARIANCE = 1e-12


def moments(values: FloatArray, counts: FloatArray, missing: str) -> tuple[FloatArray, FloatArray]:
    """Means and covariance matrix (divisor n − 1) with rows counted ``counts`` times.

    Args:
        values: (n, m), NaN where missing.
        counts: (n,); ones for the sample itself.
        missing: ``mean``, or ``pairwise``; ``casewise`` data come here complete.

    Returns:
        Means (m,) and covariances (m, m); NaN where an item has no value.
    """
    present = np.isfinite(values)
    filled = np.where(present, values, 0.0)
    answered = counts @ present
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (counts @ filled) / answered
    centred = np.where(present, values - means, 0.0)
    weighted = centred.T * counts
    if missing != "pairwise" or present.all():
        return means, weighted @ centred / (counts.sum() - 1.0)
    return means, _pairwise(centred, present.astype(np.float64), counts)


def _pairwise(centred: FloatArray, present: FloatArray, counts: FloatArray) -> FloatArray:
    """Pairwise correlations, scaled with the deviations over all answers of each item."""
    weights = present.T * counts
    n = weights @ present
    sums = (centred.T * counts) @ present
    squares = (np.square(centred).T * counts) @ present
    products = (centred.T * counts) @ centred
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = products - sums * sums.T / n
        variance = squares - np.square(sums) / n
        correlation = covariance / np.sqrt(variance * variance.T)
        deviations = np.sqrt(np.diagonal(variance) / (np.diagonal(n) - 1.0))
    scaled: FloatArray = correlation * np.outer(deviations, deviations)
    return scaled


def resampled_moments(
    values: FloatArray, missing: str, samples: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Means (B, m) and covariances (B, m, m) of bootstrap resamples of the rows."""
    pairs = [
        moments(values, counts, missing)
        for chunk in resample_counts(len(values), samples, rng)
        for counts in chunk
    ]
    return np.stack([means for means, _ in pairs]), np.stack([covariance for _, covariance in pairs])


def usable(covariances: FloatArray) -> npt.NDArray[np.bool_]:
    """(B,): whether all entries are finite and every item varies."""
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    finite = np.isfinite(covariances).all(axis=(1, 2))
    return np.logical_and(finite, (variances > _NO_VARIANCE).all(axis=1))


def standardised(covariances: FloatArray) -> FloatArray:
    """Correlation matrices of covariance matrices."""
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    correlations: FloatArray = covariances / (deviations[:, :, None] * deviations[:, None, :])
    return correlations
