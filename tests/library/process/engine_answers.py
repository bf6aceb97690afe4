"""What commands print, answered from the aggregates of an engine, so that both are held to the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from tests.library.process.golden import GoldenLog

from servloop.diagnose.process.aggregates import ProcessAggregates
from servloop.diagnose.process.event_log import EventLog
from servloop.io import read_events
from servloop.results import plain

COLUMNS = {"case_id": "Vorgang", "activity": "Schritt", "time": "Ende", "seq": "Nummer"}


class Answers:
    """Answers ``ask("map")`` and the like."""

    def __init__(self, found: ProcessAggregates) -> None:
        self.found = found

    def __call__(self, command: str, *options: str) -> Any:
        if command == "variants":
            return plain(self.found.variants().variants)
        if command == "bottlenecks":
            return plain(self.found.bottlenecks().steps)
        if command == "handovers":
            return self.found.handover(options[1]).to_dict()
        made = {
            "summary": self.found.summary,
            "map": self.found.directly_follows,
            "rework": self.found.rework,
        }
        return made[command]().to_dict()


def lifecycle(golden: GoldenLog) -> str:
    """The option of a golden log."""
    return "all" if "all" in golden.options else "complete"


def shuffled(golden: GoldenLog, reference: Path, folder: Path) -> tuple[list[Path], EventLog]:
    """The log in two files: rows in no order, times of another zone, other names of columns; and the log as it is."""
    table = read_events(golden.path(reference), timezone="UTC").frame
    log = EventLog.from_frame(table, lifecycle=lifecycle(golden), seq_supplied=True)
    changed = (
        table.with_columns(pl.col(pl.Datetime).dt.convert_time_zone("Asia/Shanghai"))
        .rename({name: other for name, other in COLUMNS.items() if name in table.columns})
        .sample(fraction=1, shuffle=True, seed=7)
    )
    files = [folder / f"{golden.name}-{part}.parquet" for part in (1, 2)]
    half = changed.height // 2
    changed[:half].write_parquet(files[0])
    changed[half:].write_parquet(files[1])
    return files, log
