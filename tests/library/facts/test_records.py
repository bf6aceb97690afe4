"""The records behind a figure, page by page: the same as all of them at once, whatever days are looked at."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from servloop.facts import FactsScope
from servloop.facts.cells import compute_cells, records_of

ROWS = 400
FORMULA = "share(rating >= 4)"


@pytest.fixture
def filled(store, feedback):
    """Records of 14 months, some so close to the turn of a month that their local day lies beyond it."""
    draw = np.random.default_rng(3)
    hours = draw.integers(0, 14 * 30 * 24, ROWS)
    offset = np.where(draw.random(ROWS) < 0.5, 12, -11)
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    occurred = [start + dt.timedelta(hours=int(h)) for h in hours]
    local = [(moment + dt.timedelta(hours=int(o))).date() for moment, o in zip(occurred, offset, strict=True)]
    rows = pl.DataFrame(feedback(ROWS)).with_columns(
        occurred_at=pl.Series(occurred).cast(pl.Datetime("us", "UTC")),
        local_date=pl.Series(local),
        rating=pl.Series(draw.integers(1, 6, ROWS).astype(float)),
    )
    store.append("feedback", rows.to_arrow(), application="a", chunk=0)
    return store


def pages(store, cells, mask, size):
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        for place in range(0, ROWS + size, size):
            page = records_of(facts, "feedback", FORMULA, limit=size, offset=place, within=(cells, mask))
            yield from page["occurred_at"].to_list()


@pytest.mark.parametrize("gone", [[], [f"r{number}" for number in range(0, ROWS, 2)]])
def test_pages_are_the_whole_list_also_when_records_have_gone_since(filled, gone):
    with filled.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        cells = compute_cells(facts, "feedback", FORMULA)
    mask = np.ones(len(cells.n), bool)
    if gone:
        filled.delete_records("feedback", gone)
    with filled.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        every = records_of(facts, "feedback", FORMULA, limit=ROWS)["occurred_at"].to_list()
    assert len(every) == ROWS - len(gone)
    assert every == sorted(every, reverse=True)
    assert list(pages(filled, cells, mask, 37)) == every


@pytest.mark.parametrize("size", [5, 60, 700])
def test_few_days_are_enough_for_the_newest_and_change_nothing(store, feedback, size):
    """Many records a day, their local days half a day to either side of their moments, the newest month just begun."""
    rows, draw = 3000, np.random.default_rng(4)
    minutes = np.sort(draw.integers(0, 40 * 24 * 60, rows))
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    occurred = [start + dt.timedelta(minutes=int(m)) for m in minutes]
    offset = np.where(draw.random(rows) < 0.5, 14, -12)
    local = [(moment + dt.timedelta(hours=int(o))).date() for moment, o in zip(occurred, offset, strict=True)]
    made = pl.DataFrame(feedback(rows)).with_columns(
        occurred_at=pl.Series(occurred).cast(pl.Datetime("us", "UTC")),
        local_date=pl.Series(local),
        rating=pl.Series(draw.integers(1, 6, rows).astype(float)),
    )
    store.append("feedback", made.to_arrow(), application="a", chunk=0)
    with store.snapshot(["feedback"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        cells = compute_cells(facts, "feedback", FORMULA)
        every = records_of(facts, "feedback", FORMULA, limit=rows)["seq"].to_list()
        within = (cells, np.ones(len(cells.n), bool))
        for place in range(3):
            page = records_of(facts, "feedback", FORMULA, limit=size, offset=size * place, within=within)
            assert page["seq"].to_list() == every[size * place : size * (place + 1)]
