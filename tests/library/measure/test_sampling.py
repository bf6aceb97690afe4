"""Sample sizes against the reference table, response rates, comparison with the population."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.sampling import mean_estimates, non_response, response_rate, sample_size, share_estimate


def test_sample_sizes(reference: Path) -> None:
    golden = json.loads((reference / "golden/measure/nps_csat_ces_cli.json").read_text(encoding="utf-8"))
    for row in golden["sample_size"]:
        found = sample_size(row["e"], share=row["p"], population=row["N"])
        assert (found.n, found.n_infinite) == (row["n"], pytest.approx(row["n0"], rel=1e-6))


def test_sample_size_with_response_rate_and_design_effect() -> None:
    found = sample_size(0.05, response_rate=0.2, design_effect=1.5, population=2000)
    assert found.n > sample_size(0.05, population=2000).n
    assert found.invitations == 5 * found.n
    assert found.to_frame()["n"].item() == found.n


@given(margin=st.floats(0.01, 0.3), population=st.integers(1, 10**6))
def test_a_sample_is_never_larger_than_the_population(margin: float, population: int) -> None:
    assert 1 <= sample_size(margin, population=population).n <= population


@pytest.mark.parametrize(
    "wrong",
    [{"margin": 0}, {"margin": 0.05, "share": 1}, {"margin": 0.05, "population": 0}, {"margin": 0.05, "response_rate": 0}, {"margin": 0.05, "design_effect": -1}],
)  # fmt: skip
def test_impossible_sample_sizes(wrong: dict) -> None:
    margin = wrong.pop("margin")
    with pytest.raises(SpecError) as raised:
        sample_size(margin, **wrong)
    assert raised.value.code == "assess.number_out_of_range"


def test_response_rate_leaves_out_what_never_arrived() -> None:
    rate = response_rate(30, 110, undeliverable=10)
    assert (rate.value, rate.n) == (0.3, 100)
    assert rate.low < 0.3 < rate.high
    assert response_rate(0, 0).reason.code == "assess.no_answers"
    with pytest.raises(SpecError) as raised:
        response_rate(5, 4)
    assert raised.value.code == "assess.response_counts"


def test_non_response_finds_a_skewed_sample() -> None:
    groups = ["老"] * 10 + ["青"] * 90 + [None]
    found = non_response(groups, {"老": 500, "青": 500, "😀": 0})
    assert found.n == 100
    assert found.p_value < 1e-6
    assert found.effect_size == pytest.approx(0.8)
    assert found.chi_square == pytest.approx(64)
    old = found.groups[0]
    assert (old.sample_share.value, old.representation) == (0.1, pytest.approx(0.2))
    assert found.groups[2].representation is None
    assert [(w.code, w.count) for w in found.warnings] == [("assess.rows_without_group", 1)]
    assert found.to_frame()["difference"].to_list() == pytest.approx([-0.4, 0.4, 0])


def test_non_response_of_a_true_picture_and_of_nothing() -> None:
    alike = non_response(["a", "b"], {"a": 1, "b": 1})
    assert (alike.chi_square, alike.p_value) == (0, 1)
    assert alike.warnings[0].code == "assess.small_expected_counts"
    nobody = non_response([], {"a": 1, "b": 1})
    assert (nobody.p_value, nobody.groups[0].sample_share.value) == (None, None)
    assert non_response(["a"], {"a": 1}).p_value is None


@pytest.mark.parametrize(
    ("groups", "population", "code"),
    [
        (["c"], {"a": 1}, "assess.group_without_total"),
        (["a"], {"a": -1}, "assess.margin_totals"),
        (["a"], {}, "assess.margin_totals"),
    ],
)
def test_wrong_populations_are_refused(groups: list[str], population: dict, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        non_response(groups, population)
    assert raised.value.code == code


def test_means_leave_out_missing_answers_column_by_column() -> None:
    matrix = np.array([[1.0, np.nan, np.nan], [2.0, 4.0, np.nan], [3.0, np.nan, np.nan]])
    full, single, nothing = mean_estimates(matrix)
    assert (full.value, full.n) == (2, 3)
    assert full.high - 2 == pytest.approx(4.302652729911275 / np.sqrt(3))
    assert (single.value, single.n, single.low) == (4, 1, None)
    assert nothing.reason.code == "assess.no_answers"


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_outside_0_and_1_are_refused(level: float) -> None:
    with pytest.raises(SpecError):
        share_estimate(1, 2, level)
