"""Exploratory factor analysis: how many dimensions a questionnaire measures, and which items measure them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.factor_adequacy import Adequacy, adequacy
from servloop.measure.factor_extraction import (
    EXTRACTIONS,
    LOWEST_UNIQUENESS,
    Extraction,
    extract,
)
from servloop.measure.factor_rotation import ROTATIONS, rotate
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.reliability_alpha import complete_rows, correlation_matrix
from servloop.results import Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class LikelihoodTest:
    """χ² test of "this many factors suffice" (Bartlett's correction), maximum likelihood only."""

    chi2: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True, kw_only=True)
class FactorResult(Result):
    """An exploratory factor analysis. Empty with a ``reason`` when not computable.

    Attributes:
        n: complete rows.
        factors: extracted.
        extraction, rotation: methods.
        loadings: item → one loading per factor (the pattern, for oblique rotations).
        communalities: item → share of variance the factors explain.
        uniquenesses: item → share they do not.
        variance: sum of squared loadings of each factor; for oblique rotations each factor's own part.
        correlations: of the factors.
        objective: minimum of the discrepancy.
        test: of the number of factors.
        adequacy: KMO, Bartlett, eigenvalues.
        reason: why not computable.
    """

    n: int
    extraction: str
    rotation: str
    factors: int = 0
    loadings: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    communalities: Mapping[str, float] = field(default_factory=dict)
    uniquenesses: Mapping[str, float] = field(default_factory=dict)
    variance: tuple[float, ...] = ()
    correlations: tuple[tuple[float, ...], ...] = ()
    objective: float | None = None
    test: LikelihoodTest | None = None
    adequacy: Adequacy | None = None
    reason: Notice | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All fields; ``reason`` only when there is one."""
        document = super().to_dict(language)
        document["reason"] = plain(self.reason, language)
        return document

    def to_frame(self) -> pl.DataFrame:
        """One row per item: communality and loadings factor_1, factor_2 …"""
        import polars as pl

        return pl.DataFrame(
            [
                {"item": item, "communality": self.communalities[item]}
                | {f"factor_{number}": value for number, value in enumerate(values, start=1)}
                for item, values in self.loadings.items()
            ]
        )


def factor_analysis(
    frame: Any,
    items: Sequence[str],
    *,
    factors: int | None = None,
    extraction: str = "ml",
    rotation: str = "varimax",
    seed: int = 0,
) -> FactorResult:
    """Exploratory factor analysis of complete rows.

    Args:
        frame: any data frame, one row per respondent.
        items: at least three columns.
        factors: how many; the count of the parallel analysis (at least one) when None.
        extraction: ``ml``, ``minres`` or ``pca``.
        rotation: ``none``, ``varimax``, ``promax`` or ``oblimin``.
        seed: of the parallel analysis.

    Raises:
        SpecError: unknown method, or a number of factors the items cannot carry.
        InputError: a missing or text column.
    """
    _check_methods(items, factors, extraction, rotation)
    answers = numeric_matrix(frame, items)
    used = complete_rows(answers)
    warnings = []
    if len(used) < len(answers):
        warnings.append(Notice("measure.factor_rows_left_out", len(answers) - len(used)))
    reason = unfit(used, items)
    if reason is not None:
        return FactorResult(
            n=len(used), extraction=extraction, rotation=rotation, reason=reason, warnings=tuple(warnings)
        )
    correlations = correlation_matrix(used)
    fitness = adequacy(correlations, items, len(used), seed=seed)
    count = factors or max(1, min(fitness.parallel_factors, most_factors(len(items))))
    found = extract(correlations, count, extraction)
    loadings, between = rotate(found.loadings, rotation)
    warnings.extend(_cautions(found, items, fitness, len(used)))
    return FactorResult(
        n=len(used),
        factors=count,
        extraction=extraction,
        rotation=rotation,
        loadings={item: tuple(row) for item, row in zip(items, loadings.tolist(), strict=True)},
        communalities=dict(zip(items, np.square(found.loadings).sum(axis=1).tolist(), strict=True)),
        uniquenesses=dict(zip(items, found.uniquenesses.tolist(), strict=True)),
        variance=tuple((loadings * (loadings @ between)).sum(axis=0).tolist()),
        correlations=tuple(tuple(row) for row in between.tolist()),
        objective=found.objective,
        test=_likelihood_test(found, len(used), count) if extraction == "ml" else None,
        adequacy=fitness,
        warnings=tuple(warnings),
    )


def most_factors(items: int) -> int:
    """The largest number of factors that leaves the model testable: (p − k)² ≥ p + k."""
    return max(k for k in range(items) if (items - k) ** 2 >= items + k)


def unfit(used: FloatArray, items: Sequence[str]) -> Notice | None:
    """Why complete rows have no usable correlation matrix; None when they have one."""
    if len(used) <= len(items):
        return Notice("measure.factor_too_few", params={"n": len(used), "needed": len(items) + 1})
    flat = [items[int(position)] for position in np.flatnonzero(np.ptp(used, axis=0) == 0)]
    if flat:
        return Notice("measure.factor_items_constant", len(flat), {"items": flat})
    if np.linalg.eigvalsh(correlation_matrix(used))[0] < 1e-10:
        return Notice("measure.factor_singular", params={"items": list(items)})
    return None


def _check_methods(items: Sequence[str], factors: int | None, extraction: str, rotation: str) -> None:
    for kind, given, known in (
        ("extraction", extraction, EXTRACTIONS),
        ("rotation", rotation, ROTATIONS),
    ):
        if given not in known:
            raise SpecError("measure.factor_method_unknown", kind=kind, method=given, available=known)
    if len(set(items)) < 3 or len(set(items)) < len(items):
        raise SpecError("measure.factor_items", n=len(set(items)))
    limit = len(items) - 1 if extraction == "pca" else most_factors(len(items))
    if factors is not None and not 1 <= factors <= limit:
        raise SpecError("measure.factor_count", factors=factors, items=len(items), limit=limit)


def _likelihood_test(found: Extraction, n: int, factors: int) -> LikelihoodTest | None:
    from scipy.special import chdtrc

    p = len(found.loadings)
    freedom = ((p - factors) ** 2 - p - factors) // 2
    if freedom < 1:
        return None
    chi2 = (n - 1 - (2 * p + 5) / 6 - 2 * factors / 3) * found.objective
    return LikelihoodTest(chi2, freedom, float(chdtrc(freedom, max(chi2, 0.0))))


def _cautions(found: Extraction, items: Sequence[str], fitness: Adequacy, n: int) -> list[Notice]:
    notices = []
    at_bound = [
        item
        for item, uniqueness in zip(items, found.uniquenesses, strict=True)
        if uniqueness <= LOWEST_UNIQUENESS * 1.01
    ]
    if at_bound:
        notices.append(Notice("measure.factor_heywood", len(at_bound), {"items": at_bound}))
    if not found.converged:
        notices.append(Notice("measure.factor_not_converged"))
    if fitness.kmo < 0.5:
        notices.append(Notice("measure.factor_low_kmo", params={"kmo": math.floor(fitness.kmo * 100) / 100}))
    if n < 5 * len(items):
        notices.append(Notice("measure.factor_small_sample", params={"n": n, "needed": 5 * len(items)}))
    return notices
