"""Extraction of factors from a correlation matrix: maximum likelihood, minimum residuals, components.

Sources: Jöreskog (1967) and Lawley & Maxwell (1971) for maximum likelihood on the uniquenesses; Harman &
Jones (1966) for minimum residuals. Uniquenesses stay at or above 0.005, as is usual; one at the bound is a
Heywood case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from servloop.measure.frames import FloatArray

LOWEST_UNIQUENESS = 0.005
EXTRACTIONS = ("ml", "minres", "pca")


@dataclass(frozen=True)
class Extraction:
    """Unrotated loadings.

    Attributes:
        loadings: (p, k), the first factor the strongest.
        uniquenesses: (p,), the parameter of maximum likelihood, else 1 − communality.
        objective: minimum of the discrepancy; 0 for components.
        converged: whether the optimiser reached a minimum.
    """

    loadings: FloatArray
    uniquenesses: FloatArray
    objective: float
    converged: bool


def extract(correlations: FloatArray, factors: int, method: str) -> Extraction:
    """Extract factors.

    Args:
        correlations: (p, p), positive definite.
        factors: 1 … p − 1.
        method: one of `EXTRACTIONS`.
    """
    if method == "pca":
        values, vectors = _largest(correlations, factors)
        loadings = vectors * np.sqrt(values)
        return Extraction(_oriented(loadings), 1 - np.square(loadings).sum(axis=1), 0.0, converged=True)
    if method == "ml":
        psi, objective, converged = _minimise(correlations, factors, _likelihood)
        return Extraction(
            _oriented(_likelihood_loadings(correlations, psi, factors)), psi, objective, converged
        )
    psi, objective, converged = _minimise(correlations, factors, _residuals)
    values, vectors = _largest(correlations - np.diag(psi), factors)
    loadings = _oriented(vectors * np.sqrt(np.maximum(values, 0.0)))
    return Extraction(loadings, 1 - np.square(loadings).sum(axis=1), objective, converged)


def _largest(matrix: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1][:count], vectors[:, ::-1][:, :count]


def _oriented(loadings: FloatArray) -> FloatArray:
    """Eigenvectors have no sign: turn every factor so that its loadings sum to a positive number."""
    turned: FloatArray = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return turned


Objective = Callable[[FloatArray, FloatArray, int], tuple[float, FloatArray]]


def _minimise(correlations: FloatArray, factors: int, objective: Objective) -> tuple[FloatArray, float, bool]:
    from scipy.optimize import minimize

    p = len(correlations)
    # Jöreskog's start from the squared multiple correlations.
    start = np.clip((1 - 0.5 * factors / p) / np.diagonal(np.linalg.inv(correlations)), 0.01, 0.99)
    found: Any = minimize(  # type: ignore[call-overload]  # the stubs lack objectives that give their gradient
        lambda psi: objective(psi, correlations, factors),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(LOWEST_UNIQUENESS, 1.0)] * p,
        options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9},
    )
    # The line search may stop for lack of digits at the minimum: judge by the projected gradient.
    gradient = objective(found.x, correlations, factors)[1]
    inside = (found.x > LOWEST_UNIQUENESS) | (gradient < 0)
    return found.x, float(found.fun), bool(np.abs(gradient[inside]).max(initial=0.0) < 1e-3)


def _likelihood(psi: FloatArray, correlations: FloatArray, factors: int) -> tuple[float, FloatArray]:
    """Discrepancy log|Σ| − log|R| + tr(RΣ⁻¹) − p at the best loadings for psi, and its gradient."""
    root = np.sqrt(psi)
    values = np.linalg.eigvalsh(correlations / np.outer(root, root))[::-1]
    rest = values[factors:]
    objective = float((rest - np.log(rest)).sum()) - len(rest)
    loadings = _likelihood_loadings(correlations, psi, factors)
    fitted = np.square(loadings).sum(axis=1) + psi - np.diagonal(correlations)
    return objective, fitted / np.square(psi)


def _likelihood_loadings(correlations: FloatArray, psi: FloatArray, factors: int) -> FloatArray:
    root = np.sqrt(psi)
    values, vectors = _largest(correlations / np.outer(root, root), factors)
    loadings: FloatArray = root[:, None] * vectors * np.sqrt(np.maximum(values - 1, 0.0))
    return loadings


def _residuals(psi: FloatArray, correlations: FloatArray, factors: int) -> tuple[float, FloatArray]:
    """Half the sum of squared residuals off the diagonal, and its gradient.

    With the best loadings for psi the residual matrix is that of an eigenvalue truncation, whose squared
    norm has the gradient −2·diag(residual) in psi; the diagonal itself is fitted at the minimum.
    """
    reduced = correlations - np.diag(psi)
    values, vectors = _largest(reduced, factors)
    loadings = vectors * np.sqrt(np.maximum(values, 0.0))
    residual = reduced - loadings @ loadings.T
    return 0.5 * float(np.square(residual).sum()), -np.diagonal(residual).copy()
