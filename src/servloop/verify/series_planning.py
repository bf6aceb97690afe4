"""Before a change to a series starts: can this data see the smallest effect worth having?

The series before the start gives its noise and its memory; the design that will be fitted after it gives the standard
error that the step will have. Sources: Zhang, Wagner and Ross-Degnan, Journal of Clinical Epidemiology 64 (2011);
Bernal, Cummins and Gasparrini (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result
from servloop.verify.before_after import FEWEST_AFTER, FEWEST_BEFORE, Model, design_of
from servloop.verify.effects import Floats, least_squares, memory_of, numbers

_LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class SeriesPower(Result):
    """What an evaluation of a series will be able to see.

    Attributes:
        power: chance that an effect of the smallest size comes out clear.
        detectable: smallest effect that comes out clear with the wished power, in the unit of the series.
        standard_error: that the effect will have.
        spread: standard deviation of the series around its model before the start.
        autocorrelation: of the deviations at one point's distance, after correction for the length of the series.
        smallest: smallest effect that matters.
        wished: the power that is wished for.
        n_before: points with a value before the start.
        n_after: points that the evaluation will have.
        needed_after: points after the start that reach the wished power; None when no number of them does.
    """

    power: Estimate
    detectable: float | None
    standard_error: float | None
    spread: float | None
    autocorrelation: float | None
    smallest: float
    wished: float
    n_before: int
    n_after: int
    needed_after: int | None

    @property
    def enough(self) -> bool:
        """Whether the wished power is reached."""
        return self.power.value is not None and self.power.value >= self.wished


def power_of_series(
    before: npt.ArrayLike,
    n_after: int,
    smallest: float,
    model: Model | None = None,
    *,
    phase: Sequence[object] | None = None,
    alpha: float = 0.05,
    wished: float = 0.8,
) -> SeriesPower:
    """Power of an interrupted time series that is still to come.

    Args:
        before: the series up to the start, shape (n,), NaN where missing.
        n_after: points after the start at which the effect will be read.
        smallest: smallest effect that matters, more than 0, in the unit of the series.
        model: what the evaluation will fit.
        phase: season of each point, for ``before`` and the points after it.
        alpha: level of the two-sided test.
        wished: wished power.

    Raises:
        InputError: the series is not numeric.
        SpecError: impossible sizes or levels.
    """
    model = model or Model(slope_change=False)
    series = numbers(before, "values")
    if not smallest > 0:
        raise SpecError("verify.smallest_invalid", received=smallest)
    if not (0 < alpha < 1 and 0 < wished < 1):
        raise SpecError("verify.test_invalid", power=wished, alpha=alpha)
    if n_after < 1:
        raise SpecError("verify.groups_invalid")
    n_before = int((~np.isnan(series)).sum())
    plan = _Plan(series, model, phase, smallest, alpha, wished)
    fitted = None if n_before < FEWEST_BEFORE or n_after < FEWEST_AFTER else plan.noise()
    error = None if fitted is None else plan.error(n_after, *fitted)
    method = "power of a step in a series, AR(1) errors"
    if fitted is None or error is None:
        few = n_before < FEWEST_BEFORE or n_after < FEWEST_AFTER
        power = Estimate.not_computable(
            n_before,
            "verify.too_few_points" if few else "verify.not_identified",
            method=method,
            before=n_before,
            after=n_after,
            needed_before=FEWEST_BEFORE,
            needed_after=FEWEST_AFTER,
        )
        return SeriesPower(
            power=power,
            detectable=None,
            standard_error=None,
            spread=None,
            autocorrelation=None,
            smallest=smallest,
            wished=wished,
            n_before=n_before,
            n_after=n_after,
            needed_after=None,
        )
    spread, memory = fitted
    reached = plan.power(error)
    weak = (
        Notice("verify.power_low", params={"power": round(100 * reached), "wished": round(100 * wished)}),
    )
    return SeriesPower(
        power=Estimate(reached, n_before, method=method),
        detectable=plan.factor * error,
        standard_error=error,
        spread=spread,
        autocorrelation=memory,
        smallest=smallest,
        wished=wished,
        n_before=n_before,
        n_after=n_after,
        needed_after=n_after if reached >= wished else plan.needed(n_after, spread, memory),
        warnings=() if reached >= wished else weak,
    )


@dataclass(frozen=True)
class _Plan:
    series: Floats
    model: Model
    phase: Sequence[object] | None
    smallest: float
    alpha: float
    wished: float

    def noise(self) -> tuple[float, float] | None:
        """Standard deviation and memory of the deviations before the start."""
        flat = replace(self.model, slope_change=False)
        size = self.series.size
        phase = None if self.phase is None else list(self.phase)[:size]
        design, names = design_of(size, size, flat, phase)
        design = design[:, [place for place, name in enumerate(names) if name != "level_change"]]
        used = ~np.isnan(self.series)
        fit = least_squares(design[used], self.series[used])
        if fit is None or fit.freedom < 2:
            return None
        squares = float(fit.residuals @ fit.residuals)
        if squares <= 0:
            return None
        memory = memory_of(fit.residuals, fit.design.shape[1])
        return float(np.sqrt(squares / fit.freedom)), memory

    def error(self, n_after: int, spread: float, memory: float) -> float | None:
        """Standard error of the mean effect after the start, with errors of that spread and memory."""
        size = self.series.size + n_after
        phase = list(self.phase)[:size] if self.phase is not None and len(self.phase) >= size else None
        design, names = design_of(size, self.series.size, self.model, phase)
        used = np.append(~np.isnan(self.series), np.ones(n_after, dtype=np.bool_))
        rows = design[used]
        if rows.shape[0] <= rows.shape[1] or np.linalg.matrix_rank(rows) < rows.shape[1]:
            return None
        time = np.flatnonzero(used)
        covariance = spread**2 * memory ** np.abs(time[:, None] - time[None, :])
        bread = np.linalg.pinv(rows)
        changes = np.array([name.endswith("_change") for name in names])
        weights = np.where(changes, design[self.series.size :].mean(axis=0), 0.0) @ bread
        return float(np.sqrt(weights @ covariance @ weights))

    @property
    def factor(self) -> float:
        from scipy.stats import norm

        return float(norm.isf(self.alpha / 2) + norm.isf(1 - self.wished))

    def power(self, error: float) -> float:
        from scipy.stats import norm

        limit, shift = float(norm.isf(self.alpha / 2)), self.smallest / error
        return float(norm.sf(limit - shift) + norm.cdf(-limit - shift))

    def needed(self, n_after: int, spread: float, memory: float) -> int | None:
        for more in range(n_after + 1, _LONGEST + 1):
            error = self.error(more, spread, memory)
            if error is not None and self.power(error) >= self.wished:
                return more
        return None
