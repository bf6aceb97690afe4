"""Importance–performance and penalty–reward against reference figures; lines, signs and hostile data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.importance import DERIVED, importance_from_spec, importance_performance
from servloop.measure.importance_contrast import penalty_reward
from servloop.measure.specs import validated

NAMES = {
    "Q1_concentrate": "concentrate",
    "Q2_keep_up": "keep_up",
    "Q3_low_priority": "low_priority",
    "Q4_overkill": "overkill",
}
PERFORMANCE = [f"ipa{i}_2" for i in range(1, 25)]
STATED = [f"ipa{i}_1" for i in range(1, 25)]


def golden(reference: Path, name: str) -> dict:
    return json.loads((reference / f"golden/measure/{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kiosk(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv")


def test_stated_importance(reference: Path, kiosk: pl.DataFrame) -> None:
    expected = golden(reference, "ipa_kiosk")
    spec = {
        "items": [
            {"name": str(i), "importance": f"ipa{i}_1", "performance": f"ipa{i}_2"} for i in range(1, 25)
        ],
        "scale": [1, 7],
    }
    result = importance_from_spec(kiosk, validated("importance", spec)).to_dict()
    for item, known in zip(result["items"], expected["items"], strict=True):
        assert item["name"] == str(known["item"])
        for key in ("importance", "performance", "gap"):
            assert item[key] == pytest.approx(known[key], rel=1e-6)
        assert item["quadrant"] == NAMES[known["quadrant"]]
    assert result["cross"]["importance"] == pytest.approx(expected["grand"]["importance"], rel=1e-6)
    assert result["cross"]["performance"] == pytest.approx(expected["grand"]["performance"], rel=1e-6)
    assert result["quadrants"] == {"concentrate": 5, "keep_up": 12, "low_priority": 7, "overkill": 0}


@pytest.mark.parametrize("derive", ["pearson", "spearman"])
def test_derived_importance(reference: Path, kiosk: pl.DataFrame, derive: str) -> None:
    expected = [row[derive] for row in golden(reference, "ipa_kiosk")["derived_importance"]]
    result = importance_performance(kiosk, PERFORMANCE, outcome="total1", derive=derive)
    assert [item.importance.value for item in result.items] == pytest.approx(expected, rel=1e-6)
    assert all(item.gap.reason is not None for item in result.items)


def test_partial_correlation_is_that_of_residuals() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3)) @ rng.normal(size=(3, 3))
    y = X @ [1.0, -0.5, 0.2] + rng.normal(size=80)
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": y})
    result = importance_performance(frame, ["a", "b", "c"], outcome="y", derive="partial")
    others = np.column_stack((np.ones(80), X[:, 1:]))
    residuals = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (X[:, 0], y)]
    assert result.items[0].importance.value == pytest.approx(np.corrcoef(residuals)[0, 1])


@pytest.mark.parametrize("derive", DERIVED)
def test_every_derivation_names_itself_and_survives_an_outcome_without_spread(derive: str) -> None:
    rng = np.random.default_rng(2)
    frame = pl.DataFrame(rng.integers(1, 6, (40, 3)), schema=["a", "b", "y"]).with_columns(flat=3)
    result = importance_performance(frame, ["a", "b"], outcome="y", derive=derive)
    assert result.method == derive
    assert all(item.quadrant is not None for item in result.items)
    flat = importance_performance(frame, ["a", "b"], outcome="flat", derive=derive)
    assert [item.quadrant for item in flat.items] == [None, None]
    assert flat.cross.importance is None
    assert all(item.importance.reason is not None for item in flat.items)


def test_a_point_on_the_line_counts_as_high_and_says_so() -> None:
    frame = pl.DataFrame({"i1": [4, 4], "p1": [3, 5], "i2": [2, 2], "p2": [5, 5]})
    result = importance_performance(
        frame, ["p1", "p2"], importance=["i1", "i2"], crosshair="midpoint", scale=(1, 7)
    )
    assert result.items[0].quadrant == "keep_up"
    assert result.items[0].on_line
    assert [w.code for w in result.warnings] == ["assess.points_on_crosshair"]


def test_median_lines_and_answers_off_the_scale() -> None:
    frame = pl.DataFrame(
        {"i1": [1, 99], "i2": [2, 2], "i3": [7, 7], "p1": [1, 1], "p2": [2, 2], "p3": [7, 0]}
    )
    result = importance_performance(
        frame, ["p1", "p2", "p3"], importance=["i1", "i2", "i3"], crosshair="medians", scale=(1, 7)
    )
    assert (result.cross.importance, result.cross.performance) == (2, 2)
    assert sum(w.count for w in result.warnings if w.code == "assess.answers_off_scale") == 2
    assert result.items[0].importance.n == 1
    assert result.items[0].importance.low is None


def test_an_item_nobody_answered_has_no_place() -> None:
    frame = pl.DataFrame({"i": [5, 6], "重要": [4, 5], "p": [None, None], "表现": [3, 4]})
    result = importance_performance(frame, ["p", "表现"], importance=["i", "重要"], names=["空", "满 😀"])
    assert result.items[0].quadrant is None
    assert result.to_frame()["name"].to_list() == ["空", "满 😀"]
    assert "没有" in result.to_dict("zh-CN")["items"][0]["detail"]["performance"]["reason"]["message"]


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({}, "assess.importance_source"),
        ({"importance": ["i"], "outcome": "y"}, "assess.importance_source"),
        ({"importance": ["i", "j"]}, "assess.unequal_lists"),
        ({"importance": ["p"]}, "assess.doubled_columns"),
        ({"importance": ["i"], "names": ["a", "b"]}, "assess.unequal_lists"),
        ({"importance": ["i"], "crosshair": "eye"}, "assess.unknown_choice"),
        ({"importance": ["i"], "crosshair": "midpoint"}, "assess.midpoint_needs_scale"),
        ({"outcome": "y", "derive": "guess"}, "assess.unknown_choice"),
        ({"importance": ["i"], "level": 95}, "assess.level_out_of_range"),
    ],
)
def test_impossible_requests_are_refused(given_: dict, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        importance_performance(pl.DataFrame({"p": [1], "i": [2], "y": [3], "j": [3]}), ["p"], **given_)
    assert raised.value.code == code


def test_a_spec_must_state_importance_for_all_or_none() -> None:
    spec = validated("importance", {"items": [{"performance": "a", "importance": "b"}, {"performance": "c"}]})
    with pytest.raises(SpecError) as raised:
        importance_from_spec(pl.DataFrame({"a": [1]}), spec)
    assert raised.value.code == "assess.importance_for_some"


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_grid_does_not_depend_on_the_order_of_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.integers(1, 8, (20, 4)), schema=["p1", "p2", "i1", "i2"])
    ask = {"performance": ["p1", "p2"], "importance": ["i1", "i2"]}
    plain = importance_performance(frame, **ask).to_dict()
    shuffled = importance_performance(frame[rng.permutation(20).tolist()], **ask).to_dict()
    for a, b in zip(plain["items"], shuffled["items"], strict=True):
        assert a["quadrant"] == b["quadrant"]
        assert a["importance"] == pytest.approx(b["importance"])


def test_penalty_reward_reference(reference: Path) -> None:
    expected = golden(reference, "prca_airline")
    frame = pl.read_csv(reference / "data/survey/airline_passenger_satisfaction_test.csv")
    frame = frame.with_columns(y=pl.col("satisfaction") == "satisfied")
    result = penalty_reward(frame, "y", list(expected["items"]), low=2, high=5, not_applicable=[0])
    assert (result.n, result.rows) == (expected["n"], frame.height)
    assert result.r2.value == pytest.approx(expected["r2"], rel=1e-6)
    for item in result.items:
        known = expected["items"][item.name]
        assert item.penalty.value == pytest.approx(known["penalty"], rel=1e-6)
        assert item.reward.value == pytest.approx(known["reward"], rel=1e-6)
        assert item.p_penalty == pytest.approx(known["p_low"], rel=1e-6)
        assert item.p_reward == pytest.approx(known["p_high"], rel=1e-6, abs=1e-300)
        assert item.impact_range == pytest.approx(known["RIOCS"], rel=1e-6)
        assert item.asymmetry == pytest.approx(known["IA"], rel=1e-6)
        assert item.inconsistent == (known["penalty"] > 0 or known["reward"] < 0)
        assert (item.factor is None) == item.inconsistent
    assert "Food and drink" in result.warnings[-1].params["names"]


def planted(n: int = 600) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    marks = rng.integers(1, 6, (n, 3))
    low, high = marks <= 2, marks == 5
    y = 5 - 2 * low[:, 0] + 2 * high[:, 1] - low[:, 2] + high[:, 2] + rng.normal(0, 0.2, n)
    return pl.DataFrame({"basic": marks[:, 0], "delight": marks[:, 1], "linear": marks[:, 2], "y": y})


def test_planted_factors_are_found() -> None:
    result = penalty_reward(planted(), "y", ["basic", "delight", "linear"], low=2, high=5, cut=0.2)
    basic, delight, linear = result.items
    assert basic.penalty.low < -2 < basic.penalty.high
    assert delight.reward.low < 2 < delight.reward.high
    assert linear.factor == "performance"
    assert basic.asymmetry < -0.9
    assert delight.asymmetry > 0.9
    assert result.to_frame().height == 3


def test_a_mark_nobody_gave_has_no_effect() -> None:
    frame = planted().with_columns(pl.col("basic").clip(1, 4))
    result = penalty_reward(frame, "y", ["basic", "delight"], low=2, high=5)
    assert result.items[0].reward.reason.code == "assess.effect_not_identified"
    assert result.items[0].factor is None
    assert result.items[1].factor is not None


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pl.DataFrame({"y": [1, 1, 1, 1, 1], "a": [1, 2, 3, 4, 5]}), "assess.constant_outcome"),
        (pl.DataFrame({"y": [1], "a": [5]}), "assess.too_few_rows"),
        (pl.DataFrame({"y": [], "a": []}), "assess.too_few_rows"),
    ],
)
def test_penalty_reward_not_computable(frame: pl.DataFrame, code: str) -> None:
    result = penalty_reward(frame, "y", ["a"], low=2, high=5)
    assert result.items == ()
    assert result.r2.reason.code == code


@pytest.mark.parametrize(
    ("attributes", "low", "code"),
    [
        ([], 2, "assess.no_columns"),
        (["a", "a"], 2, "assess.doubled_columns"),
        (["a"], 5, "assess.low_not_below_high"),
    ],
)
def test_penalty_reward_refuses(attributes: list[str], low: float, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        penalty_reward(pl.DataFrame({"a": [1], "y": [1]}), "y", attributes, low=low, high=5)
    assert raised.value.code == code
