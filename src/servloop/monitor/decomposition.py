"""Trend, season and remainder of a series (STL), and the remainders that stand out.

Source: Cleveland, Cleveland, McRae and Terpenning, Journal of Official Statistics 6 (1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.anomalies import MAD_TO_SIGMA
from servloop.monitor.control_charts.chart import Floats, optional, series
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Decomposition(Result):
    """A series as trend + season + remainder, each with one entry for each point.

    Attributes:
        n: points.
        trend: slow movement; empty when it cannot be computed.
        season: what repeats.
        remainder: what is left.
        score: remainder in robust standard deviations (median and MAD of all remainders); None when they do
            not vary.
        method: parameters.
        reason: why there is none.
    """

    n: int
    trend: tuple[float, ...]
    season: tuple[float, ...]
    remainder: tuple[float, ...]
    score: tuple[float | None, ...]
    method: str
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row for each point."""
        import polars as pl

        names = ("trend", "season", "remainder", "score")
        return pl.DataFrame({name: pl.Series(getattr(self, name), dtype=pl.Float64) for name in names})


def decompose(
    values: npt.ArrayLike, period: int, *, periodic: bool = False, smoothness: int = 7
) -> Decomposition:
    """Seasonal-trend decomposition by loess, robust against single outliers.

    Args:
        values: a series without gaps, at least two seasons long.
        period: points in a season, at least 2.
        periodic: the season never changes; otherwise it may drift.
        smoothness: seasons over which a drifting season is smoothed, odd, at least 7.

    Raises:
        SpecError: the period or smoothness is impossible.
        InputError: the series is not numeric or has gaps.
    """
    data = series(values)
    if np.isnan(data).any():
        raise InputError("monitor.series_gaps", row=int(np.argmax(np.isnan(data))) + 1)
    if period < 2 or smoothness < 7 or smoothness % 2 == 0:
        raise SpecError("monitor.decomposition_invalid", period=period, smoothness=smoothness)
    n = int(data.size)
    method = f"STL, robust, period {period}, " + ("periodic" if periodic else f"smoothness {smoothness}")
    if n < 2 * period:
        reason = Notice("monitor.too_few_values", params={"n": n, "needed": 2 * period})
        return Decomposition(n=n, trend=(), season=(), remainder=(), score=(), method=method, reason=reason)
    trend, season = _stl(data, period, periodic=periodic, smoothness=smoothness)
    remainder = data - trend - season
    center = np.median(remainder)
    spread = MAD_TO_SIGMA * float(np.median(np.abs(remainder - center)))
    enough = spread > 1e-12 * float(np.abs(data).max())
    score = (remainder - center) / spread if enough else np.full(n, np.nan)
    return Decomposition(
        n=n,
        trend=tuple(trend.tolist()),
        season=tuple(season.tolist()),
        remainder=tuple(remainder.tolist()),
        score=optional(score),
        method=method,
    )


def _stl(data: Floats, period: int, *, periodic: bool, smoothness: int) -> tuple[Floats, Floats]:
    from statsmodels.tsa.seasonal import STL

    if not periodic:
        fit = STL(data, period=period, seasonal=smoothness, robust=True).fit()
        return fit.trend, fit.seasonal
    # A season that never changes: smooth it over more seasons than there are by constants, then average.
    wide = 10 * data.size + 1
    fit = STL(data, period=period, seasonal=wide, seasonal_deg=0, robust=True).fit()
    slot = np.arange(data.size) % period
    means = np.bincount(slot, weights=fit.seasonal) / np.bincount(slot)
    return fit.trend, means[slot]
