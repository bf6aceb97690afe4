"""Statistical inference that several stages share: normal quantiles, intervals of shares, many tests at once.

Sources: Wilson (1927); Newcombe (1998), method 10; Benjamini & Hochberg (1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile of a coverage: 1.959964 for 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2.0))


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share ``successes / n``.

    Args:
        successes: between 0 and n.
        n: trials, at least 1.
        level: coverage.

    Returns:
        (low, high), both within 0 … 1; rounding never moves an end past a share of none or all.
    """
    z = normal_quantile(level)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half


def newcombe_difference(
    first: tuple[int, int], second: tuple[int, int], level: float = 0.95
) -> tuple[float, float]:
    """Interval of ``second − first`` for two independent shares (Newcombe's hybrid score interval).

    Args:
        first: (successes, n) of the first group.
        second: (successes, n) of the second group.
        level: coverage.
    """
    p_first, p_second = first[0] / first[1], second[0] / second[1]
    low_first, high_first = wilson_interval(*first, level)
    low_second, high_second = wilson_interval(*second, level)
    difference = p_second - p_first
    below = math.hypot(p_second - low_second, high_first - p_first)
    above = math.hypot(high_second - p_second, p_first - low_first)
    return difference - below, difference + above


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values that control the false discovery rate; None stays None and does not count."""
    known = [position for position, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    p = np.array([p_values[position] for position in known], dtype=np.float64)
    order = np.argsort(p)
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    monotone = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    for rank, position in enumerate(order):
        adjusted[known[position]] = float(monotone[rank])
    return adjusted
