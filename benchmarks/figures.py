"""Figures at scale: computing the cells of twenty metrics, and one request that merges them: ``python -m benchmarks.figures``.

A request is what home does: value, change, months and a breakdown by unit of every metric, from 12 units × 24 months ×
6 channels. It is measured with cells in memory (warm) and read from their stored form first (cold).
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.measuring import Cost, measure
from servloop.facts import FactsScope, FactStore
from servloop.facts.cells import compute_cells
from servloop.measure.figures import CellTable

if TYPE_CHECKING:
    from servloop_app.measure.figures import Cells

UNITS, MONTHS, CHANNELS = 12, 24, 6
METRICS = 20
SIZES = (300_000, 5_000_000)
_FORMULAS = (
    "share(rating >= 4)",
    "mean(rating)",
    "nps(rating * 2)",
    "count()",
    "median(seconds(occurred_at, answered_at))",
    "p90(seconds(occurred_at, resolved_at))",
    'share(kind == "complaint", where=present(kind))',
    "share(resolved_at <= due_at)",
)
_CHUNK = 500_000
_START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what ran.
        cost: of all of it.
        bar: seconds that it may take, if there is a bar.
    """

    what: str
    cost: Cost
    bar: float | None

    @property
    def held(self) -> bool:
        """Whether the bar is kept."""
        return self.bar is None or self.cost.elapsed <= self.bar


def feedback(rows: int, generator: np.random.Generator, start: int, total: int) -> pl.DataFrame:
    """Generated feedback records: a stretch of two years, as they come in import after import.

    Args:
        rows: records to make.
        generator: of random numbers.
        start: records that were made before.
        total: records in all.
    """
    begin, end = (int(730 * 86_400 * place / total) for place in (start, start + rows))
    seconds = generator.integers(begin, end, rows)
    occurred = pl.Series(seconds * 1_000_000 + int(_START.timestamp()) * 1_000_000).cast(
        pl.Datetime("us", "UTC")
    )
    waits = [
        pl.Series((generator.lognormal(mean, 1.0, rows) * 1e6).astype(np.int64)).cast(pl.Duration("us"))
        for mean in (8.0, 10.0, 11.0)
    ]
    numbers = np.arange(start, start + rows)
    codes = {
        "unit_id": generator.integers(0, UNITS, rows),
        "channel": generator.integers(0, CHANNELS, rows),
        "kind": generator.integers(0, 3, rows),
    }
    return pl.DataFrame(
        {
            "seq": numbers,
            "record_id": numbers.astype(str),
            "content_hash": numbers,
            "unit_id": [f"unit{code:02d}" for code in codes["unit_id"]],
            "channel": [f"channel{code}" for code in codes["channel"]],
            "kind": [("complaint", "praise", "suggestion")[code] for code in codes["kind"]],
            "rating": generator.integers(1, 6, rows).astype(float),
            "occurred_at": occurred,
            "answered_at": occurred + waits[0],
            "resolved_at": occurred + waits[1],
            "due_at": occurred + waits[2],
            "local_date": occurred.dt.date(),
        }
    ).with_columns(
        import_id=pl.lit("benchmark"),
        revision=pl.lit(0),
        ingested_at=pl.lit(_START),
        schema_version=pl.lit(1),
    )


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Measure everything."""
    rows = []
    for size in SIZES:
        store = FactStore(folder / f"facts-{size}")
        generator = np.random.default_rng(size)
        for chunk, start in enumerate(range(0, size, _CHUNK)):
            part = feedback(min(_CHUNK, size - start), generator, start, size)
            store.append("feedback", part.to_arrow(), application="benchmark", chunk=chunk)
        with store.snapshot() as snapshot, snapshot.connect(FactsScope.everything()) as facts:
            cost = measure(
                lambda facts=facts: [
                    compute_cells(facts, "feedback", formula, segment="kind").protected(5).to_bytes()
                    for formula in _FORMULAS
                ]
            )
        stored = [cost.answer[number % len(_FORMULAS)] for number in range(METRICS)]
        rows.append(Row(f"computing {len(_FORMULAS)} metrics on {size:,} facts", cost, None))
        cells = [_cells(number, one) for number, one in enumerate(stored)]
        rows.append(
            Row(
                f"warm request, {METRICS} metrics on {size:,} facts",
                measure(lambda c=cells: _request(c), repeat=7),
                0.15,
            )
        )
        cold = measure(
            lambda s=stored: _request([_cells(number, one) for number, one in enumerate(s)]), repeat=3
        )
        rows.append(Row(f"the same, cells read first ({sum(map(len, stored)) / 1e6:.1f} MB)", cold, None))
    return rows


def _cells(number: int, stored: bytes) -> Cells:
    _set_up_models()
    from servloop_app.measure.figures import Cells
    from servloop_app.measure.models import Metric, MetricResult

    metric = Metric(code=f"metric{number}", formula=_FORMULAS[number % len(_FORMULAS)], direction="higher")
    return Cells(metric, MetricResult(metric=metric), CellTable.from_bytes(stored))


def _set_up_models() -> None:
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("SERVLOOP_DATA", tempfile.mkdtemp(prefix="servloop-benchmark-"))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servloop_app.config.settings")
        django.setup()


def _request(cells: list[Cells]) -> int:
    """Value, change, months and units of every metric in the newest three months; nothing is kept from before."""
    from servloop_app.measure.selection import Selection

    selection = Selection.latest(dt.date(2025, 12, 1))
    shown = 0
    for one in cells:
        one._found.clear()  # noqa: SLF001  # what a request keeps for itself
        shown += len(one.figure(selection).months) + len(one.breakdown("unit_code", selection))
    return shown


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | seconds | CPU s | MB | bar |", "|---|---|---|---|---|"]
    for row in rows:
        bar = "—" if row.bar is None else f"≤ {row.bar:g} s{'' if row.held else ' MISSED'}"
        cost = row.cost
        lines.append(f"| {row.what} | {cost.elapsed:.3f} | {cost.cpu:.3f} | {cost.peak_mb:.0f} | {bar} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(table(run(Path(place), [])) + "\n")
