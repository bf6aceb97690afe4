"""What follows from the category counts of one Kano feature.

Sources: Kano et al. (1984); Berger et al. (1993, CQM Journal 2(4)) for table, better–worse and, by Pouliot,
the corrected table; Lee & Newcomb (1997) for the strengths; Fong (1996) for the test; Blauth, Richter &
Rauhut (2001) for the rule of that name; DuMouchel in Berger et al. for the continuous analysis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from servloop.measure.frames import IntArray
from servloop.measure.loyalty_intervals import mean_interval, proportion_interval
from servloop.results import Estimate

CATEGORIES = ("A", "O", "M", "I", "R", "Q")
RULES = ("mode", "moai", "blauth")
# When counts tie, the category that hurts most when neglected comes first.
_PRECEDENCE = ("M", "O", "A", "I", "R", "Q")
# Counts this close to the largest, as a share of all answers, count as tied under the M>O>A>I rule.
MOAI_BAND = 0.05
MIXED_BELOW = 0.06
FONG_Z = 1.65

_STANDARD = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")
_FUNCTIONAL_VALUES = np.array([4.0, 2.0, 0.0, -1.0, -2.0])
_DYSFUNCTIONAL_VALUES = np.array([-2.0, -1.0, 0.0, 2.0, 4.0])


def evaluation_table(name: str) -> IntArray:
    """The table as codes of `CATEGORIES`, shape (5, 5): functional level, dysfunctional level.

    ``pouliot`` differs in two cells: "must be" twice and "live with" twice are contradictions (Q).
    """
    table = np.array([[CATEGORIES.index(letter) for letter in row] for row in _STANDARD])
    if name == "pouliot":
        table[1, 1] = table[3, 3] = CATEGORIES.index("Q")
    return table


@dataclass(frozen=True)
class FongTest:
    """Whether the most frequent category clearly beats the second (questionable answers aside).

    Significant when a − b ≥ 1.65 · √((a + b)(2N − a − b) / 2N), about 90 % confidence.
    """

    first: str
    second: str
    a: int
    b: int
    difference: int
    critical: float
    significant: bool


@dataclass(frozen=True)
class ContinuousKano:
    """DuMouchel's continuous analysis.

    Attributes:
        n: respondents that entered.
        functional_mean: mean of 4, 2, 0, −1, −2 over the functional answers (vertical axis).
        dysfunctional_mean: mean of −2, −1, 0, 2, 4 over the dysfunctional answers (horizontal axis).
        functional_sd: over respondents (divisor n − 1); None for one respondent.
        dysfunctional_sd: likewise.
        functional_interval: Student's t at 95 %; None without spread.
        dysfunctional_interval: likewise.
        category: quadrant at 2: A, O, M or I; None without respondents.
    """

    n: int
    functional_mean: float | None
    dysfunctional_mean: float | None
    functional_sd: float | None
    dysfunctional_sd: float | None
    functional_interval: tuple[float, float] | None
    dysfunctional_interval: tuple[float, float] | None
    category: str | None


def category_of(counts: Mapping[str, int], rule: str) -> tuple[str | None, bool]:
    """The category by a rule, and whether the largest count is shared; None without answers."""
    total = sum(counts.values())
    if total == 0:
        return None, False
    candidates: tuple[str, ...]
    if rule == "blauth":
        useful = counts["O"] + counts["A"] + counts["M"] > counts["I"] + counts["R"] + counts["Q"]
        candidates = ("M", "O", "A") if useful else ("I", "R", "Q")
        band = 0.0
    else:
        candidates = _PRECEDENCE
        band = MOAI_BAND * total if rule == "moai" else 0.0
    largest = max(counts[name] for name in candidates)
    tied = sum(counts[name] == largest for name in candidates) > 1
    return next(name for name in candidates if counts[name] >= largest - band), tied


def strengths(counts: Mapping[str, int]) -> tuple[float | None, float | None]:
    """Total strength (A + O + M) / N and category strength (largest − second) / N; None without answers."""
    total = sum(counts.values())
    if total == 0:
        return None, None
    first, second = sorted(counts.values(), reverse=True)[:2]
    return (counts["A"] + counts["O"] + counts["M"]) / total, (first - second) / total


def better_worse(counts: Mapping[str, int], level: float) -> tuple[Estimate, Estimate]:
    """Timko's coefficients with Wilson intervals.

    better = (A + O) / (A + O + M + I), worse = −(O + M) / (A + O + M + I).
    """
    base = counts["A"] + counts["O"] + counts["M"] + counts["I"]
    if base == 0:
        reason = Estimate.not_computable(0, "measure.kano_no_valid_answers", method="wilson")
        return reason, reason
    gained, lost = counts["A"] + counts["O"], counts["O"] + counts["M"]
    low, high = proportion_interval(gained, base, level=level)
    better = Estimate(gained / base, base, low, high, "wilson", level)
    low, high = proportion_interval(lost, base, level=level)
    return better, Estimate(-lost / base, base, -high, -low, "wilson", level)


def fong_test(counts: Mapping[str, int]) -> FongTest | None:
    """Fong's test; None without answers."""
    total = sum(counts.values())
    if total == 0:
        return None
    ranked = sorted((name for name in _PRECEDENCE if name != "Q"), key=lambda name: -counts[name])
    first, second = ranked[:2]
    a, b = counts[first], counts[second]
    critical = FONG_Z * math.sqrt((a + b) * (2 * total - a - b) / (2 * total))
    return FongTest(first, second, a, b, a - b, critical, a + b > 0 and a - b >= critical)


def equal_categories_test(counts: Mapping[str, int]) -> tuple[float, float] | None:
    """χ² and p-value of "M, O, A, I are equally frequent"; None when none of them occurs."""
    from scipy.special import chdtrc

    observed = np.array([counts[name] for name in ("M", "O", "A", "I")], dtype=np.float64)
    expected = observed.sum() / 4
    if expected == 0:
        return None
    statistic = float(((observed - expected) ** 2).sum() / expected)
    return statistic, float(chdtrc(3, statistic))


def continuous(functional: IntArray, dysfunctional: IntArray) -> ContinuousKano:
    """DuMouchel's means over complete pairs of levels (0 … 4)."""
    n = len(functional)
    if n == 0:
        return ContinuousKano(0, None, None, None, None, None, None, None)
    up, down = _FUNCTIONAL_VALUES[functional], _DYSFUNCTIONAL_VALUES[dysfunctional]
    y, x = float(up.mean()), float(down.mean())
    category = ("O" if x >= 2 else "A") if y >= 2 else ("M" if x >= 2 else "I")
    sds = [float(values.std(ddof=1)) if n > 1 else None for values in (up, down)]
    intervals = [
        mean_interval(values, 0.95)[1:] if n > 1 and np.ptp(values) > 0 else None for values in (up, down)
    ]
    return ContinuousKano(n, y, x, sds[0], sds[1], intervals[0], intervals[1], category)
