"""The PLS path algorithm on covariance matrices, many at once.

Source: Lohmöller (1989); Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005). Everything the algorithm needs
of the data is the covariance matrix of the items: outer weights, loadings and paths of a bootstrap resample
follow from its matrix alone, so that a thousand resamples are a few batched products.

Shapes: B matrices, m items, p constructs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from servloop.measure.frames import FloatArray
from servloop.measure.pls_spec import PathModelSpec

# Below this share of the largest eigenvalue a direction counts as absent (collinear constructs or items).
_RANK = 1e-10


@dataclass(frozen=True)
class PathEstimates:
    """Estimates of B models.

    Attributes:
        weights: (B, m, p) outer weights, zero outside a block; construct scores have variance 1.
        correlations: (B, p, p) of the constructs.
        loadings: (B, m, p) correlations of every item with every construct.
        paths: (B, p, p), row acts on column.
        total_effects: (B, p, p).
        r2: (B, p), NaN for constructs nothing acts on.
        iterations: passes that changed the weights, of the slowest model; the last pass, which only finds
            them unchanged, is not counted.
        converged: (B,).
    """

    weights: FloatArray
    correlations: FloatArray
    loadings: FloatArray
    paths: FloatArray
    total_effects: FloatArray
    r2: FloatArray
    iterations: int
    converged: npt.NDArray[np.bool_]


def estimate(covariances: FloatArray, spec: PathModelSpec) -> PathEstimates:
    """Run the algorithm on B covariance (or correlation) matrices.

    Args:
        covariances: (B, m, m), finite, with positive variances.
        spec: the model.
    """
    member = spec.membership.astype(np.float64)
    inner = spec.inner
    outer = _OuterStep(covariances, spec)
    weights = _unit_variance(np.broadcast_to(member, (len(covariances), *member.shape)), covariances)
    change = np.full(len(covariances), np.inf)
    iterations = 0
    while iterations < spec.max_iterations and not (change < spec.tolerance).all():
        iterations += 1
        correlations = _construct_correlations(weights, covariances)
        links = _inner_weights(correlations, inner, spec.scheme)
        updated = _unit_variance(outer(covariances @ (weights @ links)), covariances)
        change = np.abs(updated - weights).sum(axis=(1, 2))
        weights = updated
    weights = _oriented(weights, covariances, member)
    correlations = _construct_correlations(weights, covariances)
    paths, r2 = _inner_regressions(correlations, inner)
    identity = np.eye(len(inner))
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return PathEstimates(
        weights=weights,
        correlations=correlations,
        loadings=(covariances @ weights) / deviations[:, :, None],
        paths=paths,
        total_effects=np.linalg.inv(identity - paths) - identity,
        r2=r2,
        iterations=iterations - 1 if (change < spec.tolerance).all() else iterations,
        converged=change < spec.tolerance,
    )


class _OuterStep:
    """New outer weights from the covariances of items and inner proxies: mode A takes them, mode B regresses."""

    def __init__(self, covariances: FloatArray, spec: PathModelSpec) -> None:
        self._member = spec.membership
        self._formative = []
        for position, construct in enumerate(spec.constructs):
            if construct.mode == "B" and len(construct.items) > 1:
                block = np.flatnonzero(self._member[:, position])
                within = covariances[:, block[:, None], block]
                inverse = np.linalg.pinv(within, rcond=_RANK, hermitian=True)
                self._formative.append((position, block, inverse))

    def __call__(self, proxies: FloatArray) -> FloatArray:
        weights = np.where(self._member, proxies, 0.0)
        for position, block, inverse in self._formative:
            weights[:, block, position] = np.einsum("bij,bj->bi", inverse, proxies[:, block, position])
        return weights


def _unit_variance(weights: FloatArray, covariances: FloatArray) -> FloatArray:
    variances = np.einsum("bip,bij,bjp->bp", weights, covariances, weights, optimize=True)
    # A proxy without covariance with its block leaves no direction: keep zeros rather than divide by them.
    scaled: FloatArray = weights / np.sqrt(np.where(variances > 0, variances, 1.0))[:, None, :]
    return scaled


def _construct_correlations(weights: FloatArray, covariances: FloatArray) -> FloatArray:
    correlations: FloatArray = weights.transpose(0, 2, 1) @ (covariances @ weights)
    return correlations


def _inner_weights(correlations: FloatArray, inner: npt.NDArray[np.bool_], scheme: str) -> FloatArray:
    """(B, p, p): column j holds the weights with which the neighbours make up the proxy of construct j."""
    neighbours = inner | inner.T
    if scheme == "centroid":
        # A correlation of exactly 0 still links: its sign is taken as positive.
        return np.where(neighbours, np.where(correlations < 0, -1.0, 1.0), 0.0)
    weights = np.where(neighbours, correlations, 0.0)
    if scheme == "path":
        for target in range(len(inner)):
            sources = np.flatnonzero(inner[:, target])
            if len(sources):
                weights[:, sources, target] = _regression(correlations, sources, target)
    return weights


def _regression(correlations: FloatArray, sources: npt.NDArray[np.intp], target: int) -> FloatArray:
    among = correlations[:, sources[:, None], sources]
    inverse = np.linalg.pinv(among, rcond=_RANK, hermitian=True)
    coefficients: FloatArray = np.einsum("bij,bj->bi", inverse, correlations[:, sources, target])
    return coefficients


def _inner_regressions(
    correlations: FloatArray, inner: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    paths = np.zeros_like(correlations)
    r2 = np.full(correlations.shape[:2], np.nan)
    for target in range(len(inner)):
        sources = np.flatnonzero(inner[:, target])
        if len(sources):
            coefficients = _regression(correlations, sources, target)
            paths[:, sources, target] = coefficients
            r2[:, target] = (coefficients * correlations[:, sources, target]).sum(axis=1)
    return paths, r2


def _oriented(weights: FloatArray, covariances: FloatArray, member: FloatArray) -> FloatArray:
    """Turn a construct round when most of its items load negatively (their sum decides a draw)."""
    loadings = (covariances @ weights) * member
    votes = np.sign(loadings).sum(axis=1)
    negative = np.where(votes == 0, loadings.sum(axis=1), votes) < 0
    return weights * np.where(negative, -1.0, 1.0)[:, None, :]
