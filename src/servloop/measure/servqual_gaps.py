"""Gaps 1 to 4: why there is a gap 5, asked of managers and staff.

Source: Zeithaml, Berry & Parasuraman (1988); Zeithaml, Parasuraman & Berry (1990).

- Gap 1, knowledge: what managers believe customers expect − what customers expect.
- Gap 2, standards: rating of how far standards are set − the top of the scale.
- Gap 3, delivery: rating of how far staff can meet the standards − the top of the scale.
- Gap 4, communication: rating of how far promises are kept − the top of the scale.

All gaps are 0 where nothing is missing and negative where something is, like gap 5; gap 1 is positive where
managers expect more than customers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.loyalty import estimate_score
from servloop.measure.loyalty_comparison import Difference, compare
from servloop.measure.loyalty_index import row_means
from servloop.measure.loyalty_scoring import Scoring
from servloop.measure.servqual_scores import score
from servloop.measure.servqual_spec import ServqualSpec, StaffColumns
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_MEAN = Scoring("mean")


@dataclass(frozen=True)
class InternalGaps:
    """Gaps of one dimension.

    Attributes:
        knowledge: gap 1, with Welch's test; None when managers were not asked.
        standards: gap 2.
        delivery: gap 3.
        communication: gap 4.
    """

    knowledge: Difference | None
    standards: Estimate
    delivery: Estimate
    communication: Estimate


@dataclass(frozen=True, kw_only=True)
class InternalGapsResult(Result):
    """Gaps 1 to 4 of every dimension of the staff form."""

    dimensions: Mapping[str, InternalGaps]

    def to_frame(self) -> pl.DataFrame:
        """One row per dimension and gap (1 … 4)."""
        import polars as pl

        rows = [
            {"dimension": name, "gap": number, "value": e.value, "n": e.n, "low": e.low, "high": e.high}
            for name, gaps in self.dimensions.items()
            for number, e in enumerate(
                (
                    gaps.knowledge.estimate if gaps.knowledge else _not_asked(),
                    gaps.standards,
                    gaps.delivery,
                    gaps.communication,
                ),
                start=1,
            )
        ]
        return pl.DataFrame(rows)


def internal_gaps(
    staff: Any, customers: Any, spec: ServqualSpec, *, level: float = 0.95
) -> InternalGapsResult:
    """Gaps 1 to 4 from the manager and staff form.

    Args:
        staff: any data frame, one row per manager or member of staff.
        customers: the customers' answers, for gap 1.
        spec: with ``staff`` columns and, for gap 1, expectations.
        level: coverage.

    Raises:
        SpecError: ``measure.servqual_no_staff_form``.
        InputError: a missing or text column.
    """
    if not spec.staff:
        raise SpecError("measure.servqual_no_staff_form")
    expected = score(customers, spec).dimension_expectation
    positions = {name: position for position, name in enumerate(spec.dimensions)}
    warnings: list[Notice] = []
    dimensions = {
        name: InternalGaps(
            _knowledge(staff, columns, expected[:, positions[name]], spec, warnings),
            _shortfall(staff, columns.standards, spec, level, warnings),
            _shortfall(staff, columns.delivery, spec, level, warnings),
            _shortfall(staff, columns.communication, spec, level, warnings),
        )
        for name, columns in spec.staff.items()
    }
    return InternalGapsResult(dimensions=dimensions, warnings=tuple(warnings))


def _knowledge(
    staff: Any, columns: StaffColumns, expected: FloatArray, spec: ServqualSpec, warnings: list[Notice]
) -> Difference | None:
    if not columns.managers:
        return None
    answers = _inside(numeric_matrix(staff, columns.managers), list(columns.managers), spec, warnings)
    believed = row_means(answers, -(-len(columns.managers) // 2))
    return compare(
        expected[np.isfinite(expected)],
        believed[np.isfinite(believed)],
        "mean",
        names=("customers", "managers"),
    )


def _shortfall(
    staff: Any, column: str | None, spec: ServqualSpec, level: float, warnings: list[Notice]
) -> Estimate:
    if column is None:
        return _not_asked()
    ratings = _inside(numeric_matrix(staff, [column]), [column], spec, warnings)[:, 0]
    present = ratings[np.isfinite(ratings)]
    extent = spec.scale[1] - spec.scale[0]
    return estimate_score(present - spec.scale[1], _MEAN, (-extent, 0.0), level)


def _inside(
    answers: FloatArray, columns: list[str], spec: ServqualSpec, warnings: list[Notice]
) -> FloatArray:
    low, high = spec.scale
    outside = np.isfinite(answers) & ((answers < low) | (answers > high))
    if outside.any():
        params: dict[str, object] = {"column": columns, "low": f"{low:g}", "high": f"{high:g}"}
        warnings.append(Notice("measure.frame_outside_scale", int(outside.sum()), params))
    return np.where(outside, np.nan, answers)


def _not_asked() -> Estimate:
    return Estimate.not_computable(0, "measure.servqual_not_asked")
