"""Map, variants and times per edge of a generated log: ServLoop beside plain Polars, each in its own process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Cost, in_child
from servloop.diagnose.process.generator import generate_log

SIDE = "benchmarks.process_side"
MEGABYTES = {1_000_000: 120.0, 5_000_000: 450.0}  # above the loaded table
CPU_RATIO = {"memory": 0.6, "csv": 0.8}
REFILTER_SECONDS = {1_000_000: 0.3, 5_000_000: 1.5}


@dataclass(frozen=True)
class Row:
    """One line of the table; ``bar`` is what ``ratio`` or the figure in ``judged`` must not exceed."""

    what: str
    servloop: Cost
    polars: Cost | None
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
            if ours.answer != plain.answer:
                msg = f"different answers: {ours.answer} and {plain.answer}"
                raise RuntimeError(msg)
            ratio = ours.cpu / plain.cpu
            rows.append(Row(f"{label}, {source}", ours, plain, "CPU ratio", ratio, CPU_RATIO[source]))
            if source == "memory":
                megabytes = MEGABYTES.get(size)
                rows.append(
                    Row(f"{label}, memory", ours, plain, "MB above the table", ours.peak_mb, megabytes)
                )
        again = in_child(SIDE, "servloop", "refilter", str(parquet))
        what = f"{label}, filter ({again.answer['slowest']}) and redraw"
        rows.append(Row(what, again, None, "seconds", again.elapsed, REFILTER_SECONDS.get(size)))
        parquet.unlink()
        csv.unlink()
    return rows


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | ServLoop: CPU s / MB | Polars: CPU s / MB | judged | figure | bar |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ours = f"{row.servloop.cpu:.2f} / {row.servloop.peak_mb:.0f}"
        plain = f"{row.polars.cpu:.2f} / {row.polars.peak_mb:.0f}" if row.polars else "—"
        bar = "—" if row.bar is None else f"≤ {row.bar:g}{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {ours} | {plain} | {row.judged} | {row.figure:.2f} | {bar} |")
    return "\n".join(lines)
