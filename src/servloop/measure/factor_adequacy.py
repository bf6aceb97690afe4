"""Whether answers are fit for factor analysis, and how many factors they hold.

Sources: Kaiser (1970) and Kaiser & Rice (1974) for the measure of sampling adequacy; Bartlett (1950) for
the test of sphericity; Horn (1965) for parallel analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from servloop.errors import InputError
from servloop.measure.frames import FloatArray


@dataclass(frozen=True)
class Adequacy:
    """Fitness for factor analysis.

    Attributes:
        kmo: Kaiser–Meyer–Olkin measure, 0 … 1; under 0.5 is unacceptable.
        kmo_items: item → its own measure.
        bartlett_chi2: of "the items are uncorrelated".
        bartlett_df: p(p − 1)/2.
        bartlett_p_value: of the test.
        eigenvalues: of the correlation matrix, falling.
        eigenvalues_above_one: Kaiser's count, which tends to be too large.
        parallel_factors: Horn's count: eigenvalues above the 95th percentile of those of random data.
    """

    kmo: float
    kmo_items: Mapping[str, float]
    bartlett_chi2: float
    bartlett_df: int
    bartlett_p_value: float
    eigenvalues: tuple[float, ...]
    eigenvalues_above_one: int
    parallel_factors: int


def adequacy(
    correlations: FloatArray, items: Sequence[str], n: int, *, seed: int = 0, samples: int = 200
) -> Adequacy:
    """KMO, Bartlett's test and the number of factors of a correlation matrix.

    Args:
        correlations: (p, p), positive definite, p ≥ 2.
        items: names.
        n: respondents.
        seed: of the parallel analysis.
        samples: random data sets of the parallel analysis.

    Raises:
        InputError: ``measure.factor_singular`` when items are linear combinations of each other.
    """
    from scipy.special import chdtrc

    p = len(correlations)
    eigenvalues: FloatArray = np.linalg.eigvalsh(correlations)[::-1].astype(np.float64)
    if eigenvalues[-1] < 1e-10:
        raise InputError("measure.factor_singular", items=list(items))
    inverse = np.linalg.inv(correlations)
    scale = np.sqrt(np.outer(np.diagonal(inverse), np.diagonal(inverse)))
    off_diagonal = ~np.eye(p, dtype=bool)
    partial = np.where(off_diagonal, inverse / scale, 0.0) ** 2
    plain = np.where(off_diagonal, correlations, 0.0) ** 2
    both = plain.sum(axis=0) + partial.sum(axis=0)
    own = plain.sum(axis=0) / np.where(both > 0, both, 1.0)
    total = plain.sum() + partial.sum()
    chi2 = -(n - 1 - (2 * p + 5) / 6) * float(np.log(eigenvalues).sum())
    freedom = p * (p - 1) // 2
    return Adequacy(
        kmo=float(plain.sum() / total) if total > 0 else 0.0,
        kmo_items=dict(zip(items, own.tolist(), strict=True)),
        bartlett_chi2=chi2,
        bartlett_df=freedom,
        bartlett_p_value=float(chdtrc(freedom, max(chi2, 0.0))),
        eigenvalues=tuple(eigenvalues.tolist()),
        eigenvalues_above_one=int((eigenvalues > 1).sum()),
        parallel_factors=_parallel(eigenvalues, n, samples, np.random.default_rng(seed)),
    )


def _parallel(eigenvalues: FloatArray, n: int, samples: int, rng: np.random.Generator) -> int:
    """Covariances of random normal data are Wishart matrices: no data of n rows need to be drawn."""
    p = len(eigenvalues)
    degrees = max(n - 1, p)
    lower = np.tril(rng.standard_normal((samples, p, p)), -1)
    diagonal = np.sqrt(rng.chisquare(degrees - np.arange(p), size=(samples, p)))
    lower[:, np.arange(p), np.arange(p)] = diagonal
    covariances = lower @ lower.transpose(0, 2, 1)
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    random = np.linalg.eigvalsh(covariances / (deviations[:, :, None] * deviations[:, None, :]))[:, ::-1]
    above = eigenvalues > np.quantile(random, 0.95, axis=0)
    return int(np.argmin(above)) if not above.all() else p
