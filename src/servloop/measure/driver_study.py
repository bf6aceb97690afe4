"""Key drivers from one specification: relative importance, the mean mark of each driver, penalty and reward.

Several columns under one name count with their mean, so that dimensions can drive as well as single questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.drivers import DriverAnalysis, drivers
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.importance_contrast import PenaltyReward, penalty_reward
from servloop.measure.sampling import mean_estimates
from servloop.measure.specs import validated
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_OUTCOME = "@outcome"


@dataclass(frozen=True, kw_only=True)
class DriverStudy(Result):
    """What drives an outcome, how well each driver is marked, and what low and high marks do.

    Attributes:
        outcome: its name.
        analysis: relative importance.
        means: driver → mean mark with Student's t interval.
        outcome_mean: of the outcome.
        contrast: penalty and reward; None without a scale.
        low, high: limits of low and high marks.
    """

    outcome: str
    analysis: DriverAnalysis
    means: Mapping[str, Estimate]
    outcome_mean: Estimate
    contrast: PenaltyReward | None
    low: float | None
    high: float | None

    def to_frame(self) -> pl.DataFrame:
        """One row a driver, most important first."""
        return self.analysis.to_frame()


def parse_spec(document: Any) -> dict[str, Any]:
    """A ``drivers`` specification, checked and with defaults.

    Raises:
        SpecError: the schema is violated; a name twice; a scale without extent; too many drivers for LMG.
    """
    spec = validated("drivers", document)
    names = [name_of(one) for one in [spec["outcome"], *spec["drivers"]]]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    scale = spec.get("scale")
    if scale is not None and scale[0] >= scale[1]:
        raise SpecError("measure.pls_scale", low=scale[0], high=scale[1])
    return spec


def name_of(variable: Any) -> str:
    """Name of a variable: its own, or its column's."""
    return str(variable["name"] if isinstance(variable, Mapping) else variable)


def columns_of(variable: Any) -> list[str]:
    """Columns of a variable."""
    return list(variable["columns"]) if isinstance(variable, Mapping) else [str(variable)]


def driver_study(frame: Any, spec: Mapping[str, Any], *, seed: int = 0) -> DriverStudy:
    """Run a checked specification.

    Args:
        frame: any data frame, one row a respondent.
        spec: from `parse_spec`.
        seed: of the bootstrap.

    Raises:
        SpecError, InputError: a missing or text column; more drivers than LMG takes.
    """
    import polars as pl

    scale = spec.get("scale")
    off_scale = 0
    names = [name_of(one) for one in spec["drivers"]]
    columns: dict[str, FloatArray] = {}
    for variable in [*spec["drivers"], spec["outcome"]]:
        matrix = numeric_matrix(frame, columns_of(variable))
        matrix = np.where(np.isin(matrix, spec["not_applicable"]), np.nan, matrix)
        if scale is not None and variable is not spec["outcome"]:
            outside = (matrix < scale[0]) | (matrix > scale[1])
            off_scale += int(outside.sum())
            matrix = np.where(outside, np.nan, matrix)
        columns[_OUTCOME if variable is spec["outcome"] else name_of(variable)] = _row_means(matrix)
    table = pl.DataFrame(columns).fill_nan(None)
    analysis = drivers(table, _OUTCOME, names, method=spec["method"], bootstrap=spec["bootstrap"], seed=seed)
    low, high = _limits(spec, scale)
    contrast = None
    if low is not None and high is not None:
        contrast = penalty_reward(table, _OUTCOME, names, low=low, high=high)
    means = mean_estimates(np.column_stack([columns[name] for name in [*names, _OUTCOME]]))
    notices = list(analysis.warnings) + (list(contrast.warnings) if contrast else [])
    if off_scale and scale is not None:
        params = {"low": scale[0], "high": scale[1]}
        notices.append(Notice("assess.answers_off_scale", off_scale, params))
    return DriverStudy(
        warnings=tuple(_once(notices)),
        outcome=name_of(spec["outcome"]),
        analysis=analysis,
        means=dict(zip(names, means[:-1], strict=True)),
        outcome_mean=means[-1],
        contrast=contrast,
        low=low,
        high=high,
    )


def _once(notices: Sequence[Notice]) -> list[Notice]:
    """Each notice once."""
    seen: list[Notice] = []
    for notice in notices:
        if notice not in seen:
            seen.append(notice)
    return seen


def _row_means(matrix: FloatArray) -> FloatArray:
    """The mean of each row over its answers; missing when fewer than half were given."""
    present = ~np.isnan(matrix)
    n = present.sum(axis=1)
    total = np.where(present, matrix, 0.0).sum(axis=1)
    means: FloatArray = np.where(2 * n >= matrix.shape[1], total / np.maximum(n, 1), np.nan)
    return np.where(n > 0, means, np.nan)


def _limits(spec: Mapping[str, Any], scale: Sequence[float] | None) -> tuple[float | None, float | None]:
    """Limits of low and high marks: as given, else the outer thirds of the scale."""
    third = None if scale is None else (scale[1] - scale[0]) / 3
    low, high = spec["low"], spec["high"]
    if third is not None and scale is not None:
        low = scale[0] + third if low is None else low
        high = scale[1] - third if high is None else high
    return low, high
