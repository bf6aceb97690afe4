"""SERVQUAL and SERVPERF: perceived service quality as the gap between perception and expectation.

Sources: Parasuraman, Zeithaml & Berry (1985; 1988, J. Retailing 64(1); 1991, 67(4)); Cronin & Taylor (1992,
J. Marketing 56) for SERVPERF. Gap 5 = perception − expectation per respondent and item, then averaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.inference import benjamini_hochberg
from servloop.measure.bootstrap import percentile_interval, resampled_means
from servloop.measure.frames import FloatArray, IntArray, group_codes
from servloop.measure.loyalty import estimate_score
from servloop.measure.loyalty_comparison import Difference, compare_groups
from servloop.measure.loyalty_scoring import Scale, Scoring
from servloop.measure.reliability_alpha import (
    complete_rows,
    correlation,
    cronbach_alpha,
    difference_reliability,
)
from servloop.measure.servqual_scores import ServqualScores, score
from servloop.measure.servqual_spec import ServqualSpec
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

METHOD = "bootstrap_percentile"
_MEAN = Scoring("mean")


@dataclass(frozen=True)
class ScaleQuality:
    """Reliability of one dimension's answers; None where not computable (one item, no spread).

    Attributes:
        alpha_expectation: of the expectations.
        alpha_perception: of the perceptions.
        alpha_gap: of the gap scores.
        reliability_of_difference: of the dimension's difference score, from the two alphas and the
            correlation of E and P; low when E and P move together.
    """

    alpha_expectation: float | None
    alpha_perception: float | None
    alpha_gap: float | None
    reliability_of_difference: float | None


@dataclass(frozen=True)
class GapFigure:
    """An item or a dimension.

    Attributes:
        name: of the item or dimension.
        dimension: of an item; None for a dimension itself.
        expectation: mean over respondents with both answers (Student's t interval); None in SERVPERF.
        perception: mean over the same respondents, likewise.
        gap: perception − expectation with n and bootstrap interval; in SERVPERF not computable.
        sd: of the gap over respondents.
        statistic: paired t.
        p_value: two-sided, of "no gap".
        p_adjusted: Benjamini–Hochberg over the items, or over the dimensions.
        quality: reliability, for dimensions of the whole sample.
    """

    name: str
    dimension: str | None
    expectation: Estimate | None
    perception: Estimate
    gap: Estimate
    sd: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    quality: ScaleQuality | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: expectation, perception, gap, n, low, high, then the test and the quality."""
        estimate = plain(self.gap, language)
        estimate["gap"] = estimate.pop("value")
        asked = self.expectation
        shown: dict[str, Any] = {
            "expectation": plain(asked.value) if asked else None,
            "perception": plain(self.perception.value),
            **estimate,
            "expectation_interval": plain([asked.low, asked.high]) if asked else None,
            "perception_interval": plain([self.perception.low, self.perception.high]),
            "sd": plain(self.sd),
            "t": plain(self.statistic),
            "p_value": plain(self.p_value),
            "p_adjusted": plain(self.p_adjusted),
        }
        if self.dimension is not None:
            shown["dimension"] = self.dimension
        if self.quality is not None:
            shown |= plain(self.quality)
        return shown


@dataclass(frozen=True)
class ServqualFigures:
    """All figures of one set of respondents (everyone, or a unit or segment).

    Attributes:
        respondents: rows.
        gap: mean of the dimensions' gaps (every dimension counts the same).
        item_mean_gap: mean of the items' gaps (every item counts the same).
        servperf: mean of the items' mean perceptions.
        weighted_gap: mean over respondents of the gap weighted with the respondent's own points; not the
            same as mean points × mean gaps.
        weighted_servperf: the same with perceptions.
        dimensions: by name, in the order of the questionnaire.
        items: by name.
    """

    respondents: int
    gap: Estimate
    item_mean_gap: Estimate
    servperf: Estimate
    weighted_gap: Estimate
    weighted_servperf: Estimate
    dimensions: Mapping[str, GapFigure]
    items: Mapping[str, GapFigure]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: the overall figures as numbers, their estimates under "estimates"."""
        overall = ("gap", "item_mean_gap", "servperf", "weighted_gap", "weighted_servperf")
        return {
            "respondents": self.respondents,
            **{name: plain(getattr(self, name).value) for name in overall},
            "dimensions": {name: figure.to_dict(language) for name, figure in self.dimensions.items()},
            "items": {name: figure.to_dict(language) for name, figure in self.items.items()},
            "estimates": {name: plain(getattr(self, name), language) for name in overall},
        }


@dataclass(frozen=True, kw_only=True)
class ServqualResult(Result):
    """SERVQUAL of everyone, and by unit or segment when asked.

    Attributes:
        figures: of all respondents.
        groups: label → figures.
        differences: dimension (or ``"overall"``) → differences of respondents' gaps between the groups,
            Welch's test, adjusted within each dimension.
        samples: bootstrap resamples.
        seed: of the bootstrap.
    """

    figures: ServqualFigures
    groups: Mapping[str, ServqualFigures]
    differences: Mapping[str, tuple[Difference, ...]]
    samples: int
    seed: int

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: the figures of everyone at the top level, groups below."""
        return {
            **self.figures.to_dict(language),
            "groups": {label: figures.to_dict(language) for label, figures in self.groups.items()},
            "differences": plain(self.differences, language),
            "samples": self.samples,
            "seed": self.seed,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per group (null for everyone) and dimension or item."""
        import polars as pl

        rows = []
        for label, figures in ((None, self.figures), *self.groups.items()):
            for kind, named in (("dimension", figures.dimensions), ("item", figures.items)):
                for name, figure in named.items():
                    gap, asked = figure.gap, figure.expectation
                    rows.append(
                        {
                            "group": label,
                            "kind": kind,
                            "name": name,
                            "expectation": asked.value if asked else None,
                            "perception": figure.perception.value,
                            "gap": gap.value,
                            "n": gap.n,
                            "low": gap.low,
                            "high": gap.high,
                            "p_adjusted": figure.p_adjusted,
                        }
                    )
        text, number = pl.String, pl.Float64
        schema = {
            **dict.fromkeys(("group", "kind", "name"), text),
            **dict.fromkeys(("expectation", "perception", "gap"), number),
            "n": pl.Int64,
            **dict.fromkeys(("low", "high", "p_adjusted"), number),
        }
        return pl.DataFrame(rows, schema=schema)


def servqual(
    frame: Any,
    spec: ServqualSpec,
    *,
    by: str | None = None,
    samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> ServqualResult:
    """SERVQUAL (or SERVPERF, when the form asked for perceptions only).

    Args:
        frame: any data frame, one row per respondent.
        spec: which column is what.
        by: column of units or segments.
        samples: bootstrap resamples of respondents; 0 for no intervals.
        seed: of the bootstrap.
        level: coverage of the intervals.

    Raises:
        InputError: a missing or text column, or no rows.
    """
    scores = score(frame, spec)
    everyone = np.arange(len(scores.perception))
    warnings = list(scores.warnings)
    figures = _figures(scores, spec, everyone, samples=samples, seed=seed, level=level)
    figures = replace(figures, dimensions=_with_quality(figures.dimensions, scores, spec))
    if not spec.with_expectations:
        warnings.append(Notice("measure.servqual_servperf_only"))
    flat = [figure.name for figure in figures.items.values() if figure.sd == 0]
    if flat:
        warnings.append(Notice("measure.servqual_no_spread", len(flat), {"items": flat}))
    groups: dict[str, ServqualFigures] = {}
    differences: dict[str, tuple[Difference, ...]] = {}
    if by is not None:
        grouping = group_codes(frame, by)
        members = dict(grouping.rows())
        groups = {
            label: _figures(scores, spec, rows, samples=samples, seed=seed + code, level=level)
            for code, (label, rows) in enumerate(members.items(), start=1)
        }
        differences = _differences(scores, spec, members, level)
        if (grouping.codes < 0).any():
            ungrouped = int((grouping.codes < 0).sum())
            warnings.append(Notice("measure.frame_ungrouped", ungrouped, {"column": by}))
    return ServqualResult(
        figures=figures,
        groups=groups,
        differences=differences,
        samples=samples,
        seed=seed,
        warnings=tuple(warnings),
    )


def _figures(
    scores: ServqualScores, spec: ServqualSpec, rows: IntArray, *, samples: int, seed: int, level: float
) -> ServqualFigures:
    items, dimensions = len(spec.items), len(spec.dimensions)
    target = scores.gap if spec.with_expectations else scores.perception
    grouped = scores.dimension_gap if spec.with_expectations else scores.dimension_perception
    perception = scores.perception
    if np.isfinite(perception).all():
        # The mean of the items' means is then that of the respondents' means: one column to resample.
        perception = perception.mean(axis=1, keepdims=True)
    columns = np.column_stack((target, grouped, perception, scores.weighted_gap, scores.weighted_perception))[
        rows
    ]
    draws = resampled_means(columns, samples, np.random.default_rng(seed))
    counts = np.isfinite(columns).sum(axis=0)
    means = np.where(counts > 0, np.where(np.isfinite(columns), columns, 0).sum(axis=0), np.nan) / np.maximum(
        counts, 1
    )
    low, high = percentile_interval(draws, level)
    item_part, dimension_part = slice(0, items), slice(items, items + dimensions)
    weighted_at = items + dimensions + perception.shape[1]
    perception_part = slice(items + dimensions, weighted_at)
    overall = [
        _overall(means[part], draws[:, part], int(counts[part].min(initial=len(rows))), level)
        for part in (dimension_part, item_part, perception_part)
    ]
    with_gap = spec.with_expectations
    reason = "measure.servqual_no_expectations"
    weighted = [
        _estimate(float(means[at]), int(counts[at]), (float(low[at]), float(high[at])), level)
        if counts[at]
        else Estimate.not_computable(
            0, "measure.servqual_part_missing" if spec.weights else "measure.servqual_no_weights"
        )
        for at in (weighted_at, weighted_at + 1)
    ]
    missing_gap = Estimate.not_computable(len(rows), reason)
    return ServqualFigures(
        respondents=len(rows),
        gap=overall[0] if with_gap else missing_gap,
        item_mean_gap=overall[1] if with_gap else missing_gap,
        servperf=overall[2],
        weighted_gap=weighted[0] if with_gap else missing_gap,
        weighted_servperf=weighted[1],
        dimensions=_gap_figures(
            [(name, None) for name in spec.dimensions],
            (scores.dimension_expectation[rows], scores.dimension_perception[rows]),
            (low[dimension_part], high[dimension_part]),
            spec.scale,
            level,
        ),
        items=_gap_figures(
            [(item.name, item.dimension) for item in spec.items],
            (scores.expectation[rows], scores.perception[rows]),
            (low[item_part], high[item_part]),
            spec.scale,
            level,
        ),
    )


def _overall(means: FloatArray, draws: FloatArray, n: int, level: float) -> Estimate:
    """Mean of several means; its n is that of the part answered least."""
    if len(means) == 0 or not np.isfinite(means).all():
        return Estimate.not_computable(n, "measure.servqual_part_missing", method=METHOD)
    low, high = percentile_interval(draws.mean(axis=1)[:, None], level)
    return _estimate(float(means.mean()), n, (float(low[0]), float(high[0])), level)


def _estimate(value: float, n: int, interval: tuple[float, float], level: float) -> Estimate:
    """An interval of width zero claims what the data cannot say: no interval then."""
    low, high = interval
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= 0:
        return Estimate(value, n, method=METHOD, level=level)
    return Estimate(value, n, low, high, METHOD, level)


def _gap_figures(
    names: list[tuple[str, str | None]],
    answers: tuple[FloatArray, FloatArray],
    interval: tuple[FloatArray, FloatArray],
    scale: Scale,
    level: float,
) -> dict[str, GapFigure]:
    expectation, perception = answers
    figures = {
        name: _gap_figure(
            (name, dimension),
            (expectation[:, position], perception[:, position]),
            (float(interval[0][position]), float(interval[1][position])),
            scale,
            level,
        )
        for position, (name, dimension) in enumerate(names)
    }
    adjusted = benjamini_hochberg([figure.p_value for figure in figures.values()])
    return {
        name: replace(figure, p_adjusted=p)
        for (name, figure), p in zip(figures.items(), adjusted, strict=True)
    }


def _gap_figure(
    names: tuple[str, str | None],
    answers: tuple[FloatArray, FloatArray],
    interval: tuple[float, float],
    scale: Scale,
    level: float,
) -> GapFigure:
    expectation, perception = answers
    if not np.isfinite(expectation).any():
        present = perception[np.isfinite(perception)]
        reason = Estimate.not_computable(len(present), "measure.servqual_no_expectations", method=METHOD)
        return GapFigure(*names, None, estimate_score(present, _MEAN, scale, level), reason)
    both = np.isfinite(expectation) & np.isfinite(perception)
    n = int(both.sum())
    asked, perceived = (estimate_score(values[both], _MEAN, scale, level) for values in answers)
    if n == 0:
        reason = Estimate.not_computable(0, "measure.servqual_part_missing", method=METHOD)
        return GapFigure(*names, asked, perceived, reason)
    gaps = perception[both] - expectation[both]
    estimate = _estimate(float(gaps.mean()), n, interval, level)
    sd = float(gaps.std(ddof=1)) if n > 1 else None
    figure = GapFigure(*names, asked, perceived, estimate, sd)
    if sd is None or sd <= 0:
        return figure
    from scipy.special import stdtr

    statistic = float(gaps.mean()) / (sd / math.sqrt(n))
    return replace(figure, statistic=statistic, p_value=2 * float(stdtr(n - 1, -abs(statistic))))


def _with_quality(
    figures: Mapping[str, GapFigure], scores: ServqualScores, spec: ServqualSpec
) -> dict[str, GapFigure]:
    described = {}
    for column, (name, positions) in enumerate(spec.dimensions.items()):
        asked, perceived, gap = (
            cronbach_alpha(complete_rows(values[:, positions]))
            for values in (scores.expectation, scores.perception, scores.gap)
        )
        together = correlation(
            scores.dimension_expectation[:, column], scores.dimension_perception[:, column]
        )
        quality = ScaleQuality(asked, perceived, gap, difference_reliability(asked, perceived, together))
        described[name] = replace(figures[name], quality=quality)
    return described


def _differences(
    scores: ServqualScores, spec: ServqualSpec, members: Mapping[str, IntArray], level: float
) -> dict[str, tuple[Difference, ...]]:
    grouped = scores.dimension_gap if spec.with_expectations else scores.dimension_perception
    items = scores.gap if spec.with_expectations else scores.perception
    of_all = grouped if spec.dimensions else items
    complete = np.isfinite(of_all).all(axis=1)
    overall = np.where(complete, np.where(np.isfinite(of_all), of_all, 0).mean(axis=1), np.nan)
    parts = {"overall": overall} | {name: grouped[:, column] for column, name in enumerate(spec.dimensions)}
    return {
        name: compare_groups(
            {label: values[rows][np.isfinite(values[rows])] for label, rows in members.items()},
            _MEAN,
            spec.scale,
            level,
        )
        for name, values in parts.items()
    }
