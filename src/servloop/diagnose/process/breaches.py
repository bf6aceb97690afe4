"""Promises kept and broken: by segment of the cases, and by the path that they take.

Shares come with Wilson's interval (Wilson, 1927); ratings with Student's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS, GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Float64, Int64
from servloop.diagnose.process.variants import path_of, variant_of_cases
from servloop.errors import SpecError
from servloop.inference import wilson_interval
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Segment:
    """Cases with one value, and the share of them that took longer than the limit; value None: they name none."""

    value: str | None
    n: int
    late: int
    share: Estimate


@dataclass(frozen=True, kw_only=True)
class Breaches(Result):
    """Broken promises by segment, the largest share first.

    Attributes:
        n: cases.
        column: by which they are told apart.
        limit_seconds: the promise.
        overall: of all cases.
        segments: a case whose events name several values belongs to the first.
    """

    n: int
    column: str
    limit_seconds: float
    overall: Estimate
    segments: tuple[Segment, ...]
    method: str = "wilson"

    def to_frame(self) -> pl.DataFrame:
        """One row per segment."""
        import polars as pl

        rows = [(s.value, s.n, s.late, s.share.value, s.share.low, s.share.high) for s in self.segments]
        figures = dict.fromkeys(("share", "low", "high"), pl.Float64)
        schema = {"value": pl.String, "cases": pl.Int64, "late": pl.Int64, **figures}
        return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class VariantOutcome:
    """A path, its cases, and what became of them."""

    activities: tuple[str, ...]
    cases: int
    share: float
    median_seconds: float
    within: Estimate | None
    rating: Estimate | None


@dataclass(frozen=True, kw_only=True)
class VariantOutcomes(Result):
    """The most frequent paths with promise and rating.

    Attributes:
        n: cases.
        rated: cases with a rating.
        variants: the most frequent first.
    """

    n: int
    rated: int
    variants: tuple[VariantOutcome, ...]
    method: str = "exact_sequence"

    def to_frame(self) -> pl.DataFrame:
        """One row per path."""
        import polars as pl

        rows = [
            {
                "activities": list(item.activities),
                "cases": item.cases,
                "share": item.share,
                "median_seconds": item.median_seconds,
                "within": None if item.within is None else item.within.value,
                "rating": None if item.rating is None else item.rating.value,
            }
            for item in self.variants
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def breaches(log: EventLog, column: str, *, limit_seconds: float, level: float = 0.95) -> Breaches:
    """The share of cases that took longer than the limit, by the values of a column.

    Raises:
        InputError: ``process.no_such_column``. SpecError: ``process.limit_not_positive``.
    """
    _check(limit_seconds)
    codes, labels = log.codes_of(column)
    late = log.throughput > limit_seconds * MICROSECONDS
    place = np.where(codes >= 0, np.arange(log.events), log.events)
    first = np.minimum.reduceat(place, log.offsets[:-1]) if log.cases else np.zeros(0, np.int64)
    named = first < log.events
    of_case = np.full(log.cases, len(labels), dtype=np.int64)
    of_case[named] = codes[first[named]]
    n = np.bincount(of_case, minlength=len(labels) + 1)
    hits = np.bincount(of_case[late], minlength=len(labels) + 1)
    names: list[str | None] = [*labels.to_list(), None]
    segments = [
        Segment(names[code], int(n[code]), int(hits[code]), _share(int(hits[code]), int(n[code]), level))
        for code in np.flatnonzero(n).tolist()
    ]
    segments.sort(
        key=lambda item: (-(item.share.value or 0.0), -item.n, item.value is None, item.value or "")
    )
    return Breaches(
        n=log.cases,
        column=column,
        limit_seconds=limit_seconds,
        overall=_share(int(late.sum()), log.cases, level),
        segments=tuple(segments),
        warnings=log.warnings,
    )


def variant_outcomes(
    log: EventLog,
    *,
    top: int = 20,
    limit_seconds: float | None = None,
    ratings: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> VariantOutcomes:
    """The most frequent paths, with the share of cases within the limit and their mean rating.

    Args:
        log: the event log.
        top: how many paths.
        limit_seconds: promised case time.
        ratings: case id → rating; cases without one do not count.
        level: coverage of the intervals.

    Raises:
        SpecError: ``process.limit_not_positive``.
    """
    if limit_seconds is not None:
        _check(limit_seconds)
    variant, representative = variant_of_cases(log)
    times = GroupedDurations.of(variant, log.throughput, len(representative))
    medians = times.quantile(0.5)
    given = ratings or {}
    rating = np.array([given.get(case, np.nan) for case in log.case_ids()], dtype=np.float64)
    unknown = len(given) - int(np.isfinite(rating).sum())
    listed = np.lexsort((representative, -times.counts))[:top]
    return VariantOutcomes(
        n=log.cases,
        rated=int(np.isfinite(rating).sum()),
        variants=tuple(
            _outcome(log, code, variant, int(representative[code]), float(medians[code]), rating,
                     limit_seconds, level, rated=ratings is not None)
            for code in listed.tolist()
        ),
        warnings=log.warnings + ((Notice("process.ratings_unmatched", count=unknown),) if unknown > 0 else ()),
    )  # fmt: skip


def _outcome(  # noqa: PLR0917  # one call, all of one path
    log: EventLog,
    code: int,
    variant: np.ndarray[tuple[int], np.dtype[np.int32]],
    representative: int,
    median: float,
    rating: Float64,
    limit_seconds: float | None,
    level: float,
    *,
    rated: bool,
) -> VariantOutcome:
    mine = np.flatnonzero(variant == code)
    within = None
    if limit_seconds is not None:
        hits = int((log.throughput[mine] <= limit_seconds * MICROSECONDS).sum())
        within = _share(hits, len(mine), level)
    return VariantOutcome(
        activities=path_of(log, representative),
        cases=len(mine),
        share=len(mine) / log.cases,
        median_seconds=median,
        within=within,
        rating=mean_rating(rating, mine, level) if rated else None,
    )


def mean_rating(rating: Float64, cases: Int64, level: float) -> Estimate:
    """Mean rating of some cases with Student's interval; NaN ratings do not count."""
    values = rating[cases]
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return Estimate.not_computable(0, "process.no_ratings", method="mean")
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean, 1, method="mean", level=level)
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / len(values) ** 0.5
    return Estimate(mean, len(values), low=mean - half, high=mean + half, method="mean_t", level=level)


def _share(hits: int, n: int, level: float) -> Estimate:
    if n == 0:
        return Estimate.not_computable(0, "process.no_cases", method="wilson")
    low, high = wilson_interval(hits, n, level)
    return Estimate(hits / n, n, low=low, high=high, method="wilson", level=level)


def _check(limit_seconds: float) -> None:
    if not limit_seconds > 0:
        raise SpecError("process.limit_not_positive", received=limit_seconds)
