"""What if: more people, a step less, a step done by a machine, more arrivals — tried in a simulation first.

A model is believed only after it reproduced weeks that it had not seen: the distance between simulated and real
case times (Wasserstein, in seconds, relative to the mean real time) must keep a stated bound, or the question is
refused with the distance as reason. The process as it is and the changed one run on common random numbers, and
intervals are Student's over independent replications (Law, Simulation Modeling and Analysis, 2015, chapters 9–11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError, SpecError
from servloop.plan.simulation_engine import Run, run
from servloop.plan.simulation_model import WEEK, Float64, ProcessModel, apply_changes, discover_model
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_MICROSECONDS = 1_000_000
_LEVEL = 0.95
_HELD_OUT_CASES = 30
_LONGEST_WARM_UP = 8.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of the process as it is, of the changed one, and their difference, run by run."""

    name: str
    before: Estimate
    after: Estimate
    difference: Estimate


@dataclass(frozen=True, kw_only=True)
class Validation(Result):
    """How well the model of the first weeks reproduces the last ones.

    Attributes:
        n: held-out cases.
        distance: Wasserstein distance between simulated and real case times / mean real case time; the interval
            is over single replications.
        bound: the largest distance with which the model is believed.
        valid: the distance keeps the bound; None when it is not computable.
        simulated_mean, real_mean: mean case time in seconds.
    """

    n: int
    distance: Estimate
    bound: float
    valid: bool | None
    simulated_mean: float | None
    real_mean: float | None
    method: str = "wasserstein_on_held_out_weeks"


@dataclass(frozen=True, kw_only=True)
class WhatIf(Result):
    """The effect of a change.

    Attributes:
        n: replications.
        changes: as they were asked for.
        weeks: simulated time.
        validation: of the model.
        figures: ``mean_seconds``, ``median_seconds``, ``p90_seconds`` of cases from their arrival; with a limit
            ``within_limit``; ``utilisation`` of each pool; with prices ``cost_per_week``. Empty when refused.
        reason: why the question is not answered.
    """

    n: int
    changes: tuple[str, ...]
    weeks: float
    validation: Validation
    figures: tuple[Compared, ...]
    reason: Notice | None = None
    method: str = "discrete_event_common_random_numbers"

    def to_frame(self) -> pl.DataFrame:
        """One row per figure."""
        import polars as pl

        rows = [
            {
                "figure": item.name,
                "before": item.before.value,
                "after": item.after.value,
                "difference": item.difference.value,
                "low": item.difference.low,
                "high": item.difference.high,
            }
            for item in self.figures
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def simulate(
    model: ProcessModel, *, weeks: float = 4.0, warm_up: float = 1.0, replications: int = 30, seed: int = 0
) -> tuple[Run, ...]:
    """Independent runs of a model.

    Args:
        model: the process.
        weeks: observed time of each run.
        warm_up: weeks before it that fill the empty process.
        replications: number of runs, at least 2.
        seed: the same seed gives the same runs.

    Raises:
        SpecError: ``plan.simulation_size``.
    """
    if replications < 2 or not weeks > 0 or warm_up < 0:
        raise SpecError("plan.simulation_size", replications=replications, weeks=weeks)
    return tuple(
        run(model, weeks=weeks, warm_up=warm_up, seed=(seed, replication))
        for replication in range(replications)
    )


def validate_model(
    log: EventLog,
    *,
    timezone: str = "UTC",
    bound: float = 0.25,
    held_out: float = 0.25,
    replications: int = 10,
    seed: int = 0,
) -> Validation:
    """Discover the model from the first weeks, and compare what it says about the last ones with what was.

    Cases that began so late that one in twenty would not have ended before the log does are left out.

    Args:
        log: the event log.
        timezone: IANA zone of the hours of the week.
        bound: largest relative distance with which the model is believed.
        held_out: share of the time that is held out.
        replications: number of runs.
        seed: of the runs.
    """
    arrival = log.begin[log.offsets[:-1]]
    times = log.throughput / _MICROSECONDS
    if log.cases == 0:
        return _not_validated(0, bound)
    first, last = int(arrival.min()), int(log.end.max())
    late = last - int(np.quantile(log.throughput, 0.95))
    cut = late - int((late - first) * held_out)
    real = times[(arrival >= cut) & (arrival <= late)]
    before = log.keep_cases(arrival < cut)
    if len(real) < _HELD_OUT_CASES or before.cases < _HELD_OUT_CASES or real.mean() <= 0:
        return _not_validated(len(real), bound)
    model = discover_model(before, timezone=timezone)
    weeks = max((late - cut) / _MICROSECONDS / WEEK, 1 / 7)
    runs = simulate(model, weeks=weeks, warm_up=warm_up_weeks(log), replications=replications, seed=seed)
    together = np.concatenate([one.from_start for one in runs])
    if not len(together):
        return _not_validated(len(real), bound)
    single = [_distance(one.from_start, real) for one in runs if len(one.from_start)]
    distance = _distance(together, real)
    return Validation(
        n=len(real),
        distance=Estimate(
            distance,
            len(real),
            low=float(min(distance, *np.quantile(single, [0.025]))),
            high=float(max(distance, *np.quantile(single, [0.975]))),
            method="wasserstein_relative",
            level=_LEVEL,
        ),
        bound=bound,
        valid=distance <= bound,
        simulated_mean=float(together.mean()),
        real_mean=float(real.mean()),
    )


def _not_validated(n: int, bound: float) -> Validation:
    gap = Estimate.not_computable(n, "plan.too_few_held_out", method="wasserstein_relative")
    return Validation(n=n, distance=gap, bound=bound, valid=None, simulated_mean=None, real_mean=None)


def _distance(simulated: Float64, real: Float64) -> float:
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(simulated, real) / real.mean())


def warm_up_weeks(log: EventLog) -> float:
    """Long enough for nearly all cases that are in progress when observation begins, at most 8 weeks."""
    longest = float(np.quantile(log.throughput, 0.95)) / _MICROSECONDS / WEEK if log.cases else 0.0
    return min(max(longest, 1 / 7), _LONGEST_WARM_UP)


def what_if(
    log: EventLog,
    changes: Sequence[str],
    *,
    timezone: str = "UTC",
    weeks: float = 4.0,
    replications: int = 30,
    bound: float = 0.25,
    limit_seconds: float | None = None,
    hourly_cost: Mapping[str, float] | None = None,
    seed: int = 0,
) -> WhatIf:
    """What changes would do to the process in a log.

    Args:
        log: the event log.
        changes: as in `simulation_model.apply_changes`.
        timezone: IANA zone of the hours of the week.
        weeks: simulated time.
        replications: runs of either process, at least 30 for intervals that hold.
        bound: largest distance of validation.
        limit_seconds: promised case time.
        hourly_cost: price of an hour of one person, by pool.
        seed: of all runs.

    Raises:
        InputError: ``plan.too_few_cases``.
        SpecError: ``plan.simulation_size``, and those of the changes.
    """
    model = discover_model(log, timezone=timezone)
    changed = apply_changes(model, changes)
    priced = hourly_cost or {}
    for pool in priced:
        if pool not in model.pools:
            raise SpecError("plan.no_such_pool", pool=pool, found=list(model.pools))
    validation = validate_model(log, timezone=timezone, bound=bound, seed=seed)
    if not validation.valid:
        reason = validation.distance.reason or Notice(
            "plan.model_does_not_fit", params={"distance": f"{validation.distance.value:.2f}", "bound": bound}
        )
        return WhatIf(
            n=0, changes=tuple(changes), weeks=weeks, validation=validation, figures=(), reason=reason
        )
    sides = [
        simulate(one, weeks=weeks, warm_up=warm_up_weeks(log), replications=replications, seed=seed)
        for one in (model, changed)
    ]
    if any(len(one.from_arrival) == 0 for runs in sides for one in runs):
        raise InputError("plan.runs_without_cases", weeks=weeks)
    tables = [
        _figures(one, runs, weeks, limit_seconds, priced)
        for one, runs in zip((model, changed), sides, strict=True)
    ]
    figures = tuple(
        Compared(
            name,
            mean_over_runs(values),
            mean_over_runs(tables[1][name]),
            mean_over_runs(tables[1][name] - values),
        )
        for name, values in tables[0].items()
    )
    return WhatIf(n=replications, changes=tuple(changes), weeks=weeks, validation=validation, figures=figures)


def _figures(
    model: ProcessModel,
    runs: Sequence[Run],
    weeks: float,
    limit: float | None,
    hourly_cost: Mapping[str, float],
) -> dict[str, Float64]:
    """Each figure, run by run."""
    found = {
        "mean_seconds": np.array([one.from_arrival.mean() for one in runs]),
        "median_seconds": np.array([np.median(one.from_arrival) for one in runs]),
        "p90_seconds": np.array([np.quantile(one.from_arrival, 0.9) for one in runs]),
    }
    if limit is not None:
        found["within_limit"] = np.array([(one.from_arrival <= limit).mean() for one in runs])
    hours = model.capacity.sum(axis=1)
    for code, pool in enumerate(model.pools):
        if hours[code]:
            found[f"utilisation: {pool}"] = np.array([one.busy[code] for one in runs]) / (
                hours[code] * 3_600 * weeks
            )
    if hourly_cost:
        cost = sum(hours[model.pools.index(pool)] * price for pool, price in hourly_cost.items())
        found["cost_per_week"] = np.full(len(runs), float(cost))
    return found


def mean_over_runs(values: Float64, level: float = _LEVEL) -> Estimate:
    """Mean of one figure per replication, with Student's interval."""
    from scipy.special import stdtrit

    n = len(values)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / n**0.5
    mean = float(values.mean())
    return Estimate(mean, n, low=mean - half, high=mean + half, method="replications_t", level=level)
