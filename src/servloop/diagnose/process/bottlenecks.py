"""Where cases wait: the share of each step in all waiting time, with an interval for its median.

The interval of a median is the pair of order statistics whose ranks come from the binomial distribution
(David & Nagaraja, Order Statistics, 2003, section 7.1): no shape of the distribution is assumed, and its
coverage is at least the stated one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.directly_follows import EdgeTable, edge_method
from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Float64, Int64
from servloop.errors import SpecError
from servloop.results import Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

# A timer leaves a spike among the waits: in a window this wide (relative to its beginning) lie so many waits,
# so large a part of all, and so many times more than around it.
_SPIKE_WIDTH = 0.002
TIMER_COUNT = 30
TIMER_PART = 0.05
_SPIKE_EXCESS = 10.0
TIMER_SECONDS = 3_600.0
TIMER_SHARE = 0.01  # only steps with at least this share of all waiting are worth a warning


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """One step from activity to activity, its total wait, its share of all waits, and its median wait.

    ``low`` and ``high`` bound the median; None where there are too few waits for the level. ``share`` is None
    when nothing waited at all.
    """

    source: str
    target: str
    count: int
    cases: int
    total_seconds: float
    share: float | None
    median_seconds: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Bottlenecks(Result):
    """Steps by falling total wait.

    Attributes:
        n: waits that entered.
        steps: all steps that are not marked.
        not_waiting: activities marked as administrative: the time before them is nobody's wait.
        level: coverage of the interval of the median.
        method: how a wait is measured.
    """

    n: int
    steps: tuple[Bottleneck, ...]
    not_waiting: tuple[str, ...]
    level: float
    method: str

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The steps, what was marked, and ``warnings``."""
        return {
            "n": self.n,
            "steps": [asdict(step) for step in self.steps],
            "not_waiting": list(self.not_waiting),
            "level": self.level,
            "method": self.method,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per step."""
        import polars as pl

        return pl.DataFrame([asdict(step) for step in self.steps], infer_schema_length=None)


def bottlenecks(log: EventLog, *, not_waiting: Collection[str] = (), level: float = 0.95) -> Bottlenecks:
    """Rank the steps of a log by the time that cases spend before them.

    Args:
        log: the event log.
        not_waiting: activities before which nobody waits (closing timers, archiving): steps that lead to them
            are left out, of the ranking and of the shares.
        level: coverage of the interval of the median.

    Raises:
        SpecError: ``process.unknown_activity`` for a marked activity that the log does not have,
            ``process.level_out_of_range``.
    """
    unknown = [activity for activity in not_waiting if activity not in log.activity_labels]
    if unknown:
        raise SpecError("process.unknown_activity", unknown=unknown, found=list(log.activity_labels))
    if not 0 < level < 1:
        raise SpecError("process.level_out_of_range", level=level)
    labels = log.activity_labels
    table = EdgeTable.of(log)
    target_marked = np.isin(table.target, [labels.index(activity) for activity in not_waiting])
    totals, medians = table.waits.totals(), table.waits.quantile(0.5)
    low, high = median_interval(table.waits, level)
    everything = float(np.maximum(totals[~target_marked], 0).sum())
    order = np.lexsort((table.target, table.source, -totals))
    order = order[~target_marked[order]]
    steps = tuple(
        Bottleneck(
            source=labels[table.source[edge]],
            target=labels[table.target[edge]],
            count=int(table.count[edge]),
            cases=int(table.cases[edge]),
            total_seconds=float(totals[edge]),
            share=float(totals[edge]) / everything if everything > 0 else None,
            median_seconds=float(medians[edge]),
            low=None if np.isnan(low[edge]) else float(low[edge]),
            high=None if np.isnan(high[edge]) else float(high[edge]),
        )
        for edge in order.tolist()
    )
    notices = tuple(
        notice
        for edge in order.tolist()
        if totals[edge] >= TIMER_SHARE * everything
        for notice in timer_notice(
            table.waits.values[table.waits.offsets[edge] : table.waits.offsets[edge + 1]],
            int(table.count[edge]),
            labels[table.source[edge]],
            labels[table.target[edge]],
        )
    )
    return Bottlenecks(
        n=int(table.count[~target_marked].sum()),
        steps=steps,
        not_waiting=tuple(not_waiting),
        level=level,
        method=edge_method(log),
        warnings=log.warnings + notices,
    )


def median_interval(waits: GroupedDurations, level: float) -> tuple[Float64, Float64]:
    """Bounds of the median per group in seconds, NaN where there are too few durations for the level."""
    counts = waits.counts
    rank = lower_rank(counts, 1 - level)
    low, high = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    enough = rank >= 0
    if enough.any():
        safe = np.maximum(rank, 0)
        low[enough] = waits.order_statistic(safe)[enough]
        high[enough] = waits.order_statistic(np.maximum(counts - 1 - safe, 0))[enough]
    return low, high


def lower_rank(counts: Int64, alpha: float) -> Int64:
    """The largest rank (from 0) whose order statistic is above the median with at most alpha / 2; -1 if none.

    P(X ≤ rank) ≤ alpha / 2 for X binomial with ``counts`` trials of one half.
    """
    from scipy.special import bdtr

    # The root lies between none and half of the trials: halve the range until one rank is left.
    low, high = np.full(len(counts), -1, dtype=np.int64), counts // 2
    while bool((high > low).any()):
        middle = (low + high + 1) // 2
        fits = bdtr(middle.astype(np.float64), counts, 0.5) <= alpha / 2
        low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
    return low


def timer_notice(values: Int64, total: int, source: str, target: str) -> tuple[Notice, ...]:
    """A warning when many waits of a step last almost exactly as long: a clock ended them, not a person.

    Args:
        values: waits in microseconds, ascending; those in question and some 5 % around them are enough.
        total: waits of the step.
        source: of the step.
        target: of the step.
    """
    values = values[np.searchsorted(values, TIMER_SECONDS * MICROSECONDS) :]
    if len(values) < TIMER_COUNT:
        return ()
    inside = np.searchsorted(values, values * (1 + _SPIKE_WIDTH), side="right") - np.arange(len(values))
    first = int(inside.argmax())
    count, begin = int(inside[first]), float(values[first])
    around = int(np.searchsorted(values, begin * 1.05) - np.searchsorted(values, begin * 0.95))
    coarse = int(np.gcd.reduce(values)) > begin * _SPIKE_WIDTH / 2  # whole days are no finer than the window
    expected = max(around * _SPIKE_WIDTH / 0.1, 1.0)
    part = count / total
    if coarse or count < TIMER_COUNT or part < TIMER_PART or count < _SPIKE_EXCESS * expected:
        return ()
    length = float(np.median(values[first : first + count])) / MICROSECONDS
    facts = {
        "source": source,
        "target": target,
        "total": total,
        "days": f"{length / 86_400:.2f}",
    }
    return (Notice("process.constant_delay", count, facts),)


@dataclass(frozen=True, slots=True)
class ExcessWait:
    """Waiting at a step beyond what was aimed at: total wait less the number of waits times the target."""

    source: str
    target: str
    count: int
    total_seconds: float
    target_seconds: float
    excess_seconds: float


def excess_waits(found: Bottlenecks, targets: Mapping[str, float]) -> tuple[ExcessWait, ...]:
    """Waits beyond their targets, the largest excess first; steps without a target are left out.

    Args:
        found: from `bottlenecks`.
        targets: activity → seconds that a case may wait before it.

    Raises:
        SpecError: ``process.unknown_activity`` for a target of an activity that no step leads to.
    """
    reached = {step.target for step in found.steps}
    unknown = sorted(set(targets) - reached)
    if unknown:
        raise SpecError("process.unknown_activity", unknown=unknown, found=sorted(reached))
    rows = [
        ExcessWait(
            step.source,
            step.target,
            step.count,
            step.total_seconds,
            targets[step.target],
            step.total_seconds - step.count * targets[step.target],
        )
        for step in found.steps
        if step.target in targets
    ]
    return tuple(sorted(rows, key=lambda row: (-row.excess_seconds, row.source, row.target)))
