"""Customer-loyalty index: a mean of several intention questions on 0 … 100.

There is no standard definition; two forms are in use: three questions from 1 "definitely yes" to 6
"definitely no" converted to 100, 80 … 0, and three questions on 0 … 10. So the definition is an argument
and is returned with the figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, group_codes, numeric_matrix
from servloop.measure.loyalty import GroupScore, estimate_score
from servloop.measure.loyalty_comparison import Difference, compare_groups
from servloop.measure.loyalty_scoring import Scoring
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_MEAN = Scoring("mean")


@dataclass(frozen=True)
class LoyaltyIndexDefinition:
    """What the index means; stored with every figure.

    Attributes:
        items: columns of the questions (recommend, buy again, try other products…).
        worst: the answer that counts 0.
        best: the answer that counts 100; smaller than ``worst`` when low answers are good.
        minimum_share: share of the questions a person must have answered to enter.
    """

    items: tuple[str, ...]
    worst: float = 6.0
    best: float = 1.0
    minimum_share: float = 0.5


@dataclass(frozen=True, kw_only=True)
class LoyaltyIndex(Result):
    """The index with its definition.

    Attributes:
        definition: how answers were converted.
        estimate: mean over persons, 0 … 100.
        persons: index of each person in the order of the rows, NaN for those who did not answer enough.
        groups, differences: by group when asked.
    """

    definition: LoyaltyIndexDefinition
    estimate: Estimate
    persons: tuple[float, ...]
    groups: tuple[GroupScore, ...] = ()
    differences: tuple[Difference, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """One row per person: ``index``."""
        import polars as pl

        return pl.DataFrame({"index": pl.Series(self.persons, dtype=pl.Float64).fill_nan(None)})


def loyalty_index(
    frame: Any, definition: LoyaltyIndexDefinition, *, by: str | None = None, level: float = 0.95
) -> LoyaltyIndex:
    """Mean over persons of the mean converted answer.

    Args:
        frame: any data frame, one row per person.
        definition: items and scale.
        by: column of groups.
        level: coverage.

    Raises:
        SpecError: no items, or a scale without extent.
        InputError: a missing or text column.
    """
    if not definition.items:
        raise SpecError("measure.loyalty_index_no_items")
    if definition.worst == definition.best:
        raise SpecError("measure.loyalty_scale_empty", low=definition.worst, high=definition.best)
    answers = numeric_matrix(frame, definition.items)
    bounds = sorted((definition.worst, definition.best))
    outside = np.isfinite(answers) & ((answers < bounds[0]) | (answers > bounds[1]))
    warnings = []
    if outside.any():
        params: dict[str, object] = {
            "column": definition.items,
            "low": f"{bounds[0]:g}",
            "high": f"{bounds[1]:g}",
        }
        warnings.append(Notice("measure.frame_outside_scale", int(outside.sum()), params))
        answers[outside] = np.nan
    converted = 100.0 * (answers - definition.worst) / (definition.best - definition.worst)
    persons = row_means(converted, math.ceil(definition.minimum_share * len(definition.items)))
    entered = persons[np.isfinite(persons)]
    if len(entered) < len(persons):
        warnings.append(Notice("measure.loyalty_index_incomplete", len(persons) - len(entered)))
    groups: tuple[GroupScore, ...] = ()
    differences: tuple[Difference, ...] = ()
    if by is not None:
        parts = {
            label: persons[rows][np.isfinite(persons[rows])] for label, rows in group_codes(frame, by).rows()
        }
        groups = tuple(
            GroupScore(label, estimate_score(part, _MEAN, (0, 100), level), {})
            for label, part in parts.items()
        )
        differences = compare_groups(parts, _MEAN, (0, 100), level)
    return LoyaltyIndex(
        definition=definition,
        estimate=estimate_score(entered, _MEAN, (0.0, 100.0), level),
        persons=tuple(persons.tolist()),
        groups=groups,
        differences=differences,
        warnings=tuple(warnings),
    )


def row_means(values: FloatArray, minimum: int) -> FloatArray:
    """Mean of the present values of each row; NaN where fewer than ``minimum`` (at least one) are present."""
    present = np.isfinite(values)
    count = present.sum(axis=1)
    totals = np.where(present, values, 0.0).sum(axis=1)
    return np.where(count >= max(1, minimum), totals / np.maximum(count, 1), np.nan)
