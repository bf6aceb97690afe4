"""Variants: the different paths of cases, how many cases take each, and how long those take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Int32, Int64
from servloop.results import Result, plain

if TYPE_CHECKING:
    import polars as pl


_KEPT = "_variant_of_cases"  # beside the log's other derived columns


@dataclass(frozen=True, slots=True)
class Variant:
    """One path, its cases, their share of all cases, and the median throughput time of those cases."""

    activities: tuple[str, ...]
    cases: int
    share: float
    median_seconds: float


@dataclass(frozen=True, kw_only=True)
class Variants(Result):
    """The paths, the most frequent first; equally frequent ones by the smallest case id among them.

    Attributes:
        n: cases that entered.
        total: number of different paths.
        covering_80: how many of the most frequent paths it takes to cover 80 % of the cases.
        variants: the paths asked for.
    """

    n: int
    total: int
    covering_80: int
    variants: tuple[Variant, ...]
    method: str = "exact_sequence"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``n``, ``total``, ``covering_80``, ``variants`` and ``warnings``."""
        return {
            "n": self.n,
            "total": self.total,
            "covering_80": self.covering_80,
            "variants": [asdict(variant) for variant in self.variants],
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per path."""
        import polars as pl

        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "activities": pl.List(pl.String),
            "cases": pl.Int64,
            "share": pl.Float64,
            "median_seconds": pl.Float64,
        }
        return pl.DataFrame([asdict(variant) for variant in self.variants], schema=schema)


def variants(log: EventLog, *, top: int | None = None) -> Variants:
    """The paths of a log.

    Args:
        log: the event log.
        top: how many of the most frequent paths to list; all without it. Totals always speak of all.
    """
    variant, representative = variant_of_cases(log)
    times = GroupedDurations.of(variant, log.throughput, len(representative))
    counts = times.counts
    medians = times.quantile(0.5)
    listed = _most_frequent(log, variant, counts, top)
    descending = np.sort(counts)[::-1]
    return Variants(
        n=log.cases,
        total=len(representative),
        covering_80=int(np.searchsorted(np.cumsum(descending), 0.8 * log.cases) + 1) if log.cases else 0,
        variants=tuple(
            Variant(
                activities=path_of(log, int(representative[code])),
                cases=int(counts[code]),
                share=int(counts[code]) / log.cases,
                median_seconds=float(medians[code]),
            )
            for code in listed.tolist()
        ),
        warnings=log.warnings,
    )


def path_of(log: EventLog, case: int) -> tuple[str, ...]:
    """The activities of one case in their order."""
    codes = log.activity[log.offsets[case] : log.offsets[case + 1]]
    return tuple(log.activity_labels[code] for code in codes.tolist())


def variant_of_cases(log: EventLog) -> tuple[Int32, Int64]:
    """Group cases by their sequence of activities.

    Sequences are compared by a 64-bit multilinear hash first (Carter & Wegman, 1979), then, event by event,
    with one case of their group, so that the result is exact: should two sequences share a hash, other
    multipliers are drawn. The log keeps the answer: filters ask for it again and again.

    Returns:
        The variant of each case (0..variants-1, in no particular order) and one case of each variant.
    """
    kept: tuple[Int32, Int64] | None = log.__dict__.get(_KEPT)
    if kept is None:
        kept = _grouped(log)
        log.__dict__[_KEPT] = kept
    return kept


def _grouped(log: EventLog) -> tuple[Int32, Int64]:
    if log.cases == 0:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    position = np.arange(log.events, dtype=np.int64) - np.repeat(log.offsets[:-1], log.lengths)
    seed = 0
    while True:
        random = np.random.default_rng(seed)
        of_activity = random.integers(1, 2**64, len(log.activity_labels), dtype=np.uint64)
        of_position = random.integers(1, 2**64, int(log.lengths.max()), dtype=np.uint64)
        terms = of_activity[log.activity]
        terms *= of_position[position]
        code = np.add.reduceat(terms, log.offsets[:-1])
        code += log.lengths.astype(np.uint64)
        _, representative, variant = np.unique(code, return_index=True, return_inverse=True)
        if _same_sequences(log, representative[variant], position):
            return variant.astype(np.int32), representative.astype(np.int64)
        seed += 1


def _same_sequences(log: EventLog, other: Int64, position: Int64) -> bool:
    """Whether each case has the same activities in the same order as the other case named for it."""
    if not np.array_equal(log.lengths[other], log.lengths):
        return False
    counterpart = np.repeat(log.offsets[other], log.lengths)
    counterpart += position
    return bool(np.array_equal(log.activity[counterpart], log.activity))


def _most_frequent(log: EventLog, variant: Int32, counts: Int64, top: int | None) -> Int64:
    """Variants by falling count; ties are settled by case ids, which only the candidates pay for."""
    candidates = np.arange(len(counts))
    if top is not None and top < len(counts):
        if top <= 0:
            return candidates[:0]
        candidates = np.flatnonzero(counts >= np.partition(counts, -top)[-top])
    candidate = np.zeros(len(counts), dtype=np.bool_)
    candidate[candidates] = True
    cases = np.flatnonzero(candidate[variant])
    order = log.case_labels.gather(log.case_codes[cases]).arg_sort().to_numpy()
    rank = np.empty(len(cases), dtype=np.int64)
    rank[order] = np.arange(len(cases))
    first = np.full(len(counts), len(cases), dtype=np.int64)
    np.minimum.at(first, variant[cases], rank)
    return candidates[np.lexsort((first[candidates], -counts[candidates]))][:top]
