"""Difference in differences: what changed with the intervention, less what changed without it.

Sources: Bertrand, Duflo and Mullainathan (2004) for clustered errors; Roth (2022) for what tests of parallel
trends can and cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError
from servloop.results import Estimate, Notice, Result
from servloop.verify.effects import Codes, Effect, Floats, check_level, codes, least_squares, numbers

if TYPE_CHECKING:
    import polars as pl

FEW_CLUSTERS = 20
_DEMEAN_ROUNDS = 10_000
_DEMEAN_TOLERANCE = 1e-12


@dataclass(frozen=True)
class PeriodEffect:
    """The difference between treated and comparison units in one period, against the reference period.

    Attributes:
        period: the period.
        treated: whether the intervention was on.
        effect: the difference; exactly 0 without interval in the reference period.
    """

    period: str
    treated: bool
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class DifferenceInDifferences(Result):
    """The effect of an intervention on the units that had it.

    Attributes:
        effect: average effect on the treated.
        pre_trend: how much faster the treated units rose per period before the intervention; near 0 supports
            the assumption that both would have run parallel.
        events: effect by period; empty without periods.
        n: rows used.
        units: units, 0 when rows are not linked to units.
        treated_units: units that were ever treated.
        periods: distinct periods.
        method: model and errors.
    """

    effect: Effect
    pre_trend: Effect
    events: tuple[PeriodEffect, ...]
    n: int
    units: int
    treated_units: int
    periods: int
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each period: effect with its interval."""
        import polars as pl

        rows = [
            (
                item.period,
                item.treated,
                item.effect.estimate.value,
                item.effect.estimate.low,
                item.effect.estimate.high,
            )
            for item in self.events
        ]
        names = {
            "period": pl.String,
            "treated": pl.Boolean,
            "effect": pl.Float64,
            "low": pl.Float64,
            "high": pl.Float64,
        }
        return pl.DataFrame(rows, schema=names, orient="row")


def two_by_two(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    declared: bool = False,
    level: float = 0.95,
) -> DifferenceInDifferences:
    """Two groups, before and after, rows not linked to each other (repeated cross-sections).

    Args:
        outcome: shape (n,); rows with a missing outcome are left out.
        treated: whether the row belongs to the group with the intervention, shape (n,).
        after: whether it was observed after its start, shape (n,).
        declared: metric and date were fixed before the change.
        level: of the interval.

    Raises:
        InputError: lengths differ or the outcome is not numeric.
    """
    check_level(level)
    y = numbers(outcome, "outcome")
    group, late = _flags(treated, y.size, "treated"), _flags(after, y.size, "after")
    used = ~np.isnan(y)
    y, group, late = y[used], group[used], late[used]
    n = int(y.size)
    method = "2 x 2 difference in differences, classical errors"
    design = np.column_stack([np.ones(n), late, group, late & group]).astype(np.float64)
    fit = least_squares(design, y)
    if fit is None:
        effect = Effect.not_computable(n, "verify.groups_incomplete", method=method)
    else:
        error = float(np.sqrt(fit.classical()[3, 3]))
        effect = Effect.student(float(fit.coefficients[3]), error, fit.freedom, n, method=method, level=level)
    return DifferenceInDifferences(
        effect=effect,
        pre_trend=Effect.not_computable(n, "verify.no_pre_periods"),
        events=(),
        n=n,
        units=0,
        treated_units=0,
        periods=2,
        method=method,
        warnings=(Notice("verify.parallel_trends_untested"), *_undeclared(declared=declared)),
    )


def difference_in_differences(
    outcome: npt.ArrayLike,
    unit: npt.ArrayLike,
    period: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    declared: bool = False,
    level: float = 0.95,
) -> DifferenceInDifferences:
    """Two-way fixed effects of units and periods, errors clustered by unit.

    Args:
        outcome: shape (n,); rows with a missing outcome are left out.
        unit: unit of each row, shape (n,).
        period: period of each row, sortable, shape (n,).
        treatment: whether the intervention was on for that unit in that period, shape (n,).
        declared: metric and date were fixed before the change.
        level: of the intervals.

    Raises:
        InputError: lengths differ or the outcome is not numeric.
    """
    check_level(level)
    y = numbers(outcome, "outcome")
    on = _flags(treatment, y.size, "treatment")
    used = ~np.isnan(y)
    for name, column in (("unit", unit), ("period", period)):
        if np.asarray(column).shape != y.shape:
            raise InputError("verify.column_length", column=name, expected=y.size)
    units, distinct_units = codes(np.asarray(unit)[used])
    times, distinct_times = codes(np.asarray(period)[used])
    panel = _Panel(y[used], units, times, on[used], level)
    effect = panel.effect(panel.on.astype(np.float64))
    starts = {int(times[panel.on & (units == one)].min()) for one in np.unique(units[panel.on])}
    warnings = list(_undeclared(declared=declared))
    if len(starts) > 1:
        warnings.append(Notice("verify.staggered_start", count=len(starts)))
    if distinct_units.size and distinct_units.size < FEW_CLUSTERS:
        warnings.append(Notice("verify.few_clusters", params={"n": int(distinct_units.size)}))
    treated_units = int(np.unique(units[panel.on]).size)
    if treated_units == 1:
        warnings.append(Notice("verify.one_treated_unit"))
    return DifferenceInDifferences(
        effect=effect,
        pre_trend=panel.pre_trend(min(starts, default=0)),
        events=panel.events([str(time) for time in distinct_times], min(starts, default=0)),
        n=int(panel.y.size),
        units=int(distinct_units.size),
        treated_units=treated_units,
        periods=int(distinct_times.size),
        method=panel.method,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True)
class _Panel:
    y: Floats
    units: Codes
    times: Codes
    on: npt.NDArray[np.bool_]
    level: float
    method: str = "two-way fixed effects, errors clustered by unit"

    @property
    def ever(self) -> npt.NDArray[np.bool_]:
        """Rows of units that are treated at some time."""
        return np.isin(self.units, np.unique(self.units[self.on]))

    def effect(self, regressor: Floats, rows: npt.NDArray[np.bool_] | None = None) -> Effect:
        """The coefficient of one regressor."""
        found = self.fit(regressor[:, None], rows)
        return found[0] if found else self._gap()

    def fit(self, regressors: Floats, rows: npt.NDArray[np.bool_] | None = None) -> list[Effect]:
        """Coefficients of the regressors beside both fixed effects (Frisch, Waugh and Lovell)."""
        rows = np.ones(self.y.size, dtype=np.bool_) if rows is None else rows
        if not rows.any():
            return []
        units, times = codes(self.units[rows])[0], codes(self.times[rows])[0]
        columns = _demeaned(np.column_stack([self.y[rows], regressors[rows]]), units, times)
        scale = np.sqrt((regressors[rows] ** 2).mean(axis=0)) + 1e-300
        if (np.abs(columns[:, 1:]).max(axis=0) < 1e-9 * scale).any():
            return []
        fit = least_squares(columns[:, 1:], columns[:, 0])
        clusters = int(units.max()) + 1
        absorbed = clusters + int(times.max())
        n = int(rows.sum())
        if fit is None or clusters < 2 or n <= absorbed + regressors.shape[1]:
            return []
        covariance = fit.clustered(units, absorbed)
        return [
            Effect.student(
                float(value),
                float(np.sqrt(max(error, 0.0))),
                clusters - 1,
                n,
                method=self.method,
                level=self.level,
            )
            for value, error in zip(fit.coefficients, np.diag(covariance), strict=True)
        ]

    def pre_trend(self, start: int) -> Effect:
        """Difference in the slope before the first start."""
        before = self.times < start
        if np.unique(self.times[before]).size < 2:
            return Effect.not_computable(int(before.sum()), "verify.no_pre_periods", method=self.method)
        return self.effect(np.where(self.ever, self.times, 0).astype(np.float64), before)

    def events(self, names: list[str], start: int) -> tuple[PeriodEffect, ...]:
        """Differences by period against the last period before the start."""
        if not 0 < start < len(names):
            return ()
        reference = start - 1
        others = [place for place in range(len(names)) if place != reference]
        regressors = np.column_stack([(self.times == place) & self.ever for place in others]).astype(
            np.float64
        )
        found = iter(self.fit(regressors) or [self._gap()] * len(others))
        zero = Effect(Estimate(0.0, int((self.times == reference).sum()), method="reference period"))
        return tuple(
            PeriodEffect(name, place >= start, zero if place == reference else next(found))
            for place, name in enumerate(names)
        )

    def _gap(self) -> Effect:
        return Effect.not_computable(int(self.y.size), "verify.not_identified", method=self.method)


def _demeaned(columns: Floats, units: Codes, times: Codes) -> Floats:
    """Columns less their unit and period means, by alternating projections; exact in balanced panels at once."""
    result = columns.copy()
    counts = [np.bincount(keys).astype(np.float64) for keys in (units, times)]
    scale = np.abs(columns).max(axis=0) + 1e-300
    for _ in range(_DEMEAN_ROUNDS):
        moved = 0.0
        for keys, count in zip((units, times), counts, strict=True):
            sums = np.column_stack([np.bincount(keys, weights=column) for column in result.T])
            means = sums / count[:, None]
            result -= means[keys]
            moved = float((np.abs(means) / scale).max())
        if moved < _DEMEAN_TOLERANCE:
            break
    return result


def _flags(values: npt.ArrayLike, size: int, name: str) -> npt.NDArray[np.bool_]:
    array = np.asarray(values)
    if array.shape != (size,):
        raise InputError("verify.column_length", column=name, expected=size)
    if not np.isin(array, [0, 1]).all():
        raise InputError("verify.column_not_flags", column=name)
    return array.astype(np.bool_)


def _undeclared(*, declared: bool) -> tuple[Notice, ...]:
    return () if declared else (Notice("verify.not_declared"),)
