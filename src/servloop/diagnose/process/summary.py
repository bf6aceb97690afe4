"""What a log holds, and how long its cases take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.variants import variant_of_cases
from servloop.results import Estimate, Result, plain

if TYPE_CHECKING:
    import polars as pl

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUANTILES = {"median": 0.5, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True, kw_only=True)
class Throughput(Result):
    """How long cases take from their first begin to their last completion.

    Attributes:
        n: cases.
        median, mean, p90, p95, minimum, maximum: seconds.
        within: share of cases within the limit, where one was given.
    """

    n: int
    median: Estimate
    mean: Estimate
    p90: Estimate
    p95: Estimate
    minimum: Estimate
    maximum: Estimate
    within: Estimate | None = None
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per figure."""
        import polars as pl

        names = ("median", "mean", "p90", "p95", "minimum", "maximum")
        rows = [(name, getattr(self, name).value, self.n) for name in names]
        return pl.DataFrame(
            rows, schema={"figure": pl.String, "seconds": pl.Float64, "n": pl.Int64}, orient="row"
        )


@dataclass(frozen=True, kw_only=True)
class Summary(Result):
    """What a log holds.

    Attributes:
        n: cases.
        events, activities, variants: how many.
        resources: how many different ones; None when the log names none.
        first, last: the earliest and the latest completion, UTC; None for an empty log.
        throughput: how long cases take.
    """

    n: int
    events: int
    activities: int
    variants: int
    resources: int | None
    first: datetime | None
    last: datetime | None
    throughput: Throughput
    method: str = "counts"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The counts, ``first``, ``last``, ``throughput_seconds`` and ``warnings``."""
        return {
            "cases": self.n,
            "events": self.events,
            "activities": self.activities,
            "variants": self.variants,
            "resources": self.resources,
            "first": plain(self.first),
            "last": plain(self.last),
            "throughput_seconds": {
                "median": self.throughput.median.value,
                "mean": self.throughput.mean.value,
                "p90": self.throughput.p90.value,
            },
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        import polars as pl

        row = self.to_dict()
        row.update({f"throughput_{name}_seconds": v for name, v in row.pop("throughput_seconds").items()})
        del row["warnings"]
        return pl.DataFrame([row])


def throughput(log: EventLog, *, limit_seconds: float | None = None) -> Throughput:
    """Throughput times of the cases of a log, in elapsed time.

    Args:
        log: the event log.
        limit_seconds: also give the share of cases that take no longer than this.
    """
    method = "last_completion_minus_first_" + ("completion" if log.start is None else "start")
    times = log.throughput
    if log.cases == 0:
        gap = Estimate.not_computable(0, "process.no_cases", method=method)
        return Throughput(
            n=0, median=gap, mean=gap, p90=gap, p95=gap, minimum=gap, maximum=gap, method=method,
            within=None if limit_seconds is None else gap, warnings=log.warnings,
        )  # fmt: skip
    figures = {name: float(np.quantile(times, q)) for name, q in _QUANTILES.items()}
    figures |= {"mean": float(times.mean()), "minimum": float(times.min()), "maximum": float(times.max())}
    within = None
    if limit_seconds is not None:
        share = float((times <= limit_seconds * MICROSECONDS).mean())
        within = Estimate(share, log.cases, method="share_within_limit")
    return Throughput(
        n=log.cases,
        method=method,
        within=within,
        warnings=log.warnings,
        **{name: Estimate(value / MICROSECONDS, log.cases, method=method) for name, value in figures.items()},
    )


def summary(log: EventLog) -> Summary:
    """Counts of a log, its first and last time, and its throughput times."""
    resources = None
    if log.has_column("resource"):
        codes, _ = log.codes_of("resource")
        resources = len(np.unique(codes[codes >= 0]))
    return Summary(
        n=log.cases,
        events=log.events,
        activities=int(np.count_nonzero(np.bincount(log.activity))),
        variants=len(variant_of_cases(log)[1]),
        resources=resources,
        first=_moment(log.end.min()) if log.events else None,
        last=_moment(log.end.max()) if log.events else None,
        throughput=throughput(log),
        warnings=log.warnings,
    )


def _moment(microseconds: np.int64) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))
