"""Cronbach's alpha and what comes with it, on arrays.

Sources: Cronbach (1951); Nunnally & Bernstein (1994) for the standardised form and the corrected item–rest
correlation.
"""

from __future__ import annotations

import numpy as np

from servloop.measure.frames import FloatArray


def complete_rows(values: FloatArray) -> FloatArray:
    """The rows without a missing value."""
    complete: FloatArray = values[np.isfinite(values).all(axis=1)]
    return complete


def cronbach_alpha(values: FloatArray) -> float | None:
    """Alpha of complete answers, shape (persons, items).

    Returns:
        k/(k−1) · (1 − Σ item variances / variance of the sum); may be negative. None for fewer than two
        items or persons, or when the sum does not vary.
    """
    persons, items = values.shape
    if items < 2 or persons < 2:
        return None
    total = float(values.sum(axis=1).var(ddof=1))
    if total <= 0:
        return None
    parts = float(values.var(axis=0, ddof=1).sum())
    return float(items / (items - 1) * (1 - parts / total))


def difference_reliability(
    first_reliability: float | None, second_reliability: float | None, correlation: float | None
) -> float | None:
    """Reliability of a difference score (Peter, Churchill & Brown 1993).

    (½(r₁₁ + r₂₂) − r₁₂) / (1 − r₁₂); None when a part is missing or the two scores correlate perfectly.
    """
    if first_reliability is None or second_reliability is None or correlation is None:
        return None
    if 1 - correlation < 1e-12:
        return None
    return ((first_reliability + second_reliability) / 2 - correlation) / (1 - correlation)


def correlation_matrix(values: FloatArray) -> FloatArray:
    """Correlations of complete answers that all vary, shape (items, items)."""
    centred = values - values.mean(axis=0)
    scaled = centred / np.sqrt(np.square(centred).sum(axis=0))
    matrix: FloatArray = scaled.T @ scaled
    return matrix


def correlation(first: FloatArray, second: FloatArray) -> float | None:
    """Pearson's r over rows where both are present; None without spread or with fewer than two rows."""
    both = np.isfinite(first) & np.isfinite(second)
    x, y = first[both], second[both]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])
