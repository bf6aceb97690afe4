"""Quality of a scale: whether its items measure one thing, and how precisely.

Sources: Cronbach (1951); Feldt (1965) for the interval of alpha; Guttman (1945) for λ6; McDonald (1999) for
omega; Fornell & Larcker (1981) for AVE and composite reliability; Nunnally & Bernstein (1994) for the
item–rest correlation.

Two omegas are in use and named here: ``ml_sum_score`` takes unstandardised maximum likelihood loadings over
the variance of the sum score; ``minres_total`` takes 1 − Σ uniquenesses / Σ correlations from minimum
residuals. They differ in the second or third digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.confirmatory import fit_factors
from servloop.measure.factor_adequacy import Adequacy, adequacy
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.reliability_alpha import (
    complete_rows,
    correlation,
    correlation_matrix,
    cronbach_alpha,
)
from servloop.measure.reliability_one_factor import OMEGAS, one_factor_estimates
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

_FACTOR = "scale"


@dataclass(frozen=True, kw_only=True)
class ReliabilityResult(Result):
    """Reliability of one scale.

    Attributes:
        n: complete rows.
        alpha: Cronbach's alpha with Feldt's interval.
        alpha_standardised: alpha of standardised items; None when an item does not vary.
        mean_correlation: between items.
        guttman_lambda6: 1 − Σ(1 − squared multiple correlations) / Σ correlations.
        omega: definition → value; None where a one-factor model is not computable.
        item_rest: item → correlation with the sum of the others; None for an item without spread.
        alpha_if_dropped: item → alpha of the others.
        loadings: item → standardised loading in the one-factor model.
        ave: mean squared loading.
        composite_reliability: from the standardised loadings.
        estimates: omegas, ``ave`` and ``composite_reliability`` with bootstrap intervals when asked for.
        adequacy: KMO and Bartlett's test.
    """

    n: int
    alpha: Estimate
    alpha_standardised: float | None = None
    mean_correlation: float | None = None
    guttman_lambda6: float | None = None
    omega: Mapping[str, float | None] = field(default_factory=dict)
    item_rest: Mapping[str, float | None] = field(default_factory=dict)
    alpha_if_dropped: Mapping[str, float | None] = field(default_factory=dict)
    loadings: Mapping[str, float] = field(default_factory=dict)
    ave: float | None = None
    composite_reliability: float | None = None
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    adequacy: Adequacy | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: alpha as a number, its interval under "alpha_estimate"."""
        document = super().to_dict(language)
        document["alpha_estimate"] = document["alpha"]
        document["alpha"] = plain(self.alpha.value)
        return document

    def to_frame(self) -> pl.DataFrame:
        """One row per item."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "item": item,
                    "item_rest": rest,
                    "alpha_if_dropped": self.alpha_if_dropped.get(item),
                    "loading": self.loadings.get(item),
                }
                for item, rest in self.item_rest.items()
            ],
            schema={
                "item": pl.String,
                **dict.fromkeys(("item_rest", "alpha_if_dropped", "loading"), pl.Float64),
            },
        )


def reliability(
    frame: Any,
    items: Sequence[str],
    *,
    reverse: Sequence[str] = (),
    samples: int = 0,
    seed: int = 0,
    level: float = 0.95,
) -> ReliabilityResult:
    """Reliability of the scale made of some columns, on complete rows.

    Args:
        frame: any data frame, one row per respondent.
        items: columns of the scale.
        reverse: those of them that are worded the other way round.
        samples: bootstrap resamples for the intervals of omega, AVE and composite reliability; 0 for none.
        seed: of the bootstrap.
        level: coverage of the intervals.

    Raises:
        SpecError: an item twice, or ``reverse`` names a column that is no item.
        InputError: a missing or text column.
    """
    if len(set(items)) < len(items) or not set(reverse) <= set(items):
        raise SpecError("measure.reliability_items", items=list(items), reverse=list(reverse))
    answers = numeric_matrix(frame, items)
    answers[:, [item in set(reverse) for item in items]] *= -1
    used = complete_rows(answers)
    warnings: list[Notice] = []
    if len(used) < len(answers):
        warnings.append(Notice("measure.factor_rows_left_out", len(answers) - len(used)))
    alpha = _alpha(used, level)
    rest = {
        item: correlation(used[:, position], np.delete(used, position, axis=1).sum(axis=1))
        for position, item in enumerate(items)
        if len(items) > 1
    }
    dropped = {
        item: cronbach_alpha(np.delete(used, position, axis=1))
        for position, item in enumerate(items)
        if len(items) > 2
    }
    flat = [item for position, item in enumerate(items) if len(used) and np.ptp(used[:, position]) == 0]
    if flat:
        warnings.append(Notice("measure.reliability_items_constant", len(flat), {"items": flat}))
    against = [item for item, r in rest.items() if r is not None and r < 0]
    if against:
        warnings.append(Notice("measure.reliability_item_against_scale", len(against), {"items": against}))
    if alpha.value is not None and alpha.value < 0:
        warnings.append(Notice("measure.reliability_negative_alpha"))
    structure: dict[str, Any] = {}
    if not flat and len(items) > 1 and len(used) > 2:
        structure = _structure(used, items, warnings, samples=samples, seed=seed, level=level)
    return ReliabilityResult(
        n=len(used),
        alpha=alpha,
        item_rest=rest,
        alpha_if_dropped=dropped,
        **structure,
        warnings=tuple(warnings),
    )


def _alpha(used: FloatArray, level: float) -> Estimate:
    from scipy.special import fdtri

    n, items = used.shape
    if items < 2:
        return Estimate.not_computable(n, "measure.reliability_one_item", method="cronbach")
    value = cronbach_alpha(used)
    if value is None:
        return Estimate.not_computable(n, "measure.reliability_no_spread", method="cronbach")
    # Feldt: (1 − α) / (1 − α̂) follows F with n − 1 and (n − 1)(k − 1) degrees of freedom.
    first, second = n - 1, (n - 1) * (items - 1)
    tail = (1 - level) / 2
    low = 1 - (1 - value) * float(fdtri(first, second, 1 - tail))
    high = 1 - (1 - value) * float(fdtri(first, second, tail))
    return Estimate(value, n, low, high, "feldt", level)


def _structure(
    used: FloatArray,
    items: Sequence[str],
    warnings: list[Notice],
    *,
    samples: int,
    seed: int,
    level: float,
) -> dict[str, Any]:
    """What needs a correlation matrix and, from three items on, a one-factor model."""
    correlations = correlation_matrix(used)
    k = len(items)
    mean = float(correlations[np.triu_indices(k, 1)].mean())
    parts: dict[str, Any] = {
        "mean_correlation": mean,
        "alpha_standardised": k * mean / (1 + (k - 1) * mean) if 1 + (k - 1) * mean > 0 else None,
    }
    if len(used) <= k or np.linalg.eigvalsh(correlations)[0] < 1e-10:
        warnings.append(Notice("measure.reliability_singular"))
        return parts
    unexplained = float((1 / np.diagonal(np.linalg.inv(correlations))).sum())
    parts["guttman_lambda6"] = 1 - unexplained / float(correlations.sum())
    parts["adequacy"] = adequacy(correlations, items, len(used))
    if k < 3:
        warnings.append(Notice("measure.reliability_two_items"))
        return parts
    model = fit_factors(used, items, {_FACTOR: list(items)})
    warnings.extend(model.warnings)
    if model.reason is not None or not model.converged:
        warnings.append(Notice("measure.reliability_no_factor"))
        return parts
    figures = one_factor_estimates(used, samples=samples, seed=seed, level=level)
    parts["omega"] = {name: figures[name].value for name in OMEGAS}
    parts["ave"] = figures["ave"].value
    parts["composite_reliability"] = figures["composite_reliability"].value
    parts["estimates"] = figures
    parts["loadings"] = {item: e.value for item, e in model.loadings[_FACTOR].items()}
    return parts
