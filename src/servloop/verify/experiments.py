"""Randomized experiments: shares, means, ratios, variance reduction, sample ratio, sequential looks.

Sources: Newcombe (1998) for intervals of differences of shares; Welch (1947); Deng, Xu, Kohavi and Walker
(2013) for CUPED; Deng, Knoblich and Lu (2018) for ratios; Robbins (1970) and Johari et al. (2022) for the
mixture test; Waudby-Smith et al. (2021) for asymptotic confidence sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.inference import newcombe_difference, wilson_interval
from servloop.results import Estimate, Notice, Result
from servloop.verify.effects import Effect, Floats, check_level, effects_frame, numbers

if TYPE_CHECKING:
    import polars as pl

SAMPLE_RATIO_ALARM = 0.001


@dataclass(frozen=True, kw_only=True)
class Comparison(Result):
    """Treatment against control.

    Attributes:
        effect: treatment less control.
        control: figure of the control group with its interval.
        treatment: figure of the treatment group with its interval.
        relative: effect as a share of the control's figure, interval by the delta method.
        method: test and interval.
    """

    effect: Effect
    control: Estimate
    treatment: Estimate
    relative: Estimate
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row each for both groups, the effect and the relative effect."""
        return effects_frame(
            {
                "control": self.control,
                "treatment": self.treatment,
                "effect": self.effect,
                "relative": self.relative,
            }
        )


def compare_shares(
    control_successes: int, control_n: int, treatment_successes: int, treatment_n: int, *, level: float = 0.95
) -> Comparison:
    """Two independent shares: pooled z test, Newcombe's interval of the difference, Wilson's of each.

    Raises:
        InputError: counts are negative or exceed their group.
    """
    check_level(level)
    counts = ((control_successes, control_n), (treatment_successes, treatment_n))
    if any(not 0 <= successes <= n for successes, n in counts):
        raise InputError("verify.counts_impossible")
    method = "pooled z test, Newcombe interval"
    each = [_wilson(successes, n, level) for successes, n in counts]
    total = control_n + treatment_n
    (a, b) = each
    if a.value is None or b.value is None:
        gap = Effect.not_computable(total, "verify.group_empty", method=method)
        return Comparison(effect=gap, control=a, treatment=b, relative=gap.estimate, method=method)
    difference = b.value - a.value
    low, high = newcombe_difference(*counts, level)
    pooled = (control_successes + treatment_successes) / total
    variance = pooled * (1 - pooled) * (1 / control_n + 1 / treatment_n)
    p_value = _two_sided(difference / np.sqrt(variance)) if variance > 0 else None
    error = float(np.sqrt(a.value * (1 - a.value) / control_n + b.value * (1 - b.value) / treatment_n))
    estimate = Estimate(difference, total, low, high, method, level)
    relative = _relative(
        (a.value, a.value * (1 - a.value) / control_n),
        (b.value, b.value * (1 - b.value) / treatment_n),
        total,
        level,
    )
    return Comparison(
        effect=Effect(estimate, error, p_value), control=a, treatment=b, relative=relative, method=method
    )


def _wilson(successes: int, n: int, level: float) -> Estimate:
    if n == 0:
        return Estimate.not_computable(0, "verify.group_empty", method="wilson")
    low, high = wilson_interval(successes, n, level)
    return Estimate(successes / n, n, low, high, "wilson", level)


def compare_means(control: npt.ArrayLike, treatment: npt.ArrayLike, *, level: float = 0.95) -> Comparison:
    """Two independent means with variances of their own (Welch). Missing values are left out."""
    a, b = _sample(control, "control"), _sample(treatment, "treatment")
    return _welch(_moments(a), _moments(b), level)


def compare_moments(
    control: tuple[float, float, int], treatment: tuple[float, float, int], *, level: float = 0.95
) -> Comparison:
    """`compare_means` from (mean, standard deviation, n) of each group."""
    return _welch(control, treatment, level)


def _moments(sample: Floats) -> tuple[float, float, int]:
    n = int(sample.size)
    return (float(sample.mean()) if n else 0.0), (float(sample.std(ddof=1)) if n > 1 else 0.0), n


def _welch(a: tuple[float, float, int], b: tuple[float, float, int], level: float) -> Comparison:
    check_level(level)
    method = "Welch"
    n = a[2] + b[2]
    if min(a[2], b[2]) < 2:
        gap = Effect.not_computable(n, "verify.group_too_small", method=method)
        return Comparison(
            effect=gap, control=gap.estimate, treatment=gap.estimate, relative=gap.estimate, method=method
        )
    parts = [sd**2 / size for _, sd, size in (a, b)]
    variance = sum(parts)
    freedom = variance**2 / (parts[0] ** 2 / (a[2] - 1) + parts[1] ** 2 / (b[2] - 1)) if variance else 1.0
    effect = Effect.student(b[0] - a[0], float(np.sqrt(variance)), freedom, n, method=method, level=level)
    each = [
        Effect.student(mean, float(np.sqrt(part)), size - 1, size, method="t", level=level).estimate
        for (mean, _, size), part in zip((a, b), parts, strict=True)
    ]
    relative = _relative((a[0], parts[0]), (b[0], parts[1]), n, level)
    return Comparison(effect=effect, control=each[0], treatment=each[1], relative=relative, method=method)


def compare_paired(before: npt.ArrayLike, after: npt.ArrayLike, *, level: float = 0.95) -> Effect:
    """Mean change of the same subjects (paired t test); pairs with a missing side are left out."""
    check_level(level)
    first, second = numbers(before, "before"), numbers(after, "after")
    if first.size != second.size:
        raise InputError("verify.column_length", column="after", expected=int(first.size))
    change = second - first
    change = change[~np.isnan(change)]
    n = int(change.size)
    if n < 2:
        return Effect.not_computable(n, "verify.group_too_small", method="paired t")
    error = float(change.std(ddof=1) / np.sqrt(n))
    return Effect.student(float(change.mean()), error, n - 1, n, method="paired t", level=level)


def compare_ratios(
    control: tuple[npt.ArrayLike, npt.ArrayLike],
    treatment: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    level: float = 0.95,
) -> Comparison:
    """Ratios of sums (clicks per view, complaints per order) when people, not views, were randomized.

    Args:
        control: numerators and denominators by subject, each shape (n,).
        treatment: likewise.
        level: of the intervals.
    """
    check_level(level)
    method = "delta method"
    figures = [
        _ratio(numbers(top, "numerator"), numbers(bottom, "denominator"))
        for top, bottom in (control, treatment)
    ]
    n = sum(figure[2] for figure in figures)
    if any(np.isnan(figure[0]) for figure in figures):
        gap = Effect.not_computable(n, "verify.group_too_small", method=method)
        return Comparison(
            effect=gap, control=gap.estimate, treatment=gap.estimate, relative=gap.estimate, method=method
        )
    (a, a_variance, a_n), (b, b_variance, b_n) = figures
    effect = Effect.normal(b - a, float(np.sqrt(a_variance + b_variance)), n, method=method, level=level)
    return Comparison(
        effect=effect,
        control=Effect.normal(a, float(np.sqrt(a_variance)), a_n, method=method, level=level).estimate,
        treatment=Effect.normal(b, float(np.sqrt(b_variance)), b_n, method=method, level=level).estimate,
        relative=_relative((a, a_variance), (b, b_variance), n, level),
        method=method,
    )


def _ratio(top: Floats, bottom: Floats) -> tuple[float, float, int]:
    """A ratio of sums, its variance and the number of subjects."""
    if top.size != bottom.size:
        raise InputError("verify.column_length", column="denominator", expected=int(top.size))
    used = ~(np.isnan(top) | np.isnan(bottom))
    top, bottom = top[used], bottom[used]
    n = int(top.size)
    if n < 2 or bottom.sum() <= 0:
        return float("nan"), float("nan"), n
    ratio = float(top.sum() / bottom.sum())
    return ratio, float((top - ratio * bottom).var(ddof=1) / (n * bottom.mean() ** 2)), n


@dataclass(frozen=True, kw_only=True)
class AdjustedComparison(Result):
    """Means adjusted by what was known of the subjects before the experiment (CUPED).

    Attributes:
        comparison: of the adjusted values.
        raw: without adjustment.
        theta: slope of the outcome on the earlier figure, pooled within both groups.
        variance_reduction: how much smaller the variance of the effect became, as a share; None when either
            cannot be computed.
    """

    comparison: Comparison
    raw: Comparison
    theta: float
    variance_reduction: float | None


def compare_adjusted(
    control: tuple[npt.ArrayLike, npt.ArrayLike],
    treatment: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    level: float = 0.95,
) -> AdjustedComparison:
    """CUPED. The earlier figure must be from before the experiment, or it takes part of the effect away.

    Args:
        control: outcomes and earlier figures by subject, each shape (n,); both must be present.
        treatment: likewise.
        level: of the intervals.

    Raises:
        InputError: fewer than two subjects in a group, or no variation of the earlier figure.
    """
    groups = [_pairs(outcome, earlier) for outcome, earlier in (control, treatment)]
    outcomes = np.concatenate([outcome for outcome, _ in groups])
    earlier = np.concatenate([figure for _, figure in groups])
    spread = float(np.var(earlier, ddof=1)) if earlier.size > 1 else 0.0
    if min(outcome.size for outcome, _ in groups) < 2 or spread == 0:
        raise InputError("verify.covariate_constant")
    theta = float(np.cov(outcomes, earlier, ddof=1)[0, 1]) / spread
    adjusted = [outcome - theta * (figure - earlier.mean()) for outcome, figure in groups]
    raw = compare_means(groups[0][0], groups[1][0], level=level)
    comparison = compare_means(*adjusted, level=level)
    errors = (comparison.effect.standard_error, raw.effect.standard_error)
    return AdjustedComparison(
        comparison=comparison,
        raw=raw,
        theta=theta,
        variance_reduction=None if None in errors else 1 - ((errors[0] or 0.0) / (errors[1] or 1.0)) ** 2,
    )


def _pairs(outcome: npt.ArrayLike, earlier: npt.ArrayLike) -> tuple[Floats, Floats]:
    first, second = numbers(outcome, "outcome"), numbers(earlier, "earlier")
    if first.size != second.size:
        raise InputError("verify.column_length", column="earlier", expected=int(first.size))
    used = ~(np.isnan(first) | np.isnan(second))
    return first[used], second[used]


@dataclass(frozen=True, kw_only=True)
class SampleRatio(Result):
    """Whether the groups have the sizes that the design intended.

    Attributes:
        observed: sizes.
        expected: sizes by design.
        statistic: chi-squared.
        p_value: None when it cannot be computed.
        mismatch: so unlikely that assignment or logging must be broken: do not read the results.
    """

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    statistic: float | None
    p_value: float | None
    mismatch: bool


def sample_ratio(observed: list[int], weights: list[float] | None = None) -> SampleRatio:
    """Test for a sample ratio mismatch (Fabijan et al. 2019), alarm below p = 0.001.

    Args:
        observed: subjects in each group.
        weights: intended shares, equal when not given; need not sum to 1.
    """
    from scipy.stats import chi2

    shares = np.asarray(weights if weights is not None else [1.0] * len(observed), dtype=np.float64)
    if len(observed) < 2 or shares.size != len(observed) or (shares <= 0).any() or min(observed) < 0:
        raise SpecError("verify.groups_invalid")
    expected = shares / shares.sum() * sum(observed)
    sizes = tuple(expected.tolist())
    if not sum(observed):
        return SampleRatio(
            observed=tuple(observed), expected=sizes, statistic=None, p_value=None, mismatch=False
        )
    statistic = float(((np.asarray(observed) - expected) ** 2 / expected).sum())
    p_value = float(chi2.sf(statistic, len(observed) - 1))
    mismatch = p_value < SAMPLE_RATIO_ALARM
    return SampleRatio(
        observed=tuple(observed),
        expected=sizes,
        statistic=statistic,
        p_value=p_value,
        mismatch=mismatch,
        warnings=(Notice("verify.sample_ratio_mismatch", params={"p": f"{p_value:.1e}"}),)
        if mismatch
        else (),
    )


def _sample(values: npt.ArrayLike, name: str) -> Floats:
    array = numbers(values, name)
    return array[~np.isnan(array)]


def _relative(a: tuple[float, float], b: tuple[float, float], n: int, level: float) -> Estimate:
    """(b - a) / a for independent figures with variances, by the delta method."""
    (mean, variance), (other, other_variance) = a, b
    if mean <= 0:
        return Estimate.not_computable(n, "verify.control_not_positive", method="delta method")
    error = float(np.sqrt(other_variance / mean**2 + other**2 * variance / mean**4))
    return Effect.normal(other / mean - 1, error, n, method="delta method", level=level).estimate


def _two_sided(z: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(z)))
