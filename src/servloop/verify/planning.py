"""Before an experiment and during it: how many subjects, what a series can show, several metrics, looking early.

Sources: R's power.prop.test and power.t.test for the conventions; Cohen (1988); Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Result
from servloop.verify.effects import Floats, numbers

_MOST = 1e9
Adjustment = Literal["bonferroni", "holm", "hochberg", "BH", "BY"]


def subjects_for_shares(
    control: float, treatment: float, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Subjects in each group so that a difference of two shares is found (two-sided, normal approximation)."""
    from scipy.stats import norm

    _check_test(power, alpha)
    if not (0 < control < 1 and 0 < treatment < 1) or control == treatment:
        raise SpecError("verify.shares_invalid", control=control, treatment=treatment)
    mean = (control + treatment) / 2
    null = float(norm.isf(alpha / 2)) * np.sqrt(2 * mean * (1 - mean))
    other = float(norm.isf(1 - power)) * np.sqrt(control * (1 - control) + treatment * (1 - treatment))
    return float(((null + other) / (control - treatment)) ** 2)


def subjects_for_arcsine(
    control: float, treatment: float, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Subjects in each group by Cohen's effect size h (arcsine transformation)."""
    from scipy.stats import norm

    _check_test(power, alpha)
    h = abs(2 * np.arcsin(np.sqrt(treatment)) - 2 * np.arcsin(np.sqrt(control)))
    if not h > 0:
        raise SpecError("verify.shares_invalid", control=control, treatment=treatment)

    def reached(n: float) -> float:
        shift, limit = h * np.sqrt(n / 2), norm.isf(alpha / 2)
        return float(norm.sf(limit - shift) + norm.cdf(-limit - shift))

    return _solve(reached, power)


def power_of_means(n: float, difference: float, *, alpha: float = 0.05) -> float:
    """Power of a two-sided t test with n subjects in each group.

    Args:
        n: subjects in each group, at least 2.
        difference: of the means, in standard deviations.
        alpha: level of the test.
    """
    from scipy.stats import nct, t

    _check_test(0.5, alpha)
    if n < 2:
        raise SpecError("verify.groups_invalid")
    freedom = 2 * (n - 1)
    limit = t.isf(alpha / 2, freedom)
    shift = abs(difference) * np.sqrt(n / 2)
    return float(nct.sf(limit, freedom, shift) + nct.cdf(-limit, freedom, shift))


def subjects_for_means(difference: float, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Subjects in each group so that a difference of two means (in standard deviations) is found by a t test."""
    _check_test(power, alpha)
    if difference == 0:
        raise SpecError("verify.smallest_invalid", received=difference)
    return _solve(lambda n: power_of_means(n, difference, alpha=alpha), power)


def _check_test(power: float, alpha: float) -> None:
    if not (0 < alpha < 1 and alpha < power + 0.5 and 0 < power < 1):
        raise SpecError("verify.test_invalid", power=power, alpha=alpha)


def _solve(reached: Callable[[float], float], power: float) -> float:
    from scipy.optimize import brentq

    low, high = 2.0, 4.0
    if reached(low) >= power:
        return low
    while reached(high) < power:
        high *= 2
        if high > _MOST:
            raise SpecError("verify.too_many_subjects", most=int(_MOST))
    return float(brentq(lambda n: reached(n) - power, low, high, xtol=1e-10, rtol=1e-14))


def adjust_p_values(p_values: npt.ArrayLike, method: Adjustment = "BH") -> tuple[float | None, ...]:
    """P-values adjusted for several tests; missing ones stay missing and do not count.

    ``bonferroni``, ``holm`` and ``hochberg`` limit the chance of any false finding; ``BH`` the share of false
    findings among those reported, ``BY`` likewise under any dependence.
    """
    values = numbers(p_values, "p_values")
    present = ~np.isnan(values)
    if ((values < 0) | (values > 1)).any():
        raise SpecError("verify.p_values_invalid")
    adjusted = np.full(values.size, np.nan)
    adjusted[present] = _adjusted(values[present], method)
    return tuple(None if np.isnan(value) else value for value in adjusted.tolist())


def _adjusted(p: Floats, method: Adjustment) -> Floats:
    n = p.size
    if n == 0:
        return p
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, n + 1)
    factors = {
        "bonferroni": np.full(n, n),
        "holm": n - rank + 1,
        "hochberg": n - rank + 1,
        "BH": n / rank,
        "BY": n / rank * (1 / rank).sum(),
    }
    if method not in factors:
        raise SpecError("verify.adjustment_unknown", method=method, methods=sorted(factors))
    scaled = p[order] * factors[method]
    if method == "holm":
        scaled = np.maximum.accumulate(scaled)
    elif method != "bonferroni":
        scaled = np.minimum.accumulate(scaled[::-1])[::-1]
    result = np.empty(n)
    result[order] = np.minimum(scaled, 1.0)
    return result


@dataclass(frozen=True, kw_only=True)
class SequentialTest(Result):
    """A test that may be read after every observation.

    Attributes:
        likelihood_ratio: mixture of alternatives over no effect.
        p_value: always valid: 1 over the ratio, at most 1.
        low: confidence sequence around the difference.
        high: its upper end.
        level: coverage at all times together.
        method: the mixture.
    """

    likelihood_ratio: float
    p_value: float
    low: float
    high: float
    level: float
    method: str = "mixture sequential probability ratio test"


def sequential_test(
    difference: float, variance: float, mixture: float, *, level: float = 0.95
) -> SequentialTest:
    """Mixture sequential probability ratio test with a normal mixture of effects around 0.

    Args:
        difference: estimated effect so far.
        variance: of that estimate.
        mixture: variance of the effects that are thought possible (tau squared); fix it before the start.
        level: coverage.
    """
    if not (variance > 0 and mixture > 0 and 0 < level < 1):
        raise SpecError("verify.sequential_invalid")
    total = variance + mixture
    ratio = float(np.sqrt(variance / total) * np.exp(mixture * difference**2 / (2 * variance * total)))
    half = float(
        np.sqrt(2 * variance * total / mixture * (np.log(1 / (1 - level)) + np.log(total / variance) / 2))
    )
    return SequentialTest(
        likelihood_ratio=ratio,
        p_value=min(1.0, 1 / ratio),
        low=difference - half,
        high=difference + half,
        level=level,
    )


def confidence_sequence(
    estimate: float, error: float, n: int, *, tuned_for: int = 5000, level: float = 0.95
) -> tuple[float, float]:
    """Asymptotic confidence sequence: an interval that holds at all sample sizes at once.

    Args:
        estimate: effect so far.
        error: its standard error.
        n: subjects so far.
        tuned_for: sample size at which it is narrowest.
        level: coverage.
    """
    if not (error > 0 and n > 0 and tuned_for > 0 and 0 < level < 1):
        raise SpecError("verify.sequential_invalid")
    alpha = 1 - level
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / tuned_for
    scale = error * np.sqrt(n)
    half = scale * np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / alpha))
    return float(estimate - half), float(estimate + half)
