"""Two parts of a log side by side: which steps got slower, by how much, with which certainty.

Each step's times are compared by the test of Mann & Whitney (1947, normal approximation with ties and
continuity); the p-values of all steps together are corrected after Benjamini & Hochberg (1995). The interval of
a difference of medians is that of Price & Bonett, Distribution-free confidence intervals for difference and ratio
of medians (2002); of a difference of shares, Newcombe's (1998, method 10). Times of one case are taken as
independent, so that a step which few cases repeat many times looks more certain than it is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from servloop.diagnose.process.directly_follows import EdgeTable, edge_method
from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Float64, Int64
from servloop.errors import InputError, SpecError
from servloop.inference import benjamini_hochberg, newcombe_difference, normal_quantile
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

Verdict = Literal["slower", "faster", "unclear", "too_few"]
_FEWEST = 5  # below this the variance of a median has no estimate


@dataclass(frozen=True, slots=True)
class TimeChange:
    """Durations in the second part against the first.

    Attributes:
        first_n, second_n: durations.
        first_median, second_median: seconds; None without durations.
        difference: second median - first median in seconds, with its interval.
        superiority: chance that a duration of the second part is longer than one of the first (ties count half):
            0.5 is no effect.
        p, p_adjusted: of the test; adjusted over all steps that were tested.
        verdict: ``slower`` or ``faster`` when the adjusted p-value is below alpha and the interval excludes 0.
    """

    first_n: int
    second_n: int
    first_median: float | None
    second_median: float | None
    difference: Estimate
    superiority: float | None
    p: float | None
    p_adjusted: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StepChange:
    """One step from activity to activity.

    ``first_cases`` and ``second_cases`` have the step; ``share`` is the difference of the shares of cases with
    it. ``added_seconds`` is what the step adds to the mean time of a case (second - first): time per visit and
    number of visits together; over all steps these sum up to the difference of the mean case times, when a log
    has completions only.
    """

    source: str
    target: str
    first_cases: int
    second_cases: int
    share: Estimate
    added_seconds: float
    time: TimeChange


@dataclass(frozen=True, kw_only=True)
class Comparison(Result):
    """Two logs compared.

    Attributes:
        first_n, second_n: cases.
        throughput: change of the time of cases.
        steps: all steps that occur in either, those that add most time first.
        only_first, only_second: activities that occur in one part only.
        alpha: false discovery rate of the verdicts.
        method: how the time of a step is measured.
    """

    first_n: int
    second_n: int
    throughput: TimeChange
    steps: tuple[StepChange, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    alpha: float
    method: str

    @property
    def slower(self) -> tuple[StepChange, ...]:
        """Steps that got slower, those that add most time first."""
        return tuple(step for step in self.steps if step.time.verdict == "slower")

    def to_frame(self) -> pl.DataFrame:
        """One row per step."""
        import polars as pl

        rows = [
            {
                "source": step.source,
                "target": step.target,
                "first_cases": step.first_cases,
                "second_cases": step.second_cases,
                "share_difference": step.share.value,
                "added_seconds": step.added_seconds,
                **{name: value for name, value in asdict(step.time).items() if name != "difference"},
                "difference_seconds": step.time.difference.value,
                "low": step.time.difference.low,
                "high": step.time.difference.high,
            }
            for step in self.steps
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def split_at(log: EventLog, moment: int) -> tuple[EventLog, EventLog]:
    """Cases that began before a moment (microseconds since 1970, UTC), and the others."""
    later = log.begin[log.offsets[:-1]] >= moment
    return log.keep_cases(~later), log.keep_cases(later)


def split_by(log: EventLog, column: str, first: str, second: str) -> tuple[EventLog, EventLog]:
    """Cases of which an event has the one value, and those with the other; a case with both is in neither.

    Raises:
        InputError: ``process.no_such_column``, ``process.compare_no_such_value``.
    """
    codes, labels = log.codes_of(column)
    known = labels.to_list()
    flags = []
    for value in (first, second):
        if value not in known:
            raise InputError("process.compare_no_such_value", column=column, value=value, found=known[:20])
        having = np.zeros(log.cases, dtype=np.bool_)
        having[log.case_index[codes == known.index(value)]] = True
        flags.append(having)
    return log.keep_cases(flags[0] & ~flags[1]), log.keep_cases(flags[1] & ~flags[0])


def compare(
    first: EventLog, second: EventLog, *, min_count: int = 10, alpha: float = 0.05, level: float = 0.95
) -> Comparison:
    """Compare the steps and case times of two logs (periods, groups).

    Args:
        first: what is compared with: the earlier period, the other group.
        second: what is judged.
        min_count: steps that occur less often in either are not tested; at least 5.
        alpha: false discovery rate.
        level: coverage of the intervals.

    Raises:
        SpecError: ``process.level_out_of_range`` for alpha or level, ``process.compare_min_count``.
    """
    for value in (alpha, level):
        if not 0 < value < 1:
            raise SpecError("process.level_out_of_range", level=value)
    if min_count < _FEWEST:
        raise SpecError("process.compare_min_count", received=min_count, lowest=_FEWEST)
    edges, one, two = _common_edges(first, second)
    times = _changes(one.durations, two.durations, min_count=min_count, alpha=alpha, level=level)
    whole = _changes(_whole(first), _whole(second), min_count=min_count, alpha=alpha, level=level)[0]
    per_case = [side.durations.totals() / max(log.cases, 1) for side, log in ((one, first), (two, second))]
    added = per_case[1] - per_case[0]
    order = np.lexsort((np.arange(len(edges)), -added))
    steps = tuple(
        StepChange(
            source=edges[place][0],
            target=edges[place][1],
            first_cases=int(one.cases[place]),
            second_cases=int(two.cases[place]),
            share=_share_difference(
                int(one.cases[place]), first.cases, int(two.cases[place]), second.cases, level
            ),
            added_seconds=float(added[place]),
            time=times[place],
        )
        for place in order.tolist()
    )
    here, there = _activities(first), _activities(second)
    empty = sum(log.cases == 0 for log in (first, second))
    mixed = edge_method(first) != edge_method(second)
    return Comparison(
        first_n=first.cases,
        second_n=second.cases,
        throughput=whole,
        steps=steps,
        only_first=tuple(sorted(here - there)),
        only_second=tuple(sorted(there - here)),
        alpha=alpha,
        method=edge_method(first),
        warnings=((Notice("process.compare_empty_part", count=empty),) if empty else ())
        + ((Notice("process.compare_mixed_times"),) if mixed else ()),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """One log's durations and distinct cases, per common edge."""

    durations: GroupedDurations
    cases: Int64


def _common_edges(first: EventLog, second: EventLog) -> tuple[list[tuple[str, str]], _Side, _Side]:
    tables = EdgeTable.of(first), EdgeTable.of(second)
    named = [
        [
            (log.activity_labels[source], log.activity_labels[target])
            for source, target in zip(table.source.tolist(), table.target.tolist(), strict=True)
        ]
        for log, table in zip((first, second), tables, strict=True)
    ]
    edges = sorted({*named[0], *named[1]})
    place_of = {edge: place for place, edge in enumerate(edges)}
    sides = []
    for names, table in zip(named, tables, strict=True):
        place = np.array([place_of[edge] for edge in names], dtype=np.int64)
        counts, cases = np.zeros(len(edges), dtype=np.int64), np.zeros(len(edges), dtype=np.int64)
        counts[place], cases[place] = table.count, table.cases
        # Groups keep their inner order: only whole groups change places.
        source = table.waits.offsets[:-1][np.argsort(place)]
        kept = counts[counts > 0]
        row = np.arange(int(kept.sum())) + np.repeat(source - (np.cumsum(kept) - kept), kept)
        offsets = np.concatenate(([0], np.cumsum(counts)))
        sides.append(_Side(GroupedDurations(offsets, table.waits.values[row]), cases))
    return edges, sides[0], sides[1]


def _whole(log: EventLog) -> GroupedDurations:
    return GroupedDurations.of(np.zeros(log.cases, dtype=np.int64), log.throughput, 1)


def _changes(
    one: GroupedDurations, two: GroupedDurations, *, min_count: int, alpha: float, level: float
) -> list[TimeChange]:
    groups = len(one.counts)
    tested = (one.counts >= min_count) & (two.counts >= min_count)
    medians = one.quantile(0.5), two.quantile(0.5)
    spread = np.sqrt(_median_variance(one) + _median_variance(two)) * normal_quantile(level)
    superiority, p = np.full(groups, np.nan), np.full(groups, np.nan)
    for group in np.flatnonzero(tested).tolist():
        superiority[group], p[group] = mann_whitney(_values(one, group), _values(two, group))
    adjusted = np.full(groups, np.nan)
    adjusted[tested] = benjamini_hochberg(p[tested].tolist())
    gap = medians[1] - medians[0]
    changes = []
    for group in range(groups):
        n = int(one.counts[group] + two.counts[group])
        if tested[group]:
            difference = Estimate(
                float(gap[group]),
                n,
                low=float(gap[group] - spread[group]),
                high=float(gap[group] + spread[group]),
                method="price_bonett",
                level=level,
            )
        else:
            difference = Estimate.not_computable(
                n, "process.compare_too_few", method="price_bonett", fewest=min_count
            )
        changes.append(
            TimeChange(
                first_n=int(one.counts[group]),
                second_n=int(two.counts[group]),
                first_median=_known(medians[0][group]),
                second_median=_known(medians[1][group]),
                difference=difference,
                superiority=_known(superiority[group]),
                p=_known(p[group]),
                p_adjusted=_known(adjusted[group]),
                verdict=_verdict(difference, adjusted[group], alpha),
            )
        )
    return changes


def _values(durations: GroupedDurations, group: int) -> Int64:
    return durations.values[durations.offsets[group] : durations.offsets[group + 1]]


def _verdict(difference: Estimate, p_adjusted: float, alpha: float) -> Verdict:
    if difference.low is None or difference.high is None:
        return "too_few"
    if p_adjusted < alpha and difference.low > 0:
        return "slower"
    if p_adjusted < alpha and difference.high < 0:
        return "faster"
    return "unclear"


def _median_variance(durations: GroupedDurations) -> Float64:
    """Variance of each group's median from two of its order statistics (Price & Bonett); NaN for few values."""
    from scipy.special import bdtr, ndtri

    counts = durations.counts
    variance = np.full(len(counts), np.nan)
    enough = counts >= _FEWEST
    if not enough.any():
        return variance
    n = counts[enough]
    rank = np.maximum(np.rint((n + 1) / 2 - np.sqrt(n)).astype(np.int64), 1)
    z = ndtri(1 - bdtr((rank - 1).astype(np.float64), n, 0.5))
    begin = durations.offsets[:-1][enough]
    width = (durations.values[begin + n - rank] - durations.values[begin + rank - 1]) / MICROSECONDS
    variance[enough] = (width / (2 * z)) ** 2
    return variance


def mann_whitney(first: Int64, second: Int64) -> tuple[float, float]:
    """How often a value of the second sample is the greater one (ties half), and the two-sided p-value.

    Args:
        first: a sample in ascending order, not empty.
        second: another.
    """
    from scipy.special import ndtr

    n, m = len(first), len(second)
    below = np.searchsorted(first, second, side="left") + np.searchsorted(first, second, side="right")
    u = float(below.sum()) / 2
    pooled = np.sort(np.concatenate((first, second)))
    edges = np.flatnonzero(np.concatenate(([True], pooled[1:] != pooled[:-1], [True])))
    ties = np.diff(edges).astype(np.float64)
    total = n + m
    variance = n * m / 12 * (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))
    if variance <= 0:  # all values are equal
        return 0.5, 1.0
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / variance**0.5
    return u / (n * m), min(float(2 * ndtr(-z)), 1.0)


def _share_difference(hits: int, cases: int, other_hits: int, other_cases: int, level: float) -> Estimate:
    if cases == 0 or other_cases == 0:
        return Estimate.not_computable(cases + other_cases, "process.compare_empty_part", method="newcombe")
    low, high = newcombe_difference((hits, cases), (other_hits, other_cases), level)
    gap = other_hits / other_cases - hits / cases
    return Estimate(gap, cases + other_cases, low, high, "newcombe", level)


def _activities(log: EventLog) -> set[str]:
    return {log.activity_labels[code] for code in np.unique(log.activity).tolist()}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
