"""Identity of rows: nothing twice, nothing lost, a changed row is a new revision."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servloop.facts import FactsScope, FactStore, Ingested, ingest
from servloop.facts.hexadecimal import hex_texts

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
Run = Callable[..., Ingested]


@pytest.fixture
def run(store: FactStore, tmp_path: Path) -> Run:
    """Stage texts (and keys) as feedback and ingest them: ``run(import_id, texts, keys=None, **options)``."""

    def do(
        import_id: str, texts: list[str | None], keys: list[str | None] | None = None, **options
    ) -> Ingested:
        staged = tmp_path / f"{import_id}.parquet"
        columns: dict[str, pl.Series] = {
            "seq": pl.Series(range(len(texts)), dtype=pl.Int64),
            "text": pl.Series(texts, dtype=pl.String),
            "occurred_at": pl.Series([NOW] * len(texts), dtype=pl.Datetime("us", "UTC")),
        }
        if keys is not None:
            columns["source_key"] = pl.Series(keys, dtype=pl.String)
        pl.DataFrame(columns).write_parquet(staged)
        options = {"table": "feedback", "source": "desk", "ingested_at": NOW} | options
        return ingest(store, staged, import_id=import_id, **options)

    return do


def current(store: FactStore) -> list[str]:
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as connection:
        return [r[0] for r in connection.sql("SELECT text FROM feedback ORDER BY text, record_id").fetchall()]


def test_importing_twice_changes_nothing(store, run):
    texts = ["慢", "slow", "slow", "", None, "🙂", "slow"]
    assert run("a", texts) == Ingested(new=7, revised=0, repeated=0, chunks=1)
    versions = store.versions()
    assert run("b", texts) == Ingested(new=0, revised=0, repeated=7, chunks=0)
    assert run("a", texts).chunks == 0
    assert store.versions() == versions
    assert current(store).count("slow") == 3


def test_a_further_equal_row_is_a_further_record(store, run):
    run("a", ["slow"])
    assert run("b", ["slow", "slow"]) == Ingested(new=1, revised=0, repeated=1, chunks=1)
    assert current(store) == ["slow", "slow"]


def test_equal_rows_of_another_source_are_other_records(store, run):
    run("a", ["slow"])
    assert run("b", ["slow"], source="shop").new == 1


def test_missing_and_empty_and_shifted_values_differ(store, run, tmp_path):
    frame = pl.DataFrame({"seq": [0, 1, 2, 3], "title": ["x", None, "", None], "text": [None, "x", None, ""]})
    frame.write_parquet(tmp_path / "s.parquet")
    done = ingest(store, tmp_path / "s.parquet", table="feedback", source="s", import_id="a", ingested_at=NOW)
    assert done.new == 4


def test_a_known_key_with_other_content_is_a_revision_and_undo_restores(store, run):
    run("a", ["open", "open"], ["T-1", "T-2"])
    assert run("b", ["closed", "open", "new"], ["T-1", "T-2", "T-3"]) == Ingested(1, 1, 1, 1)
    assert current(store) == ["closed", "new", "open"]
    assert run("c", ["closed"], ["T-1"]) == Ingested(0, 0, 1, 0)
    assert run("d", ["reopened"], ["T-1"]) == Ingested(0, 1, 0, 1)
    assert current(store) == ["new", "open", "reopened"]
    store.delete_import("d")
    assert current(store) == ["closed", "new", "open"]
    store.delete_import("b")
    assert current(store) == ["open", "open"]


def test_a_key_that_stands_several_times_in_one_file_ends_at_its_last_row(store, run):
    assert run("a", ["open", "open", "closed", "closed"], ["T-1"] * 4) == Ingested(1, 1, 2, 1)
    assert current(store) == ["closed"]
    assert run("b", ["open", "open", "closed", "closed"], ["T-1"] * 4) == Ingested(0, 0, 4, 0)
    assert run("c", ["open", "closed", "open"], ["T-1"] * 3) == Ingested(0, 3, 0, 1)
    assert current(store) == ["open"]


def test_rows_with_and_without_a_key_live_side_by_side(store, run):
    assert run("a", ["x", "x", "x"], ["T-1", None, None]) == Ingested(3, 0, 0, 1)
    assert run("b", ["x", "x", "x"], ["T-1", None, None]) == Ingested(0, 0, 3, 0)


def test_a_killed_import_goes_on_where_it_stopped(store, run):
    class KilledError(Exception):
        pass

    def stop_after_two_chunks(done: int, total: int) -> None:
        assert total == 10
        if done >= 6:
            raise KilledError

    texts = [f"t{i % 4}" for i in range(10)]
    with pytest.raises(KilledError):
        run("a", texts, chunk_rows=3, progress=stop_after_two_chunks)
    assert len(current(store)) == 6
    seen: list[tuple[int, int]] = []
    assert run("a", texts, chunk_rows=3, progress=lambda *p: seen.append(p)).chunks == 2
    assert seen == [(9, 10), (10, 10)]
    assert current(store) == sorted(texts)


def test_two_imports_of_the_same_file_at_once_store_it_once(store, run):
    texts = [f"t{i % 7}" for i in range(50)]
    done: dict[str, Ingested] = {}
    threads = [
        threading.Thread(target=lambda name=name: done.update({name: run(name, texts, chunk_rows=20)}))
        for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(d.new for d in done.values()) == [0, 50]
    assert current(store) == sorted(texts)


def test_an_empty_file_stores_nothing(store, run):
    assert run("a", []) == Ingested(0, 0, 0, 0)
    assert store.tables() == ()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(st.tuples(st.sampled_from("kmn"), st.sampled_from(["a", "b", "中"])), max_size=8),
    second=st.lists(st.tuples(st.sampled_from("kmn"), st.sampled_from(["a", "b", "中"])), max_size=8),
)
def test_after_any_two_files_each_key_shows_its_last_content(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("ingest")
    store = FactStore(folder / "facts")
    expected: dict[str, str] = {}
    for name, rows in (("one", first), ("two", second)):
        expected.update(dict(rows))
        staged = folder / f"{name}.parquet"
        pl.DataFrame(
            {
                "seq": pl.Series(range(len(rows)), dtype=pl.Int64),
                "source_key": pl.Series([key for key, _ in rows], dtype=pl.String),
                "text": pl.Series([text for _, text in rows], dtype=pl.String),
            }
        ).write_parquet(staged)
        done = ingest(store, staged, table="feedback", source="desk", import_id=name, ingested_at=NOW)
        assert done.new + done.revised + done.repeated == len(rows)
    assert current(store) == sorted(expected.values())


def test_rows_far_behind_those_that_were_set_aside_are_stored(store, tmp_path):
    """Places of rows that were set aside are gaps: more places than rows, and every row counts."""
    places = [0, 1, 17, 18, 1_000_003]
    staged = tmp_path / "gaps.parquet"
    pl.DataFrame({"seq": places, "text": [f"t{n}" for n in places]}).write_parquet(staged)
    told: list[tuple[int, int]] = []
    options = {"table": "feedback", "source": "desk", "ingested_at": NOW, "chunk_rows": 4}
    done = ingest(store, staged, import_id="a", progress=lambda *at: told.append(at), **options)
    assert done == Ingested(new=5, revised=0, repeated=0, chunks=3)
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert current(store) == sorted(f"t{n}" for n in places)
    assert ingest(store, staged, import_id="b", **options) == Ingested(0, 0, 5, 0)


def test_rows_bring_their_own_columns_in_whatever_order_they_were_staged(store, run, tmp_path):
    run("a", ["t2"])
    frame = pl.DataFrame(
        {"seq": [3, 0, 2, 1], "text": ["t3", "t0", "t2", "t1"], "title": ["3", "0", None, "1"]}
    )
    frame = frame.with_columns(pl.lit(NOW).cast(pl.Datetime("us", "UTC")).alias("occurred_at"))
    frame.write_parquet(tmp_path / "s.parquet")
    ingest(store, tmp_path / "s.parquet", table="feedback", source="desk", import_id="b", ingested_at=NOW)
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        rows = facts.sql(
            "SELECT seq, text, title FROM feedback WHERE import_id = 'b' ORDER BY seq"
        ).fetchall()
    assert rows == [(0, "t0", "0"), (1, "t1", "1"), (2, "t2", None), (3, "t3", "3")]


def test_record_ids_are_those_of_stored_installations(store, run):
    """The definition, written out: an id that changed would store every known row again."""
    run("a", ["slow", "slow", "fast"], [None, None, "T-1"])
    run("b", ["other"])  # a file without a column for keys

    def number(text: str) -> int:
        return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), "little")

    moment = int(NOW.timestamp() * 1_000_000)
    first = number(f"feedback\x1fdesk\x1fc{moment}\x1fslow")
    numbers = [
        first,
        number(f"{first:X}\x1f2"),
        number("feedback\x1fdesk\x1fkT-1"),
        number(f"feedback\x1fdesk\x1fc{moment}\x1fother"),
    ]
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        found = {row[0] for row in facts.sql("SELECT record_id FROM feedback").fetchall()}
    assert found == {f"{n:032x}" for n in numbers}


@given(st.lists(st.integers(0, 2**128 - 1), max_size=20))
def test_numbers_become_hexadecimal_texts(numbers):
    high = np.array([n >> 64 for n in numbers], dtype=np.uint64)
    low = np.array([n & (2**64 - 1) for n in numbers], dtype=np.uint64)
    assert hex_texts(high, low).to_pylist() == [f"{n:032x}" for n in numbers]
