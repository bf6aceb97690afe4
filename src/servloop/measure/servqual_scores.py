"""From answers to each respondent's SERVQUAL scores: reversing, the missing rule, weights.

Missing rule: an item's gap needs both answers; a respondent's score on a dimension needs at least half of
its items and is the mean of those present.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from servloop.errors import InputError
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.loyalty_index import row_means
from servloop.measure.servqual_spec import ServqualSpec
from servloop.results import Notice

_POINTS = 100.0


@dataclass(frozen=True)
class ServqualScores:
    """Scores per respondent, NaN where missing. Arrays of shape (respondents, items or dimensions).

    Attributes:
        expectation: item expectations; all NaN in SERVPERF.
        perception: item perceptions.
        gap: perception − expectation per item.
        dimension_expectation: means over the items with both answers.
        dimension_perception: the same; in SERVPERF over the perceptions present.
        dimension_gap: means of item gaps.
        weighted_gap: shape (respondents,); Σ w·gap / Σ w with the respondent's own points.
        weighted_perception: the same with perceptions (weighted SERVPERF).
        warnings: what was left out.
    """

    expectation: FloatArray
    perception: FloatArray
    gap: FloatArray
    dimension_expectation: FloatArray
    dimension_perception: FloatArray
    dimension_gap: FloatArray
    weighted_gap: FloatArray
    weighted_perception: FloatArray
    warnings: tuple[Notice, ...]


def score(frame: Any, spec: ServqualSpec) -> ServqualScores:
    """All scores of all respondents.

    Args:
        frame: any data frame, one row per respondent.
        spec: the columns.

    Raises:
        InputError: a missing or text column, or no rows.
    """
    warnings: list[Notice] = []
    perception = _answers(frame, spec, [item.perception for item in spec.items], warnings)
    if len(perception) == 0:
        raise InputError("measure.servqual_no_rows")
    if spec.with_expectations:
        columns = [item.expectation or "" for item in spec.items]
        expectation = _answers(frame, spec, columns, warnings)
    else:
        expectation = np.full_like(perception, np.nan)
    gap = perception - expectation
    both = np.isfinite(gap) if spec.with_expectations else np.isfinite(perception)
    by_dimension = [
        _dimension_scores(np.where(both, values, np.nan), spec) for values in (expectation, perception, gap)
    ]
    weights = _weights(frame, spec, len(perception), warnings)
    _note_ceiling(expectation, spec, warnings)
    return ServqualScores(
        expectation=expectation,
        perception=perception,
        gap=gap,
        dimension_expectation=by_dimension[0],
        dimension_perception=by_dimension[1],
        dimension_gap=by_dimension[2],
        weighted_gap=_weighted(by_dimension[2], weights),
        weighted_perception=_weighted(by_dimension[1], weights),
        warnings=tuple(warnings),
    )


def _answers(frame: Any, spec: ServqualSpec, columns: list[str], warnings: list[Notice]) -> FloatArray:
    answers = numeric_matrix(frame, columns)
    low, high = spec.scale
    outside = np.isfinite(answers) & ((answers < low) | (answers > high))
    if outside.any():
        where = [columns[position] for position in np.flatnonzero(outside.any(axis=0))]
        params: dict[str, object] = {"column": where, "low": f"{low:g}", "high": f"{high:g}"}
        warnings.append(Notice("measure.frame_outside_scale", int(outside.sum()), params))
        answers[outside] = np.nan
    reverse = np.array([item.reverse for item in spec.items])
    answers[:, reverse] = low + high - answers[:, reverse]
    return answers


def minimum_answers(frame: Any, spec: ServqualSpec) -> tuple[FloatArray, tuple[Notice, ...]]:
    """Minimum acceptable levels per item, and what was left out (for the zone of tolerance)."""
    warnings: list[Notice] = []
    columns = [item.minimum or "" for item in spec.items]
    return _answers(frame, spec, columns, warnings), tuple(warnings)


def _dimension_scores(values: FloatArray, spec: ServqualSpec) -> FloatArray:
    dimensions = spec.dimensions
    scores = np.empty((len(values), len(dimensions)))
    for column, positions in enumerate(dimensions.values()):
        scores[:, column] = row_means(values[:, positions], math.ceil(len(positions) / 2))
    return scores


def _weights(frame: Any, spec: ServqualSpec, rows: int, warnings: list[Notice]) -> FloatArray | None:
    if not spec.weights:
        return None
    weights = np.empty((rows, len(spec.dimensions)))
    for column, dimension in enumerate(spec.dimensions):
        given = spec.weights[dimension]
        weights[:, column] = numeric_matrix(frame, [given])[:, 0] if isinstance(given, str) else given
    # A blank beside other points means none of the 100 went there; all blank means no answer.
    some_points = np.isfinite(weights).any(axis=1, keepdims=True)
    weights = np.where(np.isnan(weights) & some_points, 0.0, weights)
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        unusable = ~(total > 0) | (weights < 0).any(axis=1)
    if unusable.any():
        warnings.append(Notice("measure.servqual_weights_unusable", int(unusable.sum())))
    other_total = ~unusable & (np.abs(total - _POINTS) > 1e-6)
    if other_total.any():
        warnings.append(Notice("measure.servqual_weights_not_100", int(other_total.sum())))
    weights[unusable] = np.nan
    return weights


def _weighted(dimension_scores: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Σ w·score / Σ w per respondent; NaN when a dimension that carries points has no score."""
    if weights is None:
        return np.full(len(dimension_scores), np.nan)
    needed = weights > 0
    lacking = (needed & np.isnan(dimension_scores)).any(axis=1) | np.isnan(weights).any(axis=1)
    totals = np.where(lacking, np.nan, weights.sum(axis=1))
    weighted: FloatArray = np.where(needed, weights * dimension_scores, 0.0).sum(axis=1) / totals
    return weighted


def _note_ceiling(expectation: FloatArray, spec: ServqualSpec, warnings: list[Notice]) -> None:
    """An item that everybody expects at the top tells nothing about expectations."""
    answered = np.isfinite(expectation)
    top_or_blank = (expectation == spec.scale[1]) | ~answered
    at_top = np.flatnonzero(answered.any(axis=0) & top_or_blank.all(axis=0))
    if len(at_top):
        items = [spec.items[position].name for position in at_top]
        warnings.append(Notice("measure.servqual_ceiling", len(items), {"items": items}))
