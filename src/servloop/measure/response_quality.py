"""Careless responding: indices, flags and figures with and without the flagged. Nothing is deleted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, IntArray, numeric_matrix, text_column
from servloop.measure.response_quality_indices import (
    even_odd,
    intra_individual_variability,
    item_correlations,
    mahalanobis,
    pair_correlations,
    pairs_beyond,
    person_total,
    runs,
)
from servloop.measure.sampling import check_level, mean_estimates
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

BoolArray = NDArray[np.bool_]

INDICES = ("longstring", "avgstring", "irv", "mahad_sq", "evenodd", "psychsyn", "psychant", "person_total")


@dataclass(frozen=True)
class Thresholds:
    """When an index flags a respondent. None switches the flag off; the index is computed all the same.

    Attributes:
        longstring: runs longer than this share of the items (Curran 2016: half).
        irv: a standard deviation at or below this.
        mahad: confidence of the chi-square distribution that the distance exceeds.
        evenodd: inconsistency above this (a corrected correlation below 0.3).
        psychsyn: correlation over synonym pairs below this.
        psychant: correlation over antonym pairs above this.
        person_total: correlation with the others' item means below this.
        median_share, seconds_per_item: faster than this share of the median time, or than this per item.
        synonym_r, antonym_r: correlation of two items that makes them synonyms or antonyms.
        at_least: flags that make a respondent careless.
    """

    longstring: float | None = 0.5
    irv: float | None = 0.0
    mahad: float | None = 0.99
    evenodd: float | None = -0.3
    psychsyn: float | None = 0.0
    psychant: float | None = 0.0
    person_total: float | None = 0.0
    median_share: float = 1 / 3
    seconds_per_item: float = 2.0
    synonym_r: float = 0.6
    antonym_r: float = -0.6
    at_least: int = 2


@dataclass(frozen=True)
class WithAndWithout:
    """A mean of everybody and of those not flagged."""

    name: str
    everybody: Estimate
    unflagged: Estimate
    difference: float | None


@dataclass(frozen=True, kw_only=True)
class ResponseQuality(Result):
    """Indices and flags of every respondent, in the order of the frame.

    Attributes:
        items: columns.
        n: respondents with at least one answer; ``rows`` is how many there were.
        indices: by name of `INDICES`, one value a row; NaN where a row does not define it.
        flags: by name (``longstring``, ``irv``, ``mahad``, ``evenodd``, ``psychsyn``, ``psychant``,
            ``person_total``, ``speeding``, ``attention``), one a row.
        not_computable: index → reason, for those the data do not allow.
        careless: rows with at least ``thresholds.at_least`` flags.
        flagged: number of them.
        figures: means of the items (and of their mean per respondent) with and without them.
        thresholds: the limits used.
    """

    items: tuple[str, ...]
    n: int
    rows: int
    indices: Mapping[str, FloatArray] = field(compare=False, repr=False)
    flags: Mapping[str, BoolArray] = field(compare=False, repr=False)
    careless: BoolArray = field(compare=False, repr=False)
    not_computable: Mapping[str, Notice]
    flagged: int
    figures: tuple[WithAndWithout, ...]
    thresholds: Thresholds
    level: float

    def counts(self) -> dict[str, int]:
        """How many respondents each index flags."""
        return {name: int(flag.sum()) for name, flag in self.flags.items()}

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Counts first, then a list a row for each index under its name, and for each flag (null: not defined)."""
        document = super().to_dict(language)
        indices = document.pop("indices")
        return {"flag_counts": self.counts(), **indices, **document}

    def to_frame(self) -> pl.DataFrame:
        """One row a respondent: indices, flags, number of flags, careless."""
        import polars as pl

        columns: dict[str, Any] = dict(self.indices)
        columns |= {f"flag_{name}": values for name, values in self.flags.items()}
        columns["flags"] = _flag_counts(self.flags, self.rows)
        columns["careless"] = self.careless
        return pl.DataFrame(columns).fill_nan(None)


def response_quality(
    frame: Any,
    items: Sequence[str],
    *,
    factors: Sequence[Sequence[str]] | None = None,
    duration: str | None = None,
    attention: Mapping[str, object] | None = None,
    thresholds: Thresholds | None = None,
    level: float = 0.95,
) -> ResponseQuality:
    """Look for careless answers.

    Args:
        frame: any data frame, one row a respondent, items in the order in which they were asked and not yet
            reversed (a run of identical answers is only visible so).
        items: columns of answers on one scale.
        factors: items by scale, for the even–odd index; at least three scales of two items.
        duration: column of seconds spent.
        attention: column → the only right answer of an attention check.
        thresholds: see `Thresholds`.
        level: coverage of the intervals of the figures.

    Raises:
        SpecError: fewer than two items, an item twice, a factor with other items.
    """
    check_level(level)
    items = list(items)
    limits = thresholds or Thresholds()
    _check_request(items, factors)
    X = numeric_matrix(frame, items)
    answered = ~np.isnan(X).all(axis=1)
    notices: list[Notice] = []
    if not answered.all():
        notices.append(Notice("assess.rows_without_answers", int((~answered).sum())))
    indices, gaps, rank = _indices(X, items, factors, limits)
    flags = _flags(indices, limits, len(items), rank)
    if duration is not None:
        flags["speeding"] = _speeding(numeric_matrix(frame, [duration])[:, 0], len(items), limits)
    if attention:
        flags["attention"] = _failed_checks(frame, attention)
    flags = {name: flag & answered for name, flag in flags.items()}
    careless: BoolArray = _flag_counts(flags, len(X)) >= limits.at_least
    if 0 < rank < len(items):
        notices.append(Notice("assess.singular_items", len(items) - rank, {"rank": rank}))
    if careless.any() and careless[answered].all():
        notices.append(Notice("assess.everybody_flagged", int(careless.sum())))
    return ResponseQuality(
        warnings=tuple(notices),
        items=tuple(items),
        n=int(answered.sum()),
        rows=len(X),
        indices=indices,
        flags=flags,
        careless=careless,
        not_computable=gaps,
        flagged=int(careless.sum()),
        figures=_figures(X, items, careless, level),
        thresholds=limits,
        level=level,
    )


def _check_request(items: list[str], factors: Sequence[Sequence[str]] | None) -> None:
    doubled = sorted({name for name in items if items.count(name) > 1})
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    if len(items) < 2:
        raise SpecError("assess.two_items", received=items)
    foreign = sorted({name for factor in factors or () for name in factor} - set(items))
    if foreign:
        raise SpecError("assess.factor_of_other_items", names=foreign)


def _indices(
    X: FloatArray, items: list[str], factors: Sequence[Sequence[str]] | None, limits: Thresholds
) -> tuple[dict[str, FloatArray], dict[str, Notice], int]:
    indices = dict.fromkeys(INDICES, np.full(len(X), np.nan))
    gaps: dict[str, Notice] = {}
    indices["longstring"], indices["avgstring"] = runs(X)
    indices["irv"] = intra_individual_variability(X)
    indices["mahad_sq"], rank = mahalanobis(X)
    if rank == 0:
        gaps["mahad_sq"] = Notice("assess.no_distance", params={"n": int((~np.isnan(X).any(axis=1)).sum())})
    scales = [np.array([items.index(name) for name in factor]) for factor in factors or () if len(factor) > 1]
    if len(scales) >= 3:
        indices["evenodd"] = even_odd(X, scales)
    else:
        gaps["evenodd"] = Notice("assess.too_few_factors", params={"received": len(scales)})
    correlations = item_correlations(X)
    for name, critical in (("psychsyn", limits.synonym_r), ("psychant", limits.antonym_r)):
        first, second = pairs_beyond(correlations, critical)
        if len(first) >= 3:
            indices[name] = pair_correlations(X, first, second)
        else:
            gaps[name] = Notice("assess.too_few_pairs", params={"found": len(first), "critical": critical})
    if len(X) > 1:
        indices["person_total"] = person_total(X)
    else:
        gaps["person_total"] = Notice("assess.too_few_rows", params={"n": len(X), "needed": 2})
    return indices, gaps, rank


def _flags(
    indices: Mapping[str, FloatArray], limits: Thresholds, items: int, rank: int
) -> dict[str, BoolArray]:
    from scipy.special import chdtri

    # Comparisons with NaN are false: what a row does not define does not flag it.
    flags: dict[str, BoolArray] = {}
    if limits.longstring is not None:
        flags["longstring"] = indices["longstring"] > limits.longstring * items
    if limits.irv is not None:
        flags["irv"] = indices["irv"] <= limits.irv
    if limits.mahad is not None:
        critical = float(chdtri(rank, 1 - limits.mahad)) if rank else math.inf
        flags["mahad"] = indices["mahad_sq"] > critical
    if limits.evenodd is not None:
        flags["evenodd"] = indices["evenodd"] > limits.evenodd
    if limits.psychsyn is not None:
        flags["psychsyn"] = indices["psychsyn"] < limits.psychsyn
    if limits.psychant is not None:
        flags["psychant"] = indices["psychant"] > limits.psychant
    if limits.person_total is not None:
        flags["person_total"] = indices["person_total"] < limits.person_total
    return flags


def _flag_counts(flags: Mapping[str, BoolArray], rows: int) -> IntArray:
    """How many flags each row has."""
    counts = np.zeros(rows, dtype=np.int64)
    for flag in flags.values():
        counts += flag
    return counts


def _speeding(seconds: FloatArray, items: int, limits: Thresholds) -> BoolArray:
    known = seconds[~np.isnan(seconds)]
    if not known.size:
        return np.zeros(len(seconds), dtype=np.bool_)
    fastest = max(limits.median_share * float(np.median(known)), limits.seconds_per_item * items)
    flag: BoolArray = seconds < fastest
    return flag


def _failed_checks(frame: Any, attention: Mapping[str, object]) -> BoolArray:
    failed: list[BoolArray] = []
    for column, right in attention.items():
        given = text_column(frame, column)
        failed.append((given.is_not_null() & (given != str(right))).to_numpy())
    result: BoolArray = np.any(failed, axis=0)
    return result


def _figures(
    X: FloatArray, items: list[str], careless: BoolArray, level: float
) -> tuple[WithAndWithout, ...]:
    present = ~np.isnan(X)
    n = present.sum(axis=1)
    overall = np.where(n > 0, np.where(present, X, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)
    table = np.column_stack((X, overall))
    figures = []
    for name, everybody, unflagged in zip(
        [*items, "mean"], mean_estimates(table, level), mean_estimates(table[~careless], level), strict=True
    ):
        both = everybody.value is not None and unflagged.value is not None
        difference = (unflagged.value or 0.0) - (everybody.value or 0.0) if both else None
        figures.append(WithAndWithout(name, everybody, unflagged, difference))
    return tuple(figures)
