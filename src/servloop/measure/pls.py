"""PLS path modelling: constructs measured by several items, and the paths between them.

Sources: Lohmöller (1989); Tenenhaus et al. (2005) for the algorithm and the goodness of fit; Wold's
composite reliability (Dillon–Goldstein's ρ); Tenenhaus et al. for the sign changes of the bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.loyalty_intervals import mean_interval
from servloop.measure.pls_algorithm import PathEstimates, estimate
from servloop.measure.pls_families import (
    Moments,
    Resamples,
    explained,
    family_names,
    family_vectors,
    index_shares,
    resample,
)
from servloop.measure.pls_moments import moments, usable
from servloop.measure.pls_spec import PathModelSpec
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

METHOD = "pls"
# The rule of thumb of Barclay, Higgins & Thompson (1995): ten respondents for each arrow into a construct.
_RESPONDENTS_PER_PATH = 10
# Smallest eigenvalue of the correlations of constructs that act together.
_COLLINEAR = 1e-8


@dataclass(frozen=True, kw_only=True)
class PathModelResult(Result):
    """An estimated path model.

    Every estimate has an interval when the model was bootstrapped. When the model is not computable, the
    mappings are empty and ``reason`` says why.

    Attributes:
        n: respondents that entered.
        scheme, scaled, missing: as specified.
        iterations: passes that changed the weights.
        converged: whether the weights stood still before the limit.
        outer_weights: item → weight on its construct.
        loadings: item → correlation with its construct.
        cross_loadings: item → construct → correlation.
        paths: "A>B" → coefficient.
        total_effects: "A>B" → direct and indirect effect.
        r2: construct → share of variance explained; only where something acts on it.
        communality: construct → mean squared loading; None for one item.
        redundancy: construct → communality · R²; None for one item or where nothing acts on it.
        composite_reliability: construct → Dillon–Goldstein's ρ; None for one item.
        correlations: construct → construct → correlation of the scores.
        gof: √(mean communality · mean R²), the communality averaged over items of multi-item constructs.
        index: construct → mean on 0 … 100 with its interval.
        index_weights: item → its share in the index, unstandardised, summing to 1 in a construct.
        standard_errors: "paths", "outer_weights", "loadings", "total_effects", "r2", "index" → name →
            bootstrap standard error.
        samples: resamples that entered.
        seed: of the bootstrap.
        scores: (respondents, constructs) standardised scores; NaN for rows left out.
        index_scores: (respondents, constructs) on 0 … 100; None without a scale.
        reason: why the model is not computable.
    """

    n: int
    scheme: str
    scaled: bool
    missing: str
    iterations: int = 0
    converged: bool = False
    outer_weights: Mapping[str, Estimate] = field(default_factory=dict)
    loadings: Mapping[str, Estimate] = field(default_factory=dict)
    cross_loadings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    paths: Mapping[str, Estimate] = field(default_factory=dict)
    total_effects: Mapping[str, Estimate] = field(default_factory=dict)
    r2: Mapping[str, Estimate] = field(default_factory=dict)
    communality: Mapping[str, float | None] = field(default_factory=dict)
    redundancy: Mapping[str, float | None] = field(default_factory=dict)
    composite_reliability: Mapping[str, float | None] = field(default_factory=dict)
    correlations: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gof: float | None = None
    index: Mapping[str, Estimate] = field(default_factory=dict)
    index_weights: Mapping[str, float] = field(default_factory=dict)
    standard_errors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    samples: int = 0
    seed: int = 0
    scores: FloatArray | None = None
    index_scores: FloatArray | None = None
    reason: Notice | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: figures as numbers; standard errors and intervals under "bootstrap"."""

        def values(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
            return {name: plain(item.value) for name, item in estimates.items()}

        families = ("paths", "total_effects", "outer_weights", "loadings", "r2", "index")
        bootstrap = {
            family: {
                name: {
                    "se": self.standard_errors.get(family, {}).get(name),
                    "low": plain(item.low),
                    "high": plain(item.high),
                }
                for name, item in getattr(self, family).items()
            }
            for family in families
        }
        return {
            "n": self.n,
            "scheme": self.scheme,
            "scaled": self.scaled,
            "missing": self.missing,
            "converged": self.converged,
            "iterations": self.iterations,
            **{family: values(getattr(self, family)) for family in families},
            "cross_loadings": plain(self.cross_loadings),
            "communality": plain(self.communality),
            "redundancy": plain(self.redundancy),
            "composite_reliability": plain(self.composite_reliability),
            "correlations": plain(self.correlations),
            "gof": plain(self.gof),
            "index_weights": plain(self.index_weights),
            "index_estimates": plain(self.index, language),
            "bootstrap": {"samples": self.samples, "seed": self.seed, **(bootstrap if self.samples else {})},
            "reason": plain(self.reason, language),
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per path, weight, loading, R² and index."""
        import polars as pl

        rows = [
            {"kind": kind, "name": name, "value": e.value, "n": e.n, "low": e.low, "high": e.high}
            for kind in ("paths", "total_effects", "outer_weights", "loadings", "r2", "index")
            for name, e in getattr(self, kind).items()
        ]
        schema = {"kind": pl.String, "name": pl.String, "value": pl.Float64, "n": pl.Int64}
        return pl.DataFrame(rows, schema={**schema, "low": pl.Float64, "high": pl.Float64})


def path_model(
    frame: Any, spec: PathModelSpec, *, samples: int | None = None, seed: int = 0, level: float = 0.95
) -> PathModelResult:
    """Estimate a PLS path model.

    Args:
        frame: any data frame, one row per respondent.
        spec: the model.
        samples: bootstrap resamples; those of the specification when None.
        seed: of the bootstrap.
        level: coverage of the intervals.

    Returns:
        The model; not computable (with the reason) for fewer than three respondents or when an item does
        not vary.

    Raises:
        InputError: a missing or text column.
    """
    samples = spec.bootstrap if samples is None else samples
    values, warnings = _answers(frame, spec)
    present = np.isfinite(values)
    answered = present.sum(axis=1)
    kept = answered >= (len(spec.items) if spec.missing == "casewise" else 1)
    used = values[kept]
    if len(used) < len(values):
        warnings.append(Notice("measure.pls_rows_left_out", len(values) - len(used)))
    sample, reason = _sample(used, spec)
    settings: dict[str, Any] = {
        "n": len(used),
        "scheme": spec.scheme,
        "scaled": spec.scaled,
        "missing": spec.missing,
        "seed": seed,
    }
    if reason is not None:
        return PathModelResult(**settings, reason=reason, warnings=tuple(warnings))
    matrices = sample.matrices(spec)
    found = estimate(matrices, spec)
    warnings.extend(_cautions(found, matrices[0], spec, len(used)))
    draws = resample(used, spec, found, samples, np.random.default_rng(seed)) if samples else None
    if draws is not None and draws.dropped:
        warnings.append(Notice("measure.pls_resamples_dropped", draws.dropped))
    shares = index_shares(found, sample, spec)[0]
    filled = np.where(present, values, sample.means[0])
    scores, index_scores = _scores(filled, kept, found, sample, spec)
    families, errors = _families(found, sample, spec, draws, n=len(used), level=level)
    if index_scores is not None:
        families["index"] = _index(families["index"], index_scores, shares, spec, warnings, level=level)
    return PathModelResult(
        **settings,
        **families,
        **_quality(found, spec),
        iterations=found.iterations,
        converged=bool(found.converged[0]),
        index_weights=dict(zip(spec.items, shares.sum(axis=1).tolist(), strict=True)) if spec.scale else {},
        standard_errors=errors,
        samples=draws.samples if draws else 0,
        scores=scores,
        index_scores=index_scores,
        warnings=tuple(warnings),
    )


def _answers(frame: Any, spec: PathModelSpec) -> tuple[FloatArray, list[Notice]]:
    values = numeric_matrix(frame, spec.items)
    if spec.scale is None:
        return values, [Notice("measure.pls_no_scale")]
    low, high = spec.scale
    outside = np.isfinite(values) & ((values < low) | (values > high))
    if not outside.any():
        return values, []
    columns = [spec.items[position] for position in np.flatnonzero(outside.any(axis=0))]
    params: dict[str, object] = {"column": columns, "low": f"{low:g}", "high": f"{high:g}"}
    notice = Notice("measure.frame_outside_scale", int(outside.sum()), params)
    return np.where(outside, np.nan, values), [notice]


def _sample(used: FloatArray, spec: PathModelSpec) -> tuple[Moments, Notice | None]:
    m = len(spec.items)
    if len(used) < 3:
        reason = Notice("measure.pls_too_few", len(used), {"n": len(used)})
        return Moments(np.empty((1, m)), np.empty((1, m, m))), reason
    means, covariance = moments(used, np.ones(len(used)), spec.missing)
    sample = Moments(means[None], covariance[None])
    if usable(sample.covariances)[0]:
        return sample, None
    variances = np.diagonal(covariance)
    flat = [spec.items[i] for i in np.flatnonzero(~(variances > 1e-12))]
    if flat:
        return sample, Notice("measure.pls_items_constant", len(flat), {"items": flat})
    return sample, Notice("measure.pls_no_common_answers")


def _cautions(found: PathEstimates, matrix: FloatArray, spec: PathModelSpec, n: int) -> list[Notice]:
    notices = []
    if not found.converged[0]:
        notices.append(Notice("measure.pls_not_converged", params={"iterations": found.iterations}))
    needed = _RESPONDENTS_PER_PATH * int(spec.inner.sum(axis=0).max())
    if n < needed:
        notices.append(Notice("measure.pls_small_sample", params={"n": n, "needed": needed}))
    if np.linalg.eigvalsh(matrix)[0] < -1e-10:
        notices.append(Notice("measure.pls_not_positive"))
    collinear = []
    for target in explained(spec):
        sources = np.flatnonzero(spec.inner[:, target])
        if np.linalg.eigvalsh(found.correlations[0][np.ix_(sources, sources)])[0] < _COLLINEAR:
            collinear.append(spec.names[target])
    if collinear:
        notices.append(Notice("measure.pls_collinear", len(collinear), {"constructs": collinear}))
    return notices


def _families(
    found: PathEstimates,
    sample: Moments,
    spec: PathModelSpec,
    draws: Resamples | None,
    *,
    n: int,
    level: float,
) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """Every family as named estimates, and the bootstrap standard errors."""
    points = family_vectors(found, sample, spec)
    families: dict[str, dict[str, Estimate]] = {}
    errors: dict[str, dict[str, float]] = {}
    for family, names in family_names(spec).items():
        values = points[family][0]
        if draws is None or draws.samples < 2:
            families[family] = {
                name: Estimate(float(value), n, method=METHOD, level=level)
                for name, value in zip(names, values, strict=True)
            }
            continue
        low, high = draws.interval(family, level)
        families[family] = {
            name: Estimate(float(values[i]), n, float(low[i]), float(high[i]), "bootstrap_percentile", level)
            for i, name in enumerate(names)
        }
        errors[family] = dict(zip(names, draws.standard_errors(family).tolist(), strict=True))
    return families, errors


def _quality(found: PathEstimates, spec: PathModelSpec) -> dict[str, Any]:
    """Communality, redundancy, ρ, correlations, cross loadings and goodness of fit."""
    names, member = spec.names, spec.membership
    loadings, correlations = found.loadings[0], found.correlations[0]
    r2 = dict(zip(names, found.r2[0].tolist(), strict=True))
    communality: dict[str, float | None] = {}
    reliability: dict[str, float | None] = {}
    squared: list[float] = []
    for position, name in enumerate(names):
        own = loadings[member[:, position], position]
        if len(own) == 1:
            communality[name] = reliability[name] = None
            continue
        communality[name] = float(np.square(own).mean())
        squared.extend(np.square(own))
        total = float(own.sum() ** 2)
        reliability[name] = total / (total + float((1 - np.square(own)).sum()))
    explained_shares = [value for value in r2.values() if math.isfinite(value)]
    # With single items only there is no communality, hence no goodness of fit.
    gof = math.sqrt(float(np.mean(squared)) * float(np.mean(explained_shares))) if squared else None
    redundancy = {
        name: None if shared is None or math.isnan(r2[name]) else shared * r2[name]
        for name, shared in communality.items()
    }
    return {
        "communality": communality,
        "redundancy": redundancy,
        "composite_reliability": reliability,
        "correlations": {
            name: dict(zip(names, row, strict=True))
            for name, row in zip(names, correlations.tolist(), strict=True)
        },
        "cross_loadings": {
            item: dict(zip(names, row, strict=True))
            for item, row in zip(spec.items, loadings.tolist(), strict=True)
        },
        "gof": gof,
    }


def _scores(
    filled: FloatArray,
    kept: npt.NDArray[np.bool_],
    found: PathEstimates,
    sample: Moments,
    spec: PathModelSpec,
) -> tuple[FloatArray, FloatArray | None]:
    """Standardised and 0 … 100 scores of every row; an answer that is missing counts as the item's mean."""
    centred = filled - sample.means[0]
    if spec.scaled:
        centred = centred / np.sqrt(np.diagonal(sample.covariances[0]))
    scores = centred @ found.weights[0]
    scores[~kept] = np.nan
    if spec.scale is None:
        return scores, None
    low, high = spec.scale
    index = 100.0 * (filled @ index_shares(found, sample, spec)[0] - low) / (high - low)
    index[~kept] = np.nan
    return scores, index


def _index(
    estimates: Mapping[str, Estimate],
    index_scores: FloatArray,
    shares: FloatArray,
    spec: PathModelSpec,
    warnings: list[Notice],
    *,
    level: float,
) -> dict[str, Estimate]:
    """The index of each construct: not computable with negative weights; Student's t without bootstrap."""
    found = {}
    for position, (name, bootstrapped) in enumerate(estimates.items()):
        negative = [spec.items[item] for item in np.flatnonzero(shares[:, position] < 0)]
        values = index_scores[np.isfinite(index_scores[:, position]), position]
        if negative:
            warnings.append(Notice("measure.pls_negative_weights", len(negative), {"items": negative}))
            found[name] = Estimate.not_computable(
                len(values), "measure.pls_negative_weights", items=negative, count=len(negative)
            )
        elif bootstrapped.low is not None or np.ptp(values) == 0:
            found[name] = bootstrapped
        else:
            mean, low, high = mean_interval(values, level)
            found[name] = Estimate(mean, len(values), low, high, "student_t", level)
    return found
