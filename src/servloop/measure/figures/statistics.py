"""Statistics that add up: kept per unit, month and channel, merged for any selection, turned into an estimate at the end.

A mean of means is not a mean and a median of medians not a median; what is kept here is what sums correctly: counts,
sums, sums of squares, and counts per bin for quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servloop.measure.figures.formula import Kept
from servloop.results import Estimate

# Bins of quantiles grow by 2 %: a quantile is exact to 1 % of its value.
BIN_GROWTH = 1.02
ZERO_BIN = -1_000_000
_LOG_GROWTH = math.log(BIN_GROWTH)


@dataclass(frozen=True)
class Statistic:
    """What is kept of a group of rows.

    Attributes:
        kept: the kind.
        n: rows with a value.
        hits: rows for which the condition holds (share), or promoters (net).
        against: detractors (net).
        total, squares: sum and sum of squares (moments, histogram).
        bins: bin → rows (histogram); bin b holds values from ``BIN_GROWTH ** b`` up to the next power.
    """

    kept: Kept
    n: int = 0
    hits: int = 0
    against: int = 0
    total: float = 0.0
    squares: float = 0.0
    bins: Mapping[int, int] = field(default_factory=dict)


def merge(kept: Kept, statistics: Iterable[Statistic]) -> Statistic:
    """The statistic of all groups together; of none, an empty one."""
    n = hits = against = 0
    total = squares = 0.0
    bins: dict[int, int] = {}
    for one in statistics:
        n += one.n
        hits += one.hits
        against += one.against
        total += one.total
        squares += one.squares
        for place, count in one.bins.items():
            bins[place] = bins.get(place, 0) + count
    return Statistic(kept, n, hits, against, total, squares, bins)


def without(whole: Statistic, part: Statistic) -> Statistic:
    """The rest of a whole without one of its parts."""
    bins = {
        place: rest for place, count in whole.bins.items() if (rest := count - part.bins.get(place, 0)) > 0
    }
    return Statistic(
        whole.kept,
        whole.n - part.n,
        whole.hits - part.hits,
        whole.against - part.against,
        whole.total - part.total,
        whole.squares - part.squares,
        bins,
    )


def estimate(statistic: Statistic, aggregate: str, *, level: float = 0.95) -> Estimate:
    """The figure with its interval.

    Shares are in percent with Wilson's interval; the net promoter score in points with a normal interval from the
    variance of +1, 0, −1; means with Student's interval; quantiles with the interval of order statistics; counts with
    the exact Poisson interval (Garwood); sums without one.

    Args:
        statistic: what was kept.
        aggregate: name of the aggregate (`AGGREGATES`).
        level: coverage.
    """
    if aggregate == "count":
        low, high = _poisson(statistic.n, level)
        return Estimate(float(statistic.n), statistic.n, low, high, "poisson", level)
    if statistic.n == 0:
        return Estimate.not_computable(0, "figures.no_rows", method=aggregate)
    if statistic.kept == "share":
        from servloop.measure.loyalty_intervals import proportion_interval

        low, high = proportion_interval(statistic.hits, statistic.n, level=level)
        return Estimate(
            100 * statistic.hits / statistic.n, statistic.n, 100 * low, 100 * high, "wilson", level
        )
    if statistic.kept == "net":
        return _net(statistic, level)
    if aggregate in {"median", "p90"}:
        return _quantile(statistic, 0.5 if aggregate == "median" else 0.9, level)
    if aggregate == "sum":
        return Estimate(statistic.total, statistic.n, method="sum", level=level)
    return _mean(statistic, level)


def spread(statistic: Statistic) -> float | None:
    """Variance (n − 1) of the values behind a mean; None below two."""
    if statistic.n < 2:
        return None
    return max(0.0, (statistic.squares - statistic.total**2 / statistic.n) / (statistic.n - 1))


def net_variance(statistic: Statistic) -> float:
    """Variance of the scores +1, 0, −1 of a net promoter score."""
    mean = (statistic.hits - statistic.against) / statistic.n
    return (statistic.hits + statistic.against) / statistic.n - mean**2


def _net(statistic: Statistic, level: float) -> Estimate:
    from servloop.inference import normal_quantile
    from servloop.measure.loyalty_intervals import one_class_interval

    value = 100 * (statistic.hits - statistic.against) / statistic.n
    variance = net_variance(statistic)
    if variance <= 0:
        low, high = one_class_interval(value, statistic.n, -100.0, 100.0, level)
        return Estimate(value, statistic.n, low, high, "one class", level)
    half = 100 * normal_quantile(level) * math.sqrt(variance / statistic.n)
    return Estimate(value, statistic.n, max(-100.0, value - half), min(100.0, value + half), "normal", level)


def _mean(statistic: Statistic, level: float) -> Estimate:
    value = statistic.total / statistic.n
    variance = spread(statistic)
    if variance is None or variance == 0:
        return Estimate(value, statistic.n, method="student", level=level)
    from scipy.special import stdtrit

    half = float(stdtrit(statistic.n - 1, 0.5 + level / 2)) * math.sqrt(variance / statistic.n)
    return Estimate(value, statistic.n, value - half, value + half, "student", level)


def _quantile(statistic: Statistic, share: float, level: float) -> Estimate:
    from servloop.inference import normal_quantile

    n = statistic.n
    half = normal_quantile(level) * math.sqrt(n * share * (1 - share))
    ranks = [share * (n - 1), share * n - half - 0.5, share * n + half - 0.5]
    value, low, high = _at_ranks(statistic.bins, ranks)
    bounded = ranks[1] >= 0 and ranks[2] <= n - 1
    return Estimate(
        value, n, low if bounded else None, high if bounded else None, "order statistics, 2 % bins", level
    )


def _at_ranks(bins: Mapping[int, int], ranks: Sequence[float]) -> list[float]:
    """Values at ranks counted from 0; inside a bin its rows are spread evenly on the log scale."""
    import numpy as np

    places = np.array(sorted(bins), np.int64)
    counts = np.array([bins[place] for place in places.tolist()], np.int64)
    ends = np.cumsum(counts)
    found = []
    for rank in ranks:
        at = min(max(rank, 0.0), float(ends[-1] - 1))
        bin_ = int(np.searchsorted(ends, at, side="right"))
        inside = (at - float(ends[bin_] - counts[bin_]) + 0.5) / float(counts[bin_])
        place = int(places[bin_])
        found.append(0.0 if place == ZERO_BIN else math.exp((place + min(inside, 1.0)) * _LOG_GROWTH))
    return found


def _poisson(n: int, level: float) -> tuple[float, float]:
    from scipy.special import chdtri

    tail = (1 - level) / 2
    low = 0.0 if n == 0 else float(chdtri(2 * n, 1 - tail)) / 2
    return low, float(chdtri(2 * (n + 1), tail)) / 2
