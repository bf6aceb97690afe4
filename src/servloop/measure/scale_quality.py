"""Quality of a questionnaire's scales in one result: reliability of each, factors of all items, validity between them.

Puts `reliability`, `factor_analysis` and `confirmatory_factor_analysis` side by side, for the same respondents, as a
specification asks for. The thresholds of the judgements: alpha and omega 0.70 (Nunnally & Bernstein 1994), AVE 0.50 and
composite reliability 0.70 (Fornell & Larcker 1981), HTMT 0.90 (Henseler, Ringle & Sarstedt 2015), KMO 0.50 to go on and 0.80
to be content (Kaiser 1974).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import InputError, SpecError
from servloop.measure.confirmatory import ConfirmatoryResult, confirmatory_factor_analysis
from servloop.measure.factor import FactorResult, factor_analysis
from servloop.measure.frames import numeric_matrix
from servloop.measure.reliability import ReliabilityResult, reliability
from servloop.measure.reliability_alpha import complete_rows, correlation_matrix
from servloop.measure.reliability_validity import HTMT_LIMIT, htmt
from servloop.measure.specs import validated
from servloop.results import Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

GOOD_RELIABILITY = 0.7
LOWEST_RELIABILITY = 0.6
GOOD_AVE = 0.5
GOOD_KMO, LOWEST_KMO = 0.8, 0.5


@dataclass(frozen=True)
class ScaleJudgement:
    """What the figures of one scale say.

    Attributes:
        verdict: ``good`` (all thresholds met), ``watch`` (usable, with a reservation), ``bad`` (not fit for comparisons)
            or ``unknown`` (not computable).
        reasons: codes of the reservations: ``alpha_low``, ``alpha_questionable``, ``ave_low``, ``item_against``,
            ``too_short``.
    """

    verdict: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScaleQualityResult(Result):
    """Scales of one questionnaire.

    Attributes:
        n: rows with at least one answer to an item.
        scales: scale → its reliability.
        judgements: scale → what that says.
        htmt: scale → scale → heterotrait–monotrait ratio; empty for a single scale or when not computable.
        exploratory: factor analysis of all items; None when not asked for.
        confirmatory: with the scales as factors; None when not asked for.
    """

    n: int
    scales: Mapping[str, ReliabilityResult]
    judgements: Mapping[str, ScaleJudgement]
    htmt: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    exploratory: FactorResult | None = None
    confirmatory: ConfirmatoryResult | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All fields; the parts in their own documented form."""
        return {
            "n": self.n,
            "scales": {name: part.to_dict(language) for name, part in self.scales.items()},
            "judgements": plain(self.judgements),
            "htmt": plain(self.htmt),
            "exploratory": plain(self.exploratory, language),
            "confirmatory": plain(self.confirmatory, language),
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per scale: items, n, alpha with interval, omega, AVE, composite reliability, verdict."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "scale": name,
                    "items": len(part.item_rest) or 1,
                    "n": part.n,
                    "alpha": part.alpha.value,
                    "low": part.alpha.low,
                    "high": part.alpha.high,
                    "omega": part.omega.get("ml_sum_score"),
                    "ave": part.ave,
                    "composite_reliability": part.composite_reliability,
                    "verdict": self.judgements[name].verdict,
                }
                for name, part in self.scales.items()
            ],
            infer_schema_length=None,
        )


def scale_quality(frame: Any, document: Any, *, seed: int = 0) -> ScaleQualityResult:
    """Judge the scales of a questionnaire.

    Args:
        frame: any data frame, one row per respondent.
        document: a ``scale-quality`` specification (see the schema of that name).
        seed: of bootstrap and parallel analysis.

    Raises:
        SpecError: the schema is violated, a reversed column that is no item.
        InputError: a missing or text column.
    """
    spec = parse_spec(document)
    scales: dict[str, list[str]] = spec["scales"]
    items = list(dict.fromkeys(item for block in scales.values() for item in block))
    turned = set(spec["reverse"])
    answered = numeric_matrix(frame, items)
    n = int(np.isfinite(answered).any(axis=1).sum())
    parts = {
        name: reliability(
            frame,
            block,
            reverse=[item for item in block if item in turned],
            samples=spec["samples"],
            seed=seed,
        )
        for name, block in scales.items()
    }
    warnings: list[Notice] = []
    explored = confirmed = None
    if "exploratory" in spec:
        explored = _explored(frame, items, spec["exploratory"], seed, warnings)
    if spec["confirmatory"]:
        confirmed = confirmatory_factor_analysis(_turned(frame, items, turned), scales)
    ratios = _ratios(frame, items, scales) if len(scales) > 1 else {}
    close = sorted(
        f"{first} – {second}"
        for first, row in ratios.items()
        for second, value in row.items()
        if first < second and value > HTMT_LIMIT
    )
    if close:
        warnings.append(Notice("measure.scales_alike", len(close), {"pairs": close, "limit": HTMT_LIMIT}))
    return ScaleQualityResult(
        n=n,
        scales=parts,
        judgements={name: judged(part, len(scales[name])) for name, part in parts.items()},
        htmt=ratios,
        exploratory=explored,
        confirmatory=confirmed,
        warnings=tuple(warnings),
    )


def parse_spec(document: Any) -> dict[str, Any]:
    """A specification, checked, with defaults.

    Raises:
        SpecError: the schema is violated, or a reversed column is no item.
    """
    spec = validated("scale-quality", document)
    items = {item for block in spec["scales"].values() for item in block}
    if not set(spec["reverse"]) <= items:
        raise SpecError("measure.reliability_items", items=sorted(items), reverse=list(spec["reverse"]))
    return spec


def judged(part: ReliabilityResult, items: int) -> ScaleJudgement:
    """What the figures of one scale say, by the thresholds of the module."""
    alpha = part.alpha.value
    if items < 2:
        return ScaleJudgement("unknown", ("too_short",))
    if alpha is None:
        return ScaleJudgement("unknown")
    reasons = []
    if any(r is not None and r < 0 for r in part.item_rest.values()):
        reasons.append("item_against")
    if alpha < LOWEST_RELIABILITY:
        return ScaleJudgement("bad", ("alpha_low", *reasons))
    if alpha < GOOD_RELIABILITY:
        reasons.append("alpha_questionable")
    if part.ave is not None and part.ave < GOOD_AVE:
        reasons.append("ave_low")
    return ScaleJudgement("watch" if reasons else "good", tuple(reasons))


def _explored(
    frame: Any, items: Sequence[str], wanted: Mapping[str, Any], seed: int, warnings: list[Notice]
) -> FactorResult | None:
    """None, with a warning, when there are too few items: the scales themselves can still be judged."""
    try:
        return factor_analysis(
            frame,
            items,
            factors=wanted.get("factors"),
            extraction=wanted.get("extraction", "ml"),
            rotation=wanted.get("rotation", "varimax"),
            seed=seed,
        )
    except (SpecError, InputError) as error:
        warnings.append(Notice(error.code, params=error.params))
        return None


def _turned(frame: Any, items: Sequence[str], turned: set[str]) -> pl.DataFrame:
    """The items with reversed ones turned round: signs of loadings then say what people read into them."""
    import polars as pl

    answers = numeric_matrix(frame, items)
    answers[:, [item in turned for item in items]] *= -1
    return pl.DataFrame(answers, schema=list(items))


def _ratios(
    frame: Any, items: Sequence[str], scales: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    used = complete_rows(numeric_matrix(frame, items))
    if len(used) <= len(items) or (used.max(axis=0) == used.min(axis=0)).any():
        return {}
    places = {item: place for place, item in enumerate(items)}
    return htmt(
        correlation_matrix(used), {name: [places[item] for item in block] for name, block in scales.items()}
    )


def column_names_of(spec: Mapping[str, Any]) -> list[str]:
    """The columns that a specification reads, each once."""
    return list(dict.fromkeys(item for block in spec["scales"].values() for item in block))
