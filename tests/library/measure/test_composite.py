"""AHP, entropy, TOPSIS, fuzzy evaluation against reference figures; a ranking that knows its uncertainty."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.composite import entropy_weights, fuzzy_evaluation, normalised_weights, topsis
from servloop.measure.composite_ahp import RANDOM_INDEX, ahp
from servloop.measure.composite_index import composite_index


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/mcdm.json").read_text(encoding="utf-8"))


def letters(n: int) -> list[str]:
    return [chr(97 + i) for i in range(n)]


@pytest.mark.parametrize("case", ["simple3", "travel5_chinese_textbook", "saaty_house8", "inconsistent3"])
def test_ahp_reference(golden: dict, case: str) -> None:
    known = golden["cases"][case]
    names = letters(len(known["matrix"]))
    found = ahp([known["matrix"]], names)
    assert list(found.weights) == pytest.approx(known["eigen"], rel=1e-6)
    assert found.lambda_max == pytest.approx(known["lambda_max"], rel=1e-6)
    assert found.consistency_index == pytest.approx(known["CI"], rel=1e-6)
    assert found.to_dict()["consistency_ratio"] == pytest.approx(known["CR"], rel=1e-6)
    assert found.consistent == (known["CR"] <= 0.1)
    assert bool(found.warnings) == (known["CR"] > 0.1)
    for method, key in (("geometric", "geometric"), ("column_mean", "colsum")):
        assert list(ahp([known["matrix"]], names, method=method).weights) == pytest.approx(
            known[key], rel=1e-6
        )


def test_random_index(golden: dict) -> None:
    for n, value in golden["RI_saaty1980"].items():
        assert RANDOM_INDEX.get(int(n), 0) == value


@pytest.mark.parametrize(("key", "normalisation"), [("minmax", "minmax"), ("sum_norm", "sum")])
def test_entropy_reference(golden: dict, key: str, normalisation: str) -> None:
    known = golden["entropy"]
    frame = pl.DataFrame(known["matrix"], schema=letters(9), orient="row")
    found = entropy_weights(frame, letters(9), normalisation=normalisation)
    for attribute, name in (("entropy", "E"), ("divergence", "d"), ("weight", "w")):
        assert [getattr(c, attribute) for c in found.criteria] == pytest.approx(known[key][name], rel=1e-6)


def test_topsis_reference(golden: dict) -> None:
    known = golden["topsis"]
    frame = pl.DataFrame(known["matrix"], schema=letters(4), orient="row")
    cost = [name for name, less in zip(letters(4), known["cost"], strict=True) if less]
    found = topsis(frame, letters(4), known["weights"], cost=cost)
    for attribute, name in (("to_best", "s_best"), ("to_worst", "s_worst"), ("closeness", "closeness")):
        assert [getattr(a, attribute) for a in found.alternatives] == pytest.approx(known[name], rel=1e-6)
    assert [a.rank for a in found.alternatives] == known["rank"]
    V = frame.to_numpy() / np.sqrt((frame.to_numpy() ** 2).sum(axis=0)) * known["weights"]
    assert pytest.approx(np.array(known["V"]), rel=1e-6) == V


@pytest.mark.parametrize(
    ("operator", "key"),
    [("dot_plus", "M_dot_plus"), ("min_max", "M_min_max"), ("dot_max", "M_dot_max"), ("min_bounded_sum", "M_min_boundedsum")],
)  # fmt: skip
def test_fuzzy_reference(golden: dict, operator: str, key: str) -> None:
    known = golden["fuzzy"]
    found = fuzzy_evaluation(
        known["weights"], known["R"], letters(5), scores=known["grade_scores"], operator=operator
    )
    assert list(found.membership) == pytest.approx(known[key], rel=1e-6)
    if operator == "min_max":
        assert list(found.normalised) == pytest.approx(known["M_min_max_norm"], rel=1e-6)
        assert found.score == pytest.approx(known["score_min_max_norm"], rel=1e-6)
    if operator == "dot_plus":
        assert found.score == pytest.approx(known["score_dot_plus"], rel=1e-6)
        assert found.grade == letters(5)[known["max_membership_grade"]]


@given(raw=st.lists(st.floats(0.1, 10), min_size=2, max_size=9))
def test_consistent_comparisons_give_their_weights_back(raw: list[float]) -> None:
    w = np.array(raw)
    found = ahp([(w[:, None] / w[None, :]).tolist()], letters(len(raw)))
    assert list(found.weights) == pytest.approx((w / w.sum()).tolist())
    assert found.consistency_ratio.value == pytest.approx(0, abs=1e-9)


def test_the_lower_triangle_may_be_left_out_and_experts_join_by_geometric_mean() -> None:
    upper = [[1, 3, 5], [None, 1, 3], [None, None, None]]
    full = [[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]
    assert ahp([upper], letters(3)).weights == ahp([full], letters(3)).weights
    opposed = ahp([[[1, 4], [0.25, 1]], [[1, 0.25], [4, 1]]], ["甲", "乙 😀"])
    assert opposed.weights == pytest.approx((0.5, 0.5))
    assert opposed.experts == 2
    wild = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    both = ahp([full, wild], letters(3))
    assert both.warnings[-1].code == "assess.inconsistent_experts"


def test_eleven_criteria_have_weights_but_no_ratio() -> None:
    found = ahp([np.ones((11, 11)).tolist()], letters(11))
    assert found.weights == pytest.approx([1 / 11] * 11)
    assert found.consistency_ratio.reason.code == "assess.no_random_index"
    assert found.consistent is None
    assert found.to_frame().height == 11


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        ([[1, 2]], "assess.comparison_shape"),
        ([[1, 2], [2, 1]], "assess.comparison_not_reciprocal"),
        ([[1, 0], [1, 1]], "assess.comparison_not_positive"),
        ([[1, None], [None, 1]], "assess.comparison_not_positive"),
    ],
)
def test_wrong_comparisons_are_refused(matrix: list, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        ahp([matrix], ["a", "b"])
    assert raised.value.code == code


def test_entropy_of_constant_cost_and_empty_columns() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3], "flat": [5, 5, 5], "cost": [3, 2, 1]})
    found = entropy_weights(frame, ["a", "flat", "cost"], cost=["cost"])
    assert found.to_dict()["weights"] == pytest.approx({"a": 0.5, "flat": 0.0, "cost": 0.5})
    assert found.warnings[0].code == "assess.constant_criteria"
    nothing = entropy_weights(frame, ["flat"])
    assert (nothing.criteria, nothing.reason.code) == ((), "assess.nothing_differs")
    assert entropy_weights(frame[:1], ["a"]).reason.params["n"] == 1
    by_share = entropy_weights(frame, ["a", "cost"], cost=["cost"], normalisation="sum")
    assert sum(c.weight for c in by_share.criteria) == pytest.approx(1)
    with pytest.raises(SpecError):
        entropy_weights(pl.DataFrame({"a": [-1, 2]}), ["a"], normalisation="sum")


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_entropy_and_closeness_ignore_units_and_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.uniform(1, 9, (8, 3)), schema=letters(3))
    order = rng.permutation(8)
    changed = frame[order.tolist()].with_columns(pl.col("a") * 60)
    plain, other = entropy_weights(frame, letters(3)), entropy_weights(changed, letters(3))
    assert other.to_dict()["weights"] == pytest.approx(plain.to_dict()["weights"])
    close = [a.closeness for a in topsis(frame, letters(3), [1, 1, 2], cost=["b"]).alternatives]
    mixed = [a.closeness for a in topsis(changed, letters(3), [1, 1, 2], cost=["b"]).alternatives]
    assert mixed == pytest.approx([close[i] for i in order])
    assert all(0 <= c <= 1 for c in close)


def test_topsis_of_equal_and_incomplete_alternatives() -> None:
    frame = pl.DataFrame({"名": ["甲", "乙", "丙"], "a": [1, 1, None]})
    found = topsis(frame, ["a"], [50], name="名")
    assert [a.name for a in found.alternatives] == ["甲", "乙"]
    assert {a.closeness for a in found.alternatives} == {None}
    assert [w.code for w in found.warnings] == [
        "assess.incomplete_rows",
        "assess.weights_scaled",
        "assess.alternatives_alike",
    ]
    assert topsis(frame[2:], ["a"], [1]).alternatives == ()


@pytest.mark.parametrize("wrong", [[1], [0, 0], [-1, 2], [float("nan"), 1]])
def test_weights_that_are_no_weights(wrong: list[float]) -> None:
    with pytest.raises(SpecError):
        normalised_weights(wrong, ["a", "b"], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"memberships": [[1, 0]]}, "assess.unequal_lists"),
        ({"memberships": [[1], [0]]}, "assess.unequal_lists"),
        ({"memberships": [[1, 0], [0, 0]]}, "assess.memberships_not_shares"),
        ({"scores": [1]}, "assess.unequal_lists"),
        ({"operator": "magic"}, "assess.unknown_choice"),
    ],
)
def test_wrong_memberships_are_refused(change: dict, code: str) -> None:
    request = {"weights": [1, 1], "memberships": [[1, 0], [0, 1]], "grades": ["好", "差"]} | change
    with pytest.raises(SpecError) as raised:
        fuzzy_evaluation(**request)
    assert raised.value.code == code


def test_memberships_given_as_counts_are_scaled() -> None:
    found = fuzzy_evaluation([1, 1], [[8, 2], [1, 9]], ["好", "差"])
    assert found.membership == pytest.approx((0.45, 0.55))
    assert [w.code for w in found.warnings] == ["assess.weights_scaled", "assess.memberships_scaled"]
    assert found.to_frame()["normalised"].sum() == pytest.approx(1)


BRANCHES = pl.DataFrame(
    {
        "网点": ["东", "西", "南", "北"],
        "csat": [90.0, 89.5, 60.0, None],
        "wait": [5.0, 5.2, 20.0, None],
        "csat_se": [1.0, 1.0, 1.0, None],
    }
)


def test_index_and_uncertain_ranks() -> None:
    found = composite_index(
        BRANCHES, "网点", {"csat": 60, "wait": 40}, cost=["wait"], errors={"csat": "csat_se"}, seed=1
    )
    east, west, south, north = found.units
    assert (east.score.value, east.rank) == (100, 1)
    assert (south.score.value, south.rank, south.rank_low, south.first) == (0, 3, 3, 0)
    assert (east.rank_low, east.rank_high) == (1, 2), "two branches that cannot be told apart"
    assert east.first + west.first == pytest.approx(1)
    assert (north.rank, north.missing) == (None, ("csat", "wait"))
    assert north.score.reason.code == "assess.no_indicator_values"
    assert found.n == 3
    assert found.to_frame()["name"].to_list() == ["东", "西", "南", "北"]
    again = composite_index(
        BRANCHES, "网点", {"csat": 60, "wait": 40}, cost=["wait"], errors={"csat": "csat_se"}, seed=1
    )
    assert again == found


@pytest.mark.parametrize("normalisation", ["minmax", "zscore", "none"])
def test_without_draws_there_is_a_rank_and_no_interval(normalisation: str) -> None:
    found = composite_index(
        BRANCHES, "网点", {"csat": 1, "wait": 0}, normalisation=normalisation, draws=0, cost=["wait"]
    )
    assert [u.rank for u in found.units] == [1, 2, 3, None]
    assert found.units[0].score.low is None
    fixed = composite_index(BRANCHES, "网点", {"csat": 1}, weight_concentration=None)
    assert fixed.draws == 0


def test_missing_indicator_gives_its_weight_to_the_rest() -> None:
    frame = BRANCHES.with_columns(wait=pl.Series([5.0, None, 20.0, 6.0]))
    found = composite_index(frame, "网点", {"csat": 0.5, "wait": 0.5}, normalisation="none", draws=0)
    assert found.units[1].score.value == 89.5
    assert found.units[1].score.n == 1
    assert found.warnings[-1].code == "assess.weights_of_the_rest"


def test_index_of_equal_units_and_of_none() -> None:
    equal = composite_index(pl.DataFrame({"u": ["a", "b"], "x": [3, 3]}), "u", {"x": 1})
    assert [(u.score.value, u.rank) for u in equal.units] == [(50, 1), (50, 1)]
    assert equal.warnings[0].code == "assess.constant_criteria"
    empty = composite_index(pl.DataFrame({"u": [], "x": []}, schema={"u": str, "x": float}), "u", {"x": 1})
    assert empty.units == ()
    assert empty.to_frame().is_empty()


@pytest.mark.parametrize(
    "wrong",
    [{"indicators": {}}, {"normalisation": "x"}, {"cost": ["z"]}, {"errors": {"z": "csat_se"}}, {"indicators": {"csat": -1}}],
)  # fmt: skip
def test_impossible_indices_are_refused(wrong: dict) -> None:
    with pytest.raises(SpecError):
        composite_index(BRANCHES, "网点", **({"indicators": {"csat": 1}} | wrong))
