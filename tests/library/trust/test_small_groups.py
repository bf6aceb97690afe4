"""Small groups stay hidden, and no total gives them away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from servloop.errors import InputError, SpecError
from servloop.trust.small_groups import SuppressedTable, suppress_small_groups


def augmented(table: SuppressedTable) -> list[list[int | None]]:
    """Rows of shown entries with totals as the last row and column."""
    if not table.row_totals:
        return [[*table.counts, table.total]]  # type: ignore[list-item]
    rows = [[*row, total] for row, total in zip(table.counts, table.row_totals, strict=True)]  # type: ignore[misc]
    return [*rows, [*table.column_totals, table.total]]


def possible_values(shown: list[list[int | None]]) -> list[float]:
    """Width + 1 of what a reader can conclude about each hidden entry: exact bounds by linear programming.

    The reader knows all shown entries, that lines add up, and that hidden entries are at least 1.
    """
    height, width = len(shown), len(shown[0])
    places = {
        (i, j): n
        for n, (i, j) in enumerate((i, j) for i in range(height) for j in range(width) if shown[i][j] is None)
    }
    equations, right = [], []

    def line(cells: list[tuple[int, int]]) -> None:
        row, known = np.zeros(len(places)), 0.0
        for position, cell in enumerate(cells):
            sign = -1.0 if position == len(cells) - 1 else 1.0
            value = shown[cell[0]][cell[1]]
            if value is None:
                row[places[cell]] = sign
            else:
                known += sign * value
        if row.any():
            equations.append(row)
            right.append(-known)

    for i in range(height):
        line([(i, j) for j in range(width)])
    if height > 1:
        for j in range(width):
            line([(i, j) for i in range(height)])
    widths = []
    for n in range(len(places)):
        goal = np.zeros(len(places))
        goal[n] = 1
        bounds = {"A_eq": np.array(equations), "b_eq": right, "bounds": (1, 10_000), "method": "highs"}
        low, high = linprog(goal, **bounds), linprog(-goal, **bounds)
        assert low.success
        assert high.success
        widths.append(-high.fun - low.fun + 1)
    return widths


def withheld(table: SuppressedTable) -> bool:
    return all(entry is None for row in augmented(table) for entry in row)


counts_1d = hnp.arrays(np.int64, st.integers(1, 9), elements=st.one_of(st.integers(0, 8), st.integers(0, 80)))
counts_2d = hnp.arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 80)),
)


@settings(max_examples=120, deadline=None)
@given(st.one_of(counts_1d, counts_2d), st.integers(2, 8))
def test_no_hidden_entry_can_be_worked_out(counts: np.ndarray, threshold: int) -> None:
    table = suppress_small_groups(counts, threshold)
    shown = augmented(table)
    for row in shown:
        assert all(entry is None or entry == 0 or entry >= threshold for entry in row)
    if not withheld(table):
        assert all(width >= threshold - 1e-6 for width in possible_values(shown)), shown
    truth = np.asarray(counts)
    for place, entry in np.ndenumerate(np.array(table.counts, dtype=object)):
        assert entry is None or entry == truth[place]
    assert table.primary + table.complementary == sum(entry is None for row in shown for entry in row)


def test_a_lone_small_group_takes_the_smallest_other_with_it() -> None:
    table = suppress_small_groups([3, 40, 12, 25], 5)
    assert table.counts == (None, 40, None, 25)
    assert (table.total, table.primary, table.complementary) == (80, 1, 1)
    assert table.warnings[0].count == 2
    assert "2" in table.warnings[0].message("zh-CN")


def test_two_small_groups_with_a_telling_sum_take_a_third() -> None:
    # 1 + 1 = 2: both would follow from the total
    assert suppress_small_groups([1, 1, 9, 30], 5).counts == (None, None, None, 30)


def test_a_two_way_table_hides_a_rectangle() -> None:
    table = suppress_small_groups([[20, 3, 30], [25, 40, 35], [60, 70, 80]], 5)
    assert table.counts == ((None, None, 30), (None, None, 35), (60, 70, 80))
    assert table.row_totals == (53, 100, 210)
    assert table.total == 363
    assert table.to_frame().row(0) == (0, 0, None)
    assert table.to_frame().row(-1) == (2, 2, 80)
    assert suppress_small_groups([5, 6]).to_frame()["count"].to_list() == [5, 6]


def test_a_small_total_is_hidden_too() -> None:
    table = suppress_small_groups([[1, 2, 0], [25, 40, 35], [60, 70, 80]], 5)
    assert table.row_totals[0] is None
    assert table.total == 313
    assert not withheld(table)


def test_nothing_to_hide_and_nothing_to_show() -> None:
    open_table = suppress_small_groups([[5, 0], [7, 9]], 5)
    assert open_table.counts == ((5, 0), (7, 9))
    assert open_table.warnings == ()
    assert suppress_small_groups([0, 0], 5).total == 0
    assert withheld(suppress_small_groups([3], 5))
    assert withheld(suppress_small_groups([2, 3], 5))
    assert withheld(suppress_small_groups([[3]], 5))
    assert suppress_small_groups([], 5).counts == ()
    assert suppress_small_groups([2, 3]).to_dict()["warnings"][0]["code"] == "trust.table_withheld"


def test_what_is_not_a_table_of_counts_is_refused() -> None:
    for bad in ([1.5, 2.0], [-1, 3], [[[1]]], ["a"]):
        with pytest.raises(InputError):
            suppress_small_groups(bad)  # type: ignore[arg-type]
    with pytest.raises(SpecError):
        suppress_small_groups([1, 2], 1)
