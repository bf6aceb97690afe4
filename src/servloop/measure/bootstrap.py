"""The bootstrap of Efron (1979), vectorised: resamples as counts, statistics as matrix products.

A resample of n respondents is a vector of n counts that sum to n. Sums over a resample are then one
product counts · values, so that a thousand resamples cost a few matrix products and no Python loop over
respondents.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from servloop.measure.frames import FloatArray

# Counts held in memory at once: 8 million doubles are 64 MB.
_CHUNK_VALUES = 8_000_000
# Up to this many rows all resamples of a chunk are counted in one call.
_ROWS_AT_ONCE = 4096


def resample_counts(rows: int, samples: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Counts of how often each row was drawn, in chunks of shape (≤ samples, rows).

    Args:
        rows: observations to draw from.
        samples: resamples in total.
        rng: the generator; the same generator state gives the same resamples.
    """
    if rows == 0:
        return
    per_chunk = max(1, min(samples, _CHUNK_VALUES // rows))
    for start in range(0, samples, per_chunk):
        size = min(per_chunk, samples - start)
        if rows <= _ROWS_AT_ONCE:
            drawn = rng.integers(0, rows, size=(size, rows))
            drawn += np.arange(size)[:, None] * rows
            counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
            yield counts.astype(np.float64)
            continue
        chunk = np.empty((size, rows))
        for sample in chunk:
            # One resample at a time: its counts stay in the processor's cache.
            sample[:] = np.bincount(rng.integers(0, rows, size=rows), minlength=rows)
        yield chunk


def resampled_means(values: FloatArray, samples: int, rng: np.random.Generator) -> FloatArray:
    """Means of each column over resampled rows, shape (samples, columns); NaN values do not enter.

    Args:
        values: shape (rows, columns), NaN where missing. The rows are drawn whole, so that the
            dependence between the columns is kept.
        samples: number of resamples.
        rng: the generator.

    Returns:
        One mean per resample and column; NaN where a resample holds no value of a column.
    """
    present = np.isfinite(values)
    # Column-major: the products below run several times faster on tall, narrow arrays.
    filled = np.asfortranarray(np.where(present, values, 0.0))
    complete = bool(present.all())
    mask = np.asfortranarray(present.astype(np.float64))
    means = []
    for counts in resample_counts(len(values), samples, rng):
        sums = counts @ filled
        entered = float(len(values)) if complete else counts @ mask
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append(sums / entered)
    return np.concatenate(means) if means else np.empty((0, values.shape[1]))


def percentile_interval(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Percentile interval over the first axis; NaN where a column has no finite draw.

    Args:
        draws: shape (samples, …).
        level: coverage, for example 0.95.
    """
    tail = (1.0 - level) / 2.0
    shape = draws.shape[1:]
    if len(draws) == 0:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    if np.isfinite(draws).all():
        low, high = np.quantile(draws, [tail, 1.0 - tail], axis=0)
        return low, high
    usable = np.isfinite(draws).any(axis=0)
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    low[usable], high[usable] = np.nanquantile(draws[:, usable], [tail, 1.0 - tail], axis=0)
    return low, high
