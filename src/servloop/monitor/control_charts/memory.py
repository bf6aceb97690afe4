"""Charts with memory, for small lasting shifts: EWMA and CUSUM, and the average run length of both.

Sources: Roberts (1959), Page (1954), Crowder (1987) and Brook and Evans (1972) for run lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.monitor.control_charts.chart import Floats, series
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl

_NODES = 120


@dataclass(frozen=True, kw_only=True)
class EwmaChart(Result):
    """Exponentially weighted moving average with exact (widening) limits.

    Attributes:
        n: points.
        smoothed: the average after each point.
        center: target.
        lower: lower limit of each point.
        upper: upper limit of each point.
        signals: places (from 0) beyond the limits.
        method: parameters.
    """

    n: int
    smoothed: tuple[float, ...]
    center: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    signals: tuple[int, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each point: average, limits, whether it is beyond them."""
        import polars as pl

        signals = set(self.signals)
        beyond = [place in signals for place in range(self.n)]
        return pl.DataFrame(
            {"smoothed": self.smoothed, "lower": self.lower, "upper": self.upper, "signal": beyond}
        )


@dataclass(frozen=True, kw_only=True)
class CusumChart(Result):
    """Tabular CUSUM in standard errors.

    Attributes:
        n: points.
        high: sums of what exceeds the target by more than the slack; 0 or more.
        low: sums of what falls short of it; 0 or less.
        limit: decision interval h.
        signals_high: places (from 0) where ``high`` exceeds h.
        signals_low: places where ``low`` is below -h.
        method: parameters.
    """

    n: int
    high: tuple[float, ...]
    low: tuple[float, ...]
    limit: float
    signals_high: tuple[int, ...]
    signals_low: tuple[int, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each point: both sums, whether one is beyond the decision interval."""
        import polars as pl

        signals = {*self.signals_high, *self.signals_low}
        beyond = [place in signals for place in range(self.n)]
        return pl.DataFrame({"high": self.high, "low": self.low, "signal": beyond})


def ewma_chart(
    values: npt.ArrayLike, center: float, error: float, *, weight: float = 0.2, width: float = 3.0
) -> EwmaChart:
    """EWMA of a series without gaps.

    Args:
        values: shape (n,); single values or subgroup means.
        center: target or mean of the baseline.
        error: standard error of one value (sigma / sqrt(size) for subgroup means), more than 0.
        weight: lambda, of the newest value, in (0, 1].
        width: limits in standard errors of the average.
    """
    if not 0 < weight <= 1 or error <= 0 or width <= 0:
        raise SpecError("monitor.memory_chart_invalid")
    data = _complete(values)
    smoothed = np.empty(data.size)
    last = center
    for place, value in enumerate(data.tolist()):  # a recursion: each average needs the one before
        last = weight * value + (1 - weight) * last
        smoothed[place] = last
    steps = np.arange(1, data.size + 1)
    spread = error * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * steps)))
    lower, upper = center - width * spread, center + width * spread
    return EwmaChart(
        n=data.size,
        smoothed=tuple(smoothed.tolist()),
        center=center,
        lower=tuple(lower.tolist()),
        upper=tuple(upper.tolist()),
        signals=tuple(np.flatnonzero((smoothed < lower) | (smoothed > upper)).tolist()),
        method=f"weight {weight:g}, width {width:g}",
    )


def cusum_chart(
    values: npt.ArrayLike, center: float, error: float, *, slack: float = 0.5, limit: float = 5.0
) -> CusumChart:
    """Two-sided tabular CUSUM of a series without gaps.

    Args:
        values: shape (n,); single values or subgroup means.
        center: target or mean of the baseline.
        error: standard error of one value, more than 0.
        slack: k, half the shift to be found, in standard errors.
        limit: h, decision interval in standard errors.
    """
    if error <= 0 or slack < 0 or limit <= 0:
        raise SpecError("monitor.memory_chart_invalid")
    z = (_complete(values) - center) / error
    high, low = _one_sided(z - slack), 0.0 - _one_sided(-z - slack)
    return CusumChart(
        n=z.size,
        high=tuple(high.tolist()),
        low=tuple(low.tolist()),
        limit=limit,
        signals_high=tuple(np.flatnonzero(high > limit).tolist()),
        signals_low=tuple(np.flatnonzero(low < -limit).tolist()),
        method=f"slack {slack:g}, limit {limit:g}",
    )


def _one_sided(steps: Floats) -> Floats:
    """Sums that restart at 0: the path minus its lowest point so far."""
    path = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray((path - np.minimum.accumulate(path))[1:])


def _complete(values: npt.ArrayLike) -> Floats:
    data = series(values)
    if np.isnan(data).any():
        raise SpecError("monitor.memory_chart_gaps", row=int(np.argmax(np.isnan(data))) + 1)
    return data


def shewhart_run_length(shift: float = 0.0, *, width: float = 3.0) -> float:
    """Average run length of a chart with limits at ``width`` standard errors, after a shift in such units."""
    from scipy.special import ndtr

    return float(1 / (ndtr(-width - shift) + ndtr(-width + shift)))


def ewma_run_length(shift: float = 0.0, *, weight: float = 0.2, width: float = 3.0) -> float:
    """Average run length of an EWMA with asymptotic limits, by its integral equation (Crowder 1987)."""
    reach = width * np.sqrt(weight / (2 - weight))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    at, mass = reach * nodes, reach * weights
    kernel = _normal_density((at[None, :] - (1 - weight) * at[:, None]) / weight - shift) * mass / weight
    lengths = np.linalg.solve(np.eye(_NODES) - kernel, np.ones(_NODES))
    return float(1 + (_normal_density(at / weight - shift) * mass / weight) @ lengths)


def cusum_run_length(shift: float = 0.0, *, slack: float = 0.5, limit: float = 5.0) -> float:
    """Average run length of a two-sided CUSUM that starts at 0: harmonic sum of both sides (Kemp 1961)."""
    sides = (_cusum_side(shift, slack, limit), _cusum_side(-shift, slack, limit))
    return 1 / sum(1 / side for side in sides)


def _cusum_side(shift: float, slack: float, limit: float) -> float:
    from scipy.special import ndtr

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    at = np.concatenate([[0.0], limit * (nodes + 1) / 2])
    mass = np.concatenate([[0.0], limit * weights / 2])
    kernel = _normal_density(at[None, :] - at[:, None] + slack - shift) * mass
    kernel[:, 0] = ndtr(slack - shift - at)  # falling to 0 or below
    return float(np.linalg.solve(np.eye(at.size) - kernel, np.ones(at.size))[0])


def _normal_density(x: Floats) -> Floats:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
