"""Reliability of the ECSI scales against published software, and of difficult scales."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure.reliability import _alpha, reliability
from servloop.measure.reliability_alpha import cronbach_alpha, difference_reliability

BLOCKS = ("Image", "Expectation", "Quality", "Value", "Satisfaction", "Loyalty")
RELATIVE = 1e-6
FACTOR_RELATIVE = 1e-4


@pytest.fixture(scope="module")
def mobi(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/ecsi_mobi.csv")


def golden(reference: Path, block: str) -> dict:
    return json.loads((reference / "golden/measure/reliability_mobi.json").read_text())["blocks"][block]


@pytest.mark.parametrize("block", BLOCKS)
def test_scales_reproduce_the_golden_figures(mobi: pl.DataFrame, reference: Path, block: str) -> None:
    expected = golden(reference, block)
    result = reliability(mobi, expected["items"])
    assert result.n == 250
    assert result.alpha.value == pytest.approx(expected["raw_alpha"], rel=RELATIVE)
    assert result.alpha.low < result.alpha.value < result.alpha.high
    assert result.alpha_standardised == pytest.approx(expected["std_alpha"], rel=RELATIVE)
    assert result.guttman_lambda6 == pytest.approx(expected["G6"], rel=RELATIVE)
    assert result.mean_correlation == pytest.approx(expected["avg_r"], rel=RELATIVE)
    assert dict(result.item_rest) == pytest.approx(expected["item_rest_r"], rel=RELATIVE)
    assert dict(result.alpha_if_dropped) == pytest.approx(expected["alpha_if_dropped"], rel=RELATIVE)
    if block == "Value":
        assert result.omega == {}
        assert result.warnings[-1].code == "measure.reliability_two_items"
        return
    assert result.omega["minres_total"] == pytest.approx(
        expected["omega_total_psych_1f"], rel=FACTOR_RELATIVE
    )
    assert result.omega["ml_sum_score"] == pytest.approx(expected["omega_lavaan_1f"], rel=FACTOR_RELATIVE)
    assert result.composite_reliability == pytest.approx(expected["cr_std"], rel=FACTOR_RELATIVE)
    assert result.ave == pytest.approx(expected["ave"], rel=FACTOR_RELATIVE)
    assert dict(result.loadings) == pytest.approx(expected["std_loadings"], rel=FACTOR_RELATIVE)


def test_the_loyalty_scale_is_a_heywood_case_and_says_so(mobi: pl.DataFrame) -> None:
    result = reliability(mobi, ["CUSL1", "CUSL2", "CUSL3"])
    notice = next(n for n in result.warnings if n.code == "measure.factor_heywood")
    assert notice.params["items"] == ["CUSL3"]
    document = result.to_dict("zh")
    assert document["alpha"] == result.alpha.value
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert result.to_frame().height == 3


def test_feldts_interval_covers_as_it_promises() -> None:
    generator = np.random.default_rng(8)
    common, items, n = 0.5, 4, 60
    true = items * common / (1 + (items - 1) * common)
    covered = 0
    for _ in range(400):
        trait = generator.standard_normal((n, 1)) * np.sqrt(common)
        values = trait + generator.standard_normal((n, items)) * np.sqrt(1 - common)
        alpha = _alpha(values, 0.95)
        covered += alpha.low <= true <= alpha.high
    assert 0.92 <= covered / 400 <= 0.98


def test_bootstrap_intervals_of_omega_and_validity(mobi: pl.DataFrame, reference: Path) -> None:
    expected = golden(reference, "Quality")
    result = reliability(mobi, expected["items"], samples=100, seed=3)
    assert set(result.estimates) == {"ml_sum_score", "minres_total", "ave", "composite_reliability"}
    for estimate in result.estimates.values():
        assert estimate.low < estimate.value < estimate.high
        assert estimate.n == 250
    omega = result.estimates["ml_sum_score"]
    # Of seven good items omega is near alpha, and so is the width of its interval.
    assert omega.high - omega.low == pytest.approx(result.alpha.high - result.alpha.low, rel=0.5)
    assert reliability(mobi, expected["items"], samples=100, seed=3).estimates == result.estimates


def test_items_without_a_common_factor_have_no_omega() -> None:
    values = [[2 + (i * i + k * i) % 5 for k in (1, 2, 3)] for i in range(60)]
    result = reliability(frame(values), ["a", "b", "c"], reverse=["b"], samples=20)
    assert result.omega == {}
    assert result.alpha.computable
    assert result.warnings[-1].code == "measure.reliability_no_factor"
    few = frame([[1, 1, 2], [2, 2, 2], [3, 1, 3], [2, 3, 1], [1, 2, 3]])
    for estimate in reliability(few, ["a", "b", "c"], samples=50).estimates.values():
        assert estimate.low is None


def frame(rows: list[list[float | None]]) -> pl.DataFrame:
    names = ["a", "b", "c"][: len(rows[0])]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


ROWS = [[1, 2, 2], [2, 3, 3], [4, 3, 5], [5, 5, 4], [2, 1, 1], [3, 4, 3]]


def test_reversed_items_are_turned_and_unturned_ones_are_noticed() -> None:
    straight = reliability(frame(ROWS), ["a", "b", "c"])
    turned = frame(ROWS).with_columns(c=6 - pl.col("c"))
    assert reliability(turned, ["a", "b", "c"], reverse=["c"]).alpha.value == pytest.approx(
        straight.alpha.value
    )
    codes = {notice.code for notice in reliability(turned, ["a", "b", "c"]).warnings}
    assert codes >= {"measure.reliability_item_against_scale", "measure.reliability_negative_alpha"}


def test_one_item_one_respondent_and_equal_answers() -> None:
    assert reliability(frame(ROWS), ["a"]).alpha.reason.code == "measure.reliability_one_item"
    assert reliability(frame(ROWS[:1]), ["a", "b"]).alpha.reason.code == "measure.reliability_no_spread"
    equal = reliability(frame([[3, 3, 3]] * 5), ["a", "b", "c"])
    assert equal.alpha.value is None
    assert equal.item_rest == {"a": None, "b": None, "c": None}
    assert equal.warnings[0].code == "measure.reliability_items_constant"
    assert reliability(frame([[None, None, None]]), ["a", "b", "c"]).n == 0


def test_an_item_twice_in_the_data_leaves_no_factor_model() -> None:
    data = frame(ROWS).with_columns(d=pl.col("a"))
    result = reliability(data, ["a", "b", "d"])
    assert result.omega == {}
    assert result.alpha.computable
    assert "measure.reliability_singular" in {notice.code for notice in result.warnings}


def test_missing_answers_are_left_out_and_counted() -> None:
    result = reliability(frame([*ROWS, [1, None, 2]]), ["a", "b", "c"])
    assert (result.n, result.warnings[0].count) == (6, 1)


def test_text_and_wrong_item_lists_are_refused() -> None:
    with pytest.raises(InputError, match="好"):
        reliability(frame(ROWS).with_columns(b=pl.lit("好")), ["a", "b"])
    for options in ({"items": ["a", "a"]}, {"items": ["a", "b"], "reverse": ["c"]}):
        with pytest.raises(SpecError):
            reliability(frame(ROWS), **options)


def test_reliability_of_a_difference() -> None:
    assert difference_reliability(0.8, 0.8, 0.5) == pytest.approx(0.6)
    assert difference_reliability(0.8, 0.8, 1.0) is None
    assert difference_reliability(None, 0.8, 0.5) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 7), min_size=3, max_size=3), min_size=3, max_size=20),
    st.integers(-5, 5),
    st.integers(1, 9),
)
def test_alpha_ignores_row_order_shift_and_scale(rows: list[list[int]], shift: int, scale: int) -> None:
    values = np.array(rows, dtype=float)
    alpha = cronbach_alpha(values)
    moved = cronbach_alpha((values * scale + shift)[::-1])
    if alpha is None:
        assert moved is None
    else:
        assert alpha <= 1 + 1e-12
        assert moved == pytest.approx(alpha, abs=1e-9)
