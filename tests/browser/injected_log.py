"""The receipt log with deviations put into chosen cases, so that a page can be asked for exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from servloop.io import read_events


@dataclass(frozen=True)
class Injected:
    """A log in a file, and the ids of the cases that were changed."""

    path: Path
    model: Path
    dropped: frozenset[str]
    swapped: frozenset[str]
    first_step: str


def inject(reference: Path, folder: Path) -> Injected:
    """Drop the first step in 50 cases and swap the first two in 30, all of which fit the model before."""
    process = reference / "data" / "process"
    table = read_events(process / "receipt.csv").frame
    usual = table.filter(pl.col("activity").str.starts_with("T02").sum().over("case_id") == 1)
    fitting = (
        usual.group_by("case_id", maintain_order=True)
        .agg(pl.col("activity", "seq").sort_by("time", "seq"))
        .filter(pl.col("activity").list.len() == 6, pl.col("activity").list.get(1).str.starts_with("T02"))
        .sample(80, seed=11)
    )
    dropped, swapped = fitting[:50], fitting[50:]
    exchanged = {a: b for pair in swapped["seq"].list.head(2).to_list() for a, b in (pair, reversed(pair))}
    activity_of = dict(table.select("seq", "activity").iter_rows())
    new = {row: activity_of[other] for row, other in exchanged.items()}
    path = folder / "receipt.csv"
    table.filter(~pl.col("seq").is_in(dropped["seq"].list.get(0).to_list())).with_columns(
        activity=pl.col("seq").replace_strict(new, default=pl.col("activity"), return_dtype=pl.String)
    ).select("case_id", "activity", "time", "resource", "seq").write_csv(path)
    return Injected(
        path,
        process / "receipt.bpmn",
        frozenset(dropped["case_id"]),
        frozenset(swapped["case_id"]),
        fitting["activity"][0][0],
    )
