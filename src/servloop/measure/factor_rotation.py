"""Rotations to simple structure.

Sources: Kaiser (1958) for varimax and the normalisation of rows; Hendrickson & White (1964) for promax;
Jennrich & Sampson (1966) for direct oblimin, computed by gradient projection (Jennrich 2002).
"""

from __future__ import annotations

import numpy as np

from servloop.measure.frames import FloatArray

ROTATIONS = ("none", "varimax", "promax", "oblimin")
_PROMAX_POWER = 4
_ITERATIONS = 2000
# The gain under which varimax customarily stops; going on would change loadings in the fourth digit.
_VARIMAX_GAIN = 1e-5
_TOLERANCE = 1e-9


def rotate(loadings: FloatArray, method: str) -> tuple[FloatArray, FloatArray]:
    """Rotate loadings.

    Args:
        loadings: (p, k).
        method: one of `ROTATIONS`; a single factor stays as it is.

    Returns:
        Rotated loadings (the pattern of oblique rotations), strongest factor first and each turned to a
        positive sum, and the factor correlations (k, k).
    """
    k = loadings.shape[1]
    identity = np.eye(k)
    if method == "none" or k == 1:
        return loadings, identity
    # Rows of length 1 while rotating, so that items with small communality count as much as others.
    length = np.sqrt(np.square(loadings).sum(axis=1, keepdims=True))
    length[length == 0] = 1.0
    normal = loadings / length
    if method == "varimax":
        rotated, correlations = normal @ _varimax(normal), identity
    elif method == "promax":
        rotated, correlations = _promax(normal)
    else:
        rotated, correlations = _oblimin(normal)
    return _sorted(rotated * length, correlations)


def _sorted(loadings: FloatArray, correlations: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(-np.square(loadings).sum(axis=0), kind="stable")
    signs = np.where(loadings[:, order].sum(axis=0) < 0, -1.0, 1.0)
    return loadings[:, order] * signs, correlations[np.ix_(order, order)] * np.outer(signs, signs)


def _varimax(loadings: FloatArray) -> FloatArray:
    p, k = loadings.shape
    rotation = np.eye(k)
    reached = 0.0
    for _ in range(_ITERATIONS):
        turned = loadings @ rotation
        slope = loadings.T @ (turned**3 - turned * np.square(turned).sum(axis=0) / p)
        left, strengths, right = np.linalg.svd(slope)
        rotation = left @ right
        if strengths.sum() < reached * (1 + _VARIMAX_GAIN):
            break
        reached = float(strengths.sum())
    return rotation


def _promax(loadings: FloatArray) -> tuple[FloatArray, FloatArray]:
    turned = loadings @ _varimax(loadings)
    target = turned * np.abs(turned) ** (_PROMAX_POWER - 1)
    transform = np.linalg.lstsq(turned, target, rcond=None)[0]
    scale = np.sqrt(np.diagonal(np.linalg.inv(transform.T @ transform)))
    transform = transform * scale
    inverse = np.linalg.inv(transform)
    return turned @ transform, inverse @ inverse.T


def _oblimin(loadings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Direct quartimin (oblimin with γ = 0): minimise the products of squared loadings across factors."""
    k = loadings.shape[1]
    others = np.ones((k, k)) - np.eye(k)

    def criterion(transform: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        inverse = np.linalg.inv(transform)
        pattern = loadings @ inverse.T
        squared = np.square(pattern)
        slope = pattern * (squared @ others)
        gradient = -(pattern.T @ slope @ inverse).T
        return float((squared * (squared @ others)).sum()) / 4, gradient, pattern

    transform = np.eye(k)
    value, gradient, pattern = criterion(transform)
    step = 1.0
    for _ in range(_ITERATIONS):
        # Columns of the transform keep length 1: only the part of the gradient along the sphere counts.
        along = gradient - transform * (transform * gradient).sum(axis=0)
        norm = float(np.square(along).sum())
        if np.sqrt(norm) < _TOLERANCE:
            break
        step *= 2.0
        while True:
            moved = transform - step * along
            candidate = moved / np.sqrt(np.square(moved).sum(axis=0))
            lower, new_gradient, new_pattern = criterion(candidate)
            if value - lower > 0.5 * norm * step or step < 1e-12:
                break
            step /= 2.0
        transform, value, gradient, pattern = candidate, lower, new_gradient, new_pattern
    return pattern, transform.T @ transform
