"""Intervals of shares by the method asked for, and of means on a bounded scale.

Sources: Wilson (1927); Agresti & Coull (1998); Clopper & Pearson (1934).
"""

from __future__ import annotations

import math

from servloop.errors import SpecError
from servloop.inference import normal_quantile, wilson_interval
from servloop.measure.frames import FloatArray

PROPORTION_METHODS = ("wilson", "agresti_coull", "clopper_pearson")


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
    if method == "wilson":
        return wilson_interval(successes, n, level)
    if method == "agresti_coull":
        z = normal_quantile(level)
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
