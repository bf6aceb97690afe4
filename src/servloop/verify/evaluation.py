"""One effect, evaluated as it was declared: the primary method, the others beside it, and what each rests on.

With comparison units the primary method is difference in differences of two pooled series, its errors from the
difference's own course in time, so that it holds for one changed unit as for many; without them it is an interrupted
time series. Intervals of both are never narrower than fading memory would make them (`Model.cautious`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result
from servloop.verify.before_after import BeforeAfter, Model, before_after
from servloop.verify.effects import Effect, Floats
from servloop.verify.evaluation_marks import Mark, marks_of
from servloop.verify.evaluation_methods import MethodEffect, other_methods
from servloop.verify.verdict import Verdict, verdict

Grain = Literal["week", "month"]
SEASON_BEFORE = {"month": 24, "week": 104}
_LAGS = 4.0


@dataclass(frozen=True)
class UnitSeries:
    """One unit's metric over the periods; None where there is no value or too few rows for one."""

    name: str
    changed: bool
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Declaration:
    """What was fixed before the change, as far as the evaluation needs it.

    Attributes:
        start: first day of the change.
        grain: step of the series.
        compared: whether comparison units were named.
        smallest: smallest effect that matters, in the unit of the metric.
        direction: which way is better.
        alpha: level of the test; intervals cover 1 − alpha.
        declared: it was fixed before the start.
    """

    start: dt.date
    grain: Grain
    compared: bool
    smallest: float
    direction: Literal["increase", "decrease"]
    alpha: float = 0.05
    declared: bool = True


@dataclass(frozen=True)
class Observed:
    """The series as they came in.

    Attributes:
        periods: first day of each, at equal steps, the last one complete.
        changed: the metric over all changed units together.
        comparison: the same over all comparison units; empty without any.
        rows: rows behind ``changed`` in each period.
        units: unit by unit.
        mix: groups of customers (channels): rows before and after; empty when there is one group only.
    """

    periods: tuple[dt.date, ...]
    changed: tuple[float | None, ...]
    comparison: tuple[float | None, ...]
    rows: tuple[int, ...]
    units: tuple[UnitSeries, ...] = ()
    mix: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evaluation(Result):
    """What came of a change.

    Attributes:
        effect: by the primary method.
        relative: the effect as a share of what would have been.
        methods: all methods, the primary one first.
        marks: what the effect rests on, each with how it stands.
        verdict: suggested by rule.
        periods: first day of each.
        observed: of the changed units; None where missing or left out.
        fitted: what the model says with the change.
        counterfactual: what it says without.
        low, high: its band.
        comparison: the comparison units; empty without any.
        differences: changed less comparison, against its mean before; empty without comparison.
        usual: half the width within which single differences lay before the start.
        left_out: the period in which the change began, when that was not its first day.
        expected: mean of the counterfactual after the start.
        seen: mean of what was seen after it.
        first_after: place of the first period after the start.
        rows_before, rows_after: rows behind the changed units.
        method: the primary method in words.
    """

    effect: Effect
    relative: Estimate
    methods: tuple[MethodEffect, ...]
    marks: tuple[Mark, ...]
    verdict: Verdict
    periods: tuple[dt.date, ...]
    observed: tuple[float | None, ...]
    fitted: tuple[float | None, ...]
    counterfactual: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    comparison: tuple[float | None, ...]
    differences: tuple[float | None, ...]
    usual: float | None
    left_out: dt.date | None
    expected: float | None
    seen: float | None
    first_after: int
    periods_before: int
    periods_after: int
    rows_before: int
    rows_after: int
    method: str


def model_of(declaration: Declaration, before: int) -> Model:
    """The primary model: trend and season of its own without comparison, neither with one.

    Args:
        declaration: what was declared.
        before: periods before the start.
    """
    lags = int(_LAGS * (max(before, 1) / 100) ** (2 / 9))
    season = 12 if not declaration.compared and before >= SEASON_BEFORE[declaration.grain] else None
    return Model(
        trend=not declaration.compared,
        slope_change=False,
        season=season,
        lags=lags,
        small_sample=True,
        cautious=True,
    )


def phases(periods: Sequence[dt.date], model: Model) -> list[int] | None:
    """The season of each period: its month."""
    return None if model.season is None else [period.month - 1 for period in periods]


def evaluate(observed: Observed, declaration: Declaration) -> Evaluation:
    """Evaluate a change.

    Raises:
        SpecError: the start lies outside the periods, or series differ in length.
    """
    first, partial = place_of_start(observed.periods, declaration)
    changed = series_of(observed.changed, len(observed.periods))
    comparison = series_of(observed.comparison, changed.size) if declaration.compared else None
    if partial is not None:
        changed[partial] = np.nan
    target = changed if comparison is None else changed - comparison
    model = model_of(declaration, first)
    main = before_after(
        target,
        first,
        model,
        phase=phases(observed.periods, model),
        declared=declaration.declared,
        level=1 - declaration.alpha,
    )
    shift = np.zeros(changed.size) if comparison is None else comparison
    lines = {
        name: _shifted(getattr(main, name), shift) for name in ("fitted", "counterfactual", "low", "high")
    }
    after = ~np.isnan(target) & (np.arange(changed.size) >= first)
    counterfactual = series_of(lines["counterfactual"], changed.size)
    rows = np.array(observed.rows, dtype=np.int64)
    return Evaluation(
        effect=main.effect,
        relative=_relative(main, counterfactual[after]),
        methods=(
            MethodEffect("difference" if declaration.compared else "its", main.effect, primary=True),
            *other_methods(observed, declaration, first, changed, comparison, model=model),
        ),
        marks=marks_of(observed, declaration, first, main, target, partial=partial),
        verdict=verdict(main.effect.estimate, declaration.smallest, declaration.direction),
        periods=observed.periods,
        observed=_optional(changed),
        comparison=() if comparison is None else _optional(comparison),
        differences=() if comparison is None else _optional(target - np.nanmean(target[:first])),
        usual=_usual(target[:first]) if comparison is not None else None,
        left_out=None if partial is None else observed.periods[partial],
        expected=float(counterfactual[after].mean())
        if after.any() and main.effect.estimate.computable
        else None,
        seen=float(changed[after].mean()) if after.any() else None,
        first_after=first,
        periods_before=main.n_before,
        periods_after=main.n_after,
        rows_before=int(rows[:first].sum()) - (0 if partial is None else int(rows[partial])),
        rows_after=int(rows[first:].sum()),
        method=main.method,
        warnings=main.warnings,
        **lines,
    )


def place_of_start(periods: Sequence[dt.date], declaration: Declaration) -> tuple[int, int | None]:
    """Place of the first period wholly after the start, and of the one in which the change began midway.

    Raises:
        SpecError: `verify.nothing_before`, `verify.nothing_after` (with the last period, None without any).
    """
    first = sum(period < declaration.start for period in periods)
    if first == len(periods):
        last = periods[-1].isoformat() if periods else None
        raise SpecError("verify.nothing_after", start=declaration.start.isoformat(), last=last)
    if first == 0:
        raise SpecError("verify.nothing_before", start=declaration.start.isoformat())
    begun = periods[first - 1] < declaration.start < periods[first]
    return first, first - 1 if begun else None


def series_of(values: Sequence[float | None], size: int) -> Floats:
    """An array with NaN for gaps.

    Raises:
        SpecError: `verify.lengths_differ`.
    """
    if len(values) != size:
        raise SpecError("verify.lengths_differ", expected=size, received=len(values))
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _shifted(values: Sequence[float | None], shift: Floats) -> tuple[float | None, ...]:
    return _optional(series_of(values, shift.size) + shift)


def _optional(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else value for value in values.tolist())


def _usual(differences: Floats) -> float | None:
    """Half the width within which 95 % of single differences lay before the start."""
    from scipy.stats import t

    known = differences[~np.isnan(differences)]
    if known.size < 3:
        return None
    return float(t.ppf(0.975, known.size - 1) * known.std(ddof=1) * np.sqrt(1 + 1 / known.size))


def _relative(main: BeforeAfter, counterfactual: Floats) -> Estimate:
    """The effect as a share of what would have been; that mean is taken as known."""
    shown = main.effect.estimate
    if shown.value is None or shown.low is None or shown.high is None:
        return shown
    mean = float(counterfactual.mean()) if counterfactual.size else 0.0
    if not mean > 0:
        return Estimate.not_computable(shown.n, "verify.counterfactual_not_positive", mean=round(mean, 4))
    return Estimate(
        shown.value / mean,
        shown.n,
        shown.low / mean,
        shown.high / mean,
        "share of the counterfactual",
        shown.level,
    )


__all__ = [
    "Declaration",
    "Evaluation",
    "Mark",
    "MethodEffect",
    "Notice",
    "Observed",
    "UnitSeries",
    "evaluate",
    "model_of",
    "phases",
    "place_of_start",
]
