"""One side of the process benchmark: ``python -m benchmarks.process_side SIDE SOURCE FILE``.

Both sides answer the same: edges with counts, cases and times, activities with their cases, variants with
their median time. The answer's digest is compared by the parent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks.measuring import measure, print_cost

if TYPE_CHECKING:
    from servloop.diagnose.process.event_log import EventLog

REPEAT = 3


def digest(edges: list[tuple[str, str, int, int, float]], variants: list[int]) -> dict[str, Any]:
    """What must be equal on both sides."""
    return {
        "edges": len(edges),
        "succession": sum(edge[2] for edge in edges),
        "cases": sum(edge[3] for edge in edges),
        "medians": round(sum(edge[4] for edge in edges), 3),
        "variants": len(variants),
        "largest": sorted(variants, reverse=True)[:20],
    }


def servloop_answer(frame: pl.DataFrame) -> dict[str, Any]:
    from servloop.diagnose.process.directly_follows import directly_follows
    from servloop.diagnose.process.event_log import EventLog
    from servloop.diagnose.process.variants import variants

    log = EventLog.from_frame(frame)
    chart = directly_follows(log)
    paths = variants(log, top=20)
    edges = [(e.source, e.target, e.count, e.cases, e.median_seconds) for e in chart.edges]
    answer = digest(edges, [path.cases for path in paths.variants])
    return answer | {"variants": paths.total}


def polars_answer(frame: pl.DataFrame) -> dict[str, Any]:
    """The same as a person would write it with Polars: one sort, one shift, two groupings."""
    ordered = frame.select("case_id", "activity", "time").sort("case_id", "time", maintain_order=True)
    edges = (
        ordered.with_columns(
            target=pl.col("activity").shift(-1),
            gap=pl.col("time").shift(-1) - pl.col("time"),
            inside=pl.col("case_id") == pl.col("case_id").shift(-1),
        )
        .filter("inside")
        .group_by("activity", "target")
        .agg(
            pl.len(),
            pl.col("case_id").n_unique().alias("cases"),
            pl.col("gap").median().alias("median"),
            pl.col("gap").mean().alias("mean"),
            pl.col("gap").quantile(0.9, "linear").alias("p90"),
            pl.col("gap").sum().alias("total"),
        )
    )
    ordered.group_by("activity").agg(pl.len(), pl.col("case_id").n_unique().alias("cases"))
    paths = (
        ordered.group_by("case_id")
        .agg("activity", (pl.col("time").last() - pl.col("time").first()).alias("elapsed"))
        .group_by("activity")
        .agg(pl.len(), pl.col("elapsed").median())
    )
    rows = edges.select(
        "activity", "target", "len", "cases", pl.col("median").dt.total_microseconds() / 1e6
    ).rows()
    return digest(rows, paths["len"].to_list())


def read_with_servloop(path: str) -> pl.DataFrame:
    from servloop.io import read_events

    return read_events(path).frame


def read_with_polars(path: str) -> pl.DataFrame:
    return pl.read_csv(path, try_parse_dates=True)


def refilter(path: str) -> None:
    """Filter a loaded log and redraw its map, four ways; the figures are those of the slowest."""
    from servloop.diagnose.process import filtering
    from servloop.diagnose.process.directly_follows import directly_follows
    from servloop.diagnose.process.event_log import EventLog
    from servloop.diagnose.process.layout import layout
    from servloop.diagnose.process.map_graph import main_path, map_graph, map_shown
    from servloop.diagnose.process.map_svg import render_map
    from servloop.diagnose.process.simplify import simplify
    from servloop.diagnose.process.variants import variants

    log = EventLog.from_frame(pl.read_parquet(path))
    chart = directly_follows(log)
    spine = main_path(log)
    places = layout(map_graph(chart, spine), language="en")
    frequent = [variant.activities for variant in variants(log, top=20).variants]
    since, until = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
    log.codes_of("channel")  # a loaded log knows its attributes

    parts: dict[str, Callable[[], EventLog]] = {
        "time range": lambda: filtering.between(log, since, until, rule="touching"),
        "attribute": lambda: filtering.with_attribute(log, "channel", ["phone", "web"]),
        "variants": lambda: filtering.with_variants(log, frequent),
        "path": lambda: filtering.with_path(log, chart.edges[0].source, chart.edges[0].target),
    }

    def redraw(part: Callable[[], EventLog]) -> int:
        kept = part()
        shown = simplify(kept, activities=0.7, paths=0.1)
        return len(render_map(places, map_graph(shown, spine), shown=map_shown(shown)))

    costs = {name: measure(lambda part=part: redraw(part), repeat=REPEAT) for name, part in parts.items()}
    slowest = max(costs, key=lambda name: costs[name].elapsed)
    answer = {"slowest": slowest} | {name: round(cost.elapsed, 3) for name, cost in costs.items()}
    print_cost(replace(costs[slowest], answer=answer))


def main(side: str, source: str, path: str) -> None:
    if source == "refilter":
        refilter(path)
        return
    answer = servloop_answer if side == "servloop" else polars_answer
    if source == "csv":
        read = read_with_servloop if side == "servloop" else read_with_polars
        print_cost(measure(lambda: answer(read(path))))
        return
    import pyarrow.compute  # noqa: F401  # imports are not what is measured

    frame = pl.read_parquet(path)
    print_cost(measure(lambda: answer(frame), repeat=REPEAT))


if __name__ == "__main__":
    main(*sys.argv[1:])
