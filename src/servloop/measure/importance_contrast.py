"""Penalty–reward contrast analysis (Brandt 1988; Mikulić & Prebežac 2008): basic, performance, excitement factors.

Two dummies per attribute, low and high against the middle, in one least-squares regression on the outcome: what a
bad mark costs (penalty) and what a very good one gains (reward).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from servloop.errors import SpecError
from servloop.measure.drivers_regression import linear_fit
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Contrast:
    """One attribute.

    Attributes:
        name: its column.
        penalty, reward: change of the outcome for a low and a high mark against the middle.
        p_penalty, p_reward: two-sided p-values.
        n_low, n_high: answers behind them.
        impact_range: |penalty| + |reward| (the range of impact on the outcome).
        asymmetry: (|reward| - |penalty|) ÷ (|reward| + |penalty|), from -1 (basic) to 1 (excitement).
        factor: ``basic``, ``performance`` or ``excitement``; None when inconsistent or not computable.
        inconsistent: a penalty above zero or a reward below it; the signs contradict the model, so that the
            asymmetry of magnitudes must not be read as a factor.
    """

    name: str
    penalty: Estimate
    reward: Estimate
    p_penalty: float | None
    p_reward: float | None
    n_low: int
    n_high: int
    impact_range: float | None
    asymmetry: float | None
    factor: str | None
    inconsistent: bool


@dataclass(frozen=True, kw_only=True)
class PenaltyReward(Result):
    """Contrasts of all attributes, in the order given."""

    outcome: str
    n: int
    rows: int
    r2: Estimate
    items: tuple[Contrast, ...]
    low: float
    high: float
    cut: float
    level: float

    def to_frame(self) -> pl.DataFrame:
        """One row an attribute."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "name": c.name,
                    "penalty": c.penalty.value,
                    "penalty_low": c.penalty.low,
                    "penalty_high": c.penalty.high,
                    "reward": c.reward.value,
                    "reward_low": c.reward.low,
                    "reward_high": c.reward.high,
                    "impact_range": c.impact_range,
                    "asymmetry": c.asymmetry,
                    "factor": c.factor,
                    "inconsistent": c.inconsistent,
                    "n": self.n,
                }
                for c in self.items
            ],
            infer_schema_length=None,
        )


def penalty_reward(
    frame: Any,
    outcome: str,
    attributes: Sequence[str],
    *,
    low: float,
    high: float,
    not_applicable: Sequence[float] = (),
    cut: float = 0.1,
    level: float = 0.95,
) -> PenaltyReward:
    """Contrast low and high marks with the middle ones.

    Args:
        frame: any data frame; rows with a missing or not-applicable mark are left out and counted.
        outcome: numeric column, higher is better; 0/1 gives the linear probability model.
        attributes: columns of marks.
        low: marks up to this are low.
        high: marks from this on are high.
        not_applicable: codes that are no marks, for example 0.
        cut: |asymmetry| up to this is a performance factor; 0.1 and 0.2 are in use.
        level: coverage of the intervals.

    Raises:
        SpecError: no attributes, one twice, or ``low`` not below ``high``.
    """
    attributes = list(attributes)
    if not attributes:
        raise SpecError("assess.no_columns", name="attributes")
    doubled = sorted(
        {name for name in attributes if attributes.count(name) > 1} | ({outcome} & set(attributes))
    )
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    if not low < high:
        raise SpecError("assess.low_not_below_high", low=low, high=high)
    matrix = numeric_matrix(frame, [*attributes, outcome])
    marks = np.where(np.isin(matrix[:, :-1], list(not_applicable)), np.nan, matrix[:, :-1])
    complete = ~np.isnan(marks).any(axis=1) & ~np.isnan(matrix[:, -1])
    rows, n = len(matrix), int(complete.sum())
    notices = [Notice("assess.incomplete_rows", rows - n)] if n < rows else []
    marks, y = marks[complete], matrix[complete, -1]
    is_low, is_high = marks <= low, marks >= high
    reason = None
    if n < 2 * len(attributes) + 2:
        reason = Notice("assess.too_few_rows", params={"n": n, "needed": 2 * len(attributes) + 2})
    elif np.ptp(y) == 0:
        reason = Notice("assess.constant_outcome", params={"n": n})
    items: tuple[Contrast, ...] = ()
    if reason is not None:
        r2 = Estimate(None, n, method="ols", level=level, reason=reason)
    else:
        r2, items = _contrasts(attributes, y, is_low, is_high, cut=cut, level=level)
    inconsistent = [item.name for item in items if item.inconsistent]
    if inconsistent:
        notices.append(Notice("assess.inconsistent_signs", len(inconsistent), {"names": inconsistent}))
    return PenaltyReward(
        warnings=tuple(notices),
        outcome=outcome,
        n=n,
        rows=rows,
        r2=r2,
        items=items,
        low=low,
        high=high,
        cut=cut,
        level=level,
    )


def _contrasts(
    names: list[str], y: FloatArray, is_low: BoolArray, is_high: BoolArray, *, cut: float, level: float
) -> tuple[Estimate, tuple[Contrast, ...]]:
    from scipy.special import stdtrit

    n, p = is_low.shape
    dummies = np.column_stack((is_low, is_high)).astype(np.float64)
    fit = linear_fit(y, dummies)
    # A dummy that never or always occurs, or that repeats others, has no effect of its own.
    alone = _identified(dummies)
    t = (
        float(stdtrit(fit.degrees_of_freedom, 0.5 + level / 2))
        if fit.degrees_of_freedom > 0
        else float("nan")
    )

    def effect(column: int) -> Estimate:
        answers = int(dummies[:, column].sum())
        if not alone[column]:
            return Estimate.not_computable(answers, "assess.effect_not_identified", method="ols")
        value, error = float(fit.coefficients[column]), float(fit.standard_errors[column])
        if not np.isfinite(error) or not np.isfinite(t):
            return Estimate(value, answers, method="ols", level=level)
        return Estimate(value, answers, value - t * error, value + t * error, "ols", level)

    def p_value(column: int) -> float | None:
        value = float(fit.p_values[column])
        return value if alone[column] and np.isfinite(value) else None

    items = []
    for j, name in enumerate(names):
        penalty, reward = effect(j), effect(p + j)
        span = asymmetry = factor = None
        inconsistent = (penalty.value or 0.0) > 0 or (reward.value or 0.0) < 0
        if penalty.value is not None and reward.value is not None:
            span = abs(penalty.value) + abs(reward.value)
            asymmetry = (abs(reward.value) - abs(penalty.value)) / span if span > 0 else None
        if asymmetry is not None and not inconsistent:
            factor = "performance" if abs(asymmetry) <= cut else "excitement" if asymmetry > 0 else "basic"
        items.append(
            Contrast(
                name,
                penalty,
                reward,
                p_value(j),
                p_value(p + j),
                int(is_low[:, j].sum()),
                int(is_high[:, j].sum()),
                span,
                asymmetry,
                factor,
                inconsistent,
            )
        )
    return Estimate(fit.r2, n, method="ols", level=level), tuple(items)


def _identified(dummies: FloatArray) -> BoolArray:
    """Which columns are not a combination of the others (and the constant)."""
    centred = dummies - dummies.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(length > 0, length, 1.0)
    values, vectors = np.linalg.eigh(unit.T @ unit)
    null = vectors[:, values < 1e-10]
    dependent = (null**2).sum(axis=1) > 1e-6
    result: BoolArray = ~dependent
    return result
