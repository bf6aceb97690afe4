"""Several shares, exact and rank tests against R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from servloop.errors import InputError
from servloop.verify import compare_many_shares, compare_ranks, fisher_exact

NEAR = {"rel": 1e-6}


@pytest.fixture(scope="module")
def golden(reference: Path) -> Any:
    return json.loads((reference / "golden/verify/effect_R.json").read_text())


def test_four_shares_against_prop_test(golden: Any) -> None:
    given, expected = golden["prop_smokers"], golden["prop_smokers"]["test"]
    found = compare_many_shares(given["x"], given["n"])
    assert found.statistic == pytest.approx(expected["statistic"], **NEAR)
    assert found.freedom == expected["parameter"]
    assert found.p_value == pytest.approx(expected["p_value"], **NEAR)
    assert [one.value for one in found.shares] == pytest.approx(expected["estimate"], **NEAR)
    two = golden["prop_two"]
    plain = compare_many_shares(two["x"], two["n"])
    assert plain.statistic == pytest.approx(two["nocorrect"]["statistic"], **NEAR)
    assert plain.to_frame().height == 2


def test_fisher_against_r(golden: Any) -> None:
    tea = golden["fisher_tea"]
    guessed = fisher_exact(tea["table"], alternative="greater")  # R's example asks whether she knows
    assert guessed.p_value == pytest.approx(tea["p"], **NEAR)
    expected = golden["fisher_2x2"]
    found = fisher_exact(expected["table"])
    assert found.p_value == pytest.approx(expected["p"], **NEAR)
    # R finds the ratio and its ends by a search that stops at about 2e-4
    assert found.estimate.value == pytest.approx(expected["or"], rel=5e-4)
    assert [found.estimate.low, found.estimate.high] == pytest.approx(expected["ci"], rel=1e-3)


def test_mann_whitney_against_r(golden: Any) -> None:
    given = golden["mannwhitney_depression"]
    exact = compare_ranks(given["x"], given["y"], alternative="greater", exact=True)
    assert exact.statistic == given["W"]
    assert exact.p_value == pytest.approx(given["p_greater_exact"], **NEAR)
    normal = compare_ranks(given["x"], given["y"], exact=False)
    assert normal.p_value == pytest.approx(given["p_two_normal_cc"], **NEAR)
    air = golden["mannwhitney_airquality_5_8"]
    tied = compare_ranks(air["may"], air["aug"])
    assert tied.statistic == air["W"]
    assert tied.p_value == pytest.approx(air["p"], **NEAR)
    assert "normal" in tied.method


def test_edges() -> None:
    assert compare_many_shares([0, 0], [10, 10]).p_value is None
    assert compare_many_shares([1, 0], [10, 0]).shares[1].reason is not None
    with pytest.raises(InputError):
        compare_many_shares([11, 1], [10, 10])
    with pytest.raises(InputError):
        compare_many_shares([1], [10])
    with pytest.raises(InputError):
        fisher_exact([[1, 2, 3], [4, 5, 6]])
    assert fisher_exact([[0, 0], [1, 3]]).estimate.reason is not None
    one_sided = fisher_exact([[5, 0], [1, 4]])
    assert one_sided.estimate.value is None
    assert one_sided.p_value is not None
    assert compare_ranks([], [1.0]).p_value is None
    same = compare_ranks([1.0, 2.0, np.nan, 3.0], [1.0, 2.0, 3.0])
    assert same.superiority.value == 0.5
    assert same.to_frame().height == 1


def test_ranks_do_not_care_about_scale_or_order() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(0, 1, 20), rng.normal(0.5, 1, 25)
    plain = compare_ranks(a, b)
    assert compare_ranks(np.exp(a), np.exp(b)).p_value == pytest.approx(plain.p_value)
    assert compare_ranks(rng.permutation(a), b).statistic == plain.statistic
    assert compare_ranks(b, a).superiority.value == pytest.approx(1 - (plain.superiority.value or 0))
