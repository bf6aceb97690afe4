"""Durations in groups: one sort, then medians, quantiles, means and totals of all groups at once.

Durations are whole microseconds until a figure leaves as seconds, so sums do not depend on the row order.
Quantiles interpolate linearly between order statistics (type 7 of Hyndman & Fan, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servloop.diagnose.process.ordering import Float64, Int64

MICROSECONDS = 1_000_000


@dataclass(frozen=True, eq=False)
class GroupedDurations:
    """Durations sorted within groups.

    Attributes:
        offsets: where each group begins, groups + 1 entries.
        values: microseconds, ascending within each group.
    """

    offsets: Int64
    values: Int64

    @classmethod
    def of(cls, group: NDArray[Any], values: Int64, groups: int) -> GroupedDurations:
        """Sort durations into groups 0..groups-1.

        Args:
            group: group code of each duration.
            values: microseconds, may be negative.
            groups: number of groups; some may be empty.
        """
        offsets = np.zeros(groups + 1, dtype=np.int64)
        np.cumsum(np.bincount(group, minlength=groups), out=offsets[1:])
        if len(values) == 0:
            return cls(offsets, values)
        low = int(values.min())
        value_bits = (int(values.max()) - low).bit_length()
        if value_bits + groups.bit_length() <= 63:
            key = group.astype(np.int64)
            key <<= value_bits
            key += values
            key -= low
            key.sort()
            key &= (1 << value_bits) - 1
            key += low
            return cls(offsets, key)
        return cls(offsets, values[np.lexsort((values, group))])

    @property
    def counts(self) -> Int64:
        """Durations per group."""
        return np.diff(self.offsets)

    def quantile(self, q: float) -> Float64:
        """Seconds at quantile ``q`` per group; NaN where a group is empty."""
        counts = self.counts
        place = (counts - 1) * q
        lower = np.floor(place).astype(np.int64)
        upper = np.minimum(lower + 1, counts - 1)
        filled = counts > 0
        result = np.full(len(counts), np.nan)
        begin = self.offsets[:-1][filled]
        below = self.values[begin + lower[filled]].astype(np.float64)
        above = self.values[begin + upper[filled]].astype(np.float64)
        result[filled] = (below + (above - below) * (place - lower)[filled]) / MICROSECONDS
        return result

    def order_statistic(self, rank: Int64) -> Float64:
        """Seconds at a rank per group (0 is the smallest); ranks must exist in their group."""
        seconds: Float64 = self.values[self.offsets[:-1] + rank] / MICROSECONDS
        return seconds

    def totals(self) -> Float64:
        """Sum in seconds per group, 0 for an empty one."""
        counts = self.counts
        result = np.zeros(len(counts))
        filled = counts > 0
        if not filled.any():
            return result
        values: NDArray[Any] = self.values
        largest = max(abs(int(values.min())), abs(int(values.max())))
        if largest * int(counts.max()) >= 2**63:  # would overflow: exact integers give way to floats
            values = values.astype(np.float64)
        result[filled] = np.add.reduceat(values, self.offsets[:-1][filled]) / MICROSECONDS
        return result

    def trimmed_means(self, part: float) -> Float64:
        """Mean in seconds per group without a part of the durations at either end; NaN where a group is empty.

        Args:
            part: at least 0, less than half; of n durations, the floor of ``part * n`` are cut at each end.
        """
        counts = self.counts
        cut = np.floor(counts * part).astype(np.int64)
        kept = counts - 2 * cut
        result = np.full(len(counts), np.nan)
        filled = kept > 0
        if not filled.any():
            return result
        bounds = np.stack((self.offsets[:-1] + cut, self.offsets[1:] - cut), axis=1)[filled].ravel()
        if bounds[-1] == len(self.values):  # the last span then runs to the end by itself
            bounds = bounds[:-1]
        sums = np.add.reduceat(self.values.astype(np.float64), bounds)[::2]
        result[filled] = sums / kept[filled] / MICROSECONDS
        return result

    def means(self) -> Float64:
        """Mean in seconds per group; NaN where a group is empty."""
        with np.errstate(invalid="ignore"):
            return self.totals() / self.counts


def quantile_seconds(values: Int64, q: float) -> float:
    """One quantile of durations in microseconds, as seconds; NaN without durations."""
    return float(np.quantile(values, q)) / MICROSECONDS if len(values) else float("nan")
