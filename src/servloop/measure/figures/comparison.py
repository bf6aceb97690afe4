"""Is the difference real? Two figures held against each other with the test that their kind asks for.

Sources: Newcombe (1998) for shares; Welch (1947) for means; Mann & Whitney (1947) with ties for quantiles; the
conditional binomial test for counts; Benjamini & Hochberg (1995) across many comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from servloop.inference import benjamini_hochberg, newcombe_difference, normal_quantile
from servloop.measure.figures.statistics import Statistic, estimate, net_variance, spread
from servloop.results import Estimate

_SMALLEST = 2


@dataclass(frozen=True)
class Change:
    """A difference ``second − first``.

    Attributes:
        difference: with its interval, in the unit of the figure (points for shares); not computable for too few rows.
        p: of the test that there is none; None where there is no test.
        q: p corrected for all comparisons made together.
        test: its name.
    """

    difference: Estimate
    p: float | None
    q: float | None
    test: str

    @property
    def clear(self) -> bool:
        """Whether the corrected p is below .05."""
        return self.q is not None and self.q < 0.05


def compare(first: Statistic, second: Statistic, aggregate: str, *, level: float = 0.95) -> Change:
    """Test one difference.

    Args:
        first: what is compared with: the earlier period, the other units, the benchmark's sample.
        second: what is looked at.
        aggregate: name of the aggregate; the same for both.
        level: coverage of the interval.
    """
    n = first.n + second.n
    if aggregate == "count":
        return _counts(first.n, second.n, level)
    if min(first.n, second.n) < _SMALLEST:
        gap = Estimate.not_computable(
            n, "figures.too_few_to_compare", method=aggregate, first=first.n, second=second.n
        )
        return Change(gap, None, None, "")
    if first.kept == "share":
        return _shares(first, second, level)
    if first.kept == "net":
        variances = (net_variance(first) / first.n, net_variance(second) / second.n)
        return _normal(_point(first, aggregate), _point(second, aggregate), 1e4 * sum(variances), n, level)
    if aggregate in {"median", "p90"}:
        return _quantiles(first, second, aggregate)
    if aggregate == "sum":
        change = Estimate(second.total - first.total, n, method="difference of sums", level=level)
        return Change(change, None, None, "")
    return _means(first, second, level)


def compare_many(
    pairs: Mapping[str, tuple[Statistic, Statistic]], aggregate: str, *, level: float = 0.95
) -> dict[str, Change]:
    """Several comparisons at once, with p corrected over all of them (Benjamini-Hochberg)."""
    changes = {
        name: compare(first, second, aggregate, level=level) for name, (first, second) in pairs.items()
    }
    corrected = benjamini_hochberg([change.p for change in changes.values()])
    return {name: replace(change, q=q) for (name, change), q in zip(changes.items(), corrected, strict=True)}


def _point(statistic: Statistic, aggregate: str) -> float:
    value = estimate(statistic, aggregate).value
    assert value is not None, "statistics with rows have a value"
    return value


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _normal(first: float, second: float, variance: float, n: int, level: float) -> Change:
    difference = second - first
    if variance <= 0:
        return Change(Estimate(difference, n, method="normal", level=level), None, None, "")
    error = math.sqrt(variance)
    half = normal_quantile(level) * error
    p = _two_sided(difference / error)
    return Change(Estimate(difference, n, difference - half, difference + half, "normal", level), p, p, "z")


def _shares(first: Statistic, second: Statistic, level: float) -> Change:
    n = first.n + second.n
    low, high = newcombe_difference((first.hits, first.n), (second.hits, second.n), level=level)
    difference = second.hits / second.n - first.hits / first.n
    pooled = (first.hits + second.hits) / n
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n))
    p = _two_sided(difference / error) if error > 0 else 1.0
    return Change(Estimate(100 * difference, n, 100 * low, 100 * high, "newcombe", level), p, p, "z, pooled")


def _means(first: Statistic, second: Statistic, level: float) -> Change:
    from scipy.special import stdtr, stdtrit

    n = first.n + second.n
    difference = second.total / second.n - first.total / first.n
    parts = [(spread(one) or 0.0) / one.n for one in (first, second)]
    variance = sum(parts)
    if variance <= 0:
        return Change(Estimate(difference, n, method="welch", level=level), None, None, "")
    freedom = variance**2 / sum(
        part**2 / (one.n - 1) for part, one in zip(parts, (first, second), strict=True)
    )
    error = math.sqrt(variance)
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(difference) / error))
    return Change(
        Estimate(difference, n, difference - half, difference + half, "welch", level), p, p, "welch"
    )


def _quantiles(first: Statistic, second: Statistic, aggregate: str) -> Change:
    """Difference of quantiles with the rank-sum test on bins; rows in one bin count as ties."""
    import numpy as np

    n = first.n + second.n
    difference = _point(second, aggregate) - _point(first, aggregate)
    places = sorted({*first.bins, *second.bins})
    theirs = np.array([first.bins.get(place, 0) for place in places], np.float64)
    mine = np.array([second.bins.get(place, 0) for place in places], np.float64)
    wins = float((mine * (np.cumsum(theirs) - theirs / 2)).sum())
    together = mine + theirs
    ties = float((together**3 - together).sum())
    centre = first.n * second.n / 2
    variance = first.n * second.n / 12 * ((n + 1) - ties / (n * (n - 1)))
    p = _two_sided((wins - centre) / math.sqrt(variance)) if variance > 0 else 1.0
    return Change(Estimate(difference, n, method="difference of quantiles"), p, p, "mann-whitney")


def _counts(first: int, second: int, level: float) -> Change:
    """Two counts over equally long periods: given their sum, the second is binomial with one half."""
    n = first + second
    half = normal_quantile(level) * math.sqrt(n)
    change = Estimate(float(second - first), n, second - first - half, second - first + half, "normal", level)
    if n == 0:
        return Change(change, None, None, "")
    from scipy.special import bdtr

    # With one half the distribution is symmetric: both tails are alike.
    p = min(1.0, 2 * float(bdtr(min(first, second), n, 0.5)))
    return Change(change, p, p, "binomial")
