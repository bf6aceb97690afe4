"""What every evaluation of an effect has in common: an estimate with its error and p-value, and regressions.

Covariances are heteroscedasticity- and autocorrelation-consistent (Newey and West 1987), clustered (Liang and
Zeger 1986, Arellano 1987), or classical; the estimator names which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.results import Estimate

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Effect:
    """An estimated effect.

    Attributes:
        estimate: value, n, interval, method; or why there is none.
        standard_error: of the value; None when it cannot be computed or the method has none.
        p_value: two-sided, of no effect at all; None when it cannot be computed.
    """

    estimate: Estimate
    standard_error: float | None = None
    p_value: float | None = None

    @classmethod
    def not_computable(cls, n: int, code: str, *, method: str = "", **params: object) -> Effect:
        """An honest gap: the reason, never a p-value of 1."""
        return cls(Estimate.not_computable(n, code, method=method, **params))

    @classmethod
    def normal(cls, value: float, error: float, n: int, *, method: str, level: float = 0.95) -> Effect:
        """Interval and p-value from the normal distribution."""
        return cls.student(value, error, np.inf, n, method=method, level=level)

    @classmethod
    def student(
        cls, value: float, error: float, freedom: float, n: int, *, method: str, level: float = 0.95
    ) -> Effect:
        """Interval and p-value from the t distribution with so many degrees of freedom."""
        from scipy.stats import t

        if not (np.isfinite(error) and error > 0 and np.isfinite(value)):
            return cls.not_computable(n, "verify.no_variation", method=method)
        half = float(t.ppf((1 + level) / 2, freedom)) * error
        estimate = Estimate(float(value), n, float(value - half), float(value + half), method, level)
        return cls(estimate, float(error), float(2 * t.sf(abs(value) / error, freedom)))


@dataclass(frozen=True)
class Regression:
    """A least-squares fit.

    Attributes:
        design: shape (n, k).
        coefficients: shape (k,).
        residuals: shape (n,).
        bread: inverse of design' design, shape (k, k).
    """

    design: Floats
    coefficients: Floats
    residuals: Floats
    bread: Floats

    @property
    def freedom(self) -> int:
        """Residual degrees of freedom."""
        n, k = self.design.shape
        return int(n - k)

    def classical(self) -> Floats:
        """Covariance of the coefficients for independent errors of one variance."""
        return np.asarray(self.bread * (self.residuals @ self.residuals) / self.freedom)

    def newey_west(self, lags: int, *, small_sample: bool = False) -> Floats:
        """Covariance with Bartlett weights up to ``lags``, without prewhitening.

        ``small_sample`` multiplies by n / (n - k).
        """
        scores = self.design * self.residuals[:, None]
        meat = scores.T @ scores
        for lag in range(1, min(lags, len(scores) - 1) + 1):
            cross = scores[lag:].T @ scores[:-lag]
            meat += (1 - lag / (lags + 1)) * (cross + cross.T)
        factor = len(scores) / self.freedom if small_sample else 1.0
        return np.asarray(factor * self.bread @ meat @ self.bread)

    def autoregressive(self, time: Codes) -> Floats:
        """Covariance of the coefficients for errors that fade with time by a constant factor (AR(1)).

        Args:
            time: place of each row in the series; gaps count.
        """
        n, k = self.design.shape
        spread = float(self.residuals @ self.residuals) / max(n - k, 1)
        errors = spread * memory_of(self.residuals, k) ** np.abs(time[:, None] - time[None, :])
        half = self.bread @ self.design.T
        return np.asarray(half @ errors @ half.T)

    def clustered(self, clusters: Codes, absorbed: int = 0) -> Floats:
        """Covariance for errors that are correlated within clusters.

        Args:
            clusters: code of the cluster of each row, from 0.
            absorbed: parameters that were estimated beside those of the design (fixed effects).

        The correction is G / (G - 1) * (n - 1) / (n - k), as in Stata and R's fixest.
        """
        groups = int(clusters.max()) + 1
        scores = np.zeros((groups, self.design.shape[1]))
        np.add.at(scores, clusters, self.design * self.residuals[:, None])
        n, k = self.design.shape
        factor = groups / (groups - 1) * (n - 1) / (n - k - absorbed)
        return np.asarray(factor * self.bread @ (scores.T @ scores) @ self.bread)


def least_squares(design: Floats, outcome: Floats) -> Regression | None:
    """Ordinary least squares; None when the columns of the design do not determine the coefficients."""
    n, k = design.shape
    if n <= k or np.linalg.matrix_rank(design) < k:
        return None
    orthogonal, triangle = np.linalg.qr(design)
    coefficients = np.linalg.solve(triangle, orthogonal.T @ outcome)
    inverse = np.linalg.inv(triangle)
    residuals = outcome - design @ coefficients
    if np.abs(residuals).max() <= _ROUNDING * np.abs(outcome).max():
        residuals = np.zeros(n)  # a perfect fit: what is left is rounding and no measure of chance
    return Regression(design, coefficients, residuals, inverse @ inverse.T)


def memory_of(residuals: Floats, parameters: int) -> float:
    """Autocorrelation of the errors at one step's distance, from 0 to 0.9, given the residuals of a fit.

    Residuals of a fitted line look less alike than the errors: by about (parameters + 3 ρ) / n, which is put back.
    """
    n = residuals.size
    squares = float(residuals @ residuals)
    if n < 4 or squares <= 0:
        return 0.0
    found = float(residuals[1:] @ residuals[:-1]) / squares
    return min(max((n * found + parameters) / (n - 3), 0.0), 0.9)


def effects_frame(effects: Mapping[str, Effect | Estimate]) -> pl.DataFrame:
    """Effects as a table: one row each with value, interval, standard error, p-value and n."""
    import polars as pl

    rows = []
    for name, item in effects.items():
        effect = item if isinstance(item, Effect) else Effect(item)
        shown = effect.estimate
        rows.append(
            (name, shown.value, shown.low, shown.high, effect.standard_error, effect.p_value, shown.n)
        )
    figures = ("value", "low", "high", "standard_error", "p_value")
    schema = {"name": pl.String, **dict.fromkeys(figures, pl.Float64), "n": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def numbers(values: npt.ArrayLike, name: str) -> Floats:
    """A one-dimensional array of finite floats, NaN where missing.

    Raises:
        InputError: other shapes or values.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("verify.column_not_numbers", column=name) from error
    if array.ndim != 1 or np.isinf(array).any():
        raise InputError("verify.column_not_numbers", column=name)
    return array


def codes(values: npt.ArrayLike) -> tuple[Codes, npt.NDArray[np.generic]]:
    """Integer codes of the values in sorted order, and the distinct values."""
    distinct, inverse = np.unique(np.asarray(values), return_inverse=True)
    return inverse.astype(np.int64), distinct


def check_level(level: float) -> None:
    """Raise SpecError unless a confidence level lies between 0 and 1."""
    if not 0 < level < 1:
        raise SpecError("verify.level_invalid", received=level)
