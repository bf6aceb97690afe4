"""The process aggregates as Ibis expressions: the same text runs on DuckDB and on Spark.

An expression touches nothing until an engine executes it. Only functions that both engines translate are used
(lists are collected and then sorted; ordered aggregation of text exists on one of them only), times are whole
microseconds, and sums that may exceed 64 bits are split into seconds and the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from servloop.diagnose.process.handovers import COLUMNS
from servloop.diagnose.process.ordering import Int64

if TYPE_CHECKING:
    from ibis import ir

# A place in its case and a code in one integer: lists of these sort into the order of the case.
_CODES = 1 << 20


def usable(events: ir.Table, *, interval: bool, complete_only: bool) -> ir.Table:
    """Rows that enter, with the columns that the aggregates need, times in microseconds since 1970 UTC.

    Args:
        events: the canonical columns ``case_id, activity, time, seq`` and those of ``start_time, lifecycle, resource,
            department`` that there are.
        interval: whether begins are known.
        complete_only: leave out rows whose lifecycle is not complete.
    """
    import ibis

    keep = events.case_id.notnull() & events.activity.notnull() & events.time.notnull()
    if complete_only:
        keep &= events.lifecycle.cast("string").fill_null("complete") == "complete"
    end = _microseconds(events.time)
    begin = _microseconds(events.start_time).fill_null(end) if interval else end
    people = {by: events[column].cast("string") for by, column in COLUMNS.items() if column in events.columns}
    columns = {
        "case_id": events.case_id.cast("string"),
        "activity": events.activity.cast("string"),
        "begin": begin,
        "end": end,
        "seq": events.seq if "seq" in events.columns else ibis.literal(0, "int64"),
        **people,
    }
    return events.select(**columns, keep=keep).filter("keep").drop("keep")


def _microseconds(time: ir.TimestampValue) -> ir.IntegerValue:
    import ibis

    return time.delta(ibis.timestamp("1970-01-01 00:00:00"), unit="microsecond").cast("int64")


def labels(rows: ir.Table, column: str) -> ir.Table:
    """The different values of a column."""
    return rows.select(label=rows[column]).distinct().filter(lambda t: t.label.notnull())


def coded(rows: ir.Table, codes: Mapping[str, ir.Table]) -> ir.Table:
    """Replace the values of columns by codes.

    Args:
        rows: from `usable`.
        codes: column → table ``label, code``.
    """
    for column, table in codes.items():
        others = [name for name in rows.columns if name != column]
        rows = rows.left_join(table, rows[column] == table.label).select(*others, **{column: table.code})
    return rows


def in_order(rows: ir.Table) -> ir.Table:
    """Each event with its place in its case, and what follows it: ``next_activity``, ``between`` and ``next_*``.

    The order within a case is (begin, end, seq); begin and end are one where only completions are known.
    """
    import ibis

    window = ibis.window(group_by="case_id", order_by=["begin", "end", "seq"])
    following = {
        f"next_{name}": rows[name].lead().over(window) for name in ("activity", "begin", *people(rows))
    }
    table = rows.mutate(place=ibis.row_number().over(window).cast("int64"), **following)
    return table.mutate(between=table.next_begin - table.end).drop("next_begin", "seq")


def people(rows: ir.Table) -> tuple[str, ...]:
    """Which of ``resource`` and ``group`` a table has."""
    return tuple(by for by in COLUMNS if by in rows.columns)


def case_table(ordered: ir.Table) -> ir.Table:
    """One row per case: ``events``, ``first`` and ``last`` (microseconds), ``throughput``, ``first_activity``, ``last_activity``."""
    ends = ordered.next_activity.isnull()
    return ordered.group_by("case_id").agg(
        events=ordered.count(),
        first=ordered.begin.min(),
        last=ordered.end.max(),
        throughput=ordered.end.max() - ordered.begin.min(),
        first_activity=ordered.activity.max(where=ordered.place == 0),
        last_activity=ordered.activity.max(where=ends),
    )


def case_totals(cases: ir.Table, ordered: ir.Table) -> tuple[ir.Table, ir.Table]:
    """One row of sums over the case table, and one over the events."""
    time = cases.throughput
    over_cases = cases.agg(
        cases=cases.count(),
        median=time.quantile(0.5),
        p90=time.quantile(0.9),
        p95=time.quantile(0.95),
        whole_seconds=_whole(time).sum(),
        microseconds=(time - _whole(time) * 1_000_000).sum(),
        minimum=time.min(),
        maximum=time.max(),
    )
    return over_cases, ordered.agg(events=ordered.count(), first=ordered.end.min(), last=ordered.end.max())


def _whole(microseconds: ir.IntegerValue) -> ir.IntegerValue:
    return (microseconds / 1_000_000).floor().cast("int64")


def duration_table(cases: ir.Table) -> ir.Table:
    """How many cases last how long, in steps of 1 %: ``microseconds`` (the shortest of the step), ``cases``."""
    import ibis

    step = (
        ((ibis.greatest(cases.throughput, 0).cast("float64") + 1).ln() / math.log(1.01)).floor().cast("int64")
    )
    stepped = cases.select("throughput", step=step)
    counts = stepped.group_by("step").agg(microseconds=stepped.throughput.min(), cases=stepped.count())
    return counts.drop("step")


def visits(ordered: ir.Table) -> ir.Table:
    """How often each case does each activity: ``case_id, activity, executions``."""
    return ordered.group_by("case_id", "activity").agg(executions=ordered.count())


def activity_table(ordered: ir.Table) -> ir.Table:
    """One row per activity: ``events, cases, rework_cases, starts, ends``."""
    per_case = visits(ordered)
    counts = per_case.group_by("activity").agg(
        events=per_case.executions.sum(),
        cases=per_case.count(),
        rework_cases=per_case.count(where=per_case.executions > 1),
    )
    bounds = ordered.group_by("activity").agg(
        starts=ordered.count(where=ordered.place == 0),
        ends=ordered.count(where=ordered.next_activity.isnull()),
    )
    return counts.join(bounds, "activity").select(
        "activity", "events", "cases", "rework_cases", "starts", "ends"
    )


def cases_with_rework(ordered: ir.Table) -> ir.Table:
    """One row: ``cases`` in which some activity was done more than once."""
    per_case = visits(ordered).filter(lambda t: t.executions > 1).select("case_id").distinct()
    return per_case.agg(cases=per_case.count())


def directly_follows_table(ordered: ir.Table) -> ir.Table:
    """One row per pair: ``source, target, count, cases, same_resource, median, p90, whole_seconds, microseconds``."""
    import ibis

    pairs = ordered.filter(ordered.next_activity.notnull())
    stays = ibis.literal(0, "int64")
    if "resource" in pairs.columns:
        stays = (pairs.resource == pairs.next_resource).cast("int64").fill_null(0)
    pairs = pairs.select("case_id", "between", source=pairs.activity, target=pairs.next_activity, stays=stays)
    times = pairs.group_by("source", "target").agg(
        count=pairs.count(),
        same_resource=pairs.stays.sum(),
        median=pairs.between.quantile(0.5),
        p90=pairs.between.quantile(0.9),
        whole_seconds=_whole(pairs.between).sum(),
        microseconds=(pairs.between - _whole(pairs.between) * 1_000_000).sum(),
    )
    # Distinct cases by two groupings: cheaper than sets of ids, and either can go to disk.
    seen = pairs.select("source", "target", "case_id").distinct()
    cases = seen.group_by("source", "target").agg(cases=seen.count())
    return times.join(cases, ["source", "target"])


def order_statistics(ordered: ir.Table, ranks: ir.Table) -> ir.Table:
    """Waits at two ranks of each pair: ``source, target, low, high`` (microseconds).

    Args:
        ordered: from `in_order`.
        ranks: ``source, target, low_rank, high_rank``, ranks from 0.
    """
    import ibis

    pairs = ordered.filter(ordered.next_activity.notnull()).select(
        "between", source="activity", target="next_activity"
    )
    window = ibis.window(group_by=["source", "target"], order_by="between")
    ranked = pairs.mutate(rank=ibis.row_number().over(window).cast("int64")).join(ranks, ["source", "target"])
    return ranked.group_by("source", "target").agg(
        low=ranked.between.max(where=ranked["rank"] == ranked.low_rank),
        high=ranked.between.max(where=ranked["rank"] == ranked.high_rank),
    )


def case_paths(ordered: ir.Table) -> ir.Table:
    """One row per case: ``path``, the codes of its activities in order, separated by spaces, and ``throughput``."""
    packed = ordered.select(
        "case_id", "begin", "end", code=ordered.place * _CODES + ordered.activity.cast("int64")
    )
    paths = packed.group_by("case_id").agg(
        codes=packed.code.collect(), throughput=packed.end.max() - packed.begin.min()
    )
    text = paths.codes.sort().map(lambda code: (code % _CODES).cast("string")).join(" ")
    return paths.select("case_id", "throughput", path=text)


def variants_table(paths: ir.Table) -> ir.Table:
    """One row per variant: ``path, cases, median`` (microseconds), ``first_case`` (the smallest id)."""
    return paths.group_by("path").agg(
        cases=paths.count(), median=paths.throughput.quantile(0.5), first_case=paths.case_id.min()
    )


def path_counts(variants: ir.Table) -> ir.Table:
    """How many variants have so many cases: ``cases, paths``."""
    return variants.group_by("cases").agg(paths=variants.count())


def handover_table(ordered: ir.Table, by: str) -> ir.Table:
    """One row per pair of neighbours with a value: ``source, target, count``; both are one where nothing is handed over."""
    inner = _successions(ordered, by)
    return inner.group_by("source", "target").agg(count=inner.count())


def handover_waits(ordered: ir.Table, by: str) -> ir.Table:
    """One row: median microseconds ``within`` and ``between`` hands."""
    inner = _successions(ordered, by)
    passed = inner.source != inner.target
    return inner.agg(
        within=inner.between.quantile(0.5, where=~passed), between=inner.between.quantile(0.5, where=passed)
    )


def _successions(ordered: ir.Table, by: str) -> ir.Table:
    inner = ordered.filter(
        ordered.next_activity.notnull() & ordered[by].notnull() & ordered[f"next_{by}"].notnull()
    )
    return inner.select("between", source=by, target=f"next_{by}")


def tied_moments(rows: ir.Table) -> ir.Table:
    """One row: ``moments`` of a case at which different activities have equal times."""
    moments = rows.group_by("case_id", "begin", "end").agg(
        lowest=rows.activity.min(), highest=rows.activity.max()
    )
    mixed = moments.filter(moments.lowest != moments.highest)
    return mixed.agg(moments=mixed.count())


def ranks_of_median_bounds(counts: Int64, level: float) -> tuple[Int64, Int64]:
    """Ranks (from 0) of the bounds of a median per count; -1 where there are too few."""
    import numpy as np

    from servloop.diagnose.process.bottlenecks import lower_rank

    low = lower_rank(counts, 1 - level)
    return low, np.where(low >= 0, counts - 1 - low, -1)
