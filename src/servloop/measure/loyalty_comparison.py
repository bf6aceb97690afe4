"""Differences of a loyalty figure between groups, units, channels or periods.

Two independent shares: pooled z-test with Newcombe's interval. Net figures: z-test on the two standard
errors. Means: Welch's t-test. All p-values of one comparison are adjusted by Benjamini & Hochberg (1995).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from servloop.inference import benjamini_hochberg, newcombe_difference, normal_quantile
from servloop.measure.frames import FloatArray
from servloop.measure.loyalty_scoring import Scale, Scoring, scored
from servloop.results import Estimate, Notice

# Above this many groups every pair would be hundreds of tests nobody reads: each group against the rest.
MOST_GROUPS_IN_PAIRS = 12
REST = "*"


@dataclass(frozen=True)
class Difference:
    """``second − first`` with its test.

    Attributes:
        first, second: the groups; ``*`` is everyone outside ``second``.
        estimate: the difference; its n counts both groups.
        statistic: z or t.
        degrees_of_freedom: of t; None for z.
        p_value: two-sided.
        p_adjusted: after Benjamini–Hochberg over all differences of the comparison.
    """

    first: str
    second: str
    estimate: Estimate
    statistic: float | None = None
    degrees_of_freedom: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None


def compare_groups(
    parts: Mapping[str, FloatArray], definition: Scoring, scale: Scale, level: float = 0.95
) -> tuple[Difference, ...]:
    """Differences between groups of answers, with adjusted p-values.

    Args:
        parts: group → answers without NaN.
        definition: the scoring.
        scale: of the answers.
        level: coverage.

    Returns:
        Every pair for up to twelve groups, else each group against all others together.
    """
    points = {name: scored(values, definition, scale) for name, values in parts.items()}
    if len(points) <= MOST_GROUPS_IN_PAIRS:
        pairs = [
            compare(points[first], points[second], definition.kind, names=(first, second), level=level)
            for first, second in itertools.combinations(points, 2)
        ]
    else:
        pairs = [
            compare(
                np.concatenate([values for other, values in points.items() if other != name]),
                points[name],
                definition.kind,
                names=(REST, name),
                level=level,
            )
            for name in points
        ]
    adjusted = benjamini_hochberg([pair.p_value for pair in pairs])
    return tuple(replace(pair, p_adjusted=p) for pair, p in zip(pairs, adjusted, strict=True))


def compare(
    first: FloatArray,
    second: FloatArray,
    kind: str,
    *,
    names: tuple[str, str] = ("first", "second"),
    level: float = 0.95,
) -> Difference:
    """Test of one difference ``second − first`` on scored answers.

    Args:
        first: scored answers of the first group (see `loyalty_scoring.scored`).
        second: scored answers of the second group.
        kind: ``share``, ``net`` or ``mean``.
        names: of the two groups.
        level: coverage.
    """
    n = len(first) + len(second)
    if len(first) == 0 or len(second) == 0:
        reason = Estimate.not_computable(n, "measure.loyalty_group_empty")
        return Difference(*names, reason)
    difference = float(second.mean() - first.mean())
    if kind == "share":
        return _compare_shares(names, first, second, level)
    ddof = 1 if kind == "mean" else 0
    if (np.ptp(first) == 0 and np.ptp(second) == 0) or (kind == "mean" and min(len(first), len(second)) < 2):
        # The difference stands, but nothing in the data says how far chance alone could move it.
        reason = Estimate(
            None, n, method="none", level=level, reason=Notice("measure.loyalty_no_spread", params={"n": n})
        )
        return Difference(*names, reason)
    variances = first.var(ddof=ddof) / len(first), second.var(ddof=ddof) / len(second)
    error = math.sqrt(sum(variances))
    statistic = difference / error
    if kind == "net":
        from scipy.special import ndtr

        half = normal_quantile(level) * error
        p_value = 2 * float(ndtr(-abs(statistic)))
        estimate = Estimate(difference, n, difference - half, difference + half, "z_unpooled", level)
        return Difference(*names, estimate, statistic, None, p_value)
    from scipy.special import stdtr, stdtrit

    freedom = sum(variances) ** 2 / (
        variances[0] ** 2 / (len(first) - 1) + variances[1] ** 2 / (len(second) - 1)
    )
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(statistic)))
    estimate = Estimate(difference, n, difference - half, difference + half, "welch", level)
    return Difference(*names, estimate, statistic, float(freedom), p_value)


def _compare_shares(
    names: tuple[str, str], first: FloatArray, second: FloatArray, level: float
) -> Difference:
    from scipy.special import ndtr

    counts = (int(first.sum()), len(first)), (int(second.sum()), len(second))
    n = counts[0][1] + counts[1][1]
    difference = counts[1][0] / counts[1][1] - counts[0][0] / counts[0][1]
    low, high = newcombe_difference(*counts, level=level)
    estimate = Estimate(difference, n, low, high, "newcombe", level)
    pooled = (counts[0][0] + counts[1][0]) / n
    error = math.sqrt(pooled * (1 - pooled) * (1 / counts[0][1] + 1 / counts[1][1]))
    if error == 0:
        return Difference(*names, estimate, 0.0, None, 1.0)
    statistic = difference / error
    return Difference(*names, estimate, statistic, None, 2 * float(ndtr(-abs(statistic))))
