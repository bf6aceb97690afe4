"""Anomalies on the taxi series and on planted ones; burn rates of an error budget."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.monitor.anomalies import Anomalies, Baseline, seasonal_anomalies
from servloop.monitor.burn_rate import STANDARD_WINDOWS, BurnWindow, burn_rate
from servloop_app.cli import cli

HALF_HOURS_A_WEEK = 336


@pytest.fixture(scope="module")
def taxi(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/monitoring/nab/nyc_taxi.csv", try_parse_dates=True)


def outside(result: Anomalies, labelled: list[np.ndarray]) -> tuple[int, int]:
    """Windows with an unusual point, and unusual points outside all windows."""
    flagged = result.to_frame()["anomaly"].to_numpy()
    hit = sum(flagged[window].any() for window in labelled)
    return hit, int(flagged[~np.logical_or.reduce(labelled)].sum())


def test_taxi_series(reference: Path, taxi: pl.DataFrame) -> None:
    golden = json.loads((reference / "golden/verify/anomaly_py.json").read_text())["nyc_taxi"]
    times = taxi["timestamp"].to_numpy()
    labelled = [(times >= np.datetime64(a)) & (times <= np.datetime64(b)) for a, b in golden["windows"]]
    for threshold, expected in golden["slot_of_week_robust_z"].items():
        result = seasonal_anomalies(taxi["value"], Baseline(HALF_HOURS_A_WEEK, threshold=float(threshold)))
        assert outside(result, labelled) == (expected["windows_hit"], expected["fp_points"])
    lasting = seasonal_anomalies(taxi["value"], Baseline(HALF_HOURS_A_WEEK, lasting=4))
    hit, _ = outside(lasting, labelled)
    inside = np.logical_or.reduce(labelled)
    beside = [item for item in lasting.episodes if not inside[item.first : item.last + 1].any()]
    expected = golden["robust_z5_for_2h"]
    # the reference counts from the point at which a deviation has lasted two hours
    assert (hit, sum(item.last - item.first - 2 for item in beside)) == (
        expected["windows_hit"],
        expected["fp_points"],
    )
    assert result.n == golden["n"]
    assert result.judged == golden["n"] - 4 * HALF_HOURS_A_WEEK


def weekly(rng: np.random.Generator, weeks: int = 20) -> np.ndarray:
    shape = np.array([100, 90, 95, 110, 130, 60, 50])
    return np.tile(shape, weeks) + rng.normal(0, 3, 7 * weeks)


def test_a_planted_dip_is_one_episode_with_its_place() -> None:
    series = weekly(np.random.default_rng(3))
    series[100:103] *= 0.3
    result = seasonal_anomalies(series, Baseline(7, lasting=2))
    assert [(item.first, item.last, item.high) for item in result.episodes] == [(100, 102, False)]
    assert result.expected[101] == pytest.approx(series[94], rel=0.15)
    assert result.low[101] < result.expected[101] < result.high[101]
    assert result.warnings[0].count == 28
    assert json.dumps(result.to_dict("zh-CN"), allow_nan=False)


def test_later_points_never_change_earlier_judgements() -> None:
    series = weekly(np.random.default_rng(4))
    whole, part = (seasonal_anomalies(values, Baseline(7)) for values in (series, series[:90]))
    assert whole.score[:90] == part.score


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 1000))
def test_scores_do_not_depend_on_the_unit(seed: int, scale: float) -> None:
    series = weekly(np.random.default_rng(seed), 8)
    plain = Baseline(7, history=4, floor=0, logarithm=False)
    first, second = seasonal_anomalies(series, plain), seasonal_anomalies(series * scale, plain)
    assert [s for s in first.score if s is not None] == pytest.approx(
        [s for s in second.score if s is not None]
    )


def test_edges_of_anomalies() -> None:
    assert seasonal_anomalies([], Baseline(7)).episodes == ()
    assert seasonal_anomalies([1.0], Baseline(7)).judged == 0
    level = seasonal_anomalies([5.0] * 30, Baseline(1, floor=0, logarithm=False))
    assert level.episodes == ()
    assert level.score[-1] == 0
    jump = seasonal_anomalies([5.0] * 30 + [6.0], Baseline(1, floor=0, logarithm=False))
    assert [(item.first, item.high) for item in jump.episodes] == [(30, True)]
    assert json.dumps(jump.to_dict(), allow_nan=False)
    missing = seasonal_anomalies([5.0] * 10 + [None] + [5.0] * 5, Baseline(1))
    assert missing.score[10] is None
    assert missing.n == 15
    with pytest.raises(InputError):
        seasonal_anomalies([-1.0, 2.0], Baseline(1))
    for bad in (Baseline(0), Baseline(7, fewest=9), Baseline(7, threshold=0), Baseline(7, lasting=0)):
        with pytest.raises(SpecError):
            seasonal_anomalies([1.0], bad)


def test_the_command_prints_episodes(taxi: pl.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "taxi.csv"
    taxi.sample(fraction=1.0, shuffle=True, seed=1).write_csv(file)
    options = ["--value", "value", "--time", "timestamp", "--period", "336", "--lasting", "4"]
    result = CliRunner().invoke(
        cli, ["monitor", "anomalies", str(file), *options, "--json"], catch_exceptions=False
    )
    found = json.loads(result.stdout)["episodes"]
    assert found == [
        {"first": item.first, "last": item.last, "high": item.high, "peak": pytest.approx(item.peak)}
        for item in seasonal_anomalies(taxi["value"], Baseline(336, lasting=4)).episodes
    ]
    table = CliRunner().invoke(cli, ["monitor", "anomalies", str(file), *options], catch_exceptions=False)
    assert "2015-01-27" in table.stdout


def test_thresholds_of_the_published_table(reference: Path) -> None:
    golden = json.loads((reference / "golden/verify/ops_py.json").read_text())["burn_rate_30d"]
    for window, expected in zip(STANDARD_WINDOWS, golden, strict=True):
        assert window.threshold() == pytest.approx(expected["burn_rate"])
        assert window.threshold() * 0.001 == pytest.approx(expected["err_rate_at_999"])
        assert (window.severity, window.long / 3600) == (expected["severity"], expected["long_h"])
        assert window.short / 3600 == pytest.approx(expected["short_h"], abs=1e-3)


def test_an_alert_needs_both_windows_and_enough_outcomes() -> None:
    minutes = 60 * 24 * 30
    total, bad = np.full(minutes, 10), np.zeros(minutes)
    calm = burn_rate(bad, total, 60, 0.99)
    assert (calm.severity, calm.budget_left.value) == (None, 1)
    bad[-60:] = 2  # 20 % bad for an hour: 20 times the allowed share
    burning = burn_rate(bad, total, 60, 0.99)
    assert burning.severity == "page"
    assert burning.alerts[0].long_rate.value == pytest.approx(20)
    assert burning.to_frame()["firing"].to_list() == [alert.firing for alert in burning.alerts]
    assert burning.budget_left.value == pytest.approx(1 - 120 / (minutes * 10 * 0.01))
    bad[-5:] = 0  # it is over: the short window is calm
    assert not burn_rate(bad, total, 60, 0.99).alerts[0].firing
    few = burn_rate([0] * 59 + [1], [0] * 59 + [3], 60, 0.99)
    assert few.alerts[0].long_rate.value > few.alerts[0].threshold
    assert few.severity is None
    empty = burn_rate([0] * 10, [0] * 10, 60, 0.99)
    assert empty.budget_left.reason.code == "monitor.no_outcomes"
    assert empty.to_dict()["severity"] is None


def test_burn_rates_that_make_no_sense_are_refused() -> None:
    for call in (
        lambda: burn_rate([1], [2], 60, 1.0),
        lambda: burn_rate([1], [2], 0, 0.9),
        lambda: burn_rate([1], [2], 60, 0.9, windows=[BurnWindow(0.1, 60, 120, "page")]),
        lambda: burn_rate([3], [2], 60, 0.9),
        lambda: burn_rate([1, 2], [2], 60, 0.9),
        lambda: burn_rate([None], [2], 60, 0.9),
    ):
        with pytest.raises((SpecError, InputError)):
            call()
