"""Service times, waiting times and flow efficiency of logs that know when work began and ended.

Sources: Dumas et al., Fundamentals of Business Process Management (2018), chapter 7 (cycle time efficiency).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class StepTime:
    """Service and waiting time of one activity, in seconds; None where nothing was measured.

    ``waiting_*`` is from the completion of the preceding event in the log's order: the median keeps negative
    times (overlaps), the mean counts them as 0. ``waiting_latest_end_*`` is from the latest completion that is
    not after the start, and is never negative.
    """

    activity: str
    n: int
    service_median: float | None
    service_mean: float | None
    waiting_n: int
    waiting_median: float | None
    waiting_mean_clipped: float | None
    waiting_latest_end_n: int
    waiting_latest_end_median: float | None
    waiting_latest_end_mean: float | None


@dataclass(frozen=True, kw_only=True)
class StepTimes(Result):
    """Times of each activity, by name.

    Attributes:
        n: events.
        steps: one entry per activity.
        overlaps: events that began before the preceding one ended.
        method: ``"interval"``, or ``"completion_only"`` where starts are unknown: then there is no service
            time, and the time before a step contains its service.
    """

    n: int
    steps: tuple[StepTime, ...]
    overlaps: int
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per activity."""
        import polars as pl

        return pl.DataFrame([asdict(step) for step in self.steps], infer_schema_length=None)


@dataclass(frozen=True, kw_only=True)
class FlowEfficiency(Result):
    """The share of throughput time in which somebody worked on the case.

    Attributes:
        n: cases.
        of_log: service time of all cases divided by throughput time of all cases.
        mean_of_cases: mean of each case's own share; weighs short cases as much as long ones, so the two can
            differ many times over.
        summed_of_log, summed_mean_of_cases: the same with overlapping service counted as often as it occurs
            (work content).
    """

    n: int
    of_log: Estimate
    mean_of_cases: Estimate
    summed_of_log: Estimate
    summed_mean_of_cases: Estimate
    method: str = "service_over_throughput"

    def to_frame(self) -> pl.DataFrame:
        """One row per form of the figure."""
        import polars as pl

        names = ("of_log", "mean_of_cases", "summed_of_log", "summed_mean_of_cases")
        rows = [(name, getattr(self, name).value, getattr(self, name).n) for name in names]
        schema = {"figure": pl.String, "value": pl.Float64, "n": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def step_times(log: EventLog) -> StepTimes:
    """Service times, and waiting times before each activity, in elapsed time."""
    activities = len(log.activity_labels)
    _, after, between = log.pairs
    waiting = GroupedDurations.of(after, between, activities)
    clipped = GroupedDurations.of(after, np.maximum(between, 0), activities)
    latest_wait, known = waits_after_latest_end(log)
    latest = GroupedDurations.of(log.activity[known], latest_wait[known], activities)
    timed = log.start is not None
    service = GroupedDurations.of(log.activity, log.end - log.begin, activities)
    columns = {
        "service_median": service.quantile(0.5) if timed else np.full(activities, np.nan),
        "service_mean": service.means() if timed else np.full(activities, np.nan),
        "waiting_n": waiting.counts,
        "waiting_median": waiting.quantile(0.5),
        "waiting_mean_clipped": clipped.means(),
        "waiting_latest_end_n": latest.counts,
        "waiting_latest_end_median": latest.quantile(0.5),
        "waiting_latest_end_mean": latest.means(),
    }
    steps = tuple(
        StepTime(
            log.activity_labels[code],
            int(service.counts[code]),
            **{name: _known(column[code]) for name, column in columns.items()},
        )
        for code in np.flatnonzero(service.counts).tolist()
    )
    return StepTimes(
        n=log.events,
        steps=steps,
        overlaps=int((between < 0).sum()),
        method="interval" if timed else "completion_only",
        warnings=log.warnings,
    )


def _known(value: Any) -> Any:
    plain = value.item()
    return None if plain != plain else plain  # noqa: PLR0124  # only NaN differs from itself


def waits_after_latest_end(log: EventLog) -> tuple[Int64, Bool]:
    """For each event the time since the latest completion in its case that is not after its start.

    Returns:
        Microseconds (0 where unknown) and whether there is such a completion among the other events.
    """
    wait = np.zeros(log.events, dtype=np.int64)
    known = np.zeros(log.events, dtype=np.bool_)
    for events, first, shift in _timelines(log):
        begin, end = log.begin[events] + shift, log.end[events] + shift
        completions = np.sort(end)
        # Completions up to the start, the event's own (where it is without length) not among them.
        latest = np.searchsorted(completions, begin, side="right") - (end == begin) - 1
        known[events] = latest >= first
        wait[events] = np.where(known[events], begin - completions[latest], 0)
    return wait, known


def service_union(log: EventLog) -> Int64:
    """Microseconds of each case in which at least one of its activities was under way."""
    union = np.zeros(log.cases, dtype=np.int64)
    for events, _, shift in _timelines(log):
        begin = log.begin[events] + shift
        end = np.maximum(log.end[events] + shift, begin)
        reached = np.concatenate((begin[:1], np.maximum.accumulate(end)[:-1]))
        new = np.maximum(end - np.maximum(begin, reached), 0)
        np.add.at(union, log.case_index[events], new)
    return union


def _timelines(log: EventLog) -> Iterator[tuple[slice, Int64, Int64]]:
    """Cases put behind one another on one axis of time, so that one running operation serves all of them.

    Yields:
        Events of a run of cases whose times fit the axis; for each event the place of its case's first event
        within the run, and the microseconds to add to its times.
    """
    if log.events == 0:
        return
    low = np.minimum.reduceat(np.minimum(log.begin, log.end), log.offsets[:-1])
    high = np.maximum.reduceat(np.maximum(log.begin, log.end), log.offsets[:-1])
    span = high - low + 1
    run_of_case = np.cumsum(span.astype(np.float64)) // 2**61
    for run in np.unique(run_of_case).tolist():
        cases = np.flatnonzero(run_of_case == run)
        events = slice(int(log.offsets[cases[0]]), int(log.offsets[cases[-1] + 1]))
        place = np.cumsum(span[cases]) - span[cases]
        lengths = log.lengths[cases]
        yield (
            events,
            np.repeat(log.offsets[cases] - events.start, lengths),
            np.repeat(place - low[cases], lengths),
        )


def flow_efficiency(log: EventLog) -> FlowEfficiency:
    """Both forms of flow efficiency, each with overlapping service once (union) and as often as it occurs."""
    if log.start is None:
        gap = Estimate.not_computable(log.cases, "process.no_start_times")
        return FlowEfficiency(
            n=log.cases, of_log=gap, mean_of_cases=gap, summed_of_log=gap, summed_mean_of_cases=gap,
            warnings=log.warnings,
        )  # fmt: skip
    total = log.throughput.astype(np.float64)
    union = service_union(log).astype(np.float64)
    lengths = np.maximum(log.end - log.start, 0)
    summed = np.add.reduceat(lengths, log.offsets[:-1]).astype(np.float64) if log.cases else union
    instant = int((total <= 0).sum())
    return FlowEfficiency(
        n=log.cases,
        of_log=_ratio_of_sums(union, total),
        mean_of_cases=_mean_ratio(union, total),
        summed_of_log=_ratio_of_sums(summed, total),
        summed_mean_of_cases=_mean_ratio(summed, total),
        warnings=log.warnings + ((Notice("process.instant_cases", count=instant),) if instant else ()),
    )


def _ratio_of_sums(service: Float64, total: Float64) -> Estimate:
    if total.sum() <= 0:
        return Estimate.not_computable(len(total), "process.no_elapsed_time", method="ratio_of_sums")
    return Estimate(float(service.sum() / total.sum()), len(total), method="ratio_of_sums")


def _mean_ratio(service: Float64, total: Float64) -> Estimate:
    lasting = total > 0
    n = int(lasting.sum())
    if n == 0:
        return Estimate.not_computable(0, "process.no_elapsed_time", method="mean_of_ratios")
    return Estimate(float((service[lasting] / total[lasting]).mean()), n, method="mean_of_ratios")
