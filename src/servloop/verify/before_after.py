"""Before and after: interrupted time series with level and slope, season, and errors that allow for memory.

Sources: Wagner et al., Journal of Clinical Pharmacy and Therapeutics 27 (2002); Bernal, Cummins and
Gasparrini, International Journal of Epidemiology 46 (2017); Newey and West (1987).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.results import Estimate, Notice, Result
from servloop.verify.effects import Effect, Floats, Regression, check_level, codes, least_squares, numbers

if TYPE_CHECKING:
    import polars as pl

FEWEST_BEFORE = 8
FEWEST_AFTER = 3
ADVISED_BEFORE = 12
STRONG_AUTOCORRELATION = 0.3


@dataclass(frozen=True)
class Model:
    """What the series is made of besides chance.

    Attributes:
        trend: a straight line through the whole series.
        slope_change: the line may bend at the intervention, besides the step.
        season: length of the season in points (12 for months, 7 for days), or None.
        logarithm: model the logarithm: effects are then relative.
        lags: memory of the errors in points; by the rule 4 (n / 100)^(2/9), at least one season, when None.
        small_sample: multiply the covariance by n / (n - k).
        cautious: in short series Newey-West errors come out too small; then no interval is narrower than errors of
            constantly fading memory (AR(1)) would make it.
    """

    trend: bool = True
    slope_change: bool = True
    season: int | None = None
    logarithm: bool = False
    lags: int | None = None
    small_sample: bool = False
    cautious: bool = False


@dataclass(frozen=True, kw_only=True)
class BeforeAfter(Result):
    """The effect of an intervention on a series.

    Attributes:
        effect: mean difference after the intervention between what was seen and the counterfactual, in the
            unit of the series (for logarithms: the mean difference of logarithms).
        relative: the effect as a share of the counterfactual.
        level_change: step at the intervention.
        slope_change: change of the line's slope per point; None when not modelled.
        n_before: points with a value before the intervention.
        n_after: points with a value from the intervention on.
        observed: the series; None where missing.
        fitted: what the model says with the intervention; None everywhere when it cannot be computed.
        counterfactual: what it says without; before the intervention equal to ``fitted``.
        low: lower end of the counterfactual's band (of its mean, without the chance of single points).
        high: upper end of the band.
        durbin_watson: about 2 when the errors have no memory.
        autocorrelation: of the residuals at one point's distance.
        lags: memory that the errors of the effect allow for.
        method: the model in words.
    """

    effect: Effect
    relative: Estimate
    level_change: Effect
    slope_change: Effect | None
    n_before: int
    n_after: int
    observed: tuple[float | None, ...]
    fitted: tuple[float | None, ...]
    counterfactual: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    durbin_watson: float | None
    autocorrelation: float | None
    lags: int
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each point: observed, fitted, counterfactual and its band."""
        import polars as pl

        names = ("observed", "fitted", "counterfactual", "low", "high")
        columns = {name: pl.Series(getattr(self, name), dtype=pl.Float64) for name in names}
        return pl.DataFrame({"index": range(len(self.observed)), **columns})


def before_after(
    values: npt.ArrayLike,
    start: int,
    model: Model | None = None,
    *,
    phase: Sequence[object] | npt.ArrayLike | None = None,
    declared: bool = False,
    level: float = 0.95,
) -> BeforeAfter:
    """Evaluate an intervention on one series without comparison.

    Args:
        values: the metric at equal steps of time, shape (n,), NaN where missing.
        start: place (from 0) of the first point under the intervention.
        model: what the series is made of.
        phase: season of each point (for example the month); counted from the first point when not given.
        declared: metric and date were fixed before the change; otherwise a warning says that they were not.
        level: of the intervals.

    Raises:
        InputError: the series is not numeric, or not positive where logarithms are asked for.
        SpecError: the start lies outside the series, or the model is impossible.
    """
    model = model or Model()
    check_level(level)
    series = numbers(values, "values")
    if not 0 < start < series.size:
        raise SpecError("verify.start_outside", start=start, n=series.size)
    if (model.season is not None and model.season < 2) or (model.lags is not None and model.lags < 0):
        raise SpecError("verify.model_invalid")
    if model.logarithm and (series <= 0).any():
        raise InputError("verify.not_positive", row=int(np.argmax(series <= 0)) + 1)
    used = ~np.isnan(series)
    n_before, n_after = int(used[:start].sum()), int(used[start:].sum())
    design, names = design_of(series.size, start, model, phase)
    lags = _lags(int(used.sum()), model)
    fit = None
    if n_before >= FEWEST_BEFORE and n_after >= FEWEST_AFTER:
        outcome = np.log(series[used]) if model.logarithm else series[used]
        fit = least_squares(design[used], outcome)
    if fit is None:
        return _not_computable(series, n_before, n_after, lags, _words(model, lags))
    return _evaluate(_Fitted(series, start, design, names, model, fit, lags, level), declared=declared)


def design_of(
    size: int, start: int, model: Model, phase: Sequence[object] | npt.ArrayLike | None
) -> tuple[Floats, list[str]]:
    """The columns of the model and their names; those of the effect end in ``_change``."""
    time = np.arange(size, dtype=np.float64)
    after = (time >= start).astype(np.float64)
    columns, names = [np.ones(size)], ["constant"]
    if model.trend:
        columns.append(time)
        names.append("trend")
    columns.append(after)
    names.append("level_change")
    if model.slope_change:
        columns.append(after * (time - start))
        names.append("slope_change")
    if phase is not None or model.season is not None:
        place = codes(np.asarray(phase))[0] if phase is not None else np.arange(size) % (model.season or 1)
        if place.shape != (size,):
            raise SpecError("verify.lengths_differ", expected=size, received=int(place.size))
        for season in range(1, int(place.max()) + 1):
            columns.append((place == season).astype(np.float64))
            names.append(f"season_{season}")
    return np.column_stack(columns), names


def _lags(n: int, model: Model) -> int:
    if model.lags is not None:
        return model.lags
    return max(int(4 * (n / 100) ** (2 / 9)), model.season or 0)


@dataclass(frozen=True)
class _Fitted:
    """A fitted model and everything that is read from it."""

    series: Floats
    start: int
    design: Floats
    names: list[str]
    model: Model
    fit: Regression
    lags: int
    level: float

    @cached_property
    def covariances(self) -> list[Floats]:
        """Of the coefficients; the largest variance of a figure counts."""
        found = [self.fit.newey_west(self.lags, small_sample=self.model.small_sample)]
        if self.model.cautious:
            found.append(self.fit.autoregressive(np.flatnonzero(~np.isnan(self.series))))
        return found

    def error(self, weights: Floats) -> Floats:
        """Standard errors of linear combinations of the coefficients, one for each row of weights."""
        variances = [np.einsum("...j,jk,...k->...", weights, one, weights) for one in self.covariances]
        return np.asarray(np.sqrt(np.maximum(np.max(variances, axis=0), 0.0)))

    @property
    def n(self) -> int:
        return int(self.fit.residuals.size)

    @property
    def without(self) -> Floats:
        """The design as if nothing had changed."""
        design = self.design.copy()
        design[:, [place for place, name in enumerate(self.names) if name.endswith("_change")]] = 0.0
        return design

    @property
    def after(self) -> npt.NDArray[np.bool_]:
        """Points with a value under the intervention."""
        return ~np.isnan(self.series) & (np.arange(self.series.size) >= self.start)

    def linear(self, weights: Floats) -> Effect:
        """A linear combination of the coefficients."""
        error = float(self.error(weights))
        value = float(weights @ self.fit.coefficients)
        method = _words(self.model, self.lags)
        return Effect.student(value, error, self.fit.freedom, self.n, method=method, level=self.level)

    def single(self, name: str) -> Effect:
        return self.linear(np.array([float(column == name) for column in self.names]))

    def counterfactual(self) -> tuple[Floats, Floats, Floats]:
        """What the model says without the intervention, and its band."""
        from scipy.stats import t

        without = self.without
        center = without @ self.fit.coefficients
        error = self.error(without)
        half = float(t.ppf((1 + self.level) / 2, self.fit.freedom)) * error
        return self.back(center), self.back(center - half), self.back(center + half)

    def back(self, values: Floats) -> Floats:
        """Values in the unit of the series."""
        return np.exp(values) if self.model.logarithm else values

    def relative(self, effect: Effect) -> Estimate:
        """The effect as a share of the counterfactual: exact for logarithms, else by the delta method."""
        shown = effect.estimate
        if shown.value is None or shown.low is None or shown.high is None:
            return shown
        if self.model.logarithm:
            value, low, high = (float(np.expm1(x)) for x in (shown.value, shown.low, shown.high))
            return Estimate(value, shown.n, low, high, "exponential of the effect", self.level)
        base = self.without[self.after].mean(axis=0)
        change = self.design[self.after].mean(axis=0) - base
        mean = float(base @ self.fit.coefficients)
        if mean <= 0:
            return Estimate.not_computable(shown.n, "verify.counterfactual_not_positive", mean=mean)
        gradient = change / mean - base * shown.value / mean**2
        error = float(self.error(gradient))
        share = shown.value / mean
        return Effect.student(
            share, error, self.fit.freedom, shown.n, method="delta method", level=self.level
        ).estimate


def _evaluate(fitted: _Fitted, *, declared: bool) -> BeforeAfter:
    series, residuals = fitted.series, fitted.fit.residuals
    n_before = int((~np.isnan(series[: fitted.start])).sum())
    effect = fitted.linear((fitted.design - fitted.without)[fitted.after].mean(axis=0))
    counterfactual, low, high = fitted.counterfactual()
    squares = float(residuals @ residuals)
    steps = np.diff(residuals)
    memory = float(residuals[1:] @ residuals[:-1]) / squares if squares > 0 else None
    return BeforeAfter(
        effect=effect,
        relative=fitted.relative(effect),
        level_change=fitted.single("level_change"),
        slope_change=fitted.single("slope_change") if fitted.model.slope_change else None,
        n_before=n_before,
        n_after=fitted.n - n_before,
        observed=_optional(series),
        fitted=_optional(fitted.back(fitted.design @ fitted.fit.coefficients)),
        counterfactual=_optional(counterfactual),
        low=_optional(low),
        high=_optional(high),
        durbin_watson=float(steps @ steps) / squares if squares > 0 else None,
        autocorrelation=memory,
        lags=fitted.lags,
        method=_words(fitted.model, fitted.lags),
        warnings=_warnings(series, n_before, memory, fitted.model, declared=declared),
    )


def _warnings(
    series: Floats, n_before: int, memory: float | None, model: Model, *, declared: bool
) -> tuple[Notice, ...]:
    found = [Notice("verify.no_comparison")]
    if not declared:
        found.append(Notice("verify.not_declared"))
    if missing := int(np.isnan(series).sum()):
        found.append(Notice("verify.missing_points", count=missing))
    advised = max(ADVISED_BEFORE, 2 * (model.season or 0))
    if n_before < advised:
        found.append(Notice("verify.few_points_before", params={"n": n_before, "advised": advised}))
    if memory is not None and abs(memory) > STRONG_AUTOCORRELATION:
        found.append(Notice("verify.autocorrelated", params={"value": round(memory, 2)}))
    return tuple(found)


def _words(model: Model, lags: int) -> str:
    parts = ["interrupted time series", "step"]
    parts += ["slope change"] if model.slope_change else []
    parts += ["trend"] if model.trend else []
    parts += [f"season {model.season}"] if model.season else []
    parts += ["logarithm"] if model.logarithm else []
    parts += [f"Newey-West errors with {lags} lags"]
    return ", ".join(parts + (["at least AR(1) errors"] if model.cautious else []))


def _not_computable(series: Floats, n_before: int, n_after: int, lags: int, method: str) -> BeforeAfter:
    few = n_before < FEWEST_BEFORE or n_after < FEWEST_AFTER
    missing = Effect.not_computable(
        n_before + n_after,
        "verify.too_few_points" if few else "verify.not_identified",
        method=method,
        before=n_before,
        after=n_after,
        needed_before=FEWEST_BEFORE,
        needed_after=FEWEST_AFTER,
    )
    none = (None,) * series.size
    return BeforeAfter(
        effect=missing,
        relative=missing.estimate,
        level_change=missing,
        slope_change=missing,
        n_before=n_before,
        n_after=n_after,
        observed=_optional(series),
        fitted=none,
        counterfactual=none,
        low=none,
        high=none,
        durbin_watson=None,
        autocorrelation=None,
        lags=lags,
        method=method,
    )


def _optional(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else value for value in values.tolist())
