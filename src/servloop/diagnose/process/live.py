"""Running cases: how old they are, how long they may still take, and how likely they break the promised time.

Two answers, the simpler one first. The baseline looks at age only: of all cases that got this old, how many took
longer than promised, with running cases as censored (Kaplan & Meier, 1958; interval of Greenwood). The model also
looks at what has happened (last step, steps so far, steps repeated, load, hour); it is a ridge logistic regression,
split by time, calibrated on cases later than those it learned from (Platt, 1999) and tested on later ones still. It
is used only when it predicts those better than the baseline does. After Teinemaa et al., Outcome-oriented predictive
process monitoring (2019).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.live_model import Prefixes, Reliability, fit_risk_model
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_FEWEST_AT_RISK = 10


@dataclass(frozen=True, slots=True)
class RunningCase:
    """One running case.

    Attributes:
        case: its id.
        last_activity: the step that was completed last.
        age_seconds: since its first begin.
        idle_seconds: since its last event.
        overdue: it is already older than promised.
        risk: probability that it breaks the promise; 1 when overdue.
        remaining_seconds: median time that cases of this age still took.
    """

    case: str
    last_activity: str
    age_seconds: float
    idle_seconds: float
    overdue: bool
    risk: Estimate
    remaining_seconds: Estimate


@dataclass(frozen=True, kw_only=True)
class LiveCases(Result):
    """Running cases, those at highest risk first.

    Attributes:
        n: running cases.
        finished: cases that the figures rest on.
        limit_seconds: the promised time.
        cases: the running cases.
        holding: last activity → running cases that stand there, the most first.
        used: whose risk is shown.
        reliability: of baseline and model on the latest finished cases; None when there were too few.
    """

    n: int
    finished: int
    limit_seconds: float
    cases: tuple[RunningCase, ...]
    holding: dict[str, int]
    used: Literal["baseline", "model"]
    reliability: Reliability | None
    method: str = "kaplan_meier_and_calibrated_ridge_logit"

    def to_frame(self) -> pl.DataFrame:
        """One row per running case."""
        import polars as pl

        rows = [
            asdict(case) | {"risk": case.risk.value, "remaining_seconds": case.remaining_seconds.value}
            for case in self.cases
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


@dataclass(frozen=True, eq=False)
class Survival:
    """The share of cases that take longer than a time (Kaplan–Meier), in seconds.

    Attributes:
        times: when cases ended, ascending.
        share: share still running after each.
        variance: Greenwood's sum up to each.
        at_risk: cases that were at least as old.
    """

    times: Float64
    share: Float64
    variance: Float64
    at_risk: Int64

    @classmethod
    def of(cls, durations: Float64, ended: Bool) -> Survival:
        """From the age of cases and whether they ended then (or are still running)."""
        times, place = np.unique(durations[ended], return_inverse=True)
        deaths = np.bincount(place, minlength=len(times))
        at_risk = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
        left = at_risk - deaths
        share: Float64 = np.cumprod(left / np.maximum(at_risk, 1), dtype=np.float64)
        terms = np.divide(deaths, at_risk * left, out=np.full(len(times), np.inf), where=left > 0)
        return cls(times, share, np.cumsum(terms), at_risk)

    def beyond(self, moment: Float64) -> tuple[Float64, Float64]:
        """Share that is still running after each moment, and Greenwood's sum there."""
        place = np.searchsorted(self.times, moment, side="right")
        share, variance = np.concatenate(([1.0], self.share)), np.concatenate(([0.0], self.variance))
        return share[place], variance[place]

    def breach(self, age: float, limit: float, level: float) -> Estimate:
        """P(longer than the limit | longer than the age), interval on the complementary log-log scale."""
        from scipy.special import ndtri

        n = (
            int(self.at_risk[place])
            if (place := int(np.searchsorted(self.times, age))) < len(self.times)
            else 0
        )
        if age > limit:
            return Estimate(1.0, n, method="overdue", level=level)
        share, variance = self.beyond(np.array([age, limit]))
        if n < _FEWEST_AT_RISK or share[0] <= 0:
            return Estimate.not_computable(n, "process.live_too_few", method="kaplan_meier")
        risk = float(share[1] / share[0])
        if not 0 < risk < 1:
            # The rule of three: nothing of n seen to happen leaves up to 3 / n.
            edge = 1 - (1 - level) ** (1 / n)
            low, high = (0.0, edge) if risk == 0 else (1 - edge, 1.0)
            return Estimate(risk, n, low=low, high=high, method="kaplan_meier", level=level)
        spread = float(np.sqrt(variance[1] - variance[0])) / abs(np.log(risk)) * float(ndtri(0.5 + level / 2))
        low, high = risk ** np.exp(spread), risk ** np.exp(-spread)
        return Estimate(risk, n, low=float(low), high=float(high), method="kaplan_meier", level=level)

    def remaining(self, age: float) -> Estimate:
        """Median time that cases of this age still took."""
        place = int(np.searchsorted(self.times, age))
        n = int(self.at_risk[place]) if place < len(self.times) else 0
        share, _ = self.beyond(np.array([age]))
        if n < _FEWEST_AT_RISK or share[0] <= 0:
            return Estimate.not_computable(n, "process.live_too_few", method="kaplan_meier_median")
        # The quartiles bound what half of the cases do; they are a range of cases, not of the estimate.
        quarters = [self._reached(share[0] * left) for left in (0.5, 0.75, 0.25)]
        if quarters[0] is None:
            return Estimate.not_computable(n, "process.live_not_reached", method="kaplan_meier_median")
        low, high = (None if moment is None else moment - age for moment in quarters[1:])
        return Estimate(
            quarters[0] - age, n, low=low, high=high, method="kaplan_meier_median_and_quartiles", level=0.5
        )

    def _reached(self, share: float) -> float | None:
        place = np.flatnonzero(self.share <= share + 1e-12)
        return float(self.times[place[0]]) if len(place) else None


def live_cases(
    log: EventLog,
    *,
    now: int,
    limit_seconds: float,
    closing: Collection[str],
    level: float = 0.95,
) -> LiveCases:
    """The running cases of a log.

    Args:
        log: finished and running cases.
        now: microseconds since 1970 in UTC; later events are not looked at.
        limit_seconds: promised time of a case.
        closing: activities that end a case; a case is finished when one of them was its last.
        level: coverage of the intervals.

    Raises:
        SpecError: ``process.live_limit``, ``process.live_no_closing``, ``process.level_out_of_range``.
    """
    if not limit_seconds > 0:
        raise SpecError("process.live_limit", received=limit_seconds)
    if not 0 < level < 1:
        raise SpecError("process.level_out_of_range", level=level)
    unknown = [name for name in closing if name not in log.activity_labels]
    if log.events and (unknown or not closing):
        raise SpecError("process.live_no_closing", unknown=unknown, found=list(log.activity_labels))
    seen = log.keep_events(log.end <= now)
    future = log.events - seen.events
    codes = [log.activity_labels.index(name) for name in closing if name in log.activity_labels]
    last = seen.offsets[1:] - 1
    ended = np.isin(seen.activity[last], codes)
    begin = seen.begin[seen.offsets[:-1]]
    age = np.where(ended, seen.throughput, now - begin) / MICROSECONDS
    survival = Survival.of(age, ended)
    prefixes = Prefixes.of(seen)
    model = fit_risk_model(seen, prefixes, ended, age, limit_seconds)
    running = np.flatnonzero(~ended)
    used: Literal["baseline", "model"] = "model" if model is not None and model.better else "baseline"
    chance = model.predict(prefixes, last[running], age[running]) if model is not None else None
    holding = np.bincount(seen.activity[last[running]], minlength=len(log.activity_labels))
    cases = []
    for place, (case, name) in enumerate(zip(running.tolist(), seen.case_ids(running), strict=True)):
        risk = survival.breach(float(age[case]), limit_seconds, level)
        overdue = bool(age[case] > limit_seconds)
        if used == "model" and chance is not None and model is not None and not overdue:
            risk = Estimate(float(chance[place]), model.n, method="calibrated_ridge_logit")
        cases.append(
            RunningCase(
                case=name,
                last_activity=log.activity_labels[seen.activity[last[case]]],
                age_seconds=float(age[case]),
                idle_seconds=float((now - seen.end[last[case]]) / MICROSECONDS),
                overdue=overdue,
                risk=risk,
                remaining_seconds=survival.remaining(float(age[case])),
            )
        )
    order = np.argsort(-holding, kind="stable")
    return LiveCases(
        n=len(running),
        finished=int(ended.sum()),
        limit_seconds=limit_seconds,
        cases=tuple(sorted(cases, key=_urgency)),
        holding={log.activity_labels[code]: int(holding[code]) for code in order.tolist() if holding[code]},
        used=used,
        reliability=None if model is None else model.reliability,
        warnings=log.warnings
        + ((Notice("process.live_future_events", count=future),) if future else ())
        + ((Notice("process.live_no_model"),) if model is None else ()),
    )


def _urgency(case: RunningCase) -> Any:
    return (-(case.risk.value if case.risk.value is not None else -1.0), -case.age_seconds, case.case)
