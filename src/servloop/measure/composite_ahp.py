"""Analytic hierarchy process (Saaty 1980): weights of criteria from pairwise comparisons, with their consistency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

#: Mean consistency index of random comparisons by number of criteria, as Saaty (1980) printed it.
RANDOM_INDEX = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
#: Comparisons above this consistency ratio should be made again (Saaty 1980).
CONSISTENCY_LIMIT = 0.1
METHODS = ("eigenvector", "geometric", "column_mean")


@dataclass(frozen=True, kw_only=True)
class AhpWeights(Result):
    """Weights of criteria.

    Attributes:
        method: ``eigenvector`` (Saaty), ``geometric`` (row means) or ``column_mean``.
        names: criteria.
        weights: one a criterion, summing to 1.
        experts: matrices joined by their geometric mean.
        lambda_max: principal eigenvalue; at least the number of criteria.
        consistency_index: (λ_max - n) ÷ (n - 1).
        consistency_ratio: the index ÷ that of random comparisons; 0 for one or two criteria.
        consistent: whether the ratio is at most 0.1; None when there is no ratio.
        expert_ratios: consistency ratio of each expert alone.
    """

    method: str
    names: tuple[str, ...]
    weights: tuple[float, ...]
    experts: int
    lambda_max: float
    consistency_index: float
    consistency_ratio: Estimate
    consistent: bool | None
    expert_ratios: tuple[float | None, ...]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``weights`` {criterion: w} and the consistency figures; details of the ratio under its own key."""
        document = super().to_dict(language)
        ratio = document.pop("consistency_ratio")
        names = document.pop("names")
        return {
            **document,
            "weights": dict(zip(names, self.weights, strict=True)),
            "consistency_ratio": ratio["value"],
            "consistency_detail": ratio,
        }

    def to_frame(self) -> pl.DataFrame:
        """One row a criterion."""
        import polars as pl

        return pl.DataFrame({"criterion": self.names, "weight": self.weights})


def ahp(
    matrices: Sequence[Sequence[Sequence[float | None]]],
    names: Sequence[str],
    *,
    method: str = "eigenvector",
) -> AhpWeights:
    """Weights from the comparisons of one or several experts.

    Args:
        matrices: one square matrix an expert; entry (i, j) says how many times more important i is than j. The
            lower triangle may be left out (None): it is the reciprocal of the upper.
        names: criteria in the order of rows.
        method: see `AhpWeights.method`; the consistency is always Saaty's.

    Raises:
        SpecError: a matrix of another shape, an entry that is not positive, a_ij · a_ji ≠ 1, unknown method.
    """
    if method not in METHODS:
        raise SpecError("assess.unknown_choice", name="method", received=method, known=list(METHODS))
    if not matrices or not names:
        raise SpecError("assess.no_columns", name="matrices")
    judged = np.stack([_checked(matrix, len(names)) for matrix in matrices])
    A = np.exp(np.log(judged).mean(axis=0))
    lambda_max, eigen = _principal(A)
    weights = {
        "eigenvector": eigen,
        "geometric": _share(np.exp(np.log(A).mean(axis=1))),
        "column_mean": (A / A.sum(axis=0)).mean(axis=1),
    }[method]
    ratio = _ratio(lambda_max, len(names), len(matrices))
    notices = []
    if ratio.value is not None and ratio.value > CONSISTENCY_LIMIT:
        notices.append(Notice("assess.inconsistent_comparisons", params={"ratio": f"{ratio.value:.3f}"}))
    alone = tuple(_ratio(_principal(matrix)[0], len(names), 1).value for matrix in judged)
    if len(alone) > 1:
        wild = sum(1 for value in alone if value is not None and value > CONSISTENCY_LIMIT)
        if wild:
            notices.append(Notice("assess.inconsistent_experts", wild, {"experts": len(alone)}))
    return AhpWeights(
        warnings=tuple(notices),
        method=method,
        names=tuple(names),
        weights=tuple(weights.tolist()),
        experts=len(matrices),
        lambda_max=lambda_max,
        consistency_index=_index(lambda_max, len(names)),
        consistency_ratio=ratio,
        consistent=None if ratio.value is None else ratio.value <= CONSISTENCY_LIMIT,
        expert_ratios=alone,
    )


def _checked(matrix: Sequence[Sequence[float | None]], n: int) -> FloatArray:
    if len(matrix) != n or any(len(row) != n for row in matrix):
        raise SpecError(
            "assess.comparison_shape", expected=n, received=f"{len(matrix)} × {[len(r) for r in matrix]}"
        )
    A = np.array([[np.nan if value is None else value for value in row] for row in matrix], dtype=np.float64)
    if (A <= 0).any():
        raise SpecError("assess.comparison_not_positive")
    A = np.where(np.isnan(A), 1 / A.T, A)
    A[np.arange(n), np.arange(n)] = np.where(np.isnan(np.diag(A)), 1.0, np.diag(A))
    if not np.isfinite(A).all():
        raise SpecError("assess.comparison_not_positive")
    broken = np.argwhere(np.abs(A * A.T - 1) > 0.02)  # 0.33 beside 3 is a rounded reciprocal
    if len(broken):
        i, j = broken[0]
        raise SpecError(
            "assess.comparison_not_reciprocal",
            row=int(i) + 1,
            column=int(j) + 1,
            first=A[i, j],
            second=A[j, i],
        )
    return A


def _principal(A: FloatArray) -> tuple[float, FloatArray]:
    values, vectors = np.linalg.eig(A)
    largest = int(np.argmax(values.real))
    return float(values[largest].real), _share(np.abs(vectors[:, largest].real))


def _share(values: FloatArray) -> FloatArray:
    return np.asarray(values / values.sum(), dtype=np.float64)


def _index(lambda_max: float, n: int) -> float:
    return (lambda_max - n) / (n - 1) if n > 1 else 0.0


def _ratio(lambda_max: float, n: int, experts: int) -> Estimate:
    if n <= 2:
        return Estimate(0.0, experts, method="saaty_1980")
    if n not in RANDOM_INDEX:
        return Estimate.not_computable(
            experts, "assess.no_random_index", method="saaty_1980", criteria=n, largest=max(RANDOM_INDEX)
        )
    return Estimate(_index(lambda_max, n) / RANDOM_INDEX[n], experts, method="saaty_1980")
