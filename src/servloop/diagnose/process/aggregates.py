"""The small tables into which a log of any size shrinks, and the views that need nothing else.

Where the events lie on many machines, only these tables come back: activities, directly-follows pairs, variants,
hand-overs, and the totals of the case table. `servloop.facts.engines` computes them where the events are. What is
made from them equals what the kernels say of the same events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from servloop.diagnose.process.bottlenecks import TIMER_SHARE, Bottleneck, Bottlenecks
from servloop.diagnose.process.directly_follows import DirectlyFollows, Edge, Node
from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.handovers import Handover, Handovers
from servloop.diagnose.process.layout_graph import END, START
from servloop.diagnose.process.ordering import Float64
from servloop.diagnose.process.rework import Rework
from servloop.diagnose.process.simplify import Arc, SimplifiedMap, simplify_map
from servloop.diagnose.process.summary import Summary, Throughput
from servloop.diagnose.process.variants import Variant, Variants
from servloop.errors import InputError, SpecError
from servloop.results import Estimate, Notice

if TYPE_CHECKING:
    import polars as pl

By = Literal["resource", "group"]
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class CaseTotals:
    """Sums over the case table.

    Attributes:
        cases, events: how many.
        cases_with_rework: cases in which some activity was done more than once.
        resources: different ones; None when the log names none.
        first, last: the earliest and the latest completion, microseconds since 1970 UTC; None without events.
        interval: the log knows when work began.
        throughput: microseconds: ``median``, ``p90``, ``p95``, ``mean``, ``minimum``, ``maximum``.
    """

    cases: int
    events: int
    cases_with_rework: int
    resources: int | None
    first: int | None
    last: int | None
    interval: bool
    throughput: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HandoverTotals:
    """Successions with a value on both sides: pairs, and the median microseconds without and with a change of hands."""

    pairs: pl.DataFrame
    median_within: float | None
    median_between: float | None
    missing: int


@dataclass(frozen=True, kw_only=True)
class ProcessAggregates:
    """What is left of a log.

    Attributes:
        totals: of the case table.
        labels: all activities of the source in sorted order, those without an event that entered among them.
        activities: ``activity, events, cases, rework_cases, starts, ends``.
        edges: ``source, target, count, cases, same_resource, whole_seconds, microseconds`` (whose sum is the total
            time), ``median, p90`` and ``low, high`` (the bounds of the median; null where there are too few), in
            microseconds.
        paths: ``activities`` (list), ``cases``, ``median`` (microseconds), ``first_case`` (the smallest id); the most
            frequent first. All of them, or the first ones.
        path_counts: ``cases``, ``paths``: how many variants have so many cases; of all variants.
        durations: ``microseconds``, ``cases``: throughput times in steps of 1 %, and how many cases have them.
        handovers: by ``resource`` and ``group``, where the log names them.
        timers: steps whose waits are of suspiciously constant length.
        warnings: what was noticed.
    """

    totals: CaseTotals
    labels: tuple[str, ...]
    activities: pl.DataFrame
    edges: pl.DataFrame
    paths: pl.DataFrame
    path_counts: pl.DataFrame
    durations: pl.DataFrame
    handovers: Mapping[str, HandoverTotals]
    timers: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {
            "totals": asdict(self.totals),
            "labels": list(self.labels),
            **{name: getattr(self, name).to_dict(as_series=False) for name in _TABLES},
            "handovers": {
                by: {
                    "pairs": found.pairs.to_dict(as_series=False),
                    "median_within": found.median_within,
                    "median_between": found.median_between,
                    "missing": found.missing,
                }
                for by, found in self.handovers.items()
            },
            **{
                name: [[note.code, note.count, dict(note.params)] for note in getattr(self, name)]
                for name in ("timers", "warnings")
            },
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ProcessAggregates:
        """Read what `to_dict` wrote."""
        import polars as pl

        return cls(
            totals=CaseTotals(**stored["totals"]),
            labels=tuple(stored["labels"]),
            **{name: pl.DataFrame(stored[name], schema=schemas()[name]) for name in _TABLES},
            handovers={
                by: HandoverTotals(
                    **{**found, "pairs": pl.DataFrame(found["pairs"], schema=schemas()["pairs"])}
                )
                for by, found in stored["handovers"].items()
            },
            timers=tuple(Notice(*note) for note in stored["timers"]),
            warnings=tuple(Notice(*note) for note in stored["warnings"]),
        )

    @property
    def _edge_method(self) -> str:
        return "completion_to_start" if self.totals.interval else "completion_to_completion"

    @cached_property
    def _edge_totals(self) -> dict[tuple[str, str], float]:
        # Seconds and the rest are sums of their own: microseconds together may not fit 64 bits.
        columns = self.edges.select("source", "target", "whole_seconds", "microseconds").iter_rows()
        return {(a, b): (whole * MICROSECONDS + rest) / MICROSECONDS for a, b, whole, rest in columns}

    def directly_follows(self) -> DirectlyFollows:
        """The map, as `directly_follows.directly_follows` gives it."""
        totals = self._edge_totals
        edges = [
            Edge(
                row["source"],
                row["target"],
                row["count"],
                row["cases"],
                row["median"] / MICROSECONDS,
                totals[row["source"], row["target"]] / row["count"],
                row["p90"] / MICROSECONDS,
                totals[row["source"], row["target"]],
            )
            for row in self.edges.iter_rows(named=True)
        ]
        nodes = [Node(*row) for row in self.activities.select("activity", "events", "cases").iter_rows()]
        return DirectlyFollows(
            n=self.totals.cases,
            nodes=tuple(sorted(nodes, key=lambda node: (-node.events, node.activity))),
            edges=tuple(sorted(edges, key=lambda edge: (-edge.count, edge.source, edge.target))),
            start=self._counts("starts"),
            end=self._counts("ends"),
            method=self._edge_method,
            warnings=self.warnings,
        )

    def _counts(self, column: str) -> dict[str, int]:
        return _largest_first(dict(self.activities.select("activity", column).iter_rows()))

    @cached_property
    def _steps(self) -> list[tuple[frozenset[Arc], int]]:
        return [
            (frozenset(zip((START, *path), (*path, END), strict=True)), cases)
            for path, cases in self.paths.select("activities", "cases").iter_rows()
        ]

    def cases_within(self, kept: AbstractSet[Arc]) -> int | None:
        """Cases that run wholly along some arcs; None where not all variants were fetched."""
        if self.paths.height < self.variants_total:
            return None
        return sum(cases for steps, cases in self._steps if steps <= kept)

    def simplify(self, *, activities: float = 1.0, paths: float = 1.0) -> SimplifiedMap:
        """The map with a share of activities and paths, as `simplify.simplify` gives it."""
        full = self.directly_follows()
        return simplify_map(full, self.cases_within, activities=activities, paths=paths)

    @property
    def variants_total(self) -> int:
        """Different paths."""
        return int(self.path_counts["paths"].sum())

    def variants(self, *, top: int | None = None) -> Variants:
        """The paths, as `variants.variants` gives them; at most those that were fetched."""
        counts = self.path_counts.sort("cases", descending=True)
        of_each = np.repeat(counts["cases"].to_numpy(), counts["paths"].to_numpy())
        covering = (
            int(np.searchsorted(np.cumsum(of_each), 0.8 * self.totals.cases) + 1) if len(of_each) else 0
        )
        listed = self.paths if top is None else self.paths.head(top)
        return Variants(
            n=self.totals.cases,
            total=self.variants_total,
            covering_80=covering,
            variants=tuple(
                Variant(tuple(path), cases, cases / self.totals.cases, median / MICROSECONDS)
                for path, cases, median in listed.select("activities", "cases", "median").iter_rows()
            ),
            warnings=self.warnings,
        )

    def throughput_seconds(self) -> Float64:
        """Seconds of every case, to 1 %, ascending: enough for a drawing of how they are spread."""
        table = self.durations.sort("microseconds")
        return np.repeat(table["microseconds"].to_numpy() / MICROSECONDS, table["cases"].to_numpy())

    def handover(self, by: By = "resource") -> Handovers:
        """Hand-overs, as `handovers.handovers` gives them.

        Raises:
            InputError: ``process.no_resources``, ``process.no_groups``.
        """
        if by not in self.handovers:
            raise InputError(f"process.no_{by}s", found=sorted(self.handovers))
        found = self.handovers[by]
        rows = sorted(found.pairs.rows(), key=lambda row: (-row[2], row[0], row[1]))
        within = sum(count for source, target, count in rows if source == target)
        between = sum(count for source, target, count in rows if source != target)
        notice = (Notice("process.events_without_" + by, count=found.missing),) if found.missing else ()
        return Handovers(
            n=within + between,
            handovers=tuple(Handover(*row) for row in rows if row[0] != row[1]),
            within=within,
            between=between,
            median_wait_within=_median(found.median_within, within),
            median_wait_between=_median(found.median_between, between),
            method=by,
            warnings=self.warnings + notice,
        )

    def bottlenecks(self, *, not_waiting: Collection[str] = ()) -> Bottlenecks:
        """Steps by their wait, as `bottlenecks.bottlenecks` gives them at 95 %.

        Raises:
            SpecError: ``process.unknown_activity``.
        """
        unknown = [activity for activity in not_waiting if activity not in self.labels]
        if unknown:
            raise SpecError("process.unknown_activity", unknown=unknown, found=list(self.labels))
        totals = self._edge_totals
        rows = [row for row in self.edges.iter_rows(named=True) if row["target"] not in not_waiting]
        rows.sort(key=lambda row: (-totals[row["source"], row["target"]], row["source"], row["target"]))
        found = {(str(note.params["source"]), str(note.params["target"])): note for note in self.timers}
        everything = float(np.sum([max(totals[row["source"], row["target"]], 0.0) for row in rows]))
        return Bottlenecks(
            n=sum(row["count"] for row in rows),
            steps=tuple(
                Bottleneck(
                    row["source"],
                    row["target"],
                    row["count"],
                    row["cases"],
                    totals[row["source"], row["target"]],
                    totals[row["source"], row["target"]] / everything if everything > 0 else None,
                    row["median"] / MICROSECONDS,
                    None if row["low"] is None else row["low"] / MICROSECONDS,
                    None if row["high"] is None else row["high"] / MICROSECONDS,
                )
                for row in rows
            ),
            not_waiting=tuple(not_waiting),
            level=LEVEL,
            method=self._edge_method,
            warnings=self.warnings
            + tuple(
                found[step]
                for row in rows
                if (step := (str(row["source"]), str(row["target"]))) in found
                and totals[step] >= TIMER_SHARE * everything
            ),
        )

    def rework(self) -> Rework:
        """Work done again, as `rework.rework` gives it."""
        table, n = self.activities, self.totals.cases
        loops = [row for row in self.edges.iter_rows(named=True) if row["source"] == row["target"]]
        again = self.totals.cases_with_rework
        return Rework(
            n=n,
            cases_with_rework=again,
            extra_executions=_largest_first(
                dict(zip(table["activity"], table["events"] - table["cases"], strict=True))
            ),
            rework_cases=self._counts("rework_cases"),
            self_loops=_largest_first({row["source"]: row["count"] for row in loops}),
            self_loops_same_resource=_largest_first({row["source"]: row["same_resource"] for row in loops}),
            first_time_right=Estimate(1 - again / n, n, method="share_without_rework")
            if n
            else Estimate.not_computable(0, "process.no_cases"),
            warnings=self.warnings,
        )

    def summary(self) -> Summary:
        """Counts and throughput, as `summary.summary` gives them."""
        totals = self.totals
        method = "last_completion_minus_first_" + ("start" if totals.interval else "completion")

        def figure(name: str) -> Estimate:
            if not totals.cases:
                return Estimate.not_computable(0, "process.no_cases", method=method)
            return Estimate(totals.throughput[name] / MICROSECONDS, totals.cases, method=method)

        names = ("median", "mean", "p90", "p95", "minimum", "maximum")
        return Summary(
            n=totals.cases,
            events=totals.events,
            activities=self.activities.height,
            variants=self.variants_total,
            resources=totals.resources,
            first=_moment(totals.first),
            last=_moment(totals.last),
            throughput=Throughput(
                n=totals.cases,
                method=method,
                warnings=self.warnings,
                **{name: figure(name) for name in names},
            ),
            warnings=self.warnings,
        )


_TABLES = ("activities", "edges", "paths", "path_counts", "durations")


def schemas() -> dict[str, dict[str, Any]]:
    """Columns and types of the tables."""
    import polars as pl

    counts = dict.fromkeys(("events", "cases", "rework_cases", "starts", "ends"), pl.Int64)
    pair = {"source": pl.String, "target": pl.String, "count": pl.Int64}
    more = dict.fromkeys(("cases", "same_resource", "whole_seconds", "microseconds"), pl.Int64)
    times = {"median": pl.Float64, "p90": pl.Float64, "low": pl.Int64, "high": pl.Int64}
    path = {"activities": pl.List(pl.String), "cases": pl.Int64, "median": pl.Float64}
    return {
        "activities": {"activity": pl.String, **counts},
        "edges": {**pair, **more, **times},
        "paths": {**path, "first_case": pl.String},
        "path_counts": {"cases": pl.Int64, "paths": pl.Int64},
        "durations": {"microseconds": pl.Int64, "cases": pl.Int64},
        "pairs": pair,
    }


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Those that occur, the largest first, equals by name."""
    return dict(sorted(((k, n) for k, n in counts.items() if n), key=lambda item: (-item[1], item[0])))


def _median(microseconds: float | None, n: int) -> Estimate:
    if microseconds is None:
        return Estimate.not_computable(0, "process.no_successions", method="median")
    return Estimate(microseconds / MICROSECONDS, n, method="median")


def _moment(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
