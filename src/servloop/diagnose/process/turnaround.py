"""How long cases really take when some are still open: finished and open apart, and the Kaplan–Meier estimate.

The mean of the finished cases alone is too small, since slow cases are the ones still open. Sources: Kaplan & Meier,
Nonparametric estimation from incomplete observations (1958); the interval of the median is that of Brookmeyer &
Crowley (1982) on the complementary log-log scale.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.live import Survival
from servloop.diagnose.process.ordering import Bool, Float64
from servloop.errors import SpecError
from servloop.inference import normal_quantile
from servloop.results import Estimate, Result, plain

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Turnaround(Result):
    """Case times with open cases taken into account.

    Attributes:
        n: cases.
        finished, running: how many ended with a closing activity, how many did not.
        finished_median: of the finished cases alone, seconds.
        median: Kaplan–Meier, seconds.
        within: share of all cases that take no longer than the limit, where one was given.
        oldest_seconds: age of the oldest open case; None without any.
    """

    n: int
    finished: int
    running: int
    finished_median: Estimate
    median: Estimate
    within: Estimate | None
    oldest_seconds: float | None
    method: str = "kaplan_meier"

    def to_frame(self) -> pl.DataFrame:
        """One row per figure."""
        import polars as pl

        figures = {"median": self.median, "finished_median": self.finished_median, "within": self.within}
        rows = [(name, e.value, e.low, e.high, e.n) for name, e in figures.items() if e is not None]
        schema = dict.fromkeys(("value", "low", "high"), pl.Float64)
        return pl.DataFrame(rows, schema={"figure": pl.String, **schema, "n": pl.Int64}, orient="row")

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All figures and ``warnings``."""
        return {name: plain(value, language) for name, value in vars(self).items()}


def turnaround(
    log: EventLog,
    *,
    closing: Collection[str],
    now: int | None = None,
    limit_seconds: float | None = None,
    level: float = 0.95,
) -> Turnaround:
    """Case times of a log in which some cases are still open.

    Args:
        log: the event log.
        closing: activities that end a case; a case whose last event is another one is open.
        now: microseconds since 1970 UTC at which the log was taken; its last completion without it.
        limit_seconds: also estimate the share within this time.
        level: coverage of the intervals.

    Raises:
        SpecError: ``process.unknown_activity``, ``process.level_out_of_range``.
    """
    unknown = [activity for activity in closing if activity not in log.activity_labels]
    if unknown:
        raise SpecError("process.unknown_activity", unknown=unknown, found=list(log.activity_labels))
    if not 0 < level < 1:
        raise SpecError("process.level_out_of_range", level=level)
    if log.cases == 0:
        gap = Estimate.not_computable(0, "process.no_cases", method="kaplan_meier")
        return Turnaround(
            n=0, finished=0, running=0, finished_median=gap, median=gap, oldest_seconds=None,
            within=None if limit_seconds is None else gap, warnings=log.warnings,
        )  # fmt: skip
    ended = _ended(log, closing)
    moment = int(log.end.max()) if now is None else now
    age = np.where(ended, log.throughput, moment - log.begin[log.offsets[:-1]]) / MICROSECONDS
    age = np.maximum(age, 0.0)
    curve = Survival.of(age, ended)
    done = np.sort(age[ended])
    return Turnaround(
        n=log.cases,
        finished=int(ended.sum()),
        running=int((~ended).sum()),
        finished_median=Estimate(float(np.median(done)), len(done), method="median")
        if len(done)
        else Estimate.not_computable(0, "process.turnaround_none_finished", method="median"),
        median=_median(curve, log.cases, level),
        within=None if limit_seconds is None else _within(curve, limit_seconds, log.cases, level),
        oldest_seconds=float(age[~ended].max()) if not ended.all() else None,
        warnings=log.warnings,
    )


def _ended(log: EventLog, closing: Collection[str]) -> Bool:
    ends = np.array([label in closing for label in log.activity_labels], dtype=np.bool_)
    return ends[log.activity[log.offsets[1:] - 1]]


def _bounds(curve: Survival, level: float) -> tuple[Float64, Float64]:
    """Lower and upper bound of the curve at each of its times."""
    share = np.clip(curve.share, 1e-12, 1 - 1e-12)
    with np.errstate(invalid="ignore"):
        spread = normal_quantile(level) * np.sqrt(curve.variance) / np.abs(np.log(share))
    return share ** np.exp(spread), share ** np.exp(-spread)


def _median(curve: Survival, n: int, level: float) -> Estimate:
    below = np.flatnonzero(curve.share <= 0.5 + 1e-12)
    if not len(below):
        return Estimate.not_computable(n, "process.turnaround_median_not_reached", method="kaplan_meier")
    lower, upper = _bounds(curve, level)
    first = [np.flatnonzero(bound <= 0.5) for bound in (lower, upper)]
    low, high = (float(curve.times[place[0]]) if len(place) else None for place in first)
    return Estimate(
        float(curve.times[below[0]]), n, low=low, high=high, method="kaplan_meier_brookmeyer_crowley", level=level
    )  # fmt: skip


def _within(curve: Survival, limit: float, n: int, level: float) -> Estimate:
    place = int(np.searchsorted(curve.times, limit, side="right")) - 1
    if place < 0:
        return Estimate(0.0, n, low=0.0, high=1 - (1 - level) ** (1 / n), method="kaplan_meier", level=level)
    lower, upper = _bounds(curve, level)
    share = float(1 - curve.share[place])
    if share >= 1:
        return Estimate(1.0, n, low=(1 - level) ** (1 / n), high=1.0, method="kaplan_meier", level=level)
    low, high = 1 - float(upper[place]), 1 - float(lower[place])
    return Estimate(share, n, low=low, high=high, method="kaplan_meier_log_log", level=level)
