"""The ``weights`` specification: a YAML file that names margins, turned into weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servloop.measure.weighting import Margin, Weighting, calibrate, rake
from servloop.measure.weighting_estimates import WeightedMean
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class WeightingReport(Result):
    """Weights with their diagnosis and, when asked for, a mean under them."""

    weighting: Weighting
    mean: WeightedMean | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The diagnosis of the weights, ``mean`` as a plain figure, its details beside it."""
        document = self.weighting.to_dict(language)
        if self.mean is not None:
            document["mean"] = self.mean.estimate.value
            document["mean_detail"] = self.mean.to_dict(language)
        return {**document, "warnings": super().to_dict(language)["warnings"]}

    def to_frame(self) -> pl.DataFrame:
        """One row a row of the input: its weight."""
        return self.weighting.to_frame()


def weighting_from_spec(frame: Any, spec: dict[str, Any]) -> Weighting:
    """Run a validated ``weights`` specification (see the schema of that name).

    Numeric totals make it a linear calibration; margins alone are raked.
    """
    margins = []
    for margin in spec["margins"]:
        columns = margin.get("columns") or [margin["column"]]
        margins.append(Margin(tuple(columns), margin["totals"]))
    if spec.get("numeric"):
        return calibrate(frame, margins, spec["numeric"], start=spec.get("start"))
    trim = spec.get("trim")
    return rake(
        frame,
        margins,
        start=spec.get("start"),
        tolerance=spec.get("tolerance", 1e-8),
        max_iterations=spec.get("max_iterations", 1000),
        trim=(trim[0], trim[1]) if trim else None,
    )
