"""Loyalty and satisfaction figures from one answer column: NPS®, CSAT and the customer effort score.

Each figure is a mean of scored answers: NPS scores −100, 0, 100 (Reichheld 2003), a share 0 and 1, a mean
the answers themselves. The scoring and the scale belong to the figure and are returned with it, since a
"CES" without its scoring cannot be compared with another.

When all answers fall into one class, the usual intervals have width zero; then the conservative interval
of `loyalty_intervals.one_class_interval` is given and the method says so.

NPS® and Net Promoter Score® are registered marks of Bain & Company, NICE Systems and Fred Reichheld.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import normal_quantile
from servloop.measure.frames import FloatArray, group_codes, numeric_matrix
from servloop.measure.loyalty_comparison import Difference, compare_groups
from servloop.measure.loyalty_intervals import mean_interval, one_class_interval, proportion_interval
from servloop.measure.loyalty_scoring import (
    DEFAULTS,
    TOP1,
    TOP2,
    Scale,
    Scoring,
    scored,
    scoring_of,
)
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

_SMALL_GROUP = 30


@dataclass(frozen=True)
class GroupScore:
    """The figure of one group (unit, channel, period)."""

    group: str
    estimate: Estimate
    shares: Mapping[str, float | None]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``{"group", "value", "n", "low", "high", …, "shares"}``."""
        return {"group": self.group, **plain(self.estimate, language), "shares": plain(dict(self.shares))}


@dataclass(frozen=True, kw_only=True)
class LoyaltyScore(Result):
    """A loyalty or satisfaction figure with its definition, by group when asked.

    Attributes:
        metric: ``nps``, ``csat`` or ``ces``.
        scoring: how answers were scored; part of the metric's definition.
        scale: lowest and highest possible answer.
        estimate: the figure: percentage points for net scorings, 0 … 1 for shares, scale points for means.
        standard_error: of the figure, with the variance divided by n (population form); None for shares,
            whose interval does not come from it, and where it is not computable.
        shares: share of each class, and for satisfaction of the top and bottom boxes.
        index: the mean on 0 … 100; None for NPS.
        missing: rows without an answer.
        groups: figure of each group.
        differences: between groups, with adjusted p-values.
    """

    metric: str
    scoring: str
    scale: Scale
    estimate: Estimate
    standard_error: float | None
    shares: Mapping[str, float | None]
    index: float | None
    missing: int
    groups: tuple[GroupScore, ...] = ()
    differences: tuple[Difference, ...] = ()

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The documented JSON: the estimate's parts stand at the top level."""
        return {
            "metric": self.metric,
            "scoring": self.scoring,
            "scale": list(self.scale),
            **plain(self.estimate, language),
            "standard_error": plain(self.standard_error),
            "shares": plain(dict(self.shares)),
            "index": plain(self.index),
            "missing": self.missing,
            "groups": [group.to_dict(language) for group in self.groups],
            "differences": [plain(difference, language) for difference in self.differences],
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row for all answers (group null) and one per group."""
        import polars as pl

        rows = [(None, self.estimate), *((group.group, group.estimate) for group in self.groups)]
        return pl.DataFrame(
            [(name, e.value, e.n, e.low, e.high, e.method) for name, e in rows],
            schema={
                "group": pl.String,
                "value": pl.Float64,
                "n": pl.Int64,
                "low": pl.Float64,
                "high": pl.Float64,
                "method": pl.String,
            },
            orient="row",
        )


def nps(frame: Any, column: str, **options: Any) -> LoyaltyScore:
    """Net promoter score: share of 9–10 minus share of 0–6, in percentage points. Options as `score`."""
    return score(frame, column, "nps", **options)


def csat(frame: Any, column: str, **options: Any) -> LoyaltyScore:
    """Customer satisfaction: share of the top two boxes unless ``scoring`` says otherwise."""
    return score(frame, column, "csat", **options)


def ces(frame: Any, column: str, **options: Any) -> LoyaltyScore:
    """Customer effort score 2.0 (CEB 2013; 1 … 7, high is easy): mean unless ``scoring`` says otherwise."""
    return score(frame, column, "ces", **options)


def score(
    frame: Any,
    column: str,
    metric: str,
    *,
    by: str | None = None,
    scoring: str | None = None,
    scale: Scale | None = None,
    level: float = 0.95,
) -> LoyaltyScore:
    """A loyalty figure of one column, and of each group of another.

    Args:
        frame: any data frame.
        column: the answers.
        metric: ``nps``, ``csat`` or ``ces``.
        by: column of units, channels or periods; adds groups and their differences.
        scoring: see `loyalty_scoring.scorings`; the metric's default when None.
        scale: lowest and highest answer; the metric's usual one when None.
        level: coverage of the intervals.

    Returns:
        The figure. Answers outside the scale are left out and counted in a warning.

    Raises:
        InputError: missing column or text answers.
        SpecError: unknown scoring, or a scale on which it is not defined.
    """
    name = scoring or DEFAULTS[metric][0]
    bounds = scale or DEFAULTS[metric][1]
    definition = scoring_of(metric, name)
    _check_scale(metric, name, definition, bounds)
    answers = numeric_matrix(frame, [column])[:, 0]
    usable, warnings = _inside(answers, bounds, column)
    values = usable[np.isfinite(usable)]
    estimate = estimate_score(values, definition, bounds, level)
    warnings.extend(_cautions(values, estimate, definition))
    groups: tuple[GroupScore, ...] = ()
    differences: tuple[Difference, ...] = ()
    if by is not None:
        grouping = group_codes(frame, by)
        parts = {label: _finite(usable[rows]) for label, rows in grouping.rows()}
        groups = tuple(
            GroupScore(
                label,
                estimate_score(part, definition, bounds, level),
                shares_of(part, metric, definition, bounds),
            )
            for label, part in parts.items()
        )
        differences = compare_groups(parts, definition, bounds, level)
        small = sum(len(part) < _SMALL_GROUP for part in parts.values())
        if small:
            warnings.append(Notice("measure.loyalty_small_groups", small, {"minimum": _SMALL_GROUP}))
        ungrouped = int((grouping.codes < 0).sum())
        if ungrouped:
            warnings.append(Notice("measure.frame_ungrouped", ungrouped, {"column": by}))
    return LoyaltyScore(
        metric=metric,
        scoring=name,
        scale=bounds,
        estimate=estimate,
        standard_error=standard_error(values, definition, bounds),
        shares=shares_of(values, metric, definition, bounds),
        index=_index(values, metric, bounds),
        missing=int(np.isnan(answers).sum()),
        groups=groups,
        differences=differences,
        warnings=tuple(warnings),
    )


def estimate_score(values: FloatArray, definition: Scoring, scale: Scale, level: float) -> Estimate:
    """The figure of complete answers with the interval that fits its kind.

    Shares: Wilson. Net figures: normal with the variance of the three classes (divided by n, so 100
    answers 50/30/20 give ±15.31). Means: Student's t. All answers in one class: see the module.
    """
    n = len(values)
    points = scored(values, definition, scale)
    if n == 0:
        return Estimate.not_computable(0, "measure.loyalty_no_answers")
    value = float(points.mean())
    if definition.kind == "share":
        low, high = proportion_interval(int(points.sum()), n, level=level)
        return Estimate(value, n, low, high, "wilson", level)
    if np.ptp(points) == 0:
        lowest, highest = scale if definition.kind == "mean" else (-100.0, 100.0)
        low, high = one_class_interval(value, n, lowest, highest, level)
        return Estimate(value, n, low, high, "one_class", level)
    if definition.kind == "mean":
        mean, low, high = mean_interval(values, level)
        return Estimate(mean, n, low, high, "student_t", level)
    half = normal_quantile(level) * float(points.std()) / math.sqrt(n)
    return Estimate(value, n, value - half, value + half, "normal", level)


def standard_error(values: FloatArray, definition: Scoring, scale: Scale, *, ddof: int = 0) -> float | None:
    """Standard error of a net figure or a mean; None for shares and for fewer than 1 + ddof answers."""
    if definition.kind == "share" or len(values) <= ddof:
        return None
    return float(scored(values, definition, scale).std(ddof=ddof)) / math.sqrt(len(values))


def shares_of(values: FloatArray, metric: str, definition: Scoring, scale: Scale) -> dict[str, float | None]:
    """Share of each class; for CSAT and CES always the top and bottom boxes as well."""
    rules = dict(definition.classes)
    if metric != "nps":
        rules |= {**TOP1.classes, **TOP2.classes}
        rules["bottom2"] = lambda x, s: (x <= s[0] + 1).astype(np.float64)
    return {name: float(rule(values, scale).mean()) if len(values) else None for name, rule in rules.items()}


def _index(values: FloatArray, metric: str, scale: Scale) -> float | None:
    if metric == "nps" or len(values) == 0:
        return None
    return 100.0 * (float(values.mean()) - scale[0]) / (scale[1] - scale[0])


def _finite(values: FloatArray) -> FloatArray:
    finite: FloatArray = values[np.isfinite(values)]
    return finite


def _check_scale(metric: str, name: str, definition: Scoring, scale: Scale) -> None:
    if scale[0] >= scale[1]:
        raise SpecError("measure.loyalty_scale_empty", low=scale[0], high=scale[1])
    if definition.scales and tuple(scale) not in definition.scales:
        allowed = [f"{low:g}:{high:g}" for low, high in definition.scales]
        raise SpecError(
            "measure.loyalty_scale_unfit",
            metric=metric,
            scoring=name,
            scale=f"{scale[0]:g}:{scale[1]:g}",
            allowed=allowed,
        )


def _inside(answers: FloatArray, scale: Scale, column: str) -> tuple[FloatArray, list[Notice]]:
    outside = np.isfinite(answers) & ((answers < scale[0]) | (answers > scale[1]))
    if not outside.any():
        return answers, []
    params: dict[str, object] = {"column": column, "low": f"{scale[0]:g}", "high": f"{scale[1]:g}"}
    notice = Notice("measure.frame_outside_scale", int(outside.sum()), params)
    return np.where(outside, np.nan, answers), [notice]


def _cautions(values: FloatArray, estimate: Estimate, definition: Scoring) -> list[Notice]:
    notices = []
    if len(values) and np.ptp(values) == 0:
        notices.append(Notice("measure.loyalty_all_equal", len(values), {"answer": f"{values[0]:g}"}))
    low, high = estimate.low, estimate.high
    if definition.kind == "net" and low is not None and high is not None and (low < -100 or high > 100):
        notices.append(Notice("measure.loyalty_interval_beyond_scale", estimate.n))
    return notices
