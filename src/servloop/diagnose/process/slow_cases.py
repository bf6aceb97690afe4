"""What slow cases have in common: attributes and steps that are more frequent among them than among the others.

Each feature is tested by itself with Fisher's exact test; the p-values of all features together are corrected
after Benjamini & Hochberg (1995). The interval of the difference of two shares is Newcombe's (1998, method 10).
A feature that goes with slowness need not cause it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64, Int64, count_distinct_cases
from servloop.errors import SpecError
from servloop.inference import benjamini_hochberg, newcombe_difference
from servloop.results import Estimate, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Cause:
    """One feature of cases.

    ``kind`` is ``attribute``, ``activity`` (occurs) or ``rework`` (occurs more than once); ``lift`` is the share of slow
    cases with the feature divided by that of all cases; ``difference`` compares cases with and without it.
    """

    kind: str
    name: str
    value: str | None
    n: int
    slow: int
    slow_share: float
    lift: float
    difference: Estimate
    p: float
    p_adjusted: float


@dataclass(frozen=True, kw_only=True)
class SlowCases(Result):
    """Features by adjusted p-value.

    Attributes:
        n: cases.
        slow: cases that are slow.
        threshold_seconds: a case is slow when it takes longer than this; None without cases.
        causes: features that enough cases have and enough lack.
    """

    n: int
    slow: int
    threshold_seconds: float | None
    causes: tuple[Cause, ...]
    method: str = "fisher_exact_benjamini_hochberg"

    def to_frame(self) -> pl.DataFrame:
        """One row per feature."""
        import polars as pl

        rows = [asdict(cause) | {"difference": cause.difference.value} for cause in self.causes]
        return pl.DataFrame(rows, infer_schema_length=None)


def slow_cases(
    log: EventLog,
    *,
    attributes: Sequence[str] = (),
    limit_seconds: float | None = None,
    min_cases: int = 20,
    max_values: int = 200,
) -> SlowCases:
    """Compare slow cases with the others.

    Args:
        log: the event log.
        attributes: columns to compare; a case has a value when one of its events has it.
        limit_seconds: cases that take longer are slow; without it, the slowest quarter.
        min_cases: features with fewer cases on either side are not tested.
        max_values: of a column with more values only the most frequent are tested.

    Raises:
        InputError: ``process.no_such_column``.
        SpecError: ``process.min_cases_out_of_range``.
    """
    if min_cases < 1:
        raise SpecError("process.min_cases_out_of_range", received=min_cases)
    if log.cases == 0:
        return SlowCases(n=0, slow=0, threshold_seconds=None, causes=(), warnings=log.warnings)
    times = log.throughput / MICROSECONDS
    threshold = float(np.quantile(times, 0.75)) if limit_seconds is None else limit_seconds
    slow = times > threshold
    features = [
        feature
        for feature in _features(log, attributes, max_values)
        if min_cases <= feature[3].sum() <= log.cases - min_cases
    ]
    counts = np.array([having.sum() for *_, having in features], dtype=np.int64)
    hits = np.array([(having & slow).sum() for *_, having in features], dtype=np.int64)
    p = _fisher(hits, counts, int(slow.sum()), log.cases)
    adjusted = np.array(benjamini_hochberg(p.tolist()), dtype=np.float64)
    causes = [
        _cause(
            feature[:3],
            n=int(n),
            hits=int(k),
            slow=int(slow.sum()),
            cases=log.cases,
            p=(float(raw), float(corrected)),
        )
        for feature, n, k, raw, corrected in zip(features, counts, hits, p, adjusted, strict=True)
    ]
    ranked = sorted(
        causes, key=lambda c: (c.p_adjusted, -abs(c.difference.value or 0), c.kind, c.name, c.value or "")
    )
    return SlowCases(
        n=log.cases,
        slow=int(slow.sum()),
        threshold_seconds=threshold,
        causes=tuple(ranked),
        warnings=log.warnings,
    )


def _features(
    log: EventLog, attributes: Sequence[str], max_values: int
) -> Iterator[tuple[str, str, str | None, Bool]]:
    """Kind, name, value, and the cases that have the feature."""
    executions = log.case_index.astype(np.int64) * len(log.activity_labels) + log.activity
    visited, times = np.unique(executions, return_counts=True)
    case, activity = visited // len(log.activity_labels), visited % len(log.activity_labels)
    for code, label in enumerate(log.activity_labels):
        mine = activity == code
        yield "activity", label, None, _flags(log, case[mine])
        yield "rework", label, None, _flags(log, case[mine & (times > 1)])
    for column in attributes:
        codes, labels = log.codes_of(column)
        known = codes >= 0
        held = count_distinct_cases(codes[known], log.case_index[known], len(labels))
        for code in np.argsort(-held, kind="stable")[:max_values].tolist():
            if held[code]:
                yield "attribute", column, labels[code], _flags(log, log.case_index[codes == code])


def _flags(log: EventLog, cases: Int64) -> Bool:
    flags = np.zeros(log.cases, dtype=np.bool_)
    flags[cases] = True
    return flags


def _cause(
    feature: tuple[str, str, str | None], *, n: int, hits: int, slow: int, cases: int, p: tuple[float, float]
) -> Cause:
    others, other_hits = cases - n, slow - hits
    low, high = newcombe_difference((other_hits, others), (hits, n))
    share, other = hits / n, other_hits / others
    difference = Estimate(share - other, cases, low, high, "newcombe")
    lift = share / (slow / cases) if slow else 0.0
    kind, name, value = feature
    return Cause(kind, name, value, n, hits, share, lift, difference, p[0], p[1])


def _fisher(hits: Int64, counts: Int64, slow: int, cases: int) -> Float64:
    """Two-sided exact p-values of many fourfold tables with common margins ``slow`` and ``cases``."""
    from scipy.stats import fisher_exact

    tables = (
        np.array([[k, n - k], [slow - k, cases - n - (slow - k)]])
        for k, n in zip(hits.tolist(), counts.tolist(), strict=True)
    )
    return np.array([fisher_exact(table).pvalue for table in tables], dtype=np.float64)
