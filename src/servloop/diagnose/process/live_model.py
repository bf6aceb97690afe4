"""The calibrated model of breach risk behind the live view, and how reliable it is on cases it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.results import Estimate

_LAST_STEPS = 30  # last activities with a feature of their own
_FEWEST = 50  # cases in each of the three parts
_FEWEST_OF_KIND = 10  # broken and kept promises in each part
_RIDGE = 1.0
_BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Cases with about the same predicted risk: how many, predicted and observed share of broken promises."""

    n: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How good the predictions are for the latest finished cases, one moment of each.

    Attributes:
        n: cases.
        breaches: of them, those that broke the promise.
        auc: of the model, with its interval (DeLong's variance).
        brier: mean squared error of the model; ``baseline_brier`` of the baseline.
        improvement: share of the baseline's error that the model avoids, with its interval (paired).
        calibration: predicted against observed, ten groups.
    """

    n: int
    breaches: int
    auc: Estimate
    baseline_auc: Estimate
    brier: float
    baseline_brier: float
    improvement: Estimate
    calibration: tuple[CalibrationBin, ...]


@dataclass(frozen=True, eq=False)
class Prefixes:
    """What is known of a case after each of its events; one row per event."""

    table: Float64
    last: Int64
    activities: int

    @classmethod
    def of(cls, log: EventLog) -> Prefixes:
        """Position, repeated steps, hour of the day, weekday, cases in progress, time since the begin."""
        n = log.events
        position = np.arange(n) - np.repeat(log.offsets[:-1], log.lengths)
        visits = log.case_index.astype(np.int64) * max(len(log.activity_labels), 1) + log.activity
        order = np.argsort(visits, kind="stable")
        new = (
            np.concatenate(([True], visits[order][1:] != visits[order][:-1])) if n else np.zeros(0, np.bool_)
        )
        again = np.empty(n)
        again[order] = ~new
        running_again = np.cumsum(again)
        first = log.offsets[:-1]
        repeated = running_again - np.repeat(running_again[first] - again[first], log.lengths)
        seconds = log.end / MICROSECONDS
        angle = 2 * np.pi * (seconds % 86_400) / 86_400
        begins, ends = np.sort(log.begin[first]), np.sort(log.begin[first] + log.throughput)
        progress = np.searchsorted(begins, log.end, "right") - np.searchsorted(ends, log.end, "left")
        elapsed = (log.end - np.repeat(log.begin[first], log.lengths)) / MICROSECONDS
        table = np.column_stack(
            (np.log1p(position), repeated, np.sin(angle), np.cos(angle), np.log1p(progress), elapsed)
        )
        return cls(table.astype(np.float64), log.activity.astype(np.int64), len(log.activity_labels))

    def features(self, events: Int64, age: Float64, steps: Int64) -> Float64:
        """Features of cases that stand after the given events at the given age; ``steps`` have their own."""
        own = (self.last[events][:, None] == steps[None, :]).astype(np.float64)
        held = self.table[events, :5]
        idle = np.maximum(age - self.table[events, 5], 0.0)
        return np.column_stack((held, np.log1p(age), np.log1p(idle), own))


@dataclass(frozen=True, eq=False)
class RiskModel:
    """A fitted model; ``better`` says whether it beat the baseline on the cases held out."""

    n: int
    steps: Int64
    centre: Float64
    scale: Float64
    weights: Float64
    platt: tuple[float, float]
    reliability: Reliability
    better: bool

    def predict(self, prefixes: Prefixes, events: Int64, age: Float64) -> Float64:
        """Calibrated risk of cases that stand after the given events at the given age (seconds)."""
        score = _score(self, prefixes.features(events, age, self.steps))
        return _sigmoid(self.platt[0] * score + self.platt[1])


def fit_risk_model(
    log: EventLog, prefixes: Prefixes, ended: Bool, age: Float64, limit: float
) -> RiskModel | None:
    """Learn from the earliest half of the finished cases, calibrate on the next quarter, test on the last.

    Each case gives one moment, after one of its events, drawn with a fixed rule (the case's place); moments at which
    the promise is already broken are left out. None when a part has too few broken or kept promises.

    Args:
        log: finished and running cases.
        prefixes: of this log.
        ended: finished cases.
        age: seconds of each case, so far or in all.
        limit: promised seconds.
    """
    cases = np.flatnonzero(ended & (log.lengths > 1))
    if len(cases) < 4 * _FEWEST:
        return None
    cases = cases[np.argsort(log.begin[log.offsets[cases]], kind="stable")]
    turn = np.random.default_rng(0).random(len(cases))
    event = log.offsets[cases] + (turn * (log.lengths[cases] - 1)).astype(np.int64)
    at = prefixes.table[event, 5]
    open_yet = at <= limit
    cases, event, at = cases[open_yet], event[open_yet], at[open_yet]
    late = age[cases] > limit
    cuts = [len(cases) // 2, len(cases) * 3 // 4]
    parts = [slice(0, cuts[0]), slice(*cuts), slice(cuts[1], None)]
    if any(min(late[part].sum(), (~late[part]).sum()) < _FEWEST_OF_KIND for part in parts):
        return None
    counts = np.bincount(prefixes.last[event[parts[0]]], minlength=prefixes.activities)
    steps = np.argsort(-counts, kind="stable")[:_LAST_STEPS]
    table = prefixes.features(event, at, steps)
    centre, scale = table[parts[0]].mean(axis=0), table[parts[0]].std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = np.column_stack(((table - centre) / scale, np.ones(len(table))))
    weights = _logistic(standard[parts[0]], late[parts[0]], _RIDGE)
    score = standard @ weights
    line = np.column_stack((score, np.ones(len(score))))
    slope, level = _logistic(line[parts[1]], late[parts[1]], 1e-3).tolist()
    chance = _sigmoid(slope * score + level)[parts[2]]
    baseline = _baseline(at[parts[2]], limit, age[cases[: cuts[1]]])
    reliability = _reliability(chance, baseline, late[parts[2]])
    better = reliability.improvement.low is not None and reliability.improvement.low > 0
    return RiskModel(
        cuts[1], steps, centre, scale, weights, (float(slope), float(level)), reliability, better
    )


def _baseline(at: Float64, limit: float, durations: Float64) -> Float64:
    """P(longer than the limit | longer than the age) among earlier finished cases."""
    known = np.sort(durations)
    older = len(known) - np.searchsorted(known, at, side="right")
    late = len(known) - np.searchsorted(known, limit, side="right")
    chance: Float64 = (late + 0.5) / (older + 1.0)
    return np.minimum(chance, 1.0)


def _score(model: RiskModel, table: Float64) -> Float64:
    standard = np.column_stack(((table - model.centre) / model.scale, np.ones(len(table))))
    score: Float64 = standard @ model.weights
    return score


def _sigmoid(score: Float64) -> Float64:
    from scipy.special import expit

    chance: Float64 = expit(score)
    return chance


def _logistic(table: Float64, late: Bool, ridge: float) -> Float64:
    """Ridge logistic regression by Newton's steps; the last column, the constant, is not shrunk."""
    weights = np.zeros(table.shape[1])
    penalty = np.full(table.shape[1], ridge)
    penalty[-1] = 1e-9
    for _ in range(50):
        chance = _sigmoid(table @ weights)
        gradient = table.T @ (late - chance) - penalty * weights
        curvature = (table * np.maximum(chance * (1 - chance), 1e-9)[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _reliability(chance: Float64, baseline: Float64, late: Bool) -> Reliability:
    from scipy.special import ndtri

    n = len(late)
    mine, theirs = (chance - late) ** 2, (baseline - late) ** 2
    gain = theirs - mine
    error = float(gain.std(ddof=1)) / n**0.5 * float(ndtri(0.975))
    whole = float(theirs.mean())
    improvement = Estimate(
        float(gain.mean()) / whole,
        n,
        low=(float(gain.mean()) - error) / whole,
        high=(float(gain.mean()) + error) / whole,
        method="paired_brier",
    )
    order = np.argsort(chance, kind="stable")
    bins = tuple(
        CalibrationBin(len(part), float(chance[part].mean()), float(late[part].mean()))
        for part in np.array_split(order, min(_BINS, n))
    )
    return Reliability(
        n=n,
        breaches=int(late.sum()),
        auc=auc(chance, late),
        baseline_auc=auc(baseline, late),
        brier=float(mine.mean()),
        baseline_brier=whole,
        improvement=improvement,
        calibration=bins,
    )


def auc(score: Float64, late: Bool) -> Estimate:
    """Chance that a case which broke the promise scored above one that kept it (DeLong, 1988, for the interval)."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    broke, kept = score[late], score[~late]
    m, k = len(broke), len(kept)
    together = rankdata(np.concatenate((broke, kept)))
    over = (together[:m] - rankdata(broke)) / k
    under = 1 - (together[m:] - rankdata(kept)) / m
    value = float(over.mean())
    error = float(np.sqrt(over.var(ddof=1) / m + under.var(ddof=1) / k)) * float(ndtri(0.975))
    return Estimate(value, m + k, low=max(value - error, 0.0), high=min(value + error, 1.0), method="delong")
