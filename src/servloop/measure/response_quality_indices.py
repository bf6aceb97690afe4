"""Indices of careless responding, row by row, vectorised over respondents.

Huang et al. (2012), Meade & Craig (2012, Psychological Methods 17(3)), Curran (2016, JESP 66), Dunn et al. (2018).
Matrices are respondents × items with NaN for a missing answer; an index that a row does not define is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from servloop.measure.frames import FloatArray, IntArray

# Pairs of answers in work at once.
_CHUNK_VALUES = 2_000_000


def runs(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Longest and average run of identical consecutive answers; a missing answer ends a run.

    Returns:
        longstring (0 for a row without answers) and avgstring (NaN then).
    """
    rows, items = X.shape
    current, longest, count = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    before = np.full(rows, np.nan)
    for j in range(items):
        answered = ~np.isnan(X[:, j])
        same = answered & (X[:, j] == before)
        current = np.where(same, current + 1, np.where(answered, 1.0, 0.0))
        count += answered & ~same
        longest = np.maximum(longest, current)
        before = X[:, j]
    answers = (~np.isnan(X)).sum(axis=1)
    average = np.where(count > 0, answers / np.maximum(count, 1), np.nan)
    return longest, average


def intra_individual_variability(X: FloatArray) -> FloatArray:
    """Standard deviation (n - 1) of each row's answers; NaN with fewer than two."""
    present = ~np.isnan(X)
    n = present.sum(axis=1)
    filled = np.where(present, X, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(present, X - mean[:, None], 0.0) ** 2).sum(axis=1)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


def mahalanobis(X: FloatArray) -> tuple[FloatArray, int]:
    """Squared Mahalanobis distance of complete rows from their mean, and the rank of the covariance.

    A singular covariance (an item that repeats others) is inverted on its range, so the rank is the chi-square's
    degrees of freedom. All NaN with rank 0 when fewer than three rows are complete or nothing varies.
    """
    complete = ~np.isnan(X).any(axis=1)
    distances = np.full(len(X), np.nan)
    if complete.sum() < 3:
        return distances, 0
    centred = X[complete] - X[complete].mean(axis=0)
    spread = centred.std(axis=0, ddof=1)
    scaled = centred[:, spread > 0] / spread[spread > 0]
    if not scaled.shape[1]:
        return distances, 0
    values, vectors = np.linalg.eigh(scaled.T @ scaled / (len(scaled) - 1))
    kept = values > 1e-10 * values[-1]
    scores = scaled @ vectors[:, kept]
    distances[complete] = (scores**2 / values[kept]).sum(axis=1)
    return distances, int(kept.sum())


def row_correlations(A: FloatArray, B: FloatArray) -> FloatArray:
    """Pearson's r of each row of A with the same row of B over the pairs both have; NaN without spread."""
    both = ~np.isnan(A) & ~np.isnan(B)
    n = np.maximum(both.sum(axis=1), 1)[:, None]
    a, b = np.where(both, A, 0.0), np.where(both, B, 0.0)
    a = np.where(both, a - a.sum(axis=1, keepdims=True) / n, 0.0)
    b = np.where(both, b - b.sum(axis=1, keepdims=True) / n, 0.0)
    power = (a**2).sum(axis=1) * (b**2).sum(axis=1)
    # Below this, a spread is rounding noise of answers that are all equal.
    usable = (power > 1e-20) & (both.sum(axis=1) > 1)
    return np.where(usable, (a * b).sum(axis=1) / np.sqrt(np.where(usable, power, 1.0)), np.nan)


def even_odd(X: FloatArray, factors: Sequence[IntArray]) -> FloatArray:
    """Even–odd inconsistency: minus the Spearman–Brown corrected correlation of half-scale means over factors.

    Higher is more careless; bounded to -1 … 1, as the correction leaves that range for negative correlations.

    Args:
        X: answers.
        factors: positions of each factor's items, two or more each.
    """
    even = np.column_stack([_means(X[:, positions[1::2]]) for positions in factors])
    odd = np.column_stack([_means(X[:, positions[0::2]]) for positions in factors])
    r = row_correlations(even, odd)
    with np.errstate(divide="ignore"):
        corrected = 2 * r / (1 + r)
    return -np.clip(corrected, -1.0, 1.0)


def _means(X: FloatArray) -> FloatArray:
    present = ~np.isnan(X)
    n = present.sum(axis=1)
    return np.where(n > 0, np.where(present, X, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def item_correlations(X: FloatArray) -> FloatArray:
    """Pearson's r of every pair of items over the rows that have both; NaN without spread."""
    present = ~np.isnan(X)
    mask = present.astype(np.float64)
    centred = np.where(
        present, X - np.where(present, X, 0).sum(axis=0) / np.maximum(mask.sum(axis=0), 1), 0.0
    )
    n = np.maximum(mask.T @ mask, 1)
    sums = centred.T @ mask
    cross = centred.T @ centred - sums * sums.T / n
    squares = (centred**2).T @ mask - sums**2 / n
    power = squares * squares.T
    usable = power > 1e-20
    return np.where(usable, cross / np.sqrt(np.where(usable, power, 1.0)), np.nan)


def pairs_beyond(correlations: FloatArray, critical: float) -> tuple[IntArray, IntArray]:
    """Pairs of items whose correlation is above ``critical`` (below, when it is negative)."""
    first, second = np.triu_indices(len(correlations), 1)
    r = correlations[first, second]
    with np.errstate(invalid="ignore"):
        chosen = r > critical if critical > 0 else r < critical
    return first[chosen].astype(np.int64), second[chosen].astype(np.int64)


def pair_correlations(X: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    """Each row's correlation of the answers to ``first`` with those to ``second``, in chunks that fit in memory."""
    chunk = max(1, _CHUNK_VALUES // max(len(first), 1))
    parts = [
        row_correlations(X[start : start + chunk][:, first], X[start : start + chunk][:, second])
        for start in range(0, len(X), chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def person_total(X: FloatArray) -> FloatArray:
    """Correlation of a row's answers with the item means of everybody else."""
    present = ~np.isnan(X)
    filled = np.where(present, X, 0.0)
    n = present.sum(axis=0) - present
    others = np.where(n > 0, (filled.sum(axis=0) - filled) / np.maximum(n, 1), np.nan)
    return row_correlations(X, others)
