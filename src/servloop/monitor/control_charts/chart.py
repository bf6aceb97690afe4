"""The common part of all control charts: phases, baselines, limits point by point, signals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.control_charts.rules import Points, RunsAnalysis, Signal, runs_analysis, signals
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
FEW_POINTS = 12
ROUNDING = 1e-12


@dataclass(frozen=True)
class Limits:
    """What a chart's estimator finds for the points of one phase.

    Attributes:
        center: center line, a value for each point.
        lower: lower control limit; NaN where there is none.
        upper: upper control limit; NaN where there is none.
        z: distance of each point from the center in standard errors.
        sigma: estimated standard deviation of the process.
        sigma_z: Laney's ratio of the observed to the theoretical variation, where it applies.
    """

    center: Floats
    lower: Floats
    upper: Floats
    z: Floats
    sigma: float
    sigma_z: float | None = None


@dataclass(frozen=True, kw_only=True)
class ControlChart(Result):
    """A control chart. All sequences have one entry for each point unless said otherwise.

    Attributes:
        kind: ``i``, ``mr``, ``xbar``, ``r``, ``s``, ``p``, ``np``, ``c``, ``u``, ``g``, ``t`` or ``run``.
        n: points with a value.
        values: what is charted; None where missing.
        center: center line.
        lower: lower control limit; None where there is none.
        upper: upper control limit; None where there is none.
        phase: number of the phase, from 0.
        sigma: estimated standard deviation of the process, one for each phase.
        sigma_z: Laney's ratio for each phase of a p or u chart, else None.
        signals: rules that fired, in order of the points.
        runs: Anhøj's runs analysis of each phase.
        method: estimator and conventions.
        reason: why there are no limits; then center, lower and upper are empty.
    """

    kind: str
    n: int
    values: tuple[float | None, ...]
    center: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    phase: tuple[int, ...]
    sigma: tuple[float, ...]
    sigma_z: tuple[float | None, ...]
    signals: tuple[Signal, ...]
    runs: tuple[RunsAnalysis, ...]
    method: str
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row for each point: place, value, center, limits, phase, names of the rules that fired."""
        import polars as pl

        fired: list[list[str]] = [[] for _ in self.values]
        for signal in self.signals:
            fired[signal.index].append(signal.rule)
        none = [None] * len(self.values)
        return pl.DataFrame(
            {
                "index": range(len(self.values)),
                "value": self.values,
                "center": self.center or none,
                "lower": self.lower or none,
                "upper": self.upper or none,
                "phase": self.phase,
                "signals": fired,
            },
            schema_overrides={
                "value": pl.Float64,
                "center": pl.Float64,
                "lower": pl.Float64,
                "upper": pl.Float64,
                "signals": pl.List(pl.String),
            },
        )


@dataclass(frozen=True)
class Design:
    """How a series is cut and which points set the limits.

    Attributes:
        phases: places (from 0) where a new phase begins; limits are computed for each phase by itself.
        baseline: the first points of each phase that set its limits; all when None. Later points are held
            against limits that they did not influence.
        exclude: places of points that set no limits (known special causes); they are still charted.
        rules: names of the rules to apply (see ``RULES``).
    """

    phases: Sequence[int] = ()
    baseline: int | None = None
    exclude: Collection[int] = ()
    rules: Sequence[str] = ()


Estimator = Callable[[Places, Places], Limits]
"""Gives the limits of the points ``places`` of a phase from those of them that set limits."""


def build_chart(
    kind: str, values: Floats, design: Design, estimator: Estimator, *, method: str, fewest: int = 2
) -> ControlChart:
    """Put a chart together.

    Args:
        kind: of the chart.
        values: charted statistic, shape (n,), NaN where missing.
        design: phases, baseline, exclusions and rules.
        estimator: computes limits of a phase.
        method: estimator and conventions, for the result.
        fewest: points needed to set limits.

    Raises:
        SpecError: the design does not fit the series.
    """
    number = _phase_numbers(values.size, design)
    present = ~np.isnan(values)
    setting = present.copy()
    setting[list(design.exclude)] = False
    center, lower, upper = (np.full(values.size, np.nan) for _ in range(3))
    fired: list[Signal] = []
    limits: list[Limits] = []
    runs: list[RunsAnalysis] = []
    fewest_used = values.size
    for phase in range(int(number[-1]) + 1 if values.size else 1):
        places = np.flatnonzero(number == phase)
        used = places[setting[places]][: design.baseline]
        fewest_used = min(fewest_used, used.size)
        if used.size < fewest:
            reason = Notice(
                "monitor.too_few_points",
                params={"phase": phase + 1, "n": int(used.size), "needed": fewest},
            )
            return _without_limits(kind, values, number, method, reason)
        found = estimator(places, used)
        limits.append(found)
        center[places], lower[places], upper[places] = found.center, found.lower, found.upper
        here = present[places]
        charted, shown = values[places][here], places[here]
        slack = ROUNDING * np.abs(charted)
        beyond = (charted < found.lower[here] - slack) | (charted > found.upper[here] + slack)
        fired += signals(Points(charted, found.z[here], beyond), shown, design.rules)
        runs.append(runs_analysis(charted - found.center[here]))
    warnings = (
        (Notice("monitor.few_baseline_points", params={"n": int(fewest_used), "advised": FEW_POINTS}),)
        if fewest_used < FEW_POINTS
        else ()
    )
    return ControlChart(
        kind=kind,
        n=int(present.sum()),
        values=optional(values),
        center=tuple(center.tolist()),
        lower=optional(lower),
        upper=optional(upper),
        phase=tuple(number.tolist()),
        sigma=tuple(item.sigma for item in limits),
        sigma_z=tuple(item.sigma_z for item in limits),
        signals=tuple(fired),
        runs=tuple(runs),
        method=method,
        warnings=warnings,
    )


def _without_limits(kind: str, values: Floats, number: Places, method: str, reason: Notice) -> ControlChart:
    return ControlChart(
        kind=kind,
        n=int((~np.isnan(values)).sum()),
        values=optional(values),
        center=(),
        lower=(),
        upper=(),
        phase=tuple(number.tolist()),
        sigma=(),
        sigma_z=(),
        signals=(),
        runs=(),
        method=method,
        reason=reason,
    )


def _phase_numbers(size: int, design: Design) -> Places:
    starts = sorted(set(design.phases))
    inside = all(0 < start < size for start in starts) and all(0 <= place < size for place in design.exclude)
    if not inside or (design.baseline is not None and design.baseline < 2):
        raise SpecError("monitor.design_invalid", n=size)
    number = np.zeros(size, dtype=np.int64)
    number[starts] = 1
    return np.cumsum(number)


def optional(values: Floats) -> tuple[float | None, ...]:
    """Floats with None for what is missing."""
    return tuple(None if np.isnan(value) else value for value in values.tolist())


def series(values: npt.ArrayLike, *, lowest: float | None = None) -> Floats:
    """A one-dimensional series of floats, NaN where missing.

    Raises:
        InputError: not one-dimensional, not numbers, infinite, or below what the chart allows.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("monitor.series_invalid") from error
    if array.ndim != 1 or np.isinf(array).any():
        raise InputError("monitor.series_invalid")
    if lowest is not None and (array < lowest).any():
        raise InputError("monitor.series_too_low", lowest=lowest, received=float(np.nanmin(array)))
    return array
