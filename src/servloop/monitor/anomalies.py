"""Unusual points of a seasonal series, judged only by what was known before.

Each point is compared with the same slot of earlier seasons (the same half-hour of the week, the same day of
the week) by median and median absolute deviation, which a few earlier anomalies do not spoil. Asking that a
deviation lasts removes most false alarms.

Source: Leys et al., Journal of Experimental Social Psychology 49 (2013) for median and MAD as center and
spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.control_charts.chart import Floats, optional, series
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Baseline:
    """How the expectation for a point is formed and when it is unusual.

    Attributes:
        period: points in a season.
        history: earlier seasons that are looked at.
        fewest: of those, how many must have a value.
        threshold: deviation, in robust standard deviations, from which a point is unusual.
        lasting: points in a row that must be unusual in the same direction.
        floor: smallest standard deviation assumed: of the logarithm, a share of the value; else in its unit.
        logarithm: work on log(1 + value), for counts and other values from 0 up.
    """

    period: int
    history: int = 8
    fewest: int = 4
    threshold: float = 5.0
    lasting: int = 1
    floor: float = 0.03
    logarithm: bool = True


@dataclass(frozen=True)
class Episode:
    """Unusual points in a row.

    Attributes:
        first: place of the first point, from 0.
        last: place of the last point.
        high: whether the values were too high.
        peak: largest deviation in robust standard deviations.
    """

    first: int
    last: int
    high: bool
    peak: float


@dataclass(frozen=True, kw_only=True)
class Anomalies(Result):
    """A series with its expectations. All sequences have one entry for each point.

    Attributes:
        n: points with a value.
        judged: points with enough history to be judged.
        values: the series; None where missing.
        expected: median of the same slot in earlier seasons; None without enough history.
        low: values below are unusual.
        high: values above are unusual.
        score: deviation in robust standard deviations.
        episodes: what was found, in order.
        method: baseline in words.
    """

    n: int
    judged: int
    values: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    score: tuple[float | None, ...]
    episodes: tuple[Episode, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each point: value, expectation, limits, score, whether it is part of an episode."""
        import polars as pl

        inside = np.zeros(len(self.values), dtype=np.bool_)
        for episode in self.episodes:
            inside[episode.first : episode.last + 1] = True
        columns = {
            name: pl.Series(getattr(self, field), dtype=pl.Float64)
            for name, field in (
                ("value", "values"),
                *((name, name) for name in ("expected", "low", "high", "score")),
            )
        }
        return pl.DataFrame({"index": range(len(self.values)), **columns, "anomaly": inside})


def seasonal_anomalies(values: npt.ArrayLike, baseline: Baseline) -> Anomalies:
    """Find unusual points of a series at equal steps of time.

    Args:
        values: shape (n,), NaN where missing.
        baseline: season, history and threshold.

    Raises:
        SpecError: the baseline is impossible.
        InputError: the series is not numeric, or negative where logarithms are asked for.
    """
    if (
        baseline.period < 1
        or not 2 <= baseline.fewest <= baseline.history
        or baseline.threshold <= 0
        or baseline.lasting < 1
        or baseline.floor < 0
    ):
        raise SpecError("monitor.baseline_invalid")
    raw = series(values)
    if baseline.logarithm and (raw < 0).any():
        raise InputError("monitor.series_too_low", lowest=0, received=float(np.nanmin(raw)))
    data = np.log1p(raw) if baseline.logarithm else raw
    center, spread = _expectations(data, baseline)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (data - center) / spread
    score[np.isnan(score) & ~np.isnan(data - center)] = 0.0  # no spread and no deviation
    back = np.expm1 if baseline.logarithm else np.asarray
    width = baseline.threshold * spread
    judged = int((~np.isnan(score)).sum())
    present = int((~np.isnan(raw)).sum())
    unjudged = present - judged
    return Anomalies(
        n=present,
        judged=judged,
        values=optional(raw),
        expected=optional(back(center)),
        low=optional(back(center - width)),
        high=optional(back(center + width)),
        score=tuple(None if value is None or not np.isfinite(value) else value for value in optional(score)),
        episodes=_episodes(score, baseline),
        method=_words(baseline),
        warnings=(Notice("monitor.points_not_judged", count=unjudged),) if unjudged else (),
    )


def _expectations(data: Floats, baseline: Baseline) -> tuple[Floats, Floats]:
    """Median and robust standard deviation of the same slot in earlier seasons; NaN without enough of them."""
    past = np.full((data.size, baseline.history), np.nan)
    for season in range(1, baseline.history + 1):
        back = season * baseline.period
        past[back:, season - 1] = data[: max(data.size - back, 0)]
    enough = (~np.isnan(past)).sum(axis=1) >= baseline.fewest
    center, spread = np.full(data.size, np.nan), np.full(data.size, np.nan)
    if enough.any():
        known = past[enough]
        center[enough] = np.nanmedian(known, axis=1)
        deviation = np.nanmedian(np.abs(known - center[enough, None]), axis=1)
        spread[enough] = np.maximum(MAD_TO_SIGMA * deviation, baseline.floor)
    return center, spread


def _episodes(score: Floats, baseline: Baseline) -> tuple[Episode, ...]:
    side = np.where(score > baseline.threshold, 1, np.where(score < -baseline.threshold, -1, 0))
    edges = np.flatnonzero(np.diff(side)) + 1
    firsts = np.concatenate([[0], edges]).astype(np.int64)
    lasts = np.concatenate([edges, [side.size]]).astype(np.int64) - 1
    found = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if last >= first and side[first] and last - first + 1 >= baseline.lasting:
            peak = float(np.abs(score[first : last + 1]).max())
            found.append(
                Episode(first, last, bool(side[first] > 0), min(peak, float(np.finfo(np.float64).max)))
            )
    return tuple(found)


def _words(baseline: Baseline) -> str:
    scale = "logarithm, " if baseline.logarithm else ""
    return (
        f"{scale}median and MAD of {baseline.history} earlier seasons of {baseline.period}, "
        f"above {baseline.threshold:g} for {baseline.lasting}"
    )
