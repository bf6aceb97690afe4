"""The fact store: once, consistent, reversible, and closed to everything outside it."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from servloop.facts import TABLES, FactsScope, FactStore, FactStoreError
from servloop.facts.locks import LockBusyError

ALL = FactsScope.everything()


def count(store: FactStore, table: str = "feedback", scope: FactsScope = ALL) -> int:
    with store.snapshot([table]) as snapshot, snapshot.connect(scope) as connection:
        return connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0]


def rows(store: FactStore, columns: str, scope: FactsScope = ALL) -> list[tuple]:
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(scope) as connection:
        return connection.sql(f"SELECT {columns} FROM feedback ORDER BY seq").fetchall()


def test_a_chunk_is_stored_once_however_often_it_is_sent(store, feedback):
    assert store.last_chunk("feedback", "import-1") == -1
    assert store.append("feedback", feedback(5), application="import-1", chunk=0)
    assert not store.append("feedback", feedback(5), application="import-1", chunk=0)
    assert store.append("feedback", feedback(5, first=5), application="import-1", chunk=1)
    assert store.last_chunk("feedback", "import-1") == 1
    assert store.last_chunk("feedback", "another") == -1
    assert count(store) == 10


def test_every_table_can_be_read_before_anything_was_stored(store):
    with store.snapshot() as snapshot, snapshot.connect(ALL) as connection:
        for name, table in TABLES.items():
            relation = connection.sql(f"SELECT * FROM {name}")
            assert relation.columns == list(table.names)
            assert relation.fetchall() == []
        assert set(snapshot.versions.values()) == {-1}


def test_every_table_stores_and_returns_typed_rows(store, feedback):
    for name, table in TABLES.items():
        base = (
            pl.from_arrow(feedback(3))
            .drop("text", "unit_id")
            .with_columns(**{c.name: pl.lit("x") for c in table.own if c.required})
        )
        store.append(name, base.to_arrow(), application="import-1", chunk=0)
        with store.snapshot([name]) as snapshot, snapshot.connect(ALL) as connection:
            arrow = connection.sql(f"SELECT * FROM {name}").to_arrow_table()
        assert arrow.num_rows == 3
        assert arrow.schema.field("occurred_at").type == pa.timestamp("us", "UTC")


def test_a_snapshot_does_not_move_while_others_write(store, feedback):
    store.append("feedback", feedback(5), application="import-1", chunk=0)
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(ALL) as connection:
        store.append("feedback", feedback(7, first=5), application="import-1", chunk=1)
        store.compact("feedback")
        assert connection.sql("SELECT count(*) FROM feedback").fetchall() == [(5,)]
    assert count(store) == 12


def test_the_newest_revision_shows_and_undo_brings_the_older_one_back(store, feedback):
    store.append("feedback", feedback(3), application="import-1", chunk=0)
    changed = feedback(
        1, import_id="import-2", revision=1, text="changed", replaces_import="import-1", replaces_seq=0
    )
    store.append("feedback", changed, application="import-2", chunk=0)
    assert rows(store, "record_id, text, revision") == [
        ("r0", "changed", 1),
        ("r1", "文字 text 1", 0),
        ("r2", "文字 text 2", 0),
    ]
    assert store.delete_import("import-2") == {"feedback": 1}
    assert rows(store, "text, revision")[0] == ("文字 text 0", 0)
    assert store.delete_import("import-2") == {}


def test_a_scope_shows_only_its_units_and_never_rows_without_a_unit(store, feedback):
    store.append("feedback", feedback(9), application="import-1", chunk=0)
    store.append("feedback", feedback(2, first=9, unit_id=None), application="import-1", chunk=1)
    assert count(store, scope=ALL) == 11
    assert count(store, scope=FactsScope(frozenset({"u1"}))) == 3
    assert count(store, scope=FactsScope(frozenset({"u1", "u2", "nowhere"}))) == 6
    assert count(store, scope=FactsScope(frozenset())) == 0
    assert count(store, scope=FactsScope(frozenset({"' OR 1=1 --"}))) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd', header=false)",
        "COPY (SELECT 1) TO '/tmp/servloop-escape.csv'",
        "ATTACH '/tmp/servloop-escape.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_a_connection_reaches_nothing_outside_the_facts(store, feedback, statement):
    store.append("feedback", feedback(1), application="import-1", chunk=0)
    with store.snapshot() as snapshot, snapshot.connect(ALL) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)


def test_deleted_records_leave_every_file_after_vacuum(store, feedback, tmp_path: Path):
    store.append("feedback", feedback(4, text="the secret words"), application="import-1", chunk=0)
    store.append("feedback", feedback(4, first=4), application="import-1", chunk=1)
    assert found(tmp_path, "the secret words")
    assert store.delete_records("feedback", [f"r{i}" for i in range(4)]) == 4
    assert found(tmp_path, "the secret words"), "deletion alone leaves old files behind"
    store.compact("feedback")
    assert store.vacuum("feedback") >= 1
    assert not found(tmp_path, "the secret words")
    assert count(store) == 4
    assert store.append("feedback", feedback(1, first=8), application="import-1", chunk=2)
    assert count(store) == 5


def found(folder: Path, value: str) -> bool:
    """Whether a value stands in any file: Parquet files are decoded, whether referenced or not, others read as bytes."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        if path.suffix == ".parquet":
            content = str(pl.read_parquet(path, glob=False, hive_partitioning=False).to_dicts()).encode()
        else:
            content = path.read_bytes()
        if value.encode() in content:
            return True
    return False


def test_vacuum_waits_for_readers_and_then_gives_up_without_harm(store, feedback):
    store.append("feedback", feedback(4), application="import-1", chunk=0)
    store.delete_records("feedback", ["r0"])
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(ALL) as connection:
        with pytest.raises(LockBusyError) as caught:
            store.vacuum("feedback", timeout=0.1)
        assert caught.value.code == "facts.lock_busy"
        assert connection.sql("SELECT count(*) FROM feedback").fetchall() == [(3,)]
    assert store.vacuum("feedback") == 1
    assert count(store) == 3


def test_writers_compaction_and_readers_at_once_lose_nothing(store, feedback):
    store.append("feedback", feedback(1), application="import-0", chunk=0)
    failures: list[BaseException] = []
    stop = threading.Event()

    def guarded(work) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    def write(number: int) -> None:
        for chunk in range(4):
            part = feedback(10, import_id=f"import-{number}", first=1 + number * 1000 + chunk * 10)
            store.append("feedback", part, application=f"import-{number}", chunk=chunk)

    def read() -> None:
        seen = 0
        while not stop.is_set():
            now = count(store)
            assert now >= seen
            seen = now

    readers = [threading.Thread(target=guarded, args=(read,)) for _ in range(3)]
    writers = [threading.Thread(target=guarded, args=(lambda n=n: write(n),)) for n in range(1, 4)]
    for thread in readers + writers:
        thread.start()
    store.compact("feedback")
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert count(store) == 121
    assert len(set(rows(store, "record_id"))) == 121


def test_a_table_with_unknown_features_is_refused(store, feedback):
    store.append("feedback", feedback(1), application="import-1", chunk=0)
    DeltaTable(store.folder / "feedback").alter.set_table_properties({"delta.enableDeletionVectors": "true"})
    for attempt in (
        lambda: count(store),
        lambda: store.append("feedback", feedback(1), application="x", chunk=0),
    ):
        with pytest.raises(FactStoreError) as caught:
            attempt()
        assert caught.value.code == "facts.unsupported_table"
        assert "feedback" in caught.value.message("zh-CN")


def test_a_column_added_by_a_newer_release_is_empty_in_older_files(store, feedback, monkeypatch):
    from dataclasses import replace

    from servloop.facts.schema import Column

    store.append("feedback", feedback(2), application="import-1", chunk=0)
    newer = replace(TABLES["feedback"], own=(*TABLES["feedback"].own, Column("mood", "string", "Mood")))
    monkeypatch.setitem(TABLES, "feedback", newer)
    assert rows(store, "mood") == [(None,), (None,)]
    store.append("feedback", feedback(1, first=2, mood="calm"), application="import-1", chunk=1)
    assert rows(store, "mood") == [(None,), (None,), ("calm",)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.append_column("colour", pa.array(["red"] * len(t))), "facts.unknown_column"),
        (lambda t: t.drop_columns(["record_id"]), "facts.missing_value"),
    ],
)
def test_rows_that_do_not_fit_the_schema_are_refused_whole(store, feedback, change, code):
    with pytest.raises(FactStoreError) as caught:
        store.append("feedback", change(feedback(3)), application="import-1", chunk=0)
    assert caught.value.code == code
    assert count(store) == 0


def test_texts_and_people_are_never_in_the_logs_statistics(store, feedback):
    for name, table in TABLES.items():
        forbidden = {c.name for c in table.columns if c.in_statistics} & {
            "text",
            "title",
            "person_key",
            "attributes",
            "raw",
        }
        assert not forbidden, name
    store.append(
        "feedback", feedback(3, text="words", person_key="somebody"), application="import-1", chunk=0
    )
    log = "".join(p.read_text() for p in (store.folder / "feedback" / "_delta_log").glob("*.json"))
    assert "minValues" in log
    assert "words" not in log
    assert "somebody" not in log


def test_the_state_tells_versions_files_and_rows(store, feedback):
    store.append("feedback", feedback(3), application="import-1", chunk=0)
    (state,) = store.state()
    assert (state.name, state.files, state.rows, state.schema_version) == ("feedback", 1, 3, 1)
    assert store.versions() == {"feedback": state.version}


def test_long_chunks_lie_in_the_order_of_time(store, feedback, monkeypatch):
    """So that few row groups hold the newest rows; what is in order, backwards or nearly, is left as it is."""
    monkeypatch.setattr("servloop.facts.store._ROW_GROUP", 20)
    rows = pl.DataFrame(feedback(100))
    shuffled, backwards = rows.sample(fraction=1, shuffle=True, seed=2), rows.reverse()
    nearly = rows.select(pl.all().gather([place ^ 1 for place in range(100)]))
    for chunk, (part, wanted) in enumerate(
        ((shuffled, rows), (backwards, backwards), (nearly, nearly), (shuffled[:19], shuffled[:19]))
    ):
        store.append("feedback", part.to_arrow(), application="a", chunk=chunk)
        with store.snapshot(["feedback"]) as snapshot:
            known = {path: pl.read_parquet(path)["seq"].to_list() for path in snapshot.paths("feedback")}
        assert wanted["seq"].to_list() in known.values()
