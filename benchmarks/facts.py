"""Imports, aggregates and erasure at scale: ``python -m benchmarks facts --events 5000000``.

Each piece of work runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from benchmarks.measuring import Cost, in_child, measure, print_cost

if TYPE_CHECKING:
    from servloop.facts import FactStore

NOW = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
UNITS = [f"branch-{n:02d}" for n in range(40)]
MONTHS = """
    SELECT date_trunc('month', local_date) AS month, unit_id, count(*) AS n, count(DISTINCT activity) AS steps
    FROM events GROUP BY ALL
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: what ran, its cost, the figure that is judged and its bar."""

    what: str
    cost: Cost
    judged: str
    figure: float
    bar: float | None
    at_least: bool = False

    @property
    def held(self) -> bool:
        """Whether the bar is kept."""
        if self.bar is None:
            return True
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar


def run(folder: Path, sizes: list[int]) -> list[Row]:
    """Measure every size."""
    rows: list[Row] = []
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        in_child("benchmarks.facts", "generate", str(place), str(size))
        full = size >= 5_000_000
        cost = in_child("benchmarks.facts", "import", str(place))
        label = f"{size:,} events"
        rate = size / cost.elapsed
        rows.append(
            Row(
                f"{label}, CSV with 1 % bad rows into the facts", cost, "rows/s", rate, 400_000, at_least=True
            )
        )
        rows.append(Row(f"{label}, the same", cost, "MB", cost.peak_mb, 1_000))
        again = in_child("benchmarks.facts", "again", str(place))
        rows.append(Row(f"{label}, the same file again", again, "seconds", again.elapsed, None))
        months = in_child("benchmarks.facts", "months", str(place))
        rows.append(Row(f"{label}, month × unit", months, "seconds", months.elapsed, 0.4 if full else None))
        erased = in_child("benchmarks.facts", "erase", str(place))
        rows.append(Row(f"{label}, one person erased", erased, "seconds", erased.elapsed, 10))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | CPU s | seconds | MB | judged | figure | bar |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        bar = "—" if row.bar is None else f"{sign} {row.bar:,g}{'' if row.held else ' MISSED'}"
        cost = f"{row.cost.cpu:.2f} | {row.cost.elapsed:.2f} | {row.cost.peak_mb:.0f}"
        lines.append(f"| {row.what} | {cost} | {row.judged} | {row.figure:,.2f} | {bar} |")
    return "\n".join(lines)


def _generate(folder: Path, size: int) -> None:
    random = np.random.default_rng(1)
    start = np.datetime64("2024-01-01T00:00:00", "us")
    times = pl.Series(start + (np.arange(size) * 13 + random.integers(0, 40, size)).astype("timedelta64[s]"))
    frame = pl.DataFrame(
        {
            "case id": random.integers(0, max(size // 8, 1), size),
            "activity": np.array([f"Activity {n}" for n in range(24)])[random.integers(0, 24, size)],
            "timestamp": times.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "resource": np.array([f"user{n:03d}" for n in range(150)])[random.integers(0, 150, size)],
            "amount": random.integers(1, 5_000, size),
            "unit": np.array(UNITS)[random.integers(0, len(UNITS), size)],
        }
    )
    bad = pl.Series(random.random(size) < 0.01)
    wrong = pl.when(bad).then(pl.lit("not a time")).otherwise(pl.col("timestamp")).alias("timestamp")
    frame.with_columns(wrong).write_csv(folder / "events.csv")


def _store(folder: Path) -> FactStore:
    from servloop.facts import FactStore

    return FactStore(folder / "facts")


def _import(folder: Path, name: str) -> Any:
    from servloop.facts import ingest
    from servloop.io.imports import Mapping, stage_file
    from servloop.io.imports.checks import UnitIndex
    from servloop.io.imports.staging import Surroundings

    columns = {
        "case_id": "case id",
        "activity": "activity",
        "occurred_at": "timestamp",
        "resource": "resource",
    }
    mapping = Mapping(
        target="events", columns={**columns, "unit": "unit"}, timezone="Asia/Shanghai", name="bench"
    )
    units = UnitIndex({u: u for u in UNITS}, dict.fromkeys(UNITS, "Asia/Shanghai"), UNITS[0], "Asia/Shanghai")
    staged = stage_file(
        folder / "events.csv", mapping, folder / name, now=NOW, surroundings=Surroundings(units=units)
    )
    stored = ingest(
        _store(folder),
        staged.files["events"],
        table="events",
        source="bench",
        import_id=name,
        ingested_at=NOW,
    )
    return [staged.report.rows, staged.report.rejected, stored.new, stored.repeated]


def _months(folder: Path) -> Cost:
    from servloop.facts import FactsScope

    with _store(folder).snapshot(["events"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        facts.sql(MONTHS).to_arrow_table()  # warm: the files are in the system's cache
        return measure(lambda: facts.sql(MONTHS).to_arrow_table().num_rows, repeat=5)


def _erase(folder: Path) -> int:
    """One case stands for one person: its rows leave every file."""
    from servloop.facts import FactsScope

    store = _store(folder)
    with store.snapshot(["events"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        found = facts.sql("SELECT record_id FROM events WHERE case_id = '7'").fetchall()
    deleted = store.delete_records("events", [row[0] for row in found])
    store.vacuum("events")
    return deleted


def _main(what: str, folder: Path, *more: str) -> None:
    if what == "generate":
        print_cost(measure(lambda: _generate(folder, int(more[0]))))
    elif what == "months":
        print_cost(_months(folder))
    elif what == "erase":
        print_cost(measure(lambda: _erase(folder)))
    else:
        print_cost(measure(lambda: _import(folder, what)))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
