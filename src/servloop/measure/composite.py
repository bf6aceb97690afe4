"""Weights from the data (entropy), distance to the ideal (TOPSIS) and fuzzy comprehensive evaluation.

Shannon (1948) entropy as weights: Hwang & Yoon (1981), who also gave TOPSIS; fuzzy evaluation B = W ∘ R after
Zadeh (1965).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, numeric_matrix, text_column
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

NORMALISATIONS = ("minmax", "sum")
OPERATORS = ("dot_plus", "min_max", "dot_max", "min_bounded_sum")


@dataclass(frozen=True)
class EntropyWeight:
    """One criterion: its entropy, what that leaves (1 - E), and its weight."""

    name: str
    entropy: float
    divergence: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class EntropyWeights(Result):
    """Weights by how much the criteria tell the alternatives apart; ``n`` alternatives entered."""

    method: str
    n: int
    rows: int
    criteria: tuple[EntropyWeight, ...]
    reason: Notice | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``weights`` {criterion: w} beside the details."""
        return {"weights": {c.name: c.weight for c in self.criteria}, **super().to_dict(language)}

    def to_frame(self) -> pl.DataFrame:
        """One row a criterion."""
        import polars as pl

        return pl.DataFrame(
            [(c.name, c.entropy, c.divergence, c.weight) for c in self.criteria],
            schema=["criterion", "entropy", "divergence", "weight"],
            orient="row",
        )


def entropy_weights(
    frame: Any, columns: Sequence[str], *, cost: Sequence[str] = (), normalisation: str = "minmax"
) -> EntropyWeights:
    """Entropy weights: a criterion on which the alternatives differ more weighs more.

    Args:
        frame: any data frame, one row an alternative; incomplete rows are left out and counted.
        columns: criteria.
        cost: those where less is better (reversed by min–max; the share method takes them as 1 ÷ value).
        normalisation: ``minmax`` to 0 … 1, or ``sum`` (shares of the column's sum; needs values above 0).

    Returns:
        The weights; a constant criterion weighs 0, and when all are constant there are none (``reason`` says so).

    Raises:
        SpecError: unknown choices, no columns, a value below 0 for ``sum``.
    """
    columns = list(columns)
    if normalisation not in NORMALISATIONS:
        raise SpecError(
            "assess.unknown_choice", name="normalisation", received=normalisation, known=list(NORMALISATIONS)
        )
    _check_criteria(columns, cost)
    X, notices, rows = _complete(frame, columns)
    n = len(X)
    spread: FloatArray = np.asarray(np.ptp(X, axis=0)) if n else np.zeros(len(columns))
    if n < 2 or not spread.any():
        reason = Notice("assess.nothing_differs", params={"n": n})
        return EntropyWeights(
            warnings=tuple(notices), method=normalisation, n=n, rows=rows, criteria=(), reason=reason
        )
    flat = [name for name, s in zip(columns, spread, strict=True) if s == 0]
    if flat:
        notices.append(Notice("assess.constant_criteria", len(flat), {"names": flat}))
    less_is_better = np.isin(columns, list(cost))
    if normalisation == "minmax":
        z = (X - X.min(axis=0)) / np.where(spread > 0, spread, 1.0)
        z = np.where(less_is_better & (spread > 0), 1 - z, z)
    else:
        if (X < 0).any() or (X.sum(axis=0) == 0).any() or (X[:, less_is_better] == 0).any():
            raise SpecError("assess.shares_need_positive")
        z = np.where(less_is_better, 1 / np.where(X > 0, X, 1.0), X)
    total = z.sum(axis=0)
    p = z / np.where(total > 0, total, 1.0)
    logs = np.log(np.where(p > 0, p, 1.0))  # 0 · ln 0 is 0
    entropy = np.where(spread > 0, -(p * logs).sum(axis=0) / np.log(n), 1.0)
    divergence = np.where(spread > 0, 1 - entropy, 0.0)
    weights = divergence / divergence.sum()
    return EntropyWeights(
        warnings=tuple(notices),
        method=normalisation,
        n=n,
        rows=rows,
        criteria=tuple(
            EntropyWeight(*row)
            for row in zip(columns, entropy.tolist(), divergence.tolist(), weights.tolist(), strict=True)
        ),
    )


@dataclass(frozen=True)
class Closeness:
    """One alternative: distances to the best and the worst, closeness 0 … 1, rank (1 is best)."""

    name: str
    to_best: float
    to_worst: float
    closeness: float | None
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Topsis(Result):
    """Closeness of alternatives to the ideal, in the order of the frame."""

    n: int
    rows: int
    weights: dict[str, float]
    alternatives: tuple[Closeness, ...]

    def to_frame(self) -> pl.DataFrame:
        """One row an alternative."""
        import polars as pl

        return pl.DataFrame(
            [(a.name, a.to_best, a.to_worst, a.closeness, a.rank) for a in self.alternatives],
            schema=["name", "to_best", "to_worst", "closeness", "rank"],
            orient="row",
        )


def topsis(
    frame: Any,
    columns: Sequence[str],
    weights: Sequence[float],
    *,
    cost: Sequence[str] = (),
    name: str | None = None,
) -> Topsis:
    """Rank alternatives by their closeness to the ideal (vector norm).

    Args:
        frame: any data frame, one row an alternative; incomplete rows are left out and counted.
        columns: criteria.
        weights: one a criterion; brought to a sum of 1, with a warning when they were not.
        cost: criteria where less is better.
        name: column of the alternatives' names; row numbers when not given.

    Raises:
        SpecError: no columns, weights of another number, negative or all zero.
    """
    columns = list(columns)
    _check_criteria(columns, cost)
    X, notices, rows = _complete(frame, columns)
    w = normalised_weights(weights, columns, notices)
    labels = text_column(frame, name).to_list() if name else [str(i + 1) for i in range(rows)]
    kept = np.flatnonzero(~np.isnan(numeric_matrix(frame, columns)).any(axis=1))
    labels = [labels[i] or "" for i in kept]
    norm = np.sqrt((X**2).sum(axis=0))
    V = w * X / np.where(norm > 0, norm, 1.0)
    less_is_better = np.isin(columns, list(cost))
    alternatives: tuple[Closeness, ...] = ()
    if len(X):
        best = np.where(less_is_better, V.min(axis=0), V.max(axis=0))
        worst = np.where(less_is_better, V.max(axis=0), V.min(axis=0))
        to_best = np.sqrt(((V - best) ** 2).sum(axis=1))
        to_worst = np.sqrt(((V - worst) ** 2).sum(axis=1))
        whole = to_best + to_worst
        if not whole.any():
            notices.append(Notice("assess.alternatives_alike", len(X)))
        alternatives = _ranked(labels, to_best, to_worst, whole)
    return Topsis(
        warnings=tuple(notices),
        n=len(X),
        rows=rows,
        weights=dict(zip(columns, w.tolist(), strict=True)),
        alternatives=alternatives,
    )


def _ranked(
    labels: list[str], to_best: FloatArray, to_worst: FloatArray, whole: FloatArray
) -> tuple[Closeness, ...]:
    closeness = to_worst / np.where(whole > 0, whole, 1.0)
    ranked = []
    for i, label in enumerate(labels):
        known = whole[i] > 0
        ranked.append(
            Closeness(
                label,
                float(to_best[i]),
                float(to_worst[i]),
                float(closeness[i]) if known else None,
                1 + int((closeness > closeness[i] + 1e-12).sum()) if known else None,
            )
        )
    return tuple(ranked)


@dataclass(frozen=True, kw_only=True)
class FuzzyEvaluation(Result):
    """Membership of the whole in each grade.

    Attributes:
        operator: how weights and memberships are joined.
        grades: names of the grades.
        membership: B = W ∘ R as the operator gives it.
        normalised: the same with sum 1; None when every membership is 0.
        grade: the grade of largest membership (the first of several).
        score: Σ normalised membership · score of the grade; None without scores.
    """

    operator: str
    grades: tuple[str, ...]
    membership: tuple[float, ...]
    normalised: tuple[float, ...] | None
    grade: str
    score: float | None

    def to_frame(self) -> pl.DataFrame:
        """One row a grade."""
        import polars as pl

        return pl.DataFrame(
            {"grade": self.grades, "membership": self.membership, "normalised": self.normalised}
        )


def fuzzy_evaluation(
    weights: Sequence[float],
    memberships: Sequence[Sequence[float]],
    grades: Sequence[str],
    *,
    scores: Sequence[float] | None = None,
    operator: str = "dot_plus",
) -> FuzzyEvaluation:
    """Fuzzy comprehensive evaluation.

    Args:
        weights: one a criterion; brought to a sum of 1, with a warning when they were not.
        memberships: criteria × grades, the share of judges who gave each grade; rows are brought to a sum of 1,
            with a warning.
        grades: names of the grades.
        scores: a number a grade for the weighted score.
        operator: ``dot_plus`` M(·,+), ``min_max`` M(∧,∨), ``dot_max`` M(·,∨) or ``min_bounded_sum`` M(∧,⊕).

    Raises:
        SpecError: shapes that do not fit, negative memberships, a row of zeros, unknown operator.
    """
    if operator not in OPERATORS:
        raise SpecError("assess.unknown_choice", name="operator", received=operator, known=list(OPERATORS))
    for name, received, expected in (
        ("memberships", len(memberships), len(weights)),
        *((f"memberships {i + 1}", len(row), len(grades)) for i, row in enumerate(memberships)),
        *((("scores", len(scores), len(grades)),) if scores is not None else ()),
    ):
        if received != expected:
            raise SpecError("assess.unequal_lists", name=name, received=received, expected=expected)
    notices: list[Notice] = []
    w = normalised_weights(weights, [str(i + 1) for i in range(len(weights))], notices)
    R = np.array(memberships, dtype=np.float64).reshape(len(weights), len(grades))
    sums = R.sum(axis=1)
    if (R < 0).any() or not np.isfinite(R).all() or (sums <= 0).any():
        raise SpecError("assess.memberships_not_shares")
    off = np.abs(sums - 1) > 1e-6
    if off.any():
        notices.append(Notice("assess.memberships_scaled", int(off.sum())))
        R = R / sums[:, None]
    joined = {
        "dot_plus": w @ R,
        "min_max": np.minimum(w[:, None], R).max(axis=0),
        "dot_max": (w[:, None] * R).max(axis=0),
        "min_bounded_sum": np.minimum(np.minimum(w[:, None], R).sum(axis=0), 1.0),
    }[operator]
    shares = joined / joined.sum() if joined.sum() > 0 else None
    score = None if scores is None or shares is None else float(shares @ np.array(scores, dtype=np.float64))
    return FuzzyEvaluation(
        warnings=tuple(notices),
        operator=operator,
        grades=tuple(grades),
        membership=tuple(joined.tolist()),
        normalised=None if shares is None else tuple(shares.tolist()),
        grade=grades[int(np.argmax(joined))],
        score=score,
    )


def normalised_weights(weights: Sequence[float], names: Sequence[str], notices: list[Notice]) -> FloatArray:
    """Weights with sum 1; a notice when they had another (100 is as good as 1).

    Raises:
        SpecError: another number of weights, a negative one, or all zero.
    """
    w = np.array(weights, dtype=np.float64)
    if len(w) != len(names):
        raise SpecError("assess.unequal_lists", name="weights", received=len(w), expected=len(names))
    total = float(w.sum())
    if not np.isfinite(w).all() or (w < 0).any() or total <= 0:
        raise SpecError("assess.weights_not_positive", received=[float(v) for v in w])
    if abs(total - 1) > 1e-6 and abs(total - 100) > 1e-4:
        notices.append(Notice("assess.weights_scaled", params={"total": f"{total:g}"}))
    return np.asarray(w / total, dtype=np.float64)


def _check_criteria(columns: list[str], cost: Sequence[str]) -> None:
    if not columns:
        raise SpecError("assess.no_columns", name="columns")
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    unknown = sorted(set(cost) - set(columns))
    if unknown:
        raise SpecError("assess.unknown_choice", name="cost", received=", ".join(unknown), known=columns)


def _complete(frame: Any, columns: list[str]) -> tuple[FloatArray, list[Notice], int]:
    X = numeric_matrix(frame, columns)
    kept = ~np.isnan(X).any(axis=1)
    left_out = int((~kept).sum())
    return X[kept], [Notice("assess.incomplete_rows", left_out)] if left_out else [], len(X)
