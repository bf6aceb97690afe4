"""The methods that divide R² among drivers, for batches of correlation matrices (outcome in the last row and column)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from servloop.measure.drivers_regression import COLLINEAR_TOLERANCE
from servloop.measure.frames import FloatArray

# Doubles in work at once while a batch of bootstrap samples is divided.
_CHUNK_VALUES = 4_000_000


def subset_r2(R: FloatArray) -> FloatArray:
    """R² of the outcome on every subset of the drivers, for a batch of correlation matrices at once.

    Drivers are swept in one after the other; each step doubles the subsets and shrinks what is left of the matrix,
    so all 2^p regressions together cost about 6 · 2^p multiplications. A driver that the subset already explains
    (less than the collinearity tolerance left) adds nothing, as a pseudo-inverse would have it.

    Args:
        R: batch × (p+1) × (p+1); the outcome is the last row and column.

    Returns:
        batch × 2^p; bit j of the second index says that driver j is in the subset.
    """
    batch, width = R.shape[0], R.shape[-1]
    # left[b, s] is the conditional covariance of the drivers still to come and the outcome, given subset s.
    left = R[:, None, :, :]
    for _ in range(width - 1):
        pivot, row, rest = left[..., 0, 0], left[..., 0, 1:], left[..., 1:, 1:]
        usable = pivot > COLLINEAR_TOLERANCE
        scaled = row * np.where(usable, 1.0 / np.where(usable, pivot, 1.0), 0.0)[..., None]
        swept = rest - row[..., :, None] * scaled[..., None, :]
        left = np.concatenate((rest, swept), axis=1)
    unexplained: FloatArray = left.reshape(batch, -1)
    return np.clip(1.0 - unexplained, 0.0, 1.0)


def lmg(R: FloatArray) -> FloatArray:
    """LMG / Shapley parts of R²: batch × p for batch × (p+1) × (p+1) correlations, outcome last."""
    p = R.shape[-1] - 1
    r2 = subset_r2(R)
    subsets = np.arange(2**p)
    sizes = np.bitwise_count(subsets).astype(np.int64)
    weight = np.array([1.0 / (p * math.comb(p - 1, k)) for k in range(p)])
    parts = np.empty((R.shape[0], p))
    for j in range(p):
        without = subsets[(subsets >> j) & 1 == 0]
        parts[:, j] = (r2[:, without | (1 << j)] - r2[:, without]) @ weight[sizes[without]]
    return parts


def johnson(R: FloatArray) -> FloatArray:
    """Johnson's relative weights (equal to Genizi's measure): batch × p, summing to R²."""
    values, vectors = np.linalg.eigh(R[..., :-1, :-1])
    largest = values[..., -1:]
    kept = values > COLLINEAR_TOLERANCE * np.maximum(largest, 1.0)
    root = np.sqrt(np.where(kept, values, 0.0))
    inverse_root = np.where(kept, 1.0 / np.where(kept, root, 1.0), 0.0)
    # Λ = R_xx^{1/2} links drivers to their closest orthogonal twins; β* regresses the outcome on the twins.
    half = np.einsum("...ik,...k,...jk->...ij", vectors, root, vectors)
    inverse_half = np.einsum("...ik,...k,...jk->...ij", vectors, inverse_root, vectors)
    beta = np.einsum("...ij,...j->...i", inverse_half, R[..., :-1, -1])
    parts: FloatArray = np.einsum("...ij,...j->...i", half**2, beta**2)
    return parts


def _first(R: FloatArray) -> FloatArray:
    parts: FloatArray = R[..., :-1, -1] ** 2
    return parts


def _standardised(R: FloatArray) -> FloatArray:
    inverse = np.linalg.pinv(R[..., :-1, :-1], rcond=COLLINEAR_TOLERANCE, hermitian=True)
    beta: FloatArray = np.einsum("...ij,...j->...i", inverse, R[..., :-1, -1])
    return beta


def _betasq(R: FloatArray) -> FloatArray:
    return _standardised(R) ** 2


def _pratt(R: FloatArray) -> FloatArray:
    parts: FloatArray = _standardised(R) * R[..., :-1, -1]
    return parts


def _last(R: FloatArray) -> FloatArray:
    beta = _standardised(R)
    return beta**2 * tolerances(R)


def _car(R: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(R[..., :-1, :-1])
    kept = values > COLLINEAR_TOLERANCE * np.maximum(values[..., -1:], 1.0)
    inverse_root = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    score = np.einsum("...ik,...k,...jk,...j->...i", vectors, inverse_root, vectors, R[..., :-1, -1])
    parts: FloatArray = score**2
    return parts


METHODS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "lmg": lmg,
    "johnson": johnson,
    "first": _first,
    "last": _last,
    "betasq": _betasq,
    "pratt": _pratt,
    "car": _car,
}


def tolerances(R: FloatArray) -> FloatArray:
    """1 - R² of each driver on the others, for batch × (p+1) × (p+1) correlations; 0 when collinear."""
    values, vectors = np.linalg.eigh(R[..., :-1, :-1])
    kept = values > COLLINEAR_TOLERANCE * np.maximum(values[..., -1:], 1.0)
    # A driver with a part in the null space is a combination of the others.
    null = np.where(kept, 0.0, 1.0)
    dependent = np.einsum("...ik,...k->...i", vectors**2, null) > 1e-6
    inverse = np.einsum("...ik,...k->...i", vectors**2, 1.0 / np.where(kept, values, np.inf))
    result: FloatArray = np.where(dependent, 0.0, 1.0 / np.where(inverse > 0, inverse, np.inf))
    return result


def divide(method: str, R: FloatArray) -> FloatArray:
    """The parts of a method for a batch of any size, in chunks that fit in memory: batch × p."""
    p = R.shape[-1] - 1
    per_matrix = 2**p * 3 if method == "lmg" else (p + 1) ** 2
    chunk = max(1, _CHUNK_VALUES // per_matrix)
    parts = [METHODS[method](R[start : start + chunk]) for start in range(0, len(R), chunk)]
    return np.concatenate(parts) if parts else np.empty((0, p))
