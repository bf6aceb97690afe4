"""Satisfaction index on 0 … 100: comparing units and segments, and the index with given weights.

The index of a construct is the mean answer to its items, weighted with the unstandardised PLS weights and
brought to 0 … 100 (Fornell et al. 1996). "ACSI" is a trade mark: this is an ACSI-type index.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import benjamini_hochberg, normal_quantile
from servloop.measure.frames import group_codes
from servloop.measure.loyalty import estimate_score
from servloop.measure.loyalty_comparison import Difference, compare_groups
from servloop.measure.loyalty_scoring import Scoring
from servloop.measure.pls import PathModelResult, path_model
from servloop.measure.pls_spec import PathModelSpec
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_MEAN = Scoring("mean")


@dataclass(frozen=True, kw_only=True)
class GroupIndexResult(Result):
    """Index by group, and whether the paths differ.

    Attributes:
        model: the model of everyone; its weights give every group's index, so that groups are measured
            with the same yardstick.
        index: group → construct → mean index with Student's t interval.
        index_differences: construct → differences between the groups (Welch, adjusted).
        models: group → its own model with bootstrap.
        path_differences: path → differences between the groups: z-test on the bootstrap standard errors of
            the two independent samples, adjusted over all paths and pairs.
    """

    model: PathModelResult
    index: Mapping[str, Mapping[str, Estimate]]
    index_differences: Mapping[str, tuple[Difference, ...]]
    models: Mapping[str, PathModelResult]
    path_differences: Mapping[str, tuple[Difference, ...]]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The model of everyone at the top level, groups below."""
        every = super().to_dict(language)
        return {
            **every.pop("model"),
            "groups": {
                label: {"index": every["index"][label], "model": every["models"][label]}
                for label in every["models"]
            },
            "index_differences": every["index_differences"],
            "path_differences": every["path_differences"],
            "warnings": every["warnings"],
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per group and construct."""
        import polars as pl

        rows = [
            {"group": group, "construct": name, "value": e.value, "n": e.n, "low": e.low, "high": e.high}
            for group, constructs in self.index.items()
            for name, e in constructs.items()
        ]
        schema = {"group": pl.String, "construct": pl.String, "value": pl.Float64, "n": pl.Int64}
        return pl.DataFrame(rows, schema={**schema, "low": pl.Float64, "high": pl.Float64})


def index_by_group(
    frame: Any, spec: PathModelSpec, by: str, *, samples: int = 500, seed: int = 0, level: float = 0.95
) -> GroupIndexResult:
    """The satisfaction index of units or segments, and their differences.

    Args:
        frame: any data frame, one row per respondent.
        spec: the model.
        by: column of groups.
        samples: bootstrap resamples, for everyone and for each group.
        seed: of the bootstrap.
        level: coverage.

    Raises:
        InputError: a missing or text column.
    """
    import narwhals as nw

    everyone = path_model(frame, spec, samples=samples, seed=seed, level=level)
    grouping = group_codes(frame, by)
    members = dict(grouping.rows())
    warnings = list(everyone.warnings)
    if (grouping.codes < 0).any():
        ungrouped = int((grouping.codes < 0).sum())
        warnings.append(Notice("measure.frame_ungrouped", ungrouped, {"column": by}))
    narrow = nw.from_native(frame).select(*spec.items)
    eager = narrow.collect() if isinstance(narrow, nw.LazyFrame) else narrow
    models = {
        label: path_model(eager[rows.tolist()], spec, samples=samples, seed=seed + code, level=level)
        for code, (label, rows) in enumerate(members.items(), start=1)
    }
    failed = [label for label, model in models.items() if model.reason is not None]
    if failed:
        warnings.append(Notice("measure.pls_groups_not_computable", len(failed), {"groups": failed}))
    index: dict[str, dict[str, Estimate]] = {label: {} for label in members}
    differences: dict[str, tuple[Difference, ...]] = {}
    if everyone.index_scores is not None:
        for position, (name, overall) in enumerate(everyone.index.items()):
            column = everyone.index_scores[:, position]
            parts = {label: column[rows][np.isfinite(column[rows])] for label, rows in members.items()}
            for label, part in parts.items():
                own = estimate_score(part, _MEAN, (0.0, 100.0), level)
                index[label][name] = own if overall.computable else overall
            if overall.computable:
                differences[name] = compare_groups(parts, _MEAN, (0.0, 100.0), level)
    return GroupIndexResult(
        model=everyone,
        index=index,
        index_differences=differences,
        models=models,
        path_differences=_path_differences(models, level),
        warnings=tuple(warnings),
    )


def _path_differences(
    models: Mapping[str, PathModelResult], level: float
) -> dict[str, tuple[Difference, ...]]:
    from scipy.special import ndtr

    computed = {label: model for label, model in models.items() if model.reason is None and model.samples > 1}
    rows: list[tuple[str, Difference]] = []
    for first, second in combinations(computed, 2):
        a, b = computed[first], computed[second]
        for path, before in a.paths.items():
            after = b.paths[path]
            error = math.hypot(a.standard_errors["paths"][path], b.standard_errors["paths"][path])
            if before.value is None or after.value is None or error == 0:
                continue
            difference = after.value - before.value
            half = normal_quantile(level) * error
            estimate = Estimate(
                difference, a.n + b.n, difference - half, difference + half, "z_bootstrap", level
            )
            statistic = difference / error
            p_value = 2 * float(ndtr(-abs(statistic)))
            rows.append((path, Difference(first, second, estimate, statistic, None, p_value)))
    adjusted = benjamini_hochberg([row.p_value for _, row in rows])
    found: dict[str, tuple[Difference, ...]] = {}
    for (path, row), p in zip(rows, adjusted, strict=True):
        tested = Difference(
            row.first, row.second, row.estimate, row.statistic, None, row.p_value, p_adjusted=p
        )
        found[path] = (*found.get(path, ()), tested)
    return found


def weighted_index(
    means: Sequence[float], weights: Sequence[float], scale: tuple[float, float] = (1, 10)
) -> float:
    """Index of given item means with given weights: 100 · Σ w(x − low) / ((high − low) Σ w).

    Args:
        means: mean answer of each item.
        weights: one per item, not negative, not all zero; equal weights give the plain index.
        scale: lowest and highest answer.

    Raises:
        SpecError: ``measure.pls_weights_unfit``.
    """
    if len(means) != len(weights) or any(weight < 0 for weight in weights) or sum(weights) <= 0:
        raise SpecError("measure.pls_weights_unfit", means=len(means), weights=[f"{w:g}" for w in weights])
    low, high = scale
    weighted = sum(weight * (mean - low) for mean, weight in zip(means, weights, strict=True))
    return 100.0 * weighted / ((high - low) * sum(weights))
