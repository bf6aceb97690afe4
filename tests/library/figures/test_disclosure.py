"""Small groups: whatever selections are asked for and subtracted, no group below the threshold comes out."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError
from servloop.measure.figures import CellTable, Statistic, estimate

SMALLEST = 5
UNITS, CHANNELS, MONTHS = ("a", "b", "c"), ("app", "柜台"), 3


def month(number: int) -> dt.date:
    return dt.date(2026, number + 1, 1)


def table(counts: np.ndarray) -> CellTable:
    """A protected table of shares with the given rows per unit, month and channel; half of them are hits."""
    places = [place for place in itertools.product(*map(range, counts.shape)) if counts[place] >= 0]
    frame = pl.DataFrame(
        {
            "unit_id": [UNITS[unit] for unit, _, _ in places],
            "month": [month(number) for _, number, _ in places],
            "channel": [CHANNELS[channel] for _, _, channel in places],
            "segment": [None for _ in places],
            "n": [int(counts[place]) for place in places],
            "hits": [int(counts[place]) // 2 for place in places],
            "against": 0,
            "total": 0.0,
            "squares": 0.0,
            "bins": None,
        },
        schema_overrides={"segment": pl.String, "unit_id": pl.String, "channel": pl.String, "month": pl.Date},
    )
    return CellTable.from_frame("share", frame).protected(SMALLEST)


def told(cells: CellTable) -> list[frozenset[int]]:
    """The cells behind every figure that can be asked for: totals and breakdowns of every selection."""
    subsets = [
        [chosen for size in range(1, len(all_) + 1) for chosen in itertools.combinations(all_, size)]
        for all_ in (UNITS, CHANNELS)
    ]
    found = set()
    for units, channels in itertools.product(*subsets):
        for first, last in itertools.combinations_with_replacement(range(MONTHS), 2):
            mask = cells.select(month(first), month(last), units=units, channels=channels)
            found.add(frozenset(np.flatnonzero(cells.tellable(mask)).tolist()))
            for by in ("unit", "month", "channel"):
                whole = cells.tellable(mask, by)
                for code in np.unique(getattr(cells, by)[whole]):
                    found.add(frozenset(np.flatnonzero(whole & (getattr(cells, by) == code)).tolist()))
    return list(found)


@given(
    st.lists(
        st.integers(-1, 9),
        min_size=len(UNITS) * MONTHS * len(CHANNELS),
        max_size=len(UNITS) * MONTHS * len(CHANNELS),
    )
)
@settings(max_examples=25, deadline=None)
def test_no_difference_of_figures_is_a_small_group(counts):
    cells = table(np.array(counts).reshape(len(UNITS), MONTHS, len(CHANNELS)))
    if not len(cells):
        return
    selections = told(cells)
    rows = cells.n
    for first, second in itertools.permutations(selections, 2):
        rest = int(rows[list(first - second)].sum())
        assert rest == 0 or rest >= SMALLEST
    # Stronger: every figure is made of whole atoms, so that every sum and difference of figures is, too.
    known = rows > 0
    for cells_inside in selections:
        inside = np.isin(np.arange(len(cells)), list(cells_inside))
        for atom in np.unique(cells.atom[known]):
            assert len(set(inside[known & (cells.atom == atom)])) == 1


@given(st.lists(st.integers(0, 30), min_size=18, max_size=18))
@settings(max_examples=50, deadline=None)
def test_the_whole_is_told_in_full_and_mixing_goes_from_the_finest_up(counts):
    grid = np.array(counts).reshape(len(UNITS), MONTHS, len(CHANNELS))
    cells = table(grid)
    everything = cells.select()
    assert cells.merge(cells.tellable(everything)).n == (grid.sum() if grid.sum() >= SMALLEST else 0)
    if (grid.sum(axis=2) >= SMALLEST).all():
        # Every month of every unit is large enough: only channels are mixed.
        for unit, number in itertools.product(range(len(UNITS)), range(MONTHS)):
            mask = cells.select(month(number), month(number), units={UNITS[unit]})
            assert cells.merge(cells.tellable(mask)).n == grid[unit, number].sum()


def test_large_cells_are_told_as_they_are():
    cells = table(np.full((3, 3, 2), 40))
    assert len(set(cells.atom)) == len(cells) == 18
    mask = cells.select(units={"b"}, channels={"柜台"})
    assert cells.group(cells.tellable(mask, "month"), "month") == {
        f"2026-0{number}-01": Statistic("share", 40, 20) for number in (1, 2, 3)
    }


def test_a_group_that_is_left_out_is_missing_from_each_table_but_in_the_whole():
    grid = np.full((3, 3, 2), 40)
    grid[0, 0, 1] = 2
    cells = table(grid)
    january = cells.select(month(0), month(0), units={"a"})
    assert cells.group(cells.tellable(january, "channel"), "channel") == {}
    assert cells.merge(cells.tellable(january)).n == 42
    assert cells.merge(cells.tellable(cells.select(channels={"柜台"}))).n == 8 * 40
    assert cells.merge(cells.tellable(cells.select())).n == grid.sum()


def test_cells_are_stored_and_read_back():
    bins = pl.DataFrame(
        {
            "unit_id": ["北京", None],
            "month": [month(0), None],
            "channel": ["app", "app"],
            "segment": ["😀", None],
            "n": [7, 2],
            "hits": 0,
            "against": 0,
            "total": [70.0, 2.0],
            "squares": [700.0, 2.0],
            "bins": [[{"place": 3, "rows": 5}, {"place": 4, "rows": 2}], [{"place": 0, "rows": 2}]],
        }
    )
    cells = CellTable.from_bytes(CellTable.from_frame("histogram", bins).protected(SMALLEST).to_bytes())
    dated = cells.merge(cells.select())
    assert (dated.n, dated.total, dated.bins) == (7, 70.0, {3: 5, 4: 2})
    assert cells.group(cells.select(), "unit") == {"北京": dated}
    assert cells.merge(cells.month < 0).n == 2  # rows without a month are kept and never selected
    assert estimate(dated, "median").n == 7
    with pytest.raises(InputError, match="could not be read"):
        CellTable.from_bytes(b"PK\x03\x04 broken")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(UNITS),
            st.integers(0, MONTHS - 1),
            st.sampled_from(CHANNELS),
            st.dictionaries(st.integers(-1_000_000, 900), st.integers(1, 70_000), max_size=4),
        ),
        max_size=12,
        unique_by=lambda cell: cell[:3],
    ),
    st.sets(st.sampled_from(UNITS)),
)
@settings(max_examples=60, deadline=None)
def test_bins_of_any_cells_add_up_to_those_that_were_counted(listed, units):
    frame = pl.DataFrame(
        {
            "unit_id": [unit for unit, *_ in listed],
            "month": [month(number) for _, number, *_ in listed],
            "channel": [channel for _, _, channel, _ in listed],
            "segment": [None for _ in listed],
            "n": [sum(bins.values()) for *_, bins in listed],
            **dict.fromkeys(("hits", "against"), 0),
            **dict.fromkeys(("total", "squares"), 0.0),
            "bins": [[{"place": p, "rows": r} for p, r in bins.items()] for *_, bins in listed],
        },
        schema_overrides=dict.fromkeys(("unit_id", "channel", "segment"), pl.String)
        | {"month": pl.Date, "bins": pl.List(pl.Struct({"place": pl.Int32, "rows": pl.Int64}))},
    )
    cells = CellTable.from_bytes(CellTable.from_frame("histogram", frame).to_bytes())
    chosen = [cell for cell in listed if cell[0] in units]

    def added(parts):
        return dict(sum((Counter(bins) for *_, bins in parts), Counter()))

    mask = cells.select(units=units)
    assert cells.merge(mask).bins == added(chosen)
    for number in range(MONTHS):
        of_month = [cell for cell in chosen if cell[1] == number]
        found = cells.group(mask, "month").get(month(number).isoformat())
        assert (found.bins if found else {}) == added(of_month)
