"""Kano's model: which features delight, which disappoint only when missing, which nobody cares about.

Each respondent answers twice about a feature, how it would be to have it and how it would be not to. The
pair gives a category: A attractive, O one-dimensional, M must-be, I indifferent, R reverse, Q questionable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import benjamini_hochberg
from servloop.measure.frames import FloatArray, IntArray, group_codes, numeric_matrix, text_column
from servloop.measure.kano_answers import MISSING, answer_levels, read_levels
from servloop.measure.kano_statistics import (
    CATEGORIES,
    MIXED_BELOW,
    ContinuousKano,
    FongTest,
    better_worse,
    category_of,
    continuous,
    equal_categories_test,
    evaluation_table,
    fong_test,
    strengths,
)
from servloop.measure.loyalty_intervals import mean_interval
from servloop.measure.specs import validated
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class KanoColumns:
    """The columns of one feature."""

    name: str
    functional: str
    dysfunctional: str
    importance: str | None = None


@dataclass(frozen=True)
class KanoSpec:
    """Features, table and rule; ``levels`` maps a wording or code to an answer level 0 … 4."""

    features: tuple[KanoColumns, ...]
    levels: Mapping[str, int]
    table: str = "standard"
    rule: str = "mode"


@dataclass(frozen=True)
class KanoFeature:
    """One feature.

    Attributes:
        name: of the feature.
        n: respondents with both answers.
        counts: category → respondents.
        category: by the rule; None without answers.
        tie: whether the largest count is shared.
        mixed: category strength under 6 %: no category clearly leads (Lee & Newcomb).
        better: satisfaction gained by having it, 0 … 1.
        worse: satisfaction lost by not having it, −1 … 0.
        total_strength: (A + O + M) / n.
        category_strength: (largest − second) / n.
        fong: Fong's test.
        chi2: statistic of "M, O, A, I equally frequent".
        chi2_p_value: its p-value.
        continuous: DuMouchel's means of all respondents.
        continuous_valid: the same without reverse and questionable answers.
        importance: mean self-stated importance; None when it was not asked.
    """

    name: str
    n: int
    counts: Mapping[str, int]
    category: str | None
    tie: bool
    mixed: bool
    better: Estimate
    worse: Estimate
    total_strength: float | None
    category_strength: float | None
    fong: FongTest | None
    chi2: float | None
    chi2_p_value: float | None
    continuous: ContinuousKano
    continuous_valid: ContinuousKano
    importance: Estimate | None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON: figures as numbers, better–worse and importance with intervals beside them."""
        return {
            "name": self.name,
            "n": self.n,
            "counts": dict(self.counts),
            "category": self.category,
            "better": self.better.value,
            "worse": self.worse.value,
            "total_strength": self.total_strength,
            "category_strength": self.category_strength,
            "fong_significant": self.fong.significant if self.fong else None,
            "importance": self.importance.value if self.importance else None,
            "tie": self.tie,
            "mixed": self.mixed,
            "estimates": {
                "better": plain(self.better, language),
                "worse": plain(self.worse, language),
                "importance": plain(self.importance, language),
            },
            "fong": plain(self.fong),
            "chi2": self.chi2,
            "chi2_p_value": self.chi2_p_value,
            "continuous": plain(self.continuous),
            "continuous_valid": plain(self.continuous_valid),
        }


@dataclass(frozen=True)
class SegmentTest:
    """χ² test of "the segments answer alike" for one feature, adjusted over the features."""

    feature: str
    statistic: float | None
    degrees_of_freedom: int
    p_value: float | None
    p_adjusted: float | None = None


@dataclass(frozen=True, kw_only=True)
class KanoResult(Result):
    """All features, by segment when asked.

    Attributes:
        features: in the order of the specification.
        table: evaluation table used.
        rule: how categories were chosen.
        segments: label → features.
        tests: segments against each other, one per feature.
    """

    features: tuple[KanoFeature, ...]
    table: str
    rule: str
    segments: Mapping[str, tuple[KanoFeature, ...]]
    tests: tuple[SegmentTest, ...]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Documented JSON."""
        return {
            "features": [feature.to_dict(language) for feature in self.features],
            "table": self.table,
            "rule": self.rule,
            "segments": {
                label: [feature.to_dict(language) for feature in features]
                for label, features in self.segments.items()
            },
            "tests": plain(self.tests),
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per segment (null for everyone) and feature."""
        import polars as pl

        everyone: tuple[None, tuple[KanoFeature, ...]] = (None, self.features)
        rows = [
            {
                "segment": segment,
                "feature": feature.name,
                "n": feature.n,
                **feature.counts,
                "category": feature.category,
                "better": feature.better.value,
                "worse": feature.worse.value,
                "total_strength": feature.total_strength,
                "category_strength": feature.category_strength,
                "importance": feature.importance.value if feature.importance else None,
            }
            for segment, features in (everyone, *self.segments.items())
            for feature in features
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def parse_spec(document: Any) -> KanoSpec:
    """A specification from a mapping (a YAML file), checked.

    Raises:
        SpecError: the schema is violated, a feature twice, one wording for two answers.
    """
    checked = validated("kano", document)
    features = tuple(
        KanoColumns(
            entry.get("name", entry["functional"]),
            entry["functional"],
            entry["dysfunctional"],
            entry.get("importance"),
        )
        for entry in checked["features"]
    )
    names = [feature.name for feature in features]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SpecError("measure.kano_feature_twice", features=repeated)
    return KanoSpec(features, answer_levels(checked["answers"]), checked["table"], checked["rule"])


def kano(frame: Any, spec: KanoSpec, *, by: str | None = None, level: float = 0.95) -> KanoResult:
    """Kano analysis of all features.

    Args:
        frame: any data frame, one row per respondent.
        spec: columns, answer wordings, table and rule.
        by: column of segments.
        level: coverage of the intervals.

    Returns:
        Features in the order of the specification. Answers that were not understood are left out and
        counted in a warning with examples.

    Raises:
        InputError: a missing column, or text in an importance column.
    """
    warnings: list[Notice] = []
    answers = [_read_pair(frame, columns, spec, warnings) for columns in spec.features]
    importance = [
        numeric_matrix(frame, [columns.importance])[:, 0] if columns.importance else None
        for columns in spec.features
    ]
    everyone = np.arange(len(answers[0][0]))
    features = tuple(
        _feature(columns.name, pair, stated, everyone, spec, level=level)
        for columns, pair, stated in zip(spec.features, answers, importance, strict=True)
    )
    segments: dict[str, tuple[KanoFeature, ...]] = {}
    tests: tuple[SegmentTest, ...] = ()
    if by is not None:
        grouping = group_codes(frame, by)
        segments = {
            label: tuple(
                _feature(columns.name, pair, stated, rows, spec, level=level)
                for columns, pair, stated in zip(spec.features, answers, importance, strict=True)
            )
            for label, rows in grouping.rows()
        }
        tests = _segment_tests(segments)
        if (grouping.codes < 0).any():
            ungrouped = int((grouping.codes < 0).sum())
            warnings.append(Notice("measure.frame_ungrouped", ungrouped, {"column": by}))
    doubtful = [f.name for f in features if f.n and f.counts["Q"] + f.counts["R"] > f.n / 2]
    if doubtful:
        warnings.append(Notice("measure.kano_mostly_contradictory", len(doubtful), {"features": doubtful}))
    return KanoResult(
        features=features,
        table=spec.table,
        rule=spec.rule,
        segments=segments,
        tests=tests,
        warnings=tuple(warnings),
    )


def _read_pair(
    frame: Any, columns: KanoColumns, spec: KanoSpec, warnings: list[Notice]
) -> tuple[IntArray, IntArray]:
    read = []
    for column in (columns.functional, columns.dysfunctional):
        coded, unknown = read_levels(text_column(frame, column), spec.levels)
        if unknown:
            params: dict[str, object] = {"column": column, "examples": list(unknown)[:3]}
            warnings.append(Notice("measure.kano_answer_unknown", sum(unknown.values()), params))
        read.append(coded)
    return read[0], read[1]


def _feature(
    name: str,
    pair: tuple[IntArray, IntArray],
    stated: FloatArray | None,
    rows: IntArray,
    spec: KanoSpec,
    *,
    level: float,
) -> KanoFeature:
    functional, dysfunctional = pair[0][rows], pair[1][rows]
    complete = (functional != MISSING) & (dysfunctional != MISSING)
    functional, dysfunctional = functional[complete], dysfunctional[complete]
    codes = evaluation_table(spec.table)[functional, dysfunctional]
    counts = dict(zip(CATEGORIES, np.bincount(codes, minlength=len(CATEGORIES)).tolist(), strict=True))
    category, tie = category_of(counts, spec.rule)
    better, worse = better_worse(counts, level)
    total, lead = strengths(counts)
    test = equal_categories_test(counts)
    valid = codes < CATEGORIES.index("R")
    return KanoFeature(
        name=name,
        n=len(codes),
        counts=counts,
        category=category,
        tie=tie,
        mixed=lead is not None and lead < MIXED_BELOW,
        better=better,
        worse=worse,
        total_strength=total,
        category_strength=lead,
        fong=fong_test(counts),
        chi2=test[0] if test else None,
        chi2_p_value=test[1] if test else None,
        continuous=continuous(functional, dysfunctional),
        continuous_valid=continuous(functional[valid], dysfunctional[valid]),
        importance=None if stated is None else _importance(stated[rows], level),
    )


def _importance(values: FloatArray, level: float) -> Estimate:
    present = values[np.isfinite(values)]
    if len(present) == 0:
        return Estimate.not_computable(0, "measure.kano_no_valid_answers", method="student_t")
    if len(present) == 1 or np.ptp(present) == 0:
        return Estimate(float(present[0]), len(present), method="student_t", level=level)
    mean, low, high = mean_interval(present, level)
    return Estimate(mean, len(present), low, high, "student_t", level)


def _segment_tests(segments: Mapping[str, tuple[KanoFeature, ...]]) -> tuple[SegmentTest, ...]:
    from scipy.special import chdtrc

    found: list[tuple[str, float | None, int, float | None]] = []
    for features in zip(*segments.values(), strict=True):
        table = np.array([list(feature.counts.values()) for feature in features], dtype=np.float64)
        table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        if freedom < 1:
            found.append((features[0].name, None, 0, None))
            continue
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        statistic = float(((table - expected) ** 2 / expected).sum())
        found.append((features[0].name, statistic, freedom, float(chdtrc(freedom, statistic))))
    adjusted = benjamini_hochberg([p for *_, p in found])
    return tuple(SegmentTest(*test, p) for test, p in zip(found, adjusted, strict=True))
