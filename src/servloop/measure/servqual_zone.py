"""Zone of tolerance: perception between the minimum acceptable and the desired level.

Source: Parasuraman, Zeithaml & Berry (1994), the three-column format. Measure of service adequacy MSA =
perception − minimum; measure of service superiority MSS = perception − desired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray
from servloop.measure.loyalty import estimate_score
from servloop.measure.loyalty_index import row_means
from servloop.measure.loyalty_scoring import Scoring
from servloop.measure.servqual_scores import minimum_answers, score
from servloop.measure.servqual_spec import ServqualSpec
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_MEAN = Scoring("mean")


@dataclass(frozen=True)
class ToleranceZone:
    """One item or dimension, over respondents who gave all three answers.

    Attributes:
        minimum: mean minimum acceptable level.
        desired: mean desired level.
        perception: mean perception.
        adequacy: MSA, below 0 where service is not acceptable.
        superiority: MSS, above 0 where service is better than desired.
        below: share of respondents whose perception is under their own minimum.
        within: share inside their own zone, ends included.
        above: share beyond their own desired level.
    """

    minimum: float | None
    desired: float | None
    perception: float | None
    adequacy: Estimate
    superiority: Estimate
    below: float | None
    within: float | None
    above: float | None


@dataclass(frozen=True, kw_only=True)
class ToleranceResult(Result):
    """Zones of all dimensions and items."""

    dimensions: Mapping[str, ToleranceZone]
    items: Mapping[str, ToleranceZone]

    def to_frame(self) -> pl.DataFrame:
        """One row per dimension and item."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "kind": kind,
                    "name": name,
                    "minimum": zone.minimum,
                    "desired": zone.desired,
                    "perception": zone.perception,
                    "adequacy": zone.adequacy.value,
                    "superiority": zone.superiority.value,
                    "n": zone.adequacy.n,
                    "below": zone.below,
                    "within": zone.within,
                    "above": zone.above,
                }
                for kind, zones in (("dimension", self.dimensions), ("item", self.items))
                for name, zone in zones.items()
            ]
        )


def zone_of_tolerance(frame: Any, spec: ServqualSpec, *, level: float = 0.95) -> ToleranceResult:
    """Zones of tolerance of a form that asked for minimum, desired and perceived levels.

    Args:
        frame: any data frame, one row per respondent.
        spec: every item names ``minimum``, ``expectation`` (the desired level) and ``perception``.
        level: coverage of Student's t intervals.

    Raises:
        SpecError: ``measure.servqual_zone_columns`` when a column is not named.
        InputError: a missing or text column.
    """
    if not (spec.with_minimum and spec.with_expectations):
        raise SpecError("measure.servqual_zone_columns")
    scores = score(frame, spec)
    minimum, dropped = minimum_answers(frame, spec)
    complete = np.isfinite(minimum) & np.isfinite(scores.gap)
    levels = [
        np.where(complete, values, np.nan) for values in (minimum, scores.expectation, scores.perception)
    ]
    warnings = [*scores.warnings, *dropped]
    inverted = int((levels[0] > levels[1]).sum())
    if inverted:
        warnings.append(Notice("measure.servqual_zone_inverted", inverted))
    items = {
        item.name: _zone(*(values[:, position] for values in levels), spec=spec, level=level)
        for position, item in enumerate(spec.items)
    }
    dimensions = {
        name: _zone(
            *(row_means(values[:, positions], -(-len(positions) // 2)) for values in levels),
            spec=spec,
            level=level,
        )
        for name, positions in spec.dimensions.items()
    }
    return ToleranceResult(dimensions=dimensions, items=items, warnings=tuple(warnings))


def _zone(
    minimum: FloatArray, desired: FloatArray, perception: FloatArray, *, spec: ServqualSpec, level: float
) -> ToleranceZone:
    present = np.isfinite(minimum)
    low, high, seen = minimum[present], desired[present], perception[present]
    extent = spec.scale[1] - spec.scale[0]
    adequacy = estimate_score(seen - low, _MEAN, (-extent, extent), level)
    superiority = estimate_score(seen - high, _MEAN, (-extent, extent), level)
    if len(seen) == 0:
        return ToleranceZone(None, None, None, adequacy, superiority, None, None, None)
    below, above = seen < low, seen > high
    return ToleranceZone(
        float(low.mean()),
        float(high.mean()),
        float(seen.mean()),
        adequacy,
        superiority,
        float(below.mean()),
        float((~below & ~above).mean()),
        float((above & ~below).mean()),
    )
