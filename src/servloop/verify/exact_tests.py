"""Comparisons for small or skewed samples: several shares at once, Fisher's exact test, ranks.

Sources: Pearson (1900); Fisher (1935), with the conditional estimate of the odds ratio; Mann and Whitney (1947).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError
from servloop.results import Estimate, Result
from servloop.verify.effects import Effect, check_level, effects_frame, numbers

if TYPE_CHECKING:
    import polars as pl

_EXACT_UP_TO = 50


@dataclass(frozen=True, kw_only=True)
class SharesTest(Result):
    """Are several shares the same?

    Attributes:
        shares: of each group with Wilson's interval.
        statistic: Pearson's chi-squared without correction; None when it cannot be computed.
        freedom: its degrees of freedom.
        p_value: None when it cannot be computed.
        n: subjects in all.
    """

    shares: tuple[Estimate, ...]
    statistic: float | None
    freedom: int
    p_value: float | None
    n: int

    def to_frame(self) -> pl.DataFrame:
        """One row for each group."""
        return effects_frame({f"group_{place}": one for place, one in enumerate(self.shares, start=1)})


def compare_many_shares(successes: Sequence[int], sizes: Sequence[int], *, level: float = 0.95) -> SharesTest:
    """Chi-squared test that several independent shares are the same.

    Raises:
        InputError: counts are negative, exceed their group, or there are fewer than two groups.
    """
    from scipy.stats import chi2

    from servloop.inference import wilson_interval

    check_level(level)
    hits, n = np.asarray(successes, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    if hits.shape != n.shape or hits.size < 2 or (hits < 0).any() or (hits > n).any():
        raise InputError("verify.counts_impossible")
    shares = tuple(
        Estimate(int(h) / int(m), int(m), *wilson_interval(int(h), int(m), level), "wilson", level)
        if m
        else Estimate.not_computable(0, "verify.group_empty", method="wilson")
        for h, m in zip(hits, n, strict=True)
    )
    pooled = float(hits.sum() / n.sum()) if n.sum() else 0.0
    freedom, statistic, p_value = hits.size - 1, None, None
    if (n > 0).all() and 0 < pooled < 1:
        statistic = float(((hits - n * pooled) ** 2 / (n * pooled * (1 - pooled))).sum())
        p_value = float(chi2.sf(statistic, freedom))
    return SharesTest(shares=shares, statistic=statistic, freedom=freedom, p_value=p_value, n=int(n.sum()))


def fisher_exact(
    table: npt.ArrayLike,
    *,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    level: float = 0.95,
) -> Effect:
    """Fisher's exact test of a 2 x 2 table of counts: the conditional odds ratio with its exact interval.

    Args:
        table: rows are groups, columns outcomes, shape (2, 2).
        alternative: what is asked of the odds ratio; the interval is two-sided whatever is asked.
        level: of the interval.

    Raises:
        InputError: it is no table of counts.
    """
    from scipy.stats import fisher_exact as scipy_fisher
    from scipy.stats.contingency import odds_ratio

    check_level(level)
    counts = np.asarray(table)
    if counts.shape != (2, 2) or (counts < 0).any() or not np.equal(counts, np.round(counts)).all():
        raise InputError("verify.counts_impossible")
    counts = counts.astype(np.int64)
    n, method = int(counts.sum()), "Fisher's exact test, conditional odds ratio"
    if (counts.sum(axis=0) == 0).any() or (counts.sum(axis=1) == 0).any():
        return Effect.not_computable(n, "verify.group_empty", method=method)
    found = odds_ratio(counts, kind="conditional")
    interval = found.confidence_interval(confidence_level=level)
    low, high = float(interval.low), float(interval.high)
    value = float(found.statistic)
    if not np.isfinite(value):  # an empty cell: the ratio has no upper end
        return Effect(
            Estimate.not_computable(n, "verify.no_variation", method=method),
            None,
            _fisher_p(scipy_fisher(counts, alternative=alternative)),
        )
    estimate = Estimate(value, n, low, high if np.isfinite(high) else None, method, level)
    return Effect(estimate, None, _fisher_p(scipy_fisher(counts, alternative=alternative)))


def _fisher_p(found: object) -> float:
    return float(found.pvalue)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class RankTest(Result):
    """Is one sample shifted against the other?

    Attributes:
        statistic: pairs in which the first is larger, ties count half (R's W).
        superiority: chance that a value of the first is larger than one of the second, ties count half.
        p_value: None when it cannot be computed.
        n: values used.
        method: exact, or normal with continuity correction and ties.
    """

    statistic: float
    superiority: Estimate
    p_value: float | None
    n: int
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return effects_frame({"superiority": self.superiority})


def compare_ranks(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    exact: bool | None = None,
) -> RankTest:
    """The Mann-Whitney test, for samples that are skewed or small. Missing values are left out.

    Args:
        first: values of the one sample.
        second: values of the other.
        alternative: what is asked of the first.
        exact: exact null distribution; by default below 50 values each and without ties.

    Raises:
        InputError: the values are not numeric.
    """
    from scipy.stats import mannwhitneyu

    a, b = (numbers(values, name) for values, name in ((first, "first"), (second, "second")))
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    n = int(a.size + b.size)
    if not (a.size and b.size):
        gap = Estimate.not_computable(n, "verify.group_empty", method="mann-whitney")
        return RankTest(statistic=0.0, superiority=gap, p_value=None, n=n, method="mann-whitney")
    tied = np.unique(np.concatenate([a, b])).size < n
    if exact is None:
        exact = not tied and max(a.size, b.size) < _EXACT_UP_TO
    way: Literal["exact", "asymptotic"] = "exact" if exact else "asymptotic"
    found = mannwhitneyu(a.tolist(), b.tolist(), alternative=alternative, method=way, use_continuity=True)
    statistic, p = float(found.statistic), float(found.pvalue)
    method = f"mann-whitney, {'exact' if exact else 'normal with continuity correction'}"
    return RankTest(
        statistic=statistic,
        superiority=Estimate(statistic / (a.size * b.size), n, method=method),
        p_value=p if np.isfinite(p) else None,
        n=n,
        method=method,
    )
