"""Changes of level and seasonal decomposition: against R, an exhaustive search, and planted series."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.monitor.change_points import change_points
from servloop.monitor.decomposition import decompose


def exhaustive(data: np.ndarray, penalty: float, shortest: int) -> float:
    """The least cost of any partition, by plain dynamic programming."""
    best = [-penalty] + [np.inf] * data.size
    for end in range(shortest, data.size + 1):
        best[end] = min(
            best[start] + ((data[start:end] - data[start:end].mean()) ** 2).sum() + penalty
            for start in range(end - shortest + 1)
        )
    return best[-1]


def cost(data: np.ndarray, places: tuple[int, ...], penalty: float) -> float:
    parts = np.split(data, places)
    return sum(((part - part.mean()) ** 2).sum() for part in parts) + penalty * len(places)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=8, max_size=28), st.floats(0.3, 20), st.integers(1, 4))
def test_the_partition_is_optimal(values: list[int], penalty: float, shortest: int) -> None:
    data = np.array(values, dtype=float)
    result = change_points(data, penalty=penalty, shortest=shortest, sigma=1.0)
    if np.ptp(data) == 0:
        assert result.places == ()
        return
    assert cost(data, result.places, penalty) == pytest.approx(exhaustive(data, penalty, shortest), abs=1e-7)
    assert all(segment.last - segment.first + 1 >= shortest for segment in result.segments)


def test_the_nile_changed_in_1898(reference: Path) -> None:
    nile = json.loads((reference / "golden/verify/effect_R.json").read_text())["nile_break"]
    golden = json.loads((reference / "golden/verify/anomaly_py.json").read_text())["nile_pelt"]
    result = change_points(nile["nile"])
    assert result.places == (nile["index"],)
    assert result.to_frame()["first"].to_list() == [0, nile["index"]]
    assert [*result.places, result.n] == golden["bkps"]
    assert 1871 + result.segments[0].last == nile["year"]


def test_edges_of_change_points() -> None:
    assert change_points([1.0, 2.0, 3.0]).reason is not None
    assert change_points([]).segments == ()
    level = change_points([5.0] * 20)
    assert (level.places, level.segments[0].mean) == ((), 5.0)
    noise = np.random.default_rng(1).normal(0, 1, 3000)
    noise[1500:] += 3
    assert change_points(noise).places == (1500,)
    for bad in (
        lambda: change_points([1.0, None, 2.0]),
        lambda: change_points([1.0] * 9, penalty=0),
        lambda: change_points([1.0] * 9, shortest=0),
        lambda: decompose([1.0] * 30, 1),
        lambda: decompose([1.0] * 30, 4, smoothness=8),
        lambda: decompose([1.0, None] * 30, 4),
    ):
        with pytest.raises((InputError, SpecError)) as caught:
            bad()
        assert "{" not in caught.value.message("zh-CN") + caught.value.message("en")


def test_season_of_nottingham(reference: Path) -> None:
    golden = json.loads((reference / "golden/verify/effect_R.json").read_text())["stl_nottem"]
    result = decompose(golden["x"], 12, periodic=True)
    assert result.season[:12] == pytest.approx(golden["seasonal12"], abs=0.1)
    assert result.trend[:5] == pytest.approx(golden["trend_first5"], abs=0.1)
    assert np.std(result.remainder, ddof=1) == pytest.approx(golden["remainder_sd"], abs=0.1)
    total = np.array(result.trend) + np.array(result.season) + np.array(result.remainder)
    assert total == pytest.approx(golden["x"])


def test_days_of_the_taxi_series_that_stand_out(reference: Path) -> None:
    taxi = pl.read_csv(reference / "data/monitoring/nab/nyc_taxi.csv", try_parse_dates=True)
    daily = taxi.group_by(pl.col("timestamp").dt.date().alias("day"), maintain_order=True).agg(
        pl.sum("value")
    )
    golden = json.loads((reference / "golden/verify/anomaly_py.json").read_text())["nyc_taxi"]
    score = np.abs(decompose(daily["value"], 7).score)
    top = [str(daily["day"][int(place)]) for place in np.argsort(-score)[:12]]
    published = list(golden["daily_STL_top12"])
    assert top[:2] == published[:2]  # the blizzard of January 2015 and Christmas
    assert len(set(top) & set(published)) >= 10


def test_edges_of_decomposition() -> None:
    short = decompose([1.0, 2.0, 3.0], 2)
    assert short.reason.code == "monitor.too_few_values"
    assert short.to_frame().height == 0
    level = decompose([5.0] * 30, 7)
    assert level.score == (None,) * 30
    assert level.season == pytest.approx([0.0] * 30, abs=1e-9)
