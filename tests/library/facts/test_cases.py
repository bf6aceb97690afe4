"""Cases that are kept beside the facts: the same as those put together from the events, seen by nobody else, and gone in time."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from servloop.facts import FactsScope
from servloop.facts.cells import compute_cells, records_of

CASES, STEPS = 60, ("receive", "check", "decide")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def events(first: int = 0, *, cases: int = CASES, import_id: str = "import-1") -> pl.DataFrame:
    """Three steps a case; every third case is decided in another unit, every fifth is received twice."""
    rows = [
        {
            "case_id": f"案-{case}",
            "activity": step,
            "unit_id": f"u{(case + (step == 'decide' and case % 3 == 0)) % 2}",
            "occurred_at": START + dt.timedelta(hours=7 * case + 5 * place + case * place % 4),
            "resource": f"person{case % 4}",
        }
        for case in range(first, first + cases)
        for place, step in enumerate(STEPS + STEPS[:1] * (case % 5 == 0) + STEPS[-1:] * (case % 5 == 0))
    ]
    return pl.DataFrame(rows).with_columns(
        pl.col("occurred_at").cast(pl.Datetime("us", "UTC")),
        local_date=pl.col("occurred_at").dt.date(),
        process_id=pl.lit("p"),
        import_id=pl.lit(import_id),
        seq=pl.int_range(pl.len()),
        record_id=pl.format("{}-{}", pl.lit(import_id), pl.int_range(pl.len())),
        content_hash=pl.int_range(pl.len()),
        revision=pl.lit(0, pl.Int32),
        ingested_at=pl.lit(START),
        schema_version=pl.lit(1, pl.Int32),
    )


@pytest.fixture
def filled(store):
    store.append("events", events().to_arrow(), application="a", chunk=0)
    return store


def keep(store):
    with store.snapshot() as snapshot:
        snapshot.keep_cases()


def kept(store):
    return sorted(path.name for path in (store.folder / "cases").glob("*"))


def seen(store, units=None):
    """Cases and the cells of a metric, for who sees some units; all units without them."""
    with (
        store.snapshot(["events", "event_cases"]) as snapshot,
        snapshot.connect(FactsScope(None if units is None else frozenset(units))) as facts,
    ):
        rows = records_of(facts, "cases", "median(seconds)", limit=CASES + 1)
        cells = compute_cells(facts, "cases", "share(rework)")
        return snapshot.kept_cases, rows.to_dicts(), (cells.n.tolist(), cells.hits.tolist())


@pytest.mark.parametrize("units", [None, {"u0"}, {"u1"}, {"u0", "u1"}, set()])
def test_kept_cases_are_those_that_the_events_give(filled, units):
    before, rows, cells = seen(filled, units)
    keep(filled)
    after, kept_rows, kept_cells = seen(filled, units)
    assert before is None
    assert after is not None
    assert bool(rows) == (units != set())
    if units is None or len(units) < 2:
        assert (kept_rows, kept_cells) == (rows, cells)
        return
    # Which unit a case of several counts under is left open, here as there.
    without = [[row | {"unit_id": None} for row in found] for found in (kept_rows, rows)]
    assert without[0] == without[1]


def test_a_case_shows_nothing_of_the_units_that_one_may_not_see(filled):
    keep(filled)
    _kept, rows, _cells = seen(filled, {"u0"})
    shared = next(row for row in rows if row["case_id"] == "案-6")  # its decision lies in u1
    assert (shared["last_activity"], shared["events"]) == ("check", 2.0)
    assert {row["unit_id"] for row in rows} == {"u0"}


def test_new_events_make_kept_cases_old_and_the_next_ones_take_their_place(filled):
    keep(filled)
    filled.append("events", events(CASES, cases=1, import_id="import-2").to_arrow(), application="b", chunk=0)
    path, rows, _cells = seen(filled)
    assert (path, len(rows)) == (None, CASES + 1)
    keep(filled)
    path, rows, _cells = seen(filled)
    assert (path.name, len(rows)) == (kept(filled)[-1], CASES + 1)


def test_joining_files_keeps_the_cases_and_tidying_keeps_only_them(filled):
    filled.append("events", events(CASES, cases=1, import_id="import-2").to_arrow(), application="b", chunk=0)
    keep(filled)
    _path, before, _cells = seen(filled)
    assert filled.compact("events") == 1
    path, rows, _cells = seen(filled)
    assert (path is not None, rows) == (True, before)
    filled.vacuum("events")
    path, rows, _cells = seen(filled)
    assert (path is not None, rows) == (True, before)
    assert kept(filled) == [path.name]


def test_erased_events_are_gone_from_kept_cases_as_well(filled):
    keep(filled)
    gone = events().filter(pl.col("case_id") == "案-7")["record_id"].to_list()
    filled.delete_records("events", gone)
    assert seen(filled)[0] is None
    filled.vacuum("events")
    assert kept(filled) == []
    keep(filled)
    _path, rows, _cells = seen(filled)
    assert len(rows) == CASES - 1
    assert "案-7" not in {row["case_id"] for row in rows}


def test_upkeep_of_one_table_does_not_pass_on_cases_that_another_has_changed(filled):
    keep(filled)
    with filled._same_rows("events"):
        cases = pl.DataFrame({"process_id": ["p"], "case_id": ["案-1"], "sla_seconds": [60.0]})
        common = events(cases=1).head(1).select("import_id", "seq", "record_id", "content_hash", "revision")
        common = common.with_columns(ingested_at=pl.lit(START), schema_version=pl.lit(1, pl.Int32))
        filled.append(
            "event_cases", pl.concat([cases, common], how="horizontal").to_arrow(), application="c", chunk=0
        )
    path, rows, _cells = seen(filled)
    assert path is None
    assert {row["sla_seconds"] for row in rows if row["case_id"] == "案-1"} == {60.0}


def test_nothing_is_kept_of_nothing(store):
    keep(store)
    assert kept(store) == []


def test_cases_of_earlier_states_do_not_pile_up(filled):
    keep(filled)
    for number in range(2, 7):
        more = events(number * 1_000, cases=2, import_id=f"import-{number}")
        filled.append("events", more.to_arrow(), application=f"a{number}", chunk=0)
        keep(filled)
    kept = list((filled.folder / "cases").iterdir())
    assert len(kept) == 3
    with filled.snapshot() as snapshot:
        assert snapshot.kept_cases in kept
