"""The benchmark runs, both sides give the same answer, and a missed bar is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import process


@pytest.mark.slow
def test_the_process_benchmark_compares_equal_answers(tmp_path: Path) -> None:
    rows = process.run(tmp_path, [20_000])
    assert [row.judged for row in rows] == ["CPU / Polars", "MB above the table", "CPU / Polars", "seconds"]
    assert list(tmp_path.iterdir()) == []
    assert all(row.servloop.cpu > 0 for row in rows)
    missed = replace(rows[0], figure=2.0, bar=0.6)
    assert not missed.held
    assert "MISSED" in process.table([missed])
    assert "MISSED" not in process.table([replace(missed, figure=0.5)])
