"""Where the level of a series changed: penalized least squares, solved exactly by PELT.

Sources: Killick, Fearnhead and Eckley, Journal of the American Statistical Association 107 (2012); penalty
after Yao (1988).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.control_charts.chart import Floats, series
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Segment:
    """A stretch of one level.

    Attributes:
        first: place of the first point, from 0.
        last: place of the last point.
        mean: its level.
    """

    first: int
    last: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class ChangePoints(Result):
    """Changes of level.

    Attributes:
        n: points.
        places: first point of each new level, from 0.
        segments: stretches of one level; empty when the series is too short.
        penalty: cost of one more change, in squared standard deviations.
        method: cost and penalty.
        reason: why nothing could be computed.
    """

    n: int
    places: tuple[int, ...]
    segments: tuple[Segment, ...]
    penalty: float
    method: str = "PELT, squared error"
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row for each segment."""
        import polars as pl

        rows = [(segment.first, segment.last, segment.mean) for segment in self.segments]
        return pl.DataFrame(
            rows, schema={"first": pl.Int64, "last": pl.Int64, "mean": pl.Float64}, orient="row"
        )


def change_points(
    values: npt.ArrayLike, *, penalty: float | None = None, shortest: int = 2, sigma: float | None = None
) -> ChangePoints:
    """Find changes of the mean.

    Args:
        values: a series without gaps, shape (n,).
        penalty: cost of one more change in squared standard deviations; 3 log(n) when not given.
        shortest: points that a level lasts at least.
        sigma: standard deviation within a level; that of the whole series when not given, which is cautious:
            changes make it larger.

    Raises:
        SpecError: penalty, shortest or sigma are impossible.
        InputError: the series is not numeric or has gaps.
    """
    data = series(values)
    if np.isnan(data).any():
        raise InputError("monitor.series_gaps", row=int(np.argmax(np.isnan(data))) + 1)
    if shortest < 1 or (penalty is not None and penalty <= 0) or (sigma is not None and sigma <= 0):
        raise SpecError("monitor.change_points_invalid")
    n = int(data.size)
    cost = penalty if penalty is not None else 3 * float(np.log(max(n, 2)))
    if n < 2 * shortest:
        reason = Notice("monitor.too_few_values", params={"n": n, "needed": 2 * shortest})
        return ChangePoints(n=n, places=(), segments=(), penalty=cost, reason=reason)
    spread = sigma if sigma is not None else float(data.std(ddof=1))
    if spread <= 1e-12 * float(np.abs(data).max()):
        return ChangePoints(n=n, places=(), segments=(Segment(0, n - 1, float(data.mean())),), penalty=cost)
    places = _pelt((data - data.mean()) / spread, cost, shortest)
    edges = [0, *places, n]
    segments = tuple(
        Segment(first, end - 1, float(data[first:end].mean())) for first, end in itertools.pairwise(edges)
    )
    return ChangePoints(n=n, places=tuple(places), segments=segments, penalty=cost)


def _pelt(data: Floats, penalty: float, shortest: int) -> list[int]:
    """Optimal partition; candidates that can never become best again are dropped."""
    n = data.size
    total = np.concatenate([[0.0], np.cumsum(data)])
    squares = np.concatenate([[0.0], np.cumsum(data**2)])
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    origin = np.zeros(n + 1, dtype=np.int64)
    candidates, expiry = np.array([0], dtype=np.int64), np.array([n + 1], dtype=np.int64)
    for end in range(shortest, n + 1):
        error = (
            squares[end] - squares[candidates] - (total[end] - total[candidates]) ** 2 / (end - candidates)
        )
        value = best[candidates] + error
        place = int(value.argmin())
        best[end], origin[end] = value[place] + penalty, candidates[place]
        # A worse candidate stays worse than a change at `end`, which is possible `shortest` points from now.
        expiry = np.where(value > best[end], np.minimum(expiry, end + shortest), expiry)
        kept = expiry > end + 1
        candidates = np.append(candidates[kept], end - shortest + 1)  # where the next end may begin its level
        expiry = np.append(expiry[kept], n + 1)
    places: list[int] = []
    end = n
    while origin[end] > 0:
        end = int(origin[end])
        places.append(end)
    return places[::-1]
