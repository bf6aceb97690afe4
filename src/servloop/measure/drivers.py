"""Key drivers: how much each driver contributes to explaining an outcome (relative importance).

LMG (Lindeman, Merenda & Gold 1980), which is the Shapley value of R², and Johnson's relative weights (Johnson
2000, Multivariate Behavioral Research 35(1)) divide R² among correlated drivers so that the parts add up to it.
The simpler measures that the same tables compare with are here too (Grömping 2006, J. Statistical Software 17(1);
CAR scores: Zuber & Strimmer 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.bootstrap import resample_counts
from servloop.measure.drivers_methods import METHODS, divide, tolerances
from servloop.measure.drivers_regression import correlation, linear_fit
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

#: LMG looks at all 2^p subsets of the drivers; beyond this many the methods of choice are Johnson's weights.
MAX_LMG_DRIVERS = 16


@dataclass(frozen=True)
class Driver:
    """One driver of the outcome.

    Attributes:
        name: its column.
        importance: its part of R² with a bootstrap interval.
        share: importance ÷ the sum over drivers; None when nothing is explained.
        share_low, share_high: bootstrap interval of the share.
        coefficient, standardised: regression weight, raw and in standard deviations.
        correlation: with the outcome.
        tolerance: share of its variance that the other drivers do not explain (1 ÷ VIF).
    """

    name: str
    importance: Estimate
    share: float | None
    share_low: float | None
    share_high: float | None
    coefficient: float
    standardised: float
    correlation: float
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class DriverAnalysis(Result):
    """What drives an outcome; drivers in the order given.

    Attributes:
        outcome: its column.
        method: ``lmg``, ``johnson``, ``first``, ``last``, ``betasq``, ``pratt`` or ``car``.
        n: complete rows used; ``rows`` is how many there were.
        r2: share of the outcome's variance explained by all drivers, or why it is not computable.
        adjusted_r2: corrected for the number of drivers.
        drivers: one entry a driver; empty when not computable.
        bootstrap: samples behind the intervals.
    """

    outcome: str
    method: str
    n: int
    rows: int
    r2: Estimate
    adjusted_r2: float | None
    intercept: float | None
    drivers: tuple[Driver, ...]
    bootstrap: int
    level: float

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``r2``, ``importance`` {driver: v}, ``share`` {driver: v} as plain figures, then intervals and the rest."""
        document = super().to_dict(language)
        r2 = document.pop("r2")
        drivers = document.pop("drivers")
        return {
            "r2": r2["value"],
            "importance": {d["name"]: d["importance"]["value"] for d in drivers},
            "share": {d["name"]: d["share"] for d in drivers},
            "r2_detail": r2,
            "drivers": drivers,
            **document,
        }

    def to_frame(self) -> pl.DataFrame:
        """One row a driver, most important first."""
        import polars as pl

        rows = [
            {
                "driver": d.name,
                "importance": d.importance.value,
                "low": d.importance.low,
                "high": d.importance.high,
                "share": d.share,
                "share_low": d.share_low,
                "share_high": d.share_high,
                "coefficient": d.coefficient,
                "standardised": d.standardised,
                "correlation": d.correlation,
                "tolerance": d.tolerance,
                "n": self.n,
                "method": self.method,
            }
            for d in self.drivers
        ]
        frame = pl.DataFrame(rows)
        return frame.sort("importance", descending=True) if rows else frame


def drivers(
    frame: Any,
    outcome: str,
    names: Sequence[str],
    *,
    method: str = "lmg",
    weights: str | None = None,
    bootstrap: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> DriverAnalysis:
    """Divide the explained variance of an outcome among its drivers.

    Args:
        frame: any data frame; rows with a missing outcome, driver or weight are left out and counted.
        outcome: numeric column (0/1 gives the linear probability model).
        names: numeric driver columns.
        method: see `DriverAnalysis.method`; LMG takes at most 16 drivers.
        weights: optional column of positive case weights.
        bootstrap: samples of rows behind the percentile intervals; 0 for none.
        level: coverage.
        seed: of the bootstrap.

    Returns:
        The analysis. A constant outcome, no variance in any driver, or fewer rows than drivers + 2 is not
        computable; constant and collinear drivers are named in a warning.

    Raises:
        SpecError: an unknown method, no drivers, a driver twice, the outcome among them, too many for LMG.
    """
    names = list(names)
    _check_request(outcome, names, method)
    columns = [*names, outcome, *([weights] if weights else [])]
    matrix = numeric_matrix(frame, columns)
    notices: list[Notice] = []
    complete = ~np.isnan(matrix).any(axis=1)
    if weights:
        complete &= matrix[:, -1] > 0
    rows, n = len(matrix), int(complete.sum())
    if n < rows:
        notices.append(Notice("assess.incomplete_rows", rows - n))
    data = matrix[complete, : len(names) + 1]
    w = matrix[complete, -1] if weights else np.ones(n)
    reason = _why_not(data, n, len(names))
    if reason is not None:
        return _empty(
            outcome=outcome,
            method=method,
            n=n,
            rows=rows,
            reason=reason,
            level=level,
            notices=notices,
        )

    constant = np.ptp(data[:, :-1], axis=0) == 0
    if constant.any():
        named = [name for name, flat in zip(names, constant, strict=True) if flat]
        notices.append(Notice("assess.constant_drivers", len(named), {"names": named}))
    R = correlation(_gram(data, w))
    tolerance = tolerances(R[None])[0]
    collinear = [
        name for name, left, flat in zip(names, tolerance, constant, strict=True) if left < 1e-8 and not flat
    ]
    if collinear:
        notices.append(Notice("assess.collinear_drivers", len(collinear), {"names": collinear}))

    importance = divide(method, R[None])[0]
    fit = linear_fit(data[:, -1], data[:, :-1], w)
    samples = _resampled(data, w, bootstrap, seed)
    parts = divide(method, samples)
    # Johnson's weights add up to R², which is all that is wanted here.
    r2_samples = divide("johnson", samples).sum(axis=1)
    return DriverAnalysis(
        warnings=tuple(notices),
        outcome=outcome,
        method=method,
        n=n,
        rows=rows,
        r2=_with_interval(fit.r2, r2_samples, n, "ols", level),
        adjusted_r2=1 - (1 - fit.r2) * (n - 1) / fit.degrees_of_freedom
        if fit.degrees_of_freedom > 0
        else None,
        intercept=fit.intercept,
        drivers=_described(
            names,
            importance=importance,
            parts=parts,
            slopes=fit.coefficients,
            R=R,
            tolerance=tolerance,
            spreads=np.sqrt(np.average((data - np.average(data, axis=0, weights=w)) ** 2, axis=0, weights=w)),
            n=n,
            method=method,
            level=level,
        ),
        bootstrap=bootstrap,
        level=level,
    )


def _check_request(outcome: str, names: list[str], method: str) -> None:
    if method not in METHODS:
        raise SpecError("assess.unknown_choice", name="method", received=method, known=sorted(METHODS))
    if not names:
        raise SpecError("assess.no_columns", name="drivers")
    doubled = sorted({name for name in names if names.count(name) > 1} | ({outcome} & set(names)))
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    if method == "lmg" and len(names) > MAX_LMG_DRIVERS:
        raise SpecError("assess.too_many_drivers", received=len(names), limit=MAX_LMG_DRIVERS)


def _why_not(data: FloatArray, n: int, p: int) -> Notice | None:
    if n < p + 2:
        return Notice("assess.too_few_rows", params={"n": n, "needed": p + 2})
    if np.ptp(data[:, -1]) == 0:
        return Notice("assess.constant_outcome", params={"n": n})
    if not np.ptp(data[:, :-1], axis=0).any():
        return Notice("assess.all_drivers_constant", params={"n": n})
    return None


def _empty(
    *, outcome: str, method: str, n: int, rows: int, reason: Notice, level: float, notices: list[Notice]
) -> DriverAnalysis:
    return DriverAnalysis(
        warnings=tuple(notices),
        outcome=outcome,
        method=method,
        n=n,
        rows=rows,
        r2=Estimate(None, n, method="ols", level=level, reason=reason),
        adjusted_r2=None,
        intercept=None,
        drivers=(),
        bootstrap=0,
        level=level,
    )


def _gram(data: FloatArray, w: FloatArray) -> FloatArray:
    centred = data - np.average(data, axis=0, weights=w)
    # A constant column leaves rounding noise, which would otherwise be scaled up to a correlation.
    centred[:, np.ptp(data, axis=0) == 0] = 0.0
    gram: FloatArray = (centred * w[:, None]).T @ centred
    return gram


def _resampled(data: FloatArray, w: FloatArray, samples: int, seed: int) -> FloatArray:
    """Correlation matrices of ``samples`` bootstrap samples of rows: samples × (p+1) × (p+1).

    A sample is a count per row, and sums of products are linear in the counts: one matrix product of counts and
    per-row products gives all cross-product matrices of a chunk, without building any sample.
    """
    n, width = data.shape
    standard = data - np.average(data, axis=0, weights=w)
    spread = np.sqrt(np.average(standard**2, axis=0, weights=w))
    standard[:, np.ptp(data, axis=0) == 0] = 0.0
    standard /= np.where(spread > 0, spread, 1.0)
    upper = np.triu_indices(width)
    products = (
        np.column_stack((standard[:, upper[0]] * standard[:, upper[1]], standard, np.ones(n))) * w[:, None]
    )
    counts = resample_counts(n, samples, np.random.default_rng(seed))
    sums = np.vstack([np.empty((0, products.shape[1])), *(chunk @ products for chunk in counts)])
    means = sums[:, -1 - width : -1] / sums[:, -1:]
    gram = np.empty((samples, width, width))
    gram[:, upper[0], upper[1]] = sums[:, : len(upper[0])] / sums[:, -1:]
    gram[:, upper[1], upper[0]] = gram[:, upper[0], upper[1]]
    gram -= means[:, :, None] * means[:, None, :]
    diagonal = np.arange(width)
    # A sample in which a column happens to be constant: no variance, not the rounding noise of a difference.
    gram[:, diagonal, diagonal] = np.where(
        gram[:, diagonal, diagonal] < 1e-12, 0.0, gram[:, diagonal, diagonal]
    )
    return correlation(gram)


def _interval(samples: FloatArray, level: float) -> tuple[float, float] | tuple[None, None]:
    finite = samples[np.isfinite(samples)]
    if finite.size < 20:
        return None, None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _with_interval(value: float, samples: FloatArray, n: int, method: str, level: float) -> Estimate:
    low, high = _interval(samples, level)
    named = f"{method}+bootstrap_percentile" if low is not None else method
    return Estimate(float(value), n, low, high, named, level)


def _described(
    names: list[str],
    *,
    importance: FloatArray,
    parts: FloatArray,
    slopes: FloatArray,
    R: FloatArray,
    tolerance: FloatArray,
    spreads: FloatArray,
    n: int,
    method: str,
    level: float,
) -> tuple[Driver, ...]:
    total = float(importance.sum())
    sums = parts.sum(axis=1)
    described = []
    for j, name in enumerate(names):
        low, high = _interval(parts[:, j] / np.where(sums > 0, sums, np.nan), level)
        described.append(
            Driver(
                name,
                _with_interval(float(importance[j]), parts[:, j], n, method, level),
                float(importance[j]) / total if total > 0 else None,
                low,
                high,
                float(slopes[j]),
                float(slopes[j] * spreads[j] / spreads[-1]),
                float(R[j, -1]),
                float(tolerance[j]),
            )
        )
    return tuple(described)
