"""Forms of statements grouped in areas: means by area with intervals, a weighted score 0 … 100 a respondent.

Shared by the operational-excellence self-assessment and the five-aspect satisfaction form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, column_names, numeric_matrix
from servloop.measure.sampling import mean_estimates
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Statement:
    """One statement of a form, in our words."""

    code: str
    area: str
    zh: str
    en: str


@dataclass(frozen=True)
class AreaScore:
    """One area: mean on the form's scale with interval over respondents, score 0 … 100, weight of the area."""

    area: str
    zh: str
    en: str
    mean: Estimate
    score: float | None
    weight: float


@dataclass(frozen=True, kw_only=True)
class FormScore(Result):
    """A scored form.

    Attributes:
        form: ``excellence`` or ``five_aspects``.
        n: respondents with at least one answer.
        score: weighted score 0 … 100; the weights of areas that a respondent left out go to the others.
        areas: in the form's order.
        weakest: area with the lowest score; None without answers.
    """

    form: str
    scale: tuple[float, float]
    n: int
    score: Estimate
    areas: tuple[AreaScore, ...]
    weakest: str | None

    def to_frame(self) -> pl.DataFrame:
        """One row an area."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "area": a.area,
                    "mean": a.mean.value,
                    "low": a.mean.low,
                    "high": a.mean.high,
                    "n": a.mean.n,
                    "score": a.score,
                    "weight": a.weight,
                }
                for a in self.areas
            ],
            infer_schema_length=None,
        )


def score_form(
    frame: Any,
    form: str,
    areas: Mapping[str, tuple[str, str]],
    statements: Sequence[Statement],
    *,
    scale: tuple[float, float],
    columns: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
    warnings: Sequence[Notice] = (),
) -> FormScore:
    """Score answered forms.

    Args:
        frame: any data frame, one row a respondent.
        form: its name.
        areas: area → name in Chinese and English.
        statements: the form.
        scale: lowest and highest answer; others count as missing, with a warning.
        columns: statement code → column; the codes that are columns when not given.
        weights: area → weight; equal when not given.
        warnings: to carry on.

    Raises:
        SpecError: no statement has a column, an unknown statement or area, weights negative or all zero.
    """
    codes = [statement.code for statement in statements]
    for name, given, known in (("columns", columns or {}, codes), ("weights", weights or {}, list(areas))):
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise SpecError("assess.unknown_choice", name=name, received=", ".join(unknown), known=known)
    present = set(column_names(frame))
    chosen = columns if columns is not None else {code: code for code in codes if code in present}
    if not chosen:
        raise SpecError("assess.no_columns", name="columns")
    w = np.array([float((weights or {}).get(area, 0.0 if weights else 1.0)) for area in areas])
    if (w < 0).any() or w.sum() <= 0:
        raise SpecError("assess.weights_not_positive", received=w.tolist())
    w /= w.sum()
    answers = numeric_matrix(frame, list(chosen.values()))
    low, high = scale
    notices = list(warnings)
    outside = (answers < low) | (answers > high)
    if outside.any():
        notices.append(Notice("assess.answers_off_scale", int(outside.sum()), {"low": low, "high": high}))
    area_of = {statement.code: statement.area for statement in statements}
    table = _area_table(np.where(outside, np.nan, answers), [area_of[code] for code in chosen], list(areas))
    weight = np.where(np.isnan(table), 0.0, w)
    total = weight.sum(axis=1)
    person = (weight * np.nan_to_num(table)).sum(axis=1) / np.where(total > 0, total, np.nan)
    (overall,) = mean_estimates(((person - low) / (high - low) * 100)[:, None])
    scored = [
        AreaScore(
            area,
            *names,
            mean,
            None if mean.value is None else (mean.value - low) / (high - low) * 100,
            float(share),
        )
        for (area, names), mean, share in zip(areas.items(), mean_estimates(table), w, strict=True)
    ]
    silent = [a.area for a in scored if a.score is None]
    if silent:
        notices.append(Notice("assess.areas_without_answers", len(silent), {"names": silent}))
    known_scores = {a.area: a.score for a in scored if a.score is not None}
    return FormScore(
        warnings=tuple(notices),
        form=form,
        scale=scale,
        n=overall.n,
        score=overall,
        areas=tuple(scored),
        weakest=min(known_scores, key=lambda area: known_scores[area]) if known_scores else None,
    )


def _area_table(X: FloatArray, area_of_column: list[str], areas: list[str]) -> FloatArray:
    """Mean of each respondent's answers by area: respondents × areas; NaN where none was given."""
    answered = ~np.isnan(X)
    member = np.array([[column == area for area in areas] for column in area_of_column], dtype=np.float64)
    counts = answered @ member
    sums = np.where(answered, X, 0.0) @ member
    return np.asarray(sums / np.where(counts > 0, counts, np.nan), dtype=np.float64)
