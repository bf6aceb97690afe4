"""The figures of a path model as named vectors, the same for the sample and for every resample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from servloop.measure.bootstrap import percentile_interval
from servloop.measure.frames import FloatArray
from servloop.measure.pls_algorithm import PathEstimates, estimate
from servloop.measure.pls_moments import resampled_moments, standardised, usable
from servloop.measure.pls_spec import PathModelSpec

FAMILIES = ("paths", "total_effects", "outer_weights", "loadings", "r2", "index")


@dataclass(frozen=True)
class Moments:
    """Means and covariances of B data sets, shapes (B, m) and (B, m, m), and what the algorithm runs on."""

    means: FloatArray
    covariances: FloatArray

    def matrices(self, spec: PathModelSpec) -> FloatArray:
        """Correlations when the items are standardised, else covariances."""
        return standardised(self.covariances) if spec.scaled else self.covariances


def effects(spec: PathModelSpec) -> list[tuple[int, int]]:
    """Pairs of constructs where the first acts on the second, directly or through others."""
    reach = spec.inner.copy()
    for _ in spec.constructs:
        reach |= (reach.astype(int) @ reach.astype(int)) > 0
    return [(int(source), int(target)) for source, target in np.argwhere(reach)]


def explained(spec: PathModelSpec) -> list[int]:
    """Positions of the constructs that something acts on."""
    return [int(position) for position in np.flatnonzero(spec.inner.any(axis=0))]


def family_names(spec: PathModelSpec) -> dict[str, list[str]]:
    """Family → names of its figures, in the order of `family_vectors`."""
    names = spec.names
    return {
        "paths": [f"{names[s]}>{names[t]}" for s, t in spec.arrows],
        "total_effects": [f"{names[s]}>{names[t]}" for s, t in effects(spec)],
        "outer_weights": list(spec.items),
        "loadings": list(spec.items),
        "r2": [names[position] for position in explained(spec)],
        "index": list(names) if spec.scale else [],
    }


def family_vectors(found: PathEstimates, moments: Moments, spec: PathModelSpec) -> dict[str, FloatArray]:
    """Family → array (B, figures)."""

    def picked(matrix: FloatArray, pairs: list[tuple[int, int]]) -> FloatArray:
        rows, columns = (np.array(side, dtype=int) for side in zip(*pairs, strict=True))
        chosen: FloatArray = matrix[:, rows, columns]
        return chosen

    member = spec.membership
    return {
        "paths": picked(found.paths, spec.arrows),
        "total_effects": picked(found.total_effects, effects(spec)),
        "outer_weights": (found.weights * member).sum(axis=2),
        "loadings": (found.loadings * member).sum(axis=2),
        "r2": found.r2[:, explained(spec)],
        "index": index_means(found, moments, spec),
    }


def index_shares(found: PathEstimates, moments: Moments, spec: PathModelSpec) -> FloatArray:
    """(B, m, p): unstandardised weights that sum to 1 in each construct."""
    weights = found.weights
    if spec.scaled:
        weights = weights / np.sqrt(np.diagonal(moments.covariances, axis1=1, axis2=2))[:, :, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return shares


def index_means(found: PathEstimates, moments: Moments, spec: PathModelSpec) -> FloatArray:
    """(B, p): mean index, 100 · (weighted mean answer − lowest) / (highest − lowest); empty without a scale."""
    if spec.scale is None:
        return np.empty((len(found.weights), 0))
    low, high = spec.scale
    answers = np.einsum("bm,bmp->bp", moments.means, index_shares(found, moments, spec))
    index: FloatArray = 100.0 * (answers - low) / (high - low)
    return index


@dataclass(frozen=True)
class Resamples:
    """What the bootstrap gives.

    Attributes:
        samples: resamples that entered.
        dropped: resamples in which an item did not vary or the algorithm did not converge.
        draws: family → (samples, figures).
    """

    samples: int
    dropped: int
    draws: dict[str, FloatArray]

    def interval(self, family: str, level: float) -> tuple[FloatArray, FloatArray]:
        """Percentile limits of every figure of a family."""
        return percentile_interval(self.draws[family], level)

    def standard_errors(self, family: str) -> FloatArray:
        """Standard deviations over the resamples; NaN for fewer than two."""
        draws = self.draws[family]
        return draws.std(axis=0, ddof=1) if len(draws) > 1 else np.full(draws.shape[1], np.nan)


def resample(
    values: FloatArray,
    spec: PathModelSpec,
    original: PathEstimates,
    samples: int,
    rng: np.random.Generator,
) -> Resamples:
    """Bootstrap a path model.

    Args:
        values: (n, m) answers, NaN where missing.
        spec: the model; ``bootstrap_signs`` says how signs are aligned with the original.
        original: estimates of the sample.
        samples: number of resamples.
        rng: the generator.
    """
    means, covariances = resampled_moments(values, spec.missing, samples, rng)
    good = usable(covariances)
    kept = Moments(means[good], covariances[good])
    if not good.any():
        return Resamples(0, samples, {family: np.empty((0, 0)) for family in FAMILIES})
    found = estimate(kept.matrices(spec), spec)
    if spec.bootstrap_signs == "construct":
        found = _aligned(found, original, spec)
    vectors = family_vectors(found, kept, spec)
    if spec.bootstrap_signs == "individual":
        reference = family_vectors(original, kept, spec)
        for family in ("paths", "total_effects", "outer_weights", "loadings"):
            vectors[family] = np.abs(vectors[family]) * np.where(reference[family] < 0, -1.0, 1.0)
    converged = found.converged
    return Resamples(
        int(converged.sum()),
        samples - int(converged.sum()),
        {family: draws[converged] for family, draws in vectors.items()},
    )


def _aligned(found: PathEstimates, original: PathEstimates, spec: PathModelSpec) -> PathEstimates:
    """Turn a construct round when its loadings then come closer to the original ones."""
    member = spec.membership
    now, before = (found.loadings * member).sum(axis=1), (original.loadings * member).sum(axis=1)
    signs = np.where(np.abs(before - now) > np.abs(before + now), -1.0, 1.0)
    pairs = signs[:, :, None] * signs[:, None, :]
    return replace(
        found,
        weights=found.weights * signs[:, None, :],
        loadings=found.loadings * signs[:, None, :],
        correlations=found.correlations * pairs,
        paths=found.paths * pairs,
        total_effects=found.total_effects * pairs,
    )
