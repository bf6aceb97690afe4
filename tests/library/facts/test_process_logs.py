"""Every reference log, imported into the facts, gives the figures that bind the log itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.library.process.conftest import servloop  # noqa: F401  # the fixture
from tests.library.process.golden import LOGS, GoldenLog, check_all
from tests.library.process.logs import Command

from servloop.facts import FactsScope, FactStore, ingest, process_events
from servloop.io.batches import read_batches
from servloop.io.imports import stage_file, suggest_mapping
from servloop.io.imports.mapping import Mapping

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
LARGE = {"bpic2012_complete", "bpic2012_all_lifecycle"}


def from_facts(golden: GoldenLog, reference: Path, folder: Path) -> pl.DataFrame:
    path = golden.path(reference)
    head = next(iter(read_batches(path))).frame
    mapping = suggest_mapping(head, target="events", name=golden.name)
    mapping = Mapping.from_dict({**mapping.to_dict(), "timezone": "UTC"})
    staged = stage_file(path, mapping, folder / "staged", now=NOW)
    store = FactStore(folder / "facts")
    options = {"table": "events", "source": golden.name, "ingested_at": NOW, "chunk_rows": 50_000}
    first = ingest(store, staged.files["events"], import_id="first", **options)
    assert (first.new, first.repeated) == (staged.report.accepted, 0)
    again = ingest(store, staged.files["events"], import_id="again", **options)
    assert (again.new, again.revised, again.repeated) == (0, 0, first.new)
    with store.snapshot(["events"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        return process_events(facts, golden.name)


@pytest.mark.parametrize(
    "golden",
    [pytest.param(g, id=g.name, marks=pytest.mark.slow if g.name in LARGE else ()) for g in LOGS],
)
def test_figures_from_the_facts_are_those_of_the_log(
    golden: GoldenLog,
    reference: Path,
    tmp_path: Path,
    servloop: Command,  # noqa: F811
) -> None:
    events = from_facts(golden, reference, tmp_path)
    if golden.name == "helpdesk":
        assert events.height == 21_348
    file = tmp_path / "events.parquet"
    events.write_parquet(file)

    def ask(*arguments: str) -> Any:
        command, *options = arguments
        outcome = servloop("process", command, file, *options, *golden.options, "--seq", "seq", "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    check_all(golden.figures(reference), ask)
