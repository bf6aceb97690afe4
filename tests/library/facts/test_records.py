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
