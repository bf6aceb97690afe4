"""Steps that got slower in one part of the organisation, and not everywhere.

For each group (unit, branch, team) and each step from activity to activity, the times before it are compared
between an earlier and a later period, less the same change in all other groups: a difference in differences
of mean log waiting time, with Welch's error (Card & Krueger 1994; Welch 1947). What slows everybody down (a season,
a holiday) is therefore no finding about one group. The p-values of all groups and steps together are corrected
after Benjamini & Hochberg (1995). Times of one case are taken as independent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.diagnose.process.bottlenecks import median_interval
from servloop.diagnose.process.directly_follows import EdgeTable, edge_method
from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64
from servloop.errors import SpecError
from servloop.inference import benjamini_hochberg, normal_quantile
from servloop.results import Estimate, Result

if TYPE_CHECKING:
    import polars as pl

FEWEST = 20
_ESTIMATES = ("ratio", "median_after")
_METHOD = "difference in differences of log waiting time, Welch"


@dataclass(frozen=True, slots=True)
class Slowdown:
    """One step in one group, later against earlier, less the change in the other groups.

    Attributes:
        group: value of the column.
        source, target: the step.
        n_before, n_after: times in the group.
        median_before: seconds.
        median_after: seconds, with the interval between two order statistics.
        ratio: factor by which the step's typical (geometric mean) time grew beyond that of the others, with interval;
            1 is no effect.
        added_seconds: what the step took longer in the later period in all, against the earlier mean.
        beyond: share of the later times that are longer than nine in ten of the earlier ones; 0.1 is no effect.
        p, q: of the test; q is corrected over all groups and steps.
    """

    group: str
    source: str
    target: str
    n_before: int
    n_after: int
    median_before: float
    median_after: Estimate
    ratio: Estimate
    added_seconds: float
    beyond: float
    p: float
    q: float


@dataclass(frozen=True, kw_only=True)
class Slowdowns(Result):
    """What was compared and what got slower.

    Attributes:
        found: steps that are clearly slower, those that add most time first.
        tested: comparisons that were made.
        n: times that were compared.
        alpha: false discovery rate.
        method: how the time of a step is measured.
    """

    found: tuple[Slowdown, ...]
    tested: int
    n: int
    alpha: float
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per step that got slower."""
        import polars as pl

        rows = [
            {
                **{name: value for name, value in asdict(one).items() if name not in _ESTIMATES},
                "median_after": one.median_after.value,
                "ratio": one.ratio.value,
                "low": one.ratio.low,
                "high": one.ratio.high,
            }
            for one in self.found
        ]
        return pl.DataFrame(rows)


def slowdowns(
    log: EventLog,
    by: str,
    moment: int,
    *,
    earliest: int | None = None,
    min_count: int = FEWEST,
    least_ratio: float = 1.1,
    alpha: float = 0.05,
    level: float = 0.95,
) -> Slowdowns:
    """Look for steps that got slower in a group since a moment.

    Args:
        log: a log of several groups; with a single group there is nothing to compare with, and nothing is found.
        by: column of the source that names the group of each event; events without one are left out.
        moment: microseconds since 1970 (UTC) from which times count as later; a time belongs to when it ended.
        earliest: times that ended before it are left out.
        min_count: a step is compared where the group and the others have at least so many times in each period.
        least_ratio: slowdowns whose interval does not lie above 1, or that are smaller, are not worth telling.
        alpha: false discovery rate.
        level: coverage of the intervals.

    Raises:
        InputError: ``process.no_such_column``.
        SpecError: ``process.level_out_of_range``, ``process.compare_min_count``.
    """
    for value in (alpha, level):
        if not 0 < value < 1:
            raise SpecError("process.level_out_of_range", level=value)
    if min_count < 2:
        raise SpecError("process.compare_min_count", received=min_count, lowest=2)
    times = _times(log, by, earliest)
    sides = times.sides(moment)
    tested = sides.comparable(min_count)
    place = np.flatnonzero(tested)
    if not len(place):
        return Slowdowns(found=(), tested=0, n=0, alpha=alpha, method=edge_method(log))
    growth, error = sides.growth()
    growth, error = growth.flat[place], error.flat[place]
    p = _two_sided(growth, error)
    q = np.array(benjamini_hochberg(p.tolist()), dtype=np.float64)
    half = normal_quantile(level) * error
    clear = (q < alpha) & (growth - half > 0) & (growth >= np.log(least_ratio))
    found = [
        times.described(int(place[at]), moment, (growth[at], half[at], level), (float(p[at]), float(q[at])))
        for at in np.flatnonzero(clear).tolist()
    ]
    found.sort(key=lambda one: (-one.added_seconds, one.group, one.source, one.target))
    return Slowdowns(
        found=tuple(found),
        tested=len(place),
        n=int(sides.n.sum()),
        alpha=alpha,
        method=edge_method(log),
    )


def _two_sided(growth: Float64, error: Float64) -> Float64:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(growth / error)))


@dataclass(frozen=True, eq=False)
class _Sides:
    """Count, mean and variance of log times per period (0 earlier, 1 later), group and edge."""

    n: Float64  # shape (2, groups, edges)
    total: Float64
    squares: Float64

    def comparable(self, min_count: int) -> Bool:
        """Where a group and the others have enough times in both periods; shape (groups, edges)."""
        others = self.n.sum(axis=1, keepdims=True) - self.n
        return np.asarray(((self.n >= min_count) & (others >= min_count)).all(axis=0))

    def growth(self) -> tuple[Float64, Float64]:
        """Difference in differences of the mean log times, and its standard error; shape (groups, edges)."""
        mean, variance = _moments(self.n, self.total, self.squares)
        others = (part.sum(axis=1, keepdims=True) - part for part in (self.n, self.total, self.squares))
        other_mean, other_variance = _moments(*others)
        growth = (mean[1] - mean[0]) - (other_mean[1] - other_mean[0])
        error = np.sqrt(variance.sum(axis=0) + other_variance.sum(axis=0))
        return growth, np.maximum(error, np.finfo(np.float64).tiny)


def _moments(n: Float64, total: Float64, squares: Float64) -> tuple[Float64, Float64]:
    """Means, and the variances of the means."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        return mean, np.maximum(squares - n * mean**2, 0.0) / (n - 1) / n


@dataclass(frozen=True, eq=False)
class _Times:
    """Every time before a step: whose, which step, how long, and when it ended."""

    group: npt.NDArray[np.int64]
    edge: npt.NDArray[np.int64]
    seconds: Float64
    ended: npt.NDArray[np.int64]
    groups: list[str]
    edges: list[tuple[str, str]]

    def sides(self, moment: int) -> _Sides:
        shape = (2, len(self.groups), len(self.edges))
        period = (self.ended >= moment).astype(np.int64)
        cell = (period * shape[1] + self.group) * shape[2] + self.edge
        log = np.log1p(self.seconds)
        size = int(np.prod(shape))
        sums = (np.bincount(cell, weights, size).reshape(shape) for weights in (None, log, log * log))
        n, total, squares = (part.astype(np.float64) for part in sums)
        return _Sides(n, total, squares)

    def described(
        self,
        place: int,
        moment: int,
        growth: tuple[float, float, float],
        tested: tuple[float, float],
    ) -> Slowdown:
        group, edge = divmod(place, len(self.edges))
        mine = (self.group == group) & (self.edge == edge)
        later = self.ended[mine] >= moment
        before, after = self.seconds[mine][~later], self.seconds[mine][later]
        centre, half, level = growth
        low, high = float(np.exp(centre - half)), float(np.exp(centre + half))
        return Slowdown(
            self.groups[group],
            *self.edges[edge],
            n_before=len(before),
            n_after=len(after),
            median_before=float(np.median(before)),
            median_after=_median(after, level),
            ratio=Estimate(float(np.exp(centre)), int(mine.sum()), low, high, _METHOD, level),
            added_seconds=float((after - before.mean()).sum()),
            beyond=float((after > np.quantile(before, 0.9)).mean()),
            p=tested[0],
            q=tested[1],
        )


def _median(seconds: Float64, level: float) -> Estimate:
    whole = (seconds * MICROSECONDS).astype(np.int64)
    one = GroupedDurations.of(np.zeros(len(whole), dtype=np.int64), whole, 1)
    low, high = (None if np.isnan(end[0]) else float(end[0]) for end in median_interval(one, level))
    return Estimate(float(one.quantile(0.5)[0]), len(whole), low, high, "order statistics", level)


def _times(log: EventLog, by: str, earliest: int | None) -> _Times:
    codes, labels = log.codes_of(by)
    table = EdgeTable.of(log)
    _before, _after, between = log.pairs
    inner = log.inner
    group = codes[1:][inner].astype(np.int64)
    ended = log.begin[1:][inner]
    used = group >= 0
    if earliest is not None:
        used &= ended >= earliest
    names = log.activity_labels
    return _Times(
        group=group[used],
        edge=table.pair_edge[used].astype(np.int64),
        # Overlapping intervals have no waiting between them.
        seconds=np.maximum(between[used], 0) / MICROSECONDS,
        ended=ended[used],
        groups=[str(label) for label in labels.to_list()],
        edges=[
            (names[source], names[target])
            for source, target in zip(table.source.tolist(), table.target.tolist(), strict=True)
        ],
    )
