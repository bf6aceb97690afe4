"""Maximum likelihood for confirmatory factor models, by Fisher scoring.

Source: Jöreskog (1969). The model is fitted to the correlation matrix as Σ = D·P·D with P = ΛΦΛᵀ off the
diagonal and 1 on it: Λ are the standardised loadings, Φ the factor correlations, D free scales. Maximum
likelihood does not depend on the scales of the items, so nothing is lost; residual variances D²·(1 − h²)
may become negative, which is a Heywood case and left to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from servloop.measure.frames import FloatArray

_ITERATIONS = 100
# Stop when a step can lower the discrepancy by no more than rounding errors do.
_DECREASE = 1e-14
_SINGULAR = 1e-11


@dataclass(frozen=True)
class FactorModel:
    """Which loading is free.

    Attributes:
        pattern: (p, f), True for a free loading.
        fixed: (p, f), True for a loading fixed to 1: the item of a factor with a single item.
    """

    pattern: npt.NDArray[np.bool_]
    fixed: npt.NDArray[np.bool_]

    @property
    def parameters(self) -> int:
        """Free loadings, factor correlations and scales."""
        factors = self.pattern.shape[1]
        count: int = int(self.pattern.sum()) + factors * (factors - 1) // 2 + len(self.pattern)
        return count

    @property
    def degrees_of_freedom(self) -> int:
        """Covariances minus parameters."""
        p = len(self.pattern)
        return int(p * (p + 1) // 2 - self.parameters)


@dataclass(frozen=True)
class FactorModelFit:
    """Estimates on correlations.

    Attributes:
        loadings: (p, f), standardised.
        correlations: (f, f) of the factors.
        scales: (p,), D.
        implied: (p, p), Σ.
        discrepancy: log|Σ| + tr(RΣ⁻¹) − log|R| − p.
        loading_errors: (p, f) standard errors for one observation (divide by √N); 0 where fixed.
        correlation_errors: (f, f), likewise.
        converged: whether the gradient vanished.
        identified: whether the information matrix is regular.
    """

    loadings: FloatArray
    correlations: FloatArray
    scales: FloatArray
    implied: FloatArray
    discrepancy: float
    loading_errors: FloatArray
    correlation_errors: FloatArray
    converged: bool
    identified: bool


def fit(correlations: FloatArray, model: FactorModel) -> FactorModelFit:
    """Fit a model.

    Args:
        correlations: (p, p), positive definite.
        model: the free loadings.
    """
    work = _Work(correlations, model)
    x = work.start()
    value = work.discrepancy(x)
    gradient, information = work.derivatives(x)
    iterations = 0
    while iterations < _ITERATIONS:
        iterations += 1
        step = -np.linalg.lstsq(information, gradient, rcond=_SINGULAR)[0]
        if -float(gradient @ step) < _DECREASE:
            break
        length = 1.0
        while not (lower := work.discrepancy(x + length * step)) <= value and length > 1e-10:
            length /= 2
        if length <= 1e-10:
            break
        x, value = x + length * step, lower
        gradient, information = work.derivatives(x)
    eigenvalues = np.linalg.eigvalsh(information)
    identified = bool(eigenvalues[0] > 1e-8 * eigenvalues[-1])
    # The information of one observation is half of that of the discrepancy.
    variances = np.diagonal(np.linalg.pinv(information / 2, hermitian=True))
    loading_errors, correlation_errors, _ = work.unpack(np.sqrt(np.maximum(variances, 0.0)))
    loadings, between, scales = work.unpack(x)
    return FactorModelFit(
        loadings=np.where(model.fixed, 1.0, loadings),
        correlations=between + np.eye(len(between)),
        scales=scales,
        implied=work.implied(x),
        discrepancy=value,
        loading_errors=loading_errors,
        correlation_errors=correlation_errors,
        converged=bool(np.abs(gradient).max() < 1e-5),
        identified=identified,
    )


class _Work:
    """The discrepancy and its derivatives in the stacked parameters (loadings, correlations, scales)."""

    def __init__(self, correlations: FloatArray, model: FactorModel) -> None:
        self._observed = correlations
        self._fixed = model.fixed.astype(np.float64)
        self._p, self._f = model.pattern.shape
        self._rows, self._columns = np.nonzero(model.pattern)
        self._upper = np.triu_indices(self._f, 1)
        self._log_observed = float(np.linalg.slogdet(correlations)[1])
        self._off = ~np.eye(self._p, dtype=bool)

    def unpack(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Free loadings (p, f), factor correlations off the diagonal (f, f), scales (p,)."""
        free = len(self._rows)
        loadings = np.zeros((self._p, self._f))
        loadings[self._rows, self._columns] = x[:free]
        between = np.zeros((self._f, self._f))
        between[self._upper] = x[free : free + len(self._upper[0])]
        return loadings, between + between.T, x[free + len(self._upper[0]) :]

    def start(self) -> FloatArray:
        """Loadings from the first principal axis of each block, correlations of the block sums."""
        member = np.zeros((self._p, self._f))
        member[self._rows, self._columns] = 1.0
        member += self._fixed
        weights = np.zeros_like(member)
        for factor in range(self._f):
            block = np.flatnonzero(member[:, factor])
            values, vectors = np.linalg.eigh(self._observed[np.ix_(block, block)])
            axis = vectors[:, -1] * np.sqrt(values[-1])
            weights[block, factor] = axis if axis.sum() >= 0 else -axis
        scores = weights.T @ self._observed @ weights
        deviations = np.sqrt(np.diagonal(scores))
        between = np.clip(scores / np.outer(deviations, deviations), -0.9, 0.9)
        loadings = 0.9 * weights[self._rows, self._columns]
        return np.concatenate((loadings, between[self._upper], np.ones(self._p)))

    def _parts(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        loadings, between, scales = self.unpack(x)
        loadings = loadings + self._fixed
        structure = loadings @ (between + np.eye(self._f))
        standard = np.where(self._off, structure @ loadings.T, 1.0)
        return loadings, structure, scales, standard

    def implied(self, x: FloatArray) -> FloatArray:
        """Σ."""
        _, _, scales, standard = self._parts(x)
        matrix: FloatArray = standard * np.outer(scales, scales)
        return matrix

    def discrepancy(self, x: FloatArray) -> float:
        """The function to minimise; infinite where Σ is not positive definite."""
        implied = self.implied(x)
        try:
            root = np.linalg.cholesky(implied)
        except np.linalg.LinAlgError:
            return float("inf")
        half = np.linalg.solve(root, self._observed)
        trace = float(np.trace(np.linalg.solve(root, half.T)))
        log_determinant = 2 * float(np.log(np.diagonal(root)).sum())
        return float(log_determinant + trace - self._log_observed - self._p)

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient, and the expected second derivatives tr(Σ⁻¹ ∂ᵢΣ Σ⁻¹ ∂ⱼΣ)."""
        loadings, structure, scales, standard = self._parts(x)
        free, pairs = len(self._rows), len(self._upper[0])
        slopes = np.zeros((free + pairs + self._p, self._p, self._p))
        # ∂P/∂λ of item j on factor g: row and column j are the structure of that factor.
        slopes[np.arange(free), self._rows, :] = structure[:, self._columns].T
        first, second = loadings[:, self._upper[0]].T, loadings[:, self._upper[1]].T
        slopes[free : free + pairs] = first[:, :, None] * second[:, None, :]
        slopes += slopes.transpose(0, 2, 1)
        slopes *= self._off * np.outer(scales, scales)
        items = np.arange(self._p)
        scaled = np.zeros((self._p, self._p, self._p))
        scaled[items, items, :] = standard * scales
        slopes[free + pairs :] = scaled + scaled.transpose(0, 2, 1)
        inverse = np.linalg.inv(self.implied(x))
        residual = inverse - inverse @ self._observed @ inverse
        relative = inverse @ slopes
        flat = relative.reshape(len(slopes), -1)
        turned = relative.transpose(0, 2, 1).reshape(len(slopes), -1)
        gradient: FloatArray = np.einsum("ij,qij->q", residual, slopes)
        information: FloatArray = flat @ turned.T
        return gradient, information
