"""The quality of one sample: who answered, how like the population they are, what weights cost, who answered carelessly.

Everything is a figure beside the plain one: with and without those flagged, with and without weights. Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import normal_quantile
from servloop.measure.frames import numeric_matrix, text_column
from servloop.measure.response_quality import Thresholds, WithAndWithout, response_quality
from servloop.measure.sampling import NonResponse, non_response, response_rate, share_estimate
from servloop.measure.specs import validated
from servloop.measure.weighting import Margin, Weighting, kish, rake
from servloop.measure.weighting_estimates import weighted_mean
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class WeightedItem:
    """The mean of an item without and with weights, and what its design effect is."""

    name: str
    plain: Estimate
    weighted: Estimate
    design_effect: float | None


@dataclass(frozen=True)
class Weights:
    """What weights do to a sample: Kish's design effect and the effective n."""

    source: str  # ``margins`` or ``given``
    n: int
    kish_deff: float
    n_effective: float
    smallest: float
    largest: float
    iterations: int | None
    converged: bool
    max_margin_error: float | None


@dataclass(frozen=True, kw_only=True)
class SamplingQuality(Result):
    """One sample judged.

    Attributes:
        n: respondents with at least one answer; ``rows`` is how many there were.
        response: share of those invited who answered; None when nobody said how many were invited.
        margin_of_error: half the width of the 95 % interval of a share of one half, in percentage points, from the
            effective n.
        careless: share of respondents with at least ``at_least`` flags.
        flags: flag → respondents.
        not_computable: index → why there is no flag of it.
        figures: means with and without those flagged, by item; the last is the mean of all items.
        weights: None without margins and without weights in the data.
        weighted: means with and without weights.
        margins: column → the sample against the population.
        weighting_failed: why margins gave no weights.
    """

    n: int
    rows: int
    response: Estimate | None
    margin_of_error: float | None
    careless: Estimate
    at_least: int
    flags: Mapping[str, int]
    not_computable: Mapping[str, Notice]
    figures: tuple[WithAndWithout, ...]
    weights: Weights | None
    weighted: tuple[WeightedItem, ...]
    margins: Mapping[str, NonResponse]
    weighting_failed: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row a figure, with and without those flagged."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "name": one.name,
                    "everybody": one.everybody.value,
                    "unflagged": one.unflagged.value,
                    "difference": one.difference,
                    "n": one.everybody.n,
                    "n_unflagged": one.unflagged.n,
                }
                for one in self.figures
            ],
            infer_schema_length=None,
        )


def parse_spec(document: Any) -> dict[str, Any]:
    """A ``sampling-quality`` specification, checked and with defaults.

    Raises:
        SpecError: the schema is violated; a factor with other items; a margin without any total above 0.
    """
    spec = validated("sampling-quality", document)
    foreign = sorted({name for factor in spec["factors"] for name in factor} - set(spec["items"]))
    if foreign:
        raise SpecError("assess.factor_of_other_items", names=foreign)
    for margin in spec["margins"]:
        if sum(margin["totals"].values()) <= 0:
            raise SpecError("assess.margin_totals", column=margin["column"])
    return spec


def columns_of(spec: Mapping[str, Any]) -> list[str]:
    """Columns that a specification reads; one without its defaults will do."""
    found = [*spec["items"], *spec.get("attention", ())]
    found += [margin["column"] for margin in spec.get("margins", ())]
    return [*found, *([spec["duration"]] if spec.get("duration") else [])]


def sampling_quality(frame: Any, spec: Mapping[str, Any], *, weights: str | None = None) -> SamplingQuality:
    """Judge a sample.

    Args:
        frame: any data frame, one row a respondent.
        spec: from `parse_spec`.
        weights: column of weights that came with the answers; margins are taken before it.

    Raises:
        SpecError, InputError: a missing or text column, more answers than people invited.
    """
    items = list(spec["items"])
    quality = response_quality(
        frame,
        items,
        factors=spec["factors"] or None,
        duration=spec["duration"],
        attention=spec["attention"] or None,
        thresholds=Thresholds(at_least=spec["at_least"]),
    )
    found, failed, notices = _weights(frame, spec, weights)
    weighted: tuple[WeightedItem, ...] = ()
    summary = None
    if found is not None:
        summary, carrier = found
        weighted = tuple(
            _weighted(frame, item, carrier, one.everybody)
            for item, one in zip(items, quality.figures, strict=False)
        )
    n_effective = summary.n_effective if summary else float(quality.n)
    return SamplingQuality(
        warnings=(*quality.warnings, *notices),
        n=quality.n,
        rows=quality.rows,
        response=response_rate(quality.n, spec["invited"]) if spec["invited"] else None,
        margin_of_error=_margin_of_error(n_effective, spec["population"]),
        careless=share_estimate(quality.flagged, quality.n),
        at_least=spec["at_least"],
        flags=quality.counts(),
        not_computable=quality.not_computable,
        figures=quality.figures,
        weights=summary,
        weighted=weighted,
        margins={
            margin["column"]: non_response(text_column(frame, margin["column"]).to_list(), margin["totals"])
            for margin in spec["margins"]
            if failed is None
        },
        weighting_failed=failed,
    )


def _margin_of_error(n: float, population: int | None) -> float | None:
    if n <= 0:
        return None
    half = 100 * normal_quantile(0.95) * 0.5 / n**0.5
    if population is not None and population > 1:
        half *= max((population - n) / (population - 1), 0.0) ** 0.5
    return float(half)


def _weights(
    frame: Any, spec: Mapping[str, Any], column: str | None
) -> tuple[tuple[Weights, Weighting | str] | None, Notice | None, tuple[Notice, ...]]:
    """The weights with what they cost; or why the margins gave none. Contradictory margins are no crash."""
    if spec["margins"]:
        margins = [Margin((margin["column"],), margin["totals"]) for margin in spec["margins"]]
        trim = spec["trim"]
        try:
            raked = rake(frame, margins, trim=(trim[0], trim[1]) if trim else None)
        except SpecError as error:
            return None, Notice(error.code, params=error.params), ()
        summary = Weights(
            "margins",
            raked.n,
            raked.kish_deff,
            raked.n_effective,
            raked.smallest,
            raked.largest,
            raked.iterations,
            raked.converged,
            raked.max_margin_error,
        )
        return (summary, raked), None, raked.warnings
    if column is None:
        return None, None, ()
    given = numeric_matrix(frame, [column])[:, 0]
    given = given[np.isfinite(given) & (given > 0)]
    if given.size < 2 or np.ptp(given) == 0:
        return None, None, ()
    deff, n_effective = kish(given)
    summary = Weights(
        "given",
        len(given),
        deff,
        n_effective,
        float(given.min()),
        float(given.max()),
        iterations=None,
        converged=True,
        max_margin_error=None,
    )
    return (summary, column), None, ()


def _weighted(frame: Any, item: str, weights: Weighting | str, plain: Estimate) -> WeightedItem:
    found = weighted_mean(frame, item, weights)
    return WeightedItem(item, plain, found.estimate, found.design_effect)
