"""Confirmatory factor analysis: whether the items measure the factors they were written for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.inference import normal_quantile
from servloop.measure.confirmatory_estimation import FactorModel, FactorModelFit, fit
from servloop.measure.confirmatory_fit import FitIndices, fit_indices
from servloop.measure.factor import unfit
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.reliability_alpha import complete_rows, correlation_matrix
from servloop.measure.reliability_validity import HTMT_LIMIT, htmt
from servloop.measure.specs import validated
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

METHOD = "ml"


@dataclass(frozen=True, kw_only=True)
class ConfirmatoryResult(Result):
    """A confirmatory factor analysis. Empty with a ``reason`` when not computable.

    Attributes:
        n: complete rows.
        loadings: factor → item → standardised loading with its interval.
        factor_correlations: factor → factor → correlation with its interval.
        fit: indices of fit.
        residual_variances: item → 1 − h², standardised; negative in a Heywood case.
        ave: factor → mean squared loading; None for one item.
        composite_reliability: factor → (Σλ)² / ((Σλ)² + Σ(1 − λ²)) on standardised loadings.
        omega: factor → (Σλ)² / variance of the sum score, on unstandardised loadings.
        htmt: factor → factor → heterotrait–monotrait ratio.
        htmt2: the same with geometric means.
        converged: whether the estimation reached the minimum.
        reason: why not computable.
    """

    n: int
    loadings: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    factor_correlations: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    fit: FitIndices | None = None
    residual_variances: Mapping[str, float] = field(default_factory=dict)
    ave: Mapping[str, float | None] = field(default_factory=dict)
    composite_reliability: Mapping[str, float | None] = field(default_factory=dict)
    omega: Mapping[str, float | None] = field(default_factory=dict)
    htmt: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    htmt2: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    converged: bool = False
    reason: Notice | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All fields; a missing ``reason`` is null."""
        document = super().to_dict(language)
        document["reason"] = plain(self.reason, language)
        return document

    def to_frame(self) -> pl.DataFrame:
        """One row per loading."""
        import polars as pl

        return pl.DataFrame(
            [
                {"factor": factor, "item": item, "loading": e.value, "n": e.n, "low": e.low, "high": e.high}
                for factor, items in self.loadings.items()
                for item, e in items.items()
            ]
        )


def confirmatory_factor_analysis(
    frame: Any, factors: Mapping[str, Sequence[str]], *, level: float = 0.95
) -> ConfirmatoryResult:
    """Fit a factor model by maximum likelihood on complete rows.

    Factors have variance 1 and correlate freely; residuals do not. An item may belong to several factors.
    A factor with one item is that item.

    Args:
        frame: any data frame, one row per respondent.
        factors: factor → item columns.
        level: coverage of the intervals.

    Raises:
        SpecError: no factors, or an empty one.
        InputError: a missing or text column.
    """
    validated("cfa", {"factors": {name: list(block) for name, block in factors.items()}})
    items = list(dict.fromkeys(item for block in factors.values() for item in block))
    answers = numeric_matrix(frame, items)
    used = complete_rows(answers)
    warnings = []
    if len(used) < len(answers):
        warnings.append(Notice("measure.factor_rows_left_out", len(answers) - len(used)))
    result = fit_factors(used, items, factors, level=level)
    return replace(result, warnings=(*warnings, *result.warnings))


def fit_factors(
    used: FloatArray, items: Sequence[str], factors: Mapping[str, Sequence[str]], *, level: float = 0.95
) -> ConfirmatoryResult:
    """The same for complete answers, shape (persons, items); every item belongs to some factor."""
    items = list(items)
    model = _model(factors, items)
    reason = unfit(used, items) or _unidentified(model)
    if reason is None:
        correlations = correlation_matrix(used)
        found = fit(correlations, model)
        if not found.identified:
            reason = Notice("measure.factor_not_identified")
    if reason is not None:
        return ConfirmatoryResult(n=len(used), reason=reason)
    blocks = {name: [items.index(item) for item in block] for name, block in factors.items()}
    explained = np.einsum("if,fg,ig->i", found.loadings, found.correlations, found.loadings)
    residuals = dict(zip(items, (1 - explained).tolist(), strict=True))
    ratios = htmt(correlations, blocks)
    return ConfirmatoryResult(
        n=len(used),
        fit=fit_indices(correlations, used.var(axis=0), found, model, len(used)),
        residual_variances=residuals,
        htmt=ratios,
        htmt2=htmt(correlations, blocks, geometric=True),
        converged=found.converged,
        warnings=tuple(_cautions(found, model, items, list(factors), ratios)),
        **_estimates(found, model, blocks, items, n=len(used), level=level),
        **_reliability(found, blocks, used),
    )


def parse_spec(document: Any) -> dict[str, list[str]]:
    """Factors and items from a mapping (a YAML file), checked.

    Raises:
        SpecError: the schema is violated.
    """
    factors: dict[str, list[str]] = validated("cfa", document)["factors"]
    return factors


def _model(factors: Mapping[str, Sequence[str]], items: list[str]) -> FactorModel:
    belongs = np.array([[item in block for block in factors.values()] for item in items])
    single = belongs & (belongs.sum(axis=0) == 1)
    return FactorModel(belongs & ~single, single)


def _unidentified(model: FactorModel) -> Notice | None:
    if model.degrees_of_freedom < 0:
        missing = -model.degrees_of_freedom
        return Notice("measure.factor_too_many_parameters", params={"missing": missing})
    return None


def _estimates(
    found: FactorModelFit,
    model: FactorModel,
    blocks: Mapping[str, list[int]],
    items: list[str],
    *,
    n: int,
    level: float,
) -> dict[str, Any]:
    half = normal_quantile(level) / math.sqrt(n)

    def estimate(value: float, error: float) -> Estimate:
        if error == 0:
            return Estimate(value, n, method="fixed", level=level)
        return Estimate(value, n, value - half * error, value + half * error, METHOD, level)

    names = list(blocks)
    between, errors = found.correlations, found.correlation_errors
    return {
        "loadings": {
            name: {
                items[item]: estimate(
                    float(found.loadings[item, column]),
                    float(found.loading_errors[item, column]) if model.pattern[item, column] else 0.0,
                )
                for item in block
            }
            for column, (name, block) in enumerate(blocks.items())
        },
        "factor_correlations": {
            first: {
                second: estimate(
                    float(between[row, column]), float(errors[row, column]) if row != column else 0.0
                )
                for column, second in enumerate(names)
            }
            for row, first in enumerate(names)
        },
    }


def _reliability(found: FactorModelFit, blocks: Mapping[str, list[int]], used: FloatArray) -> dict[str, Any]:
    table: dict[str, dict[str, float | None]] = {"ave": {}, "composite_reliability": {}, "omega": {}}
    deviations = used.std(axis=0, ddof=1)
    for column, (name, block) in enumerate(blocks.items()):
        if len(block) == 1:
            for values in table.values():
                values[name] = None
            continue
        own = found.loadings[block, column]
        squared = float(own.sum() ** 2)
        table["ave"][name] = float(np.square(own).mean())
        table["composite_reliability"][name] = squared / (squared + float((1 - np.square(own)).sum()))
        common = float((own * deviations[block] * found.scales[block]).sum() ** 2)
        table["omega"][name] = common / float(used[:, block].sum(axis=1).var(ddof=1))
    return table


def _cautions(
    found: FactorModelFit,
    model: FactorModel,
    items: list[str],
    names: list[str],
    ratios: Mapping[str, Mapping[str, float]],
) -> list[Notice]:
    notices = []
    if not found.converged:
        notices.append(Notice("measure.factor_not_converged"))
    explained = np.einsum("if,fg,ig->i", found.loadings, found.correlations, found.loadings)
    improper = [items[row] for row in np.flatnonzero((explained > 1 - 1e-6) & ~model.fixed.any(axis=1))]
    if improper:
        notices.append(Notice("measure.factor_heywood", len(improper), {"items": improper}))
    if np.linalg.eigvalsh(found.correlations)[0] < 1e-8:
        notices.append(Notice("measure.factor_latent_not_positive"))
    close = [
        f"{first}–{second}"
        for position, first in enumerate(names)
        for second in names[position + 1 :]
        if ratios[first][second] > HTMT_LIMIT
    ]
    if close:
        notices.append(
            Notice("measure.factor_not_distinct", len(close), {"pairs": close, "limit": HTMT_LIMIT})
        )
    return notices
