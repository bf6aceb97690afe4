"""Map, variants and times per edge of a generated log: ServLoop beside plain Polars, each in its own process.

A second peer is measured where ``--peer-python`` names the interpreter of an environment that holds it; its licence keeps
it out of ours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Cost, in_child
from servloop.diagnose.process.generator import generate_log

SIDE = "benchmarks.process_side"
PEER_SIDE = "benchmarks.process_peer"
MEGABYTES = {1_000_000: 120.0, 5_000_000: 450.0}  # above the loaded table
CPU_RATIO = {"memory": 0.6, "csv": 0.8}
PEER_CPU_RATIO = {
    ("memory", 1_000_000): 1 / 8,
    ("memory", 5_000_000): 1 / 10,
    ("csv", 1_000_000): 1 / 4,
    ("csv", 5_000_000): 1 / 5,
}
PEER_MEMORY_RATIO = 0.6
REFILTER_SECONDS = {1_000_000: 0.3, 5_000_000: 1.5}


@dataclass(frozen=True)
class Row:
    """One line of the table; ``bar`` is what ``ratio`` or the figure in ``judged`` must not exceed."""

    what: str
    servloop: Cost
    other: Cost | None
    judged: str
    figure: float
    bar: float | None

    @property
    def held(self) -> bool:
        """Whether the bar is kept (no bar is always kept)."""
        return self.bar is None or self.figure <= self.bar


def run(folder: Path, sizes: list[int]) -> list[Row]:
    """Measure all sizes; the logs are made in the folder.

    Raises:
        RuntimeError: both sides do not give the same answer.
    """
    rows: list[Row] = []
    peer = os.environ.get("SERVLOOP_BENCHMARK_PEER")
    if not peer:
        print("the second peer is left out: --peer-python names an interpreter that has it")
    for size in sizes:
        frame = generate_log(size)
        parquet, csv = folder / f"log_{size}.parquet", folder / f"log_{size}.csv"
        frame.write_parquet(parquet)
        frame.write_csv(csv, datetime_format="%Y-%m-%dT%H:%M:%SZ")
        label = f"{frame.height:,} events"
        del frame
        for source, path in (("memory", parquet), ("csv", csv)):
            ours = in_child(SIDE, "servloop", source, str(path))
            plain = in_child(SIDE, "polars", source, str(path))
            _same(ours, plain)
            ratio = ours.cpu / plain.cpu
            rows.append(Row(f"{label}, {source}", ours, plain, "CPU / Polars", ratio, CPU_RATIO[source]))
            if source == "memory":
                megabytes = MEGABYTES.get(size)
                rows.append(
                    Row(f"{label}, memory", ours, plain, "MB above the table", ours.peak_mb, megabytes)
                )
            if peer:
                rows += _beside_peer(peer, source, path, ours, (label, size))
        again = in_child(SIDE, "servloop", "refilter", str(parquet))
        what = f"{label}, filter ({again.answer['slowest']}) and redraw"
        rows.append(Row(what, again, None, "seconds", again.elapsed, REFILTER_SECONDS.get(size)))
        parquet.unlink()
        csv.unlink()
    return rows


def _beside_peer(peer: str, source: str, path: Path, ours: Cost, what: tuple[str, int]) -> list[Row]:
    label, size = what
    theirs = in_child(PEER_SIDE, source, str(path), python=peer)
    _same(ours, theirs)
    bar = PEER_CPU_RATIO.get((source, size))
    rows = [Row(f"{label}, {source}", ours, theirs, "CPU / PM4Py", ours.cpu / theirs.cpu, bar)]
    if source == "memory":
        ratio = ours.peak_mb / theirs.peak_mb
        rows.append(Row(f"{label}, {source}", ours, theirs, "MB / PM4Py", ratio, PEER_MEMORY_RATIO))
    return rows


def _same(ours: Cost, other: Cost) -> None:
    known = {name: ours.answer[name] for name in other.answer}
    if known != other.answer:
        msg = f"different answers: {ours.answer} and {other.answer}"
        raise RuntimeError(msg)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | ServLoop: CPU s / MB | other: CPU s / MB | judged | figure | bar |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ours = f"{row.servloop.cpu:.2f} / {row.servloop.peak_mb:.0f}"
        other = f"{row.other.cpu:.2f} / {row.other.peak_mb:.0f}" if row.other else "—"
        bar = "—" if row.bar is None else f"≤ {row.bar:.3g}{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {ours} | {other} | {row.judged} | {row.figure:.3f} | {bar} |")
    return "\n".join(lines)
