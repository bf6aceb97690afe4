"""The five-aspect satisfaction form and the practice documents' own five gaps.

The documents call the form ACSI. It is not: the American index is a structural model with its own questions and
weights, estimated in `satisfaction_index`. This form averages five aspects, and every result says so. Their set of
gaps (perception, technical, communication, image, service) is measured here and mapped to the five of Parasuraman,
Zeithaml & Berry (1985); the image gap has no counterpart there and therefore has items of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.excellence_form import FormScore, Statement, score_form
from servloop.measure.frames import numeric_matrix
from servloop.measure.sampling import mean_estimates
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

SCALE = (1.0, 10.0)

ASPECTS = {
    "expectation": ("期望", "Expectation"),
    "quality": ("感知质量", "Perceived quality"),
    "value": ("感知价值", "Perceived value"),
    "satisfaction": ("满意", "Satisfaction"),
    "loyalty": ("忠诚", "Loyalty"),
}

STATEMENTS = (
    Statement("expectation1", "expectation", "服务达到了我事先的期望。", "The service was what I had expected beforehand."),
    Statement("quality1", "quality", "总的来说，服务质量好。", "All in all the service is good."),
    Statement("quality2", "quality", "服务很少出问题。", "The service rarely goes wrong."),
    Statement("value1", "value", "就所花的钱和时间而言，这项服务值得。", "For the money and time it takes, the service is worth it."),
    Statement("satisfaction1", "satisfaction", "总体上我对服务满意。", "Overall I am satisfied with the service."),
    Statement("loyalty1", "loyalty", "需要时我会再次选择这里。", "When I need it again I shall come here."),
    Statement("loyalty2", "loyalty", "我愿意推荐给亲友。", "I would recommend it to people I know."),
)  # fmt: skip


@dataclass(frozen=True)
class DocumentGap:
    """One of the documents' gaps: its names and the gaps of Parasuraman et al. that it corresponds to."""

    key: str
    zh: str
    en: str
    maps_to: tuple[str, ...]
    meaning_zh: str
    meaning_en: str


GAPS = {
    gap.key: gap
    for gap in (
        DocumentGap(
            "perception",
            "感知差距",
            "Perception gap",
            ("G1",),
            "管理者以为客户想要的，与客户真正想要的之间的差距。",
            "Between what managers believe customers want and what customers want.",
        ),
        DocumentGap(
            "technical",
            "技术差距",
            "Technical gap",
            ("G2",),
            "知道客户想要什么，但标准、系统和手段达不到。",
            "What customers want is known, but standards, systems and means do not reach it.",
        ),
        DocumentGap(
            "communication",
            "沟通差距",
            "Communication gap",
            ("G4",),
            "对外承诺与实际交付之间的差距。",
            "Between what is promised to customers and what is delivered.",
        ),
        DocumentGap(
            "image",
            "形象差距",
            "Image gap",
            (),
            "机构希望呈现的形象与客户心中的形象之间的差距；五差距模型中没有对应项。",
            "Between the image an organisation wants to have and the one customers have of it; not among the five gaps.",
        ),
        DocumentGap(
            "service",
            "服务差距",
            "Service gap",
            ("G3", "G5"),
            "服务标准与实际交付（G3），以及客户期望与客户感受（G5）之间的差距。",
            "Between standards and delivery (G3), and between what customers expect and what they perceive (G5).",
        ),
    )
}

#: The image gap's own items: asked of staff (the image wanted) and of customers (the image held), scale as agreed.
IMAGE_ITEMS = (
    Statement("image1", "image", "这家机构值得信赖。", "This organisation can be trusted."),
    Statement("image2", "image", "这家机构把客户放在心上。", "This organisation cares about its customers."),
    Statement(
        "image3", "image", "这家机构专业、跟得上时代。", "This organisation is professional and up to date."
    ),
    Statement("image4", "image", "这家机构说到做到。", "This organisation does what it says."),
)


def satisfaction_form(
    frame: Any, *, columns: Mapping[str, str] | None = None, weights: Mapping[str, float] | None = None
) -> FormScore:
    """Score the five-aspect form; the result carries the notice that this is not the ACSI.

    Args:
        frame: any data frame, one row a respondent, answers 1 … 10.
        columns: statement code → column; the codes themselves when not given.
        weights: aspect → weight; equal when not given.

    Raises:
        SpecError: as `score_form`.
    """
    return score_form(
        frame,
        "five_aspects",
        ASPECTS,
        STATEMENTS,
        scale=SCALE,
        columns=columns,
        weights=weights,
        warnings=[Notice("assess.five_aspects_not_acsi")],
    )


@dataclass(frozen=True)
class MeasuredGap:
    """A measured gap: what is less what should be (negative falls short), by Parasuraman's gaps it maps to."""

    key: str
    maps_to: tuple[str, ...]
    should: Estimate
    actual: Estimate
    gap: Estimate
    paired: bool


@dataclass(frozen=True, kw_only=True)
class DocumentGaps(Result):
    """The documents' gaps that were measured, largest shortfall first in `to_frame`."""

    gaps: tuple[MeasuredGap, ...]
    level: float

    def to_frame(self) -> pl.DataFrame:
        """One row a gap."""
        import polars as pl

        frame = pl.DataFrame(
            [
                {
                    "gap": g.key,
                    "maps_to": ", ".join(g.maps_to),
                    "should": g.should.value,
                    "actual": g.actual.value,
                    "difference": g.gap.value,
                    "low": g.gap.low,
                    "high": g.gap.high,
                    "n": g.gap.n,
                }
                for g in self.gaps
            ],
            infer_schema_length=None,
        )
        return frame.sort("difference", nulls_last=True) if self.gaps else frame


def document_gaps(
    measured: Mapping[str, tuple[Any, Sequence[str], Any, Sequence[str]]], *, level: float = 0.95
) -> DocumentGaps:
    """Measure gaps between what should be and what is.

    Args:
        measured: gap → (frame, columns of what should be, frame, columns of what is). The same frame twice means
            that each respondent gave both, and the gap is paired; two frames (managers and customers, staff and
            customers) are compared as independent groups (Welch).
        level: coverage.

    Raises:
        SpecError: an unknown gap, or one without columns.
    """
    unknown = sorted(set(measured) - set(GAPS))
    if unknown:
        raise SpecError("assess.unknown_choice", name="gap", received=", ".join(unknown), known=sorted(GAPS))
    found = []
    for key, (should_frame, should_columns, actual_frame, actual_columns) in measured.items():
        if not should_columns or not actual_columns:
            raise SpecError("assess.no_columns", name=key)
        should = _person_means(should_frame, should_columns)
        actual = _person_means(actual_frame, actual_columns)
        paired = should_frame is actual_frame
        estimates = mean_estimates(should[:, None], level)[0], mean_estimates(actual[:, None], level)[0]
        gap = (
            mean_estimates((actual - should)[:, None], level)[0] if paired else _welch(should, actual, level)
        )
        found.append(MeasuredGap(key, GAPS[key].maps_to, *estimates, gap, paired))
    return DocumentGaps(gaps=tuple(found), level=level)


def _person_means(frame: Any, columns: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    X = numeric_matrix(frame, list(columns))
    n = (~np.isnan(X)).sum(axis=1)
    return np.asarray(np.nan_to_num(X).sum(axis=1) / np.where(n > 0, n, np.nan), dtype=np.float64)


def _welch(
    should: np.ndarray[Any, np.dtype[np.float64]], actual: np.ndarray[Any, np.dtype[np.float64]], level: float
) -> Estimate:
    from scipy.special import stdtrit

    a, b = should[~np.isnan(should)], actual[~np.isnan(actual)]
    n = len(a) + len(b)
    if not len(a) or not len(b):
        return Estimate.not_computable(n, "assess.no_answers", method="welch_t")
    value = float(b.mean() - a.mean())
    if min(len(a), len(b)) < 2:
        return Estimate(value, n, method="welch_t", level=level)
    parts = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    if sum(parts) == 0:
        return Estimate(value, n, method="welch_t", level=level)
    df = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    half = float(stdtrit(df, 0.5 + level / 2)) * float(np.sqrt(sum(parts)))
    return Estimate(value, n, value - half, value + half, "welch_t", level)
