"""The directly-follows map: which activity follows which, how often, in how many cases, after what time.

Source: van der Aalst, Process Mining (2016), chapter 6; on what a filtered map hides: van der Aalst, A
practitioner's guide to process mining: limitations of the directly-follows graph (2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Int32, Int64, count_distinct_cases
from servloop.errors import SpecError
from servloop.results import Result, plain

if TYPE_CHECKING:
    import polars as pl

# Up to this many activities, all pairs are counted in one table (32 MB); beyond, only those that occur.
TABLE_ACTIVITIES = 2_000


@dataclass(frozen=True, slots=True)
class Node:
    """An activity, its events, and the cases in which it occurs."""

    activity: str
    events: int
    cases: int


@dataclass(frozen=True, slots=True)
class Edge:
    """One activity directly followed by another: how often, in how many cases, the time between them."""

    source: str
    target: str
    count: int
    cases: int
    median_seconds: float
    mean_seconds: float
    p90_seconds: float
    total_seconds: float


@dataclass(frozen=True, kw_only=True)
class DirectlyFollows(Result):
    """The map.

    Attributes:
        n: cases that entered.
        nodes: activities, the most frequent first.
        edges: pairs that occur, the most frequent first.
        start, end: activity → cases that begin or end with it, the most frequent first.
        method: how the time of an edge is measured.
    """

    n: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    start: Mapping[str, int]
    end: Mapping[str, int]
    method: str

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``nodes``, ``edges``, ``start``, ``end`` and ``warnings``."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
            "start": dict(self.start),
            "end": dict(self.end),
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per edge."""
        import polars as pl

        schema = {
            "source": pl.String,
            "target": pl.String,
            "count": pl.Int64,
            "cases": pl.Int64,
            "median_seconds": pl.Float64,
            "mean_seconds": pl.Float64,
            "p90_seconds": pl.Float64,
            "total_seconds": pl.Float64,
        }
        return pl.DataFrame([asdict(edge) for edge in self.edges], schema=schema)


def edge_method(log: EventLog) -> str:
    """The name of the edge time that this log allows."""
    return "completion_to_completion" if log.start is None else "completion_to_start"


@dataclass(frozen=True, eq=False)
class EdgeTable:
    """Edges as arrays, in the order of (source code, target code).

    Attributes:
        source, target: activity codes of each edge.
        cases: distinct cases of each edge.
        waits: the times of each edge.
        pair_edge: edge of each pair of neighbouring events, in the order of `EventLog.pairs`.
    """

    source: Int64
    target: Int64
    cases: Int64
    waits: GroupedDurations
    pair_edge: NDArray[Any]

    @property
    def count(self) -> Int64:
        """How often each edge occurs."""
        return self.waits.counts

    @classmethod
    def of(cls, log: EventLog) -> EdgeTable:
        """Count the edges of a log and sort their times."""
        before, after, between = log.pairs
        activities = len(log.activity_labels)
        code, pair_edge = _compact(before, after, activities)
        del before, after
        waits = GroupedDurations.of(pair_edge, between, len(code))
        del between
        case = log.case_index[1:][log.inner]
        return cls(
            source=code // max(activities, 1),
            target=code % max(activities, 1),
            cases=count_distinct_cases(pair_edge, case, len(code)),
            waits=waits,
            pair_edge=pair_edge,
        )


def _compact(before: Int32, after: Int32, activities: int) -> tuple[Int64, NDArray[Any]]:
    """Codes of the pairs that occur, and for each pair the place of its code."""
    if activities > TABLE_ACTIVITIES:
        code, place = np.unique(before.astype(np.int64) * activities + after, return_inverse=True)
        return code, place.astype(np.int32)
    pair = before * np.int32(activities)
    pair += after
    code = np.flatnonzero(np.bincount(pair, minlength=activities * activities))
    place_of = np.zeros(activities * activities, dtype=np.int32)
    place_of[code] = np.arange(len(code), dtype=np.int32)
    return code, place_of[pair]


def directly_follows(log: EventLog) -> DirectlyFollows:
    """The directly-follows map of a log, with start and end.

    The time of an edge is from the completion of the first to the begin of the second event (completion to
    completion where no starts are known), in elapsed time; overlapping events give negative times.
    """
    labels = log.activity_labels
    table = EdgeTable.of(log)
    columns = (
        table.count,
        table.cases,
        table.waits.quantile(0.5),
        table.waits.means(),
        table.waits.quantile(0.9),
        table.waits.totals(),
    )
    order = np.lexsort((table.target, table.source, -table.count))
    edges = tuple(
        Edge(labels[source], labels[target], *figures)
        for source, target, *figures in zip(
            table.source[order].tolist(),
            table.target[order].tolist(),
            *(column[order].tolist() for column in columns),
            strict=True,
        )
    )
    return DirectlyFollows(
        n=log.cases,
        nodes=_nodes(log),
        edges=edges,
        start=_most_frequent(log, log.activity[log.offsets[:-1]]),
        end=_most_frequent(log, log.activity[log.offsets[1:] - 1]),
        method=edge_method(log),
        warnings=log.warnings,
    )


def trimmed_edge_means(log: EventLog, *, part: float = 0.05) -> dict[tuple[str, str], float]:
    """Mean time of each edge without the shortest and the longest: less moved by a few odd cases.

    Args:
        log: the event log.
        part: of the times, cut at either end.

    Returns:
        (source, target) → seconds.

    Raises:
        SpecError: ``process.share_out_of_range`` unless the part is less than half.
    """
    if not 0 <= part < 0.5:
        raise SpecError("process.share_out_of_range", name="part", received=part)
    table, labels = EdgeTable.of(log), log.activity_labels
    means = table.waits.trimmed_means(part).tolist()
    pairs = zip(table.source.tolist(), table.target.tolist(), means, strict=True)
    return {(labels[source], labels[target]): mean for source, target, mean in pairs}


def _nodes(log: EventLog) -> tuple[Node, ...]:
    events = np.bincount(log.activity, minlength=len(log.activity_labels))
    cases = count_distinct_cases(log.activity, log.case_index, len(log.activity_labels))
    present = np.flatnonzero(events)
    order = present[np.lexsort((present, -events[present]))]
    return tuple(
        Node(log.activity_labels[code], int(events[code]), int(cases[code])) for code in order.tolist()
    )


def _most_frequent(log: EventLog, activity: Int32) -> dict[str, int]:
    """Activity → how often, for those that occur, the most frequent first."""
    counts = np.bincount(activity, minlength=len(log.activity_labels))
    order = np.lexsort((np.arange(len(counts)), -counts))
    return {log.activity_labels[code]: int(counts[code]) for code in order.tolist() if counts[code]}
