"""Aggregates computed by an engine: every golden figure, and the kernels' answers on logs with every oddity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.library.process.engine_answers import COLUMNS, Answers, lifecycle, shuffled
from tests.library.process.golden import LOGS, GoldenLog, check_all
from tests.library.process.logs import Command, frame, paths, with_starts

from servloop.diagnose.process import (
    EventLog,
    bottlenecks,
    directly_follows,
    handovers,
    rework,
    simplify,
    summary,
    variants,
)
from servloop.diagnose.process.aggregates import ProcessAggregates
from servloop.errors import InputError, SpecError
from servloop.facts import engines
from servloop.facts.engines import Engine, aggregate, aggregate_files
from servloop.results import plain

ENGINE = Engine(memory="1GB")


@pytest.fixture(scope="module")
def connection() -> Iterator[ibis.BaseBackend]:
    with ENGINE.connect() as opened:
        yield opened


@pytest.mark.parametrize("golden", LOGS, ids=lambda golden: golden.name)
def test_golden_figures_on_duckdb(golden: GoldenLog, reference: Path, tmp_path: Path) -> None:
    files, log = shuffled(golden, reference, tmp_path)
    found = aggregate_files(ENGINE, files, columns=COLUMNS, lifecycle=lifecycle(golden))
    stored = ProcessAggregates.from_dict(json.loads(json.dumps(found.to_dict())))
    check_all(golden.figures(reference), Answers(stored))
    assert_like_kernels(stored, log)


def assert_like_kernels(found: ProcessAggregates, log: EventLog) -> None:
    """The views are those of the kernels, to the last digit that division leaves."""
    pairs = [
        (found.summary(), summary(log)),
        (found.directly_follows(), directly_follows(log)),
        (found.simplify(activities=0.5, paths=0.2), simplify(log, activities=0.5, paths=0.2)),
        (found.variants(top=7), variants(log, top=7)),
        (found.rework(), rework(log)),
        (found.bottlenecks(), bottlenecks(log)),
    ]
    for by, column in (("resource", "resource"), ("group", "department")):
        if log.has_column(column):
            pairs.append((found.handover(by), handovers(log, by=by)))
    spread = found.throughput_seconds()
    assert spread == pytest.approx(np.sort(log.throughput) / 1e6, rel=0.0101, abs=1.1e-6)
    for ours, theirs in pairs:
        one, other = ours.to_dict(), theirs.to_dict()
        assert_close(one, other)
        assert list(one.get("start", ())) == list(other.get("start", ()))  # orders, too


def assert_close(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_close(value, other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for value, expected in zip(one, other, strict=True):
            assert_close(value, expected)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-6)
    else:
        assert one == other


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(["受理", "B", "c", None]),
        st.integers(0, 6),
        st.integers(0, 3),
        st.sampled_from([None, "甲", "u2", "NA"]),
        st.sampled_from(["complete", "start", None]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.booleans())
def test_any_log_gives_what_the_kernels_give(connection: Any, events: Any, timed: bool) -> None:
    ends = [end + length for _, _, end, length, _, _ in events]
    table = frame(
        [(case, "x", end) for (case, *_), end in zip(events, ends, strict=True)],
        activity=[activity for _, activity, *_ in events],
        resource=[person for *_, person, _ in events],
        lifecycle=[stage for *_, stage in events],
        seq=range(len(events)),
    )
    if timed:
        table = table.with_columns(
            start_time=pl.Series(with_starts([start for _, _, start, *_ in events])).dt.cast_time_unit("us")
        )
    table = table.with_columns(pl.col("activity", "lifecycle", "resource").cast(pl.String))
    log = EventLog.from_frame(table)
    if log.events == 0:
        return
    found = aggregate(connection, ibis.memtable(table.to_arrow()), seq_supplied=False)
    assert_like_kernels(found, log)


def test_an_empty_log_says_why(connection: Any) -> None:
    table = frame([], resource=pl.Series([], dtype=pl.String), seq=pl.Series([], dtype=pl.Int64))
    found = aggregate(connection, ibis.memtable(table.to_arrow()))
    assert_like_kernels(found, EventLog.from_frame(table))
    assert found.summary().throughput.median.reason.code == "process.no_cases"


def test_variants_that_were_not_fetched_are_counted_all_the_same(connection: Any) -> None:
    table = frame(paths("ab", "ab", "abc", "acb")).with_row_index("seq")
    found = aggregate(connection, ibis.memtable(table.to_arrow()), variants=2)
    listed = found.variants()
    assert (listed.total, listed.covering_80, len(listed.variants)) == (3, 3, 2)
    shown = found.simplify(paths=0)
    assert shown.cases_shown.reason.code == "process.too_many_variants"
    assert shown.cases_shown.reason.message("zh") != shown.cases_shown.reason.message("en")


def test_totals_that_exceed_64_bits_stay_exact(connection: Any) -> None:
    century = 100 * 365 * 24  # hours; 3,000 waits of a century are 9.5e18 microseconds
    events = [(str(case), "ab"[step], step * century) for case in range(3_000) for step in (0, 1)]
    found = aggregate(connection, ibis.memtable(frame(events).with_row_index("seq").to_arrow()))
    edge = found.directly_follows().edges[0]
    assert (edge.total_seconds, edge.mean_seconds) == (3_000 * century * 3_600.0, century * 3_600.0)


def test_what_cannot_be_read_is_named(connection: Any, tmp_path: Path) -> None:
    table = frame(paths("ab"))
    naive = table.with_columns(pl.col("time").dt.replace_time_zone(None))
    for wrong, code in ((table.drop("activity"), "missing_column"), (naive, "times_without_zone")):
        with pytest.raises(InputError) as refused:
            aggregate(connection, ibis.memtable(wrong.to_arrow()))
        assert refused.value.code == f"process.{code}"
    file = tmp_path / "events.parquet"
    table.write_parquet(file)
    with pytest.raises(InputError):
        aggregate_files(ENGINE, [file], columns={"case_id": "Vorgang"})
    with pytest.raises(SpecError) as unknown:
        aggregate(connection, ibis.memtable(table.to_arrow())).bottlenecks(not_waiting=["z"])
    assert unknown.value.code == "process.unknown_activity"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duckdb", Engine()),
        ("duckdb:4GB", Engine(memory="4GB")),
        ("spark", Engine(name="spark")),
        ("spark:spark://head:7077", Engine(name="spark", master="spark://head:7077")),
    ],
)
def test_an_engine_is_a_setting(text: str, expected: Engine) -> None:
    assert Engine.parse(text) == expected


def test_an_unknown_engine_and_one_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpecError) as unknown:
        Engine.parse("excel")
    assert "excel" in unknown.value.message("zh")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(InputError) as missing, Engine(name="spark").connect():
        pass
    assert "servloop[spark]" in missing.value.message("en")
    assert missing.value.message("zh") != missing.value.message("en")


def test_the_folder_of_an_engine_is_gone_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    frame(paths("ab")).with_row_index("seq").write_parquet(file)
    engine = Engine(folder=tmp_path)
    assert aggregate_files(engine, [file]).summary().n == 1
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]


def test_the_command_prints_the_documents_of_the_single_commands(tmp_path: Path, servloop: Command) -> None:
    file = tmp_path / "events.parquet"
    table = frame(paths("ABC", "ABBC", "ABAC"), resource=list("uvwuvvwuvuw")).with_row_index("seq")
    table.rename({"case_id": "单号"}).write_parquet(file)
    table.write_parquet(tmp_path / "own.parquet")
    asked = ("process", "aggregates", file, "--column", "case_id=单号", "--engine", "duckdb:1GB")
    document = servloop(*asked, "--json").json
    log = EventLog.from_frame(table, seq_supplied=True)
    assert_close(document["map"], plain(directly_follows(log).to_dict()))
    assert_close(document["rework"], plain(rework(log).to_dict()))
    assert list(document["handovers"]) == ["resource"]
    for language in ("zh", "en"):
        shown = servloop(*asked, "--lang", language)
        assert (shown.code, "process." in shown.out) == (0, False)
    assert servloop("process", "aggregates", file, "--column", "case_id").code == 2
    refused = servloop("process", "aggregates", file, "--engine", "excel", "--lang", "zh")
    assert (refused.code, "excel" in refused.err) == (2, True)
