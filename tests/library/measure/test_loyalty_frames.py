"""The door for data frames: every kind of frame gives the same matrix."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from servloop.errors import InputError
from servloop.measure.frames import group_codes, numeric_matrix

DATA = {"a": [1, None, 3], "b": [" 7 ", "", "6.5"], "unit": ["甲", None, "乙 "]}
EXPECTED = np.array([[1, 7], [np.nan, np.nan], [3, 6.5]])


def test_every_kind_of_frame_gives_the_same_matrix() -> None:
    table = pa.table(DATA)
    relation = duckdb.connect().from_arrow(table)
    for frame in (pd.DataFrame(DATA), pl.DataFrame(DATA), pl.LazyFrame(DATA), table, relation):
        np.testing.assert_array_equal(numeric_matrix(frame, ["a", "b"]), EXPECTED)
        groups = group_codes(frame, "unit")
        assert groups.labels == ("乙", "甲")
        assert groups.codes.tolist() == [1, -1, 0]


def test_numbers_as_groups_lose_their_point_zero() -> None:
    assert group_codes(pl.DataFrame({"g": [1.0, 2.0, None]}), "g").labels == ("1", "2")
    assert group_codes(pl.DataFrame({"g": [1.5, 2.0]}), "g").labels == ("1.5", "2.0")


def test_infinite_values_are_missing_and_logical_values_count() -> None:
    matrix = numeric_matrix(pl.DataFrame({"x": [1.0, float("inf")], "y": [True, False]}), ["x", "y"])
    np.testing.assert_array_equal(matrix, [[1, 1], [np.nan, 0]])


def test_categories_and_empty_frames() -> None:
    categories = pl.DataFrame({"x": ["1", "2"]}, schema={"x": pl.Categorical})
    assert numeric_matrix(categories, ["x"])[:, 0].tolist() == [1, 2]
    assert numeric_matrix(pl.DataFrame({"x": []}, schema={"x": pl.Null}), ["x"]).shape == (0, 1)


def test_dates_are_not_numbers() -> None:
    frame = pl.DataFrame({"day": [None, "2024-01-01"]}).with_columns(pl.col("day").str.to_date())
    with pytest.raises(InputError, match="day") as caught:
        numeric_matrix(frame, ["day"])
    assert caught.value.params["count"] == 1


def test_missing_columns_list_what_exists() -> None:
    with pytest.raises(InputError) as caught:
        numeric_matrix(pl.DataFrame({"满意": [1]}), ["satisfied"])
    assert "满意" in str(caught.value)
    assert "satisfied" in caught.value.message("zh")
