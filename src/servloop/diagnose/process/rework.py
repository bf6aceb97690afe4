"""Work done again: activities that a case meets more than once, loops, and returns between two activities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Int64
from servloop.results import Estimate, Result, plain

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Rework(Result):
    """Executions beyond the first of the same activity in a case.

    Attributes:
        n: cases.
        cases_with_rework: cases in which some activity occurs more than once.
        extra_executions: activity → executions beyond the first, over all cases.
        rework_cases: activity → cases in which it occurs more than once.
        self_loops: activity → how often it directly follows itself.
        self_loops_same_resource: of those, by the same resource (a repetition); empty without resources.
        first_time_right: share of cases without any rework.
    """

    n: int
    cases_with_rework: int
    extra_executions: Mapping[str, int]
    rework_cases: Mapping[str, int]
    self_loops: Mapping[str, int]
    self_loops_same_resource: Mapping[str, int]
    first_time_right: Estimate
    method: str = "executions_beyond_the_first"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The counts and maps, ``first_time_right`` as a share, and ``warnings``."""
        return {
            "cases_with_rework": self.cases_with_rework,
            "extra_executions": dict(self.extra_executions),
            "rework_cases": dict(self.rework_cases),
            "self_loops": dict(self.self_loops),
            "first_time_right": self.first_time_right.value,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per activity with rework."""
        import polars as pl

        columns = ("extra_executions", "rework_cases", "self_loops")
        rows = [
            (activity, *(getattr(self, column).get(activity, 0) for column in columns))
            for activity in self.extra_executions
        ]
        schema = {"activity": pl.String} | dict.fromkeys(columns, pl.Int64)
        return pl.DataFrame(rows, schema=schema, orient="row")


def rework(log: EventLog) -> Rework:
    """Rework, self-loops and the share of cases that were right the first time."""
    activities = len(log.activity_labels)
    key = log.case_index.astype(np.int64) * activities + log.activity
    visited, executions = np.unique(key, return_counts=True)
    again = executions > 1
    case, activity, extra = visited[again] // activities, visited[again] % activities, executions[again] - 1
    before, after, _ = log.pairs
    loop = before == after
    same_resource = np.zeros(0, np.int64)
    if log.has_column("resource"):
        resource, _ = log.codes_of("resource")
        known = (resource[1:] == resource[:-1]) & (resource[1:] >= 0)
        same_resource = np.bincount(after[loop & known[log.inner]], minlength=activities)
    with_rework = len(np.unique(case))
    return Rework(
        n=log.cases,
        cases_with_rework=with_rework,
        extra_executions=_per_activity(log, np.bincount(activity, extra, activities).astype(np.int64)),
        rework_cases=_per_activity(log, np.bincount(activity, minlength=activities)),
        self_loops=_per_activity(log, np.bincount(after[loop], minlength=activities)),
        self_loops_same_resource=_per_activity(log, same_resource),
        first_time_right=Estimate(1 - with_rework / log.cases, log.cases, method="share_without_rework")
        if log.cases
        else Estimate.not_computable(0, "process.no_cases"),
        warnings=log.warnings,
    )


@dataclass(frozen=True, slots=True)
class Return:
    """How often work went from one activity to another and straight back, and in how many cases."""

    activity: str
    via: str
    count: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class PingPong(Result):
    """Direct returns A, B, A of activities or of resources within a case.

    Attributes:
        n: cases.
        cases_with_returns: cases with at least one.
        returns: the pairs, the most frequent first.
        method: ``"activity"`` or the column whose values went back and forth.
    """

    n: int
    cases_with_returns: int
    returns: tuple[Return, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per pair."""
        import polars as pl

        rows = [(item.activity, item.via, item.count, item.cases) for item in self.returns]
        schema = {"activity": pl.String, "via": pl.String, "count": pl.Int64, "cases": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def ping_pong(log: EventLog, *, by: str = "activity") -> PingPong:
    """Direct returns A, B, A with A and B different.

    Args:
        log: the event log.
        by: ``"activity"``, or a column such as ``"resource"`` or ``"department"``; events without a value
            take part in no return.
    """
    if by == "activity":
        code, labels = log.activity, list(log.activity_labels)
    else:
        code, series = log.codes_of(by)
        labels = series.to_list()
    inside = log.inner[1:] & log.inner[:-1]
    returned = inside & (code[2:] == code[:-2]) & (code[1:-1] != code[:-2])
    returned &= (code[2:] >= 0) & (code[1:-1] >= 0)
    case = log.case_index[2:][returned]
    pair = code[2:][returned].astype(np.int64) * len(labels) + code[1:-1][returned]
    found, place, count = np.unique(pair, return_inverse=True, return_counts=True)
    cases = np.bincount(
        np.unique(place * max(log.cases, 1) + case) // max(log.cases, 1), minlength=len(found)
    )
    return PingPong(
        n=log.cases,
        cases_with_returns=len(np.unique(case)),
        returns=tuple(
            Return(
                labels[found[i] // len(labels)], labels[found[i] % len(labels)], int(count[i]), int(cases[i])
            )
            for i in np.lexsort((found, -count)).tolist()
        ),
        method=by,
        warnings=log.warnings,
    )


def _per_activity(log: EventLog, counts: Int64) -> dict[str, int]:
    """Activity → count, for those with one, the largest first."""
    order = np.lexsort((np.arange(len(counts)), -counts))
    return {log.activity_labels[code]: int(counts[code]) for code in order.tolist() if counts[code]}
