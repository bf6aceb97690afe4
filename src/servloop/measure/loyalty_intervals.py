"""Intervals of shares and of means on a bounded scale, and the correction for many comparisons.

Sources: Wilson (1927); Agresti & Coull (1998); Clopper & Pearson (1934); Newcombe (1998), methods 3 and 10;
Welch (1947); Benjamini & Hochberg (1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray

PROPORTION_METHODS = ("wilson", "agresti_coull", "clopper_pearson")


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile of a coverage: 1.959964 for 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2.0))


def proportion_interval(
    successes: int, n: int, *, method: str = "wilson", level: float = 0.95
) -> tuple[float, float]:
    """Interval of a share ``successes / n``.

    Args:
        successes: between 0 and n.
        n: trials, at least 1.
        method: ``wilson`` (score interval, the default of every share here), ``agresti_coull`` (clipped to
            0 … 1) or ``clopper_pearson`` (exact, conservative).
        level: coverage.

    Raises:
        SpecError: ``measure.loyalty_interval_unknown`` for another method.
    """
    z = normal_quantile(level)
    share = successes / n
    if method == "wilson":
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)
    if method == "agresti_coull":
        adjusted_n = n + z * z
        adjusted = (successes + z * z / 2) / adjusted_n
        half = z * math.sqrt(adjusted * (1 - adjusted) / adjusted_n)
        return max(0.0, adjusted - half), min(1.0, adjusted + half)
    if method == "clopper_pearson":
        from scipy.special import betaincinv

        tail = (1 - level) / 2
        low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
        high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
        return low, high
    raise SpecError("measure.loyalty_interval_unknown", method=method, available=PROPORTION_METHODS)


def one_class_interval(
    value: float, n: int, lowest: float, highest: float, level: float
) -> tuple[float, float]:
    """Interval of a mean when every one of n answers is the same, so that the variance is estimated as 0.

    "±0" would claim certainty that n answers cannot give. The share of people who answer alike is at least
    Wilson's lower limit p; the rest could be anywhere on the scale, so the mean lies between
    ``p·value + (1 − p)·lowest`` and ``p·value + (1 − p)·highest``. Conservative, inside the scale, and
    narrowing as n grows.
    """
    share = proportion_interval(n, n, level=level)[0]
    return share * value + (1 - share) * lowest, share * value + (1 - share) * highest


def mean_interval(values: FloatArray, level: float) -> tuple[float, float, float]:
    """Mean with Student's t interval; needs two values and a spread.

    Returns:
        (mean, low, high).
    """
    from scipy.special import stdtrit

    n = len(values)
    mean = float(values.mean())
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / math.sqrt(n)
    return mean, mean - half, mean + half


def newcombe_difference(first: tuple[int, int], second: tuple[int, int], level: float) -> tuple[float, float]:
    """Interval of ``second − first`` for two independent shares (Newcombe's hybrid score interval).

    Args:
        first: (successes, n) of the first group.
        second: (successes, n) of the second group.
        level: coverage.
    """
    p_first, p_second = first[0] / first[1], second[0] / second[1]
    low_first, high_first = proportion_interval(*first, level=level)
    low_second, high_second = proportion_interval(*second, level=level)
    difference = p_second - p_first
    below = math.hypot(p_second - low_second, high_first - p_first)
    above = math.hypot(high_second - p_second, p_first - low_first)
    return difference - below, difference + above


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values that control the false discovery rate; None stays None and does not count."""
    known = [position for position, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    if not known:
        return adjusted
    p = np.array([p_values[position] for position in known], dtype=np.float64)
    order = np.argsort(p)
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    monotone = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    for rank, position in enumerate(order):
        adjusted[known[position]] = float(monotone[rank])
    return adjusted
