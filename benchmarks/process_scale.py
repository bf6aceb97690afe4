"""Process analysis beyond the map: rules, XES, twenty million events on disk, a simulated month."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Cost, in_child
from servloop.diagnose.process.generator import generate_log

SIDE = "benchmarks.process_scale_side"
RULES_EVENTS = 1_000_000
XES_EVENTS = 262_200
DISK_EVENTS = 20_000_000
_PART = 5_000_000


@dataclass(frozen=True)
class Row:
    """One line of the table; ``figure`` must not exceed ``bar``."""

    what: str
    cost: Cost
    judged: str
    figure: float
    bar: float

    @property
    def held(self) -> bool:
        """Whether the bar is kept."""
        return self.figure <= self.bar


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # sizes are those of the bars
    """Measure all; the logs are made in the folder."""
    return [_rules(folder), _xes(folder), _simulation(), *_on_disk(folder)]


def _rules(folder: Path) -> Row:
    path = folder / "rules.parquet"
    generate_log(RULES_EVENTS).write_parquet(path)
    cost = in_child(SIDE, "rules", str(path))
    path.unlink()
    what = f"{cost.answer['rules']} rules of the service standard on {cost.answer['events']:,} events"
    return Row(what, cost, "seconds", cost.elapsed, 5.0)


def _xes(folder: Path) -> Row:
    real = os.environ.get("SERVLOOP_BENCHMARK_XES")
    path = Path(real) if real else folder / "log.xes.gz"
    if not real:
        write_xes(path, XES_EVENTS)
    cost = in_child(SIDE, "xes", str(path))
    return Row(f"read XES, {cost.answer['events']:,} events, gzip", cost, "CPU seconds", cost.cpu, 2.0)


def write_xes(path: Path, events: int) -> None:
    """A generated log as XES with the usual attributes."""
    frame = generate_log(events).sort("case_id", "time", maintain_order=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">\n')
        before = None
        moments = frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
        rows = zip(frame["case_id"], frame["activity"], frame["resource"], moments, strict=True)
        for case, activity, person, moment in rows:
            if case != before:
                file.write("</trace>\n" if before else "")
                file.write(f'<trace>\n<string key="concept:name" value="{case}"/>\n')
                before = case
            file.write(
                f'<event><string key="concept:name" value="{activity}"/><string key="org:resource" value="{person}"/>'
                f'<string key="lifecycle:transition" value="complete"/>'
                f'<date key="time:timestamp" value="{moment}"/></event>\n'
            )
        file.write("</trace>\n</log>\n")


def _simulation() -> Row:
    cost = in_child(SIDE, "simulate", "")
    what = f"a month of the sample bank, 30 times: {cost.answer['steps']:,} steps a run"
    return Row(what, cost, "seconds", cost.elapsed, 20.0)


def _on_disk(folder: Path) -> list[Row]:
    import polars as pl

    for part in range(DISK_EVENTS // _PART):
        frame = generate_log(_PART, seed=part)
        own = pl.format("{}-{}", pl.lit(part), "case_id").alias("case_id")
        frame.with_columns(own, seq=pl.int_range(frame.height, dtype=pl.Int64)).write_parquet(
            folder / f"events-{part}.parquet"
        )
        del frame
    cost = in_child(SIDE, "disk", str(folder))
    what = f"{cost.answer['events']:,} events by DuckDB: all aggregates"
    return [Row(what, cost, "MB of the whole process", cost.answer["process_mb"], 4_096.0)]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | CPU s | elapsed s | MB | judged | figure | bar |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cost = f"{row.cost.cpu:.2f} | {row.cost.elapsed:.2f} | {row.cost.peak_mb:.0f}"
        bar = f"≤ {row.bar:g}{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {cost} | {row.judged} | {row.figure:.2f} | {bar} |")
    return "\n".join(lines)
