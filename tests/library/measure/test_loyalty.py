"""NPS, CSAT and CES: golden figures, differences, one class only, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure import loyalty
from servloop.measure.loyalty_comparison import REST, compare
from servloop.measure.loyalty_intervals import proportion_interval
from servloop.measure.loyalty_scoring import scored, scoring_of

GOLDEN = "golden/measure/nps_csat_ces_cli.json"
NET = scoring_of("nps", "net")


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / GOLDEN).read_text())


def answers(case: dict) -> pl.DataFrame:
    values = [10] * case["promoters"] + [8] * case["passives"] + [3] * case["detractors"]
    return pl.DataFrame({"q": values}, schema={"q": pl.Int64})


def points(case: dict) -> np.ndarray:
    return scored(answers(case)["q"].to_numpy().astype(float), NET, (0, 10))


@pytest.mark.parametrize("position", range(8))
def test_nps_reproduces_the_golden_figures(golden: dict, position: int) -> None:
    case = golden["cases"][position]
    frame = answers(case)
    result = loyalty.nps(frame, "q")
    estimate = result.estimate
    values = frame["q"].to_numpy().astype(float)
    assert estimate.n == case["n"]
    assert estimate.value == pytest.approx(case["nps"], abs=1e-9)
    assert result.standard_error == pytest.approx(case["se"], rel=1e-6, abs=1e-12)
    assert (result.standard_error / 100) ** 2 * case["n"] == pytest.approx(case["var"], rel=1e-6, abs=1e-12)
    sample = loyalty.standard_error(values, NET, (0, 10), ddof=1)
    if case["se_sample"] is None:
        assert sample is None
    else:
        assert sample == pytest.approx(case["se_sample"], rel=1e-6, abs=1e-12)
        assert 1.959963984540054 * sample == pytest.approx(case["moe95_sample"], rel=1e-6, abs=1e-12)
    if case["se"] > 0:
        assert (estimate.low, estimate.high) == pytest.approx(case["ci95"], rel=1e-6)
        assert (estimate.high - estimate.low) / 2 == pytest.approx(case["moe95"], rel=1e-6)
    else:
        assert estimate.method == "one_class"
        assert estimate.low < estimate.high
        assert -100 <= estimate.low <= estimate.value <= estimate.high <= 100
        assert result.warnings[0].code == "measure.loyalty_all_equal"


@pytest.mark.parametrize("position", range(3))
def test_nps_difference_reproduces_the_golden_test(golden: dict, position: int) -> None:
    case = golden["diff"][position]
    difference = compare(points(case["a"]), points(case["b"]), "net")
    assert difference.estimate.value == pytest.approx(case["diff"], rel=1e-6)
    assert difference.statistic == pytest.approx(case["z"], rel=1e-6)
    assert difference.p_value == pytest.approx(case["p"], rel=1e-6)
    assert (difference.estimate.low, difference.estimate.high) == pytest.approx(case["ci95"], rel=1e-6)


def test_a_published_example_has_variance_five_ninths(golden: dict) -> None:
    result = loyalty.nps(answers({"promoters": 3, "passives": 2, "detractors": 1}), "q")
    assert result.estimate.value / 100 == pytest.approx(golden["whuber"]["nps"], rel=1e-6)
    assert (result.standard_error / 100) ** 2 * 6 == pytest.approx(golden["whuber"]["var"], rel=1e-6)


def test_nps_on_a_scale_from_one(golden: dict, reference: Path) -> None:
    case = golden["mobi_CUSL3"]
    frame = pl.read_csv(reference / "data/survey/ecsi_mobi.csv")
    result = loyalty.nps(frame, "CUSL3", scale=(1, 10))
    assert result.estimate.value == pytest.approx(case["nps"], rel=1e-6)
    assert (result.estimate.low, result.estimate.high) == pytest.approx(case["ci95"], rel=1e-6)
    assert result.shares["promoters"] * 250 == pytest.approx(case["promoters"])
    assert result.shares["detractors"] * 250 == pytest.approx(case["detractors"])


@pytest.mark.parametrize("position", range(7))
@pytest.mark.parametrize("method", ["wilson", "agresti_coull", "clopper_pearson"])
def test_share_intervals_reproduce_the_published_table(golden: dict, position: int, method: str) -> None:
    case = golden["csat_wilson"][position]
    interval = proportion_interval(case["x"], case["n"], method=method)
    assert interval == pytest.approx(case[method], rel=1e-6, abs=1e-12)
    frame = pl.DataFrame({"q": [5] * case["x"] + [1] * (case["n"] - case["x"])})
    result = loyalty.csat(frame, "q", scoring="top1")
    assert result.estimate.value == pytest.approx(case["p"], rel=1e-6)
    assert (result.estimate.low, result.estimate.high) == pytest.approx(case["wilson"], rel=1e-6, abs=1e-12)


def test_csat_scorings(golden: dict) -> None:
    case = golden["csat5"]
    frame = pl.DataFrame({"q": case["scores"]})
    assert loyalty.csat(frame, "q", scoring="top1").estimate.value == pytest.approx(case["top_box"])
    assert loyalty.csat(frame, "q").estimate.value == pytest.approx(case["top2"])
    result = loyalty.csat(frame, "q", scoring="mean")
    assert result.estimate.value == pytest.approx(case["mean"])
    assert result.shares["bottom2"] == pytest.approx(case["bottom2"])
    assert result.index == pytest.approx(case["index_0_100"])


def test_ces_scorings(golden: dict) -> None:
    case = golden["ces2"]
    frame = pl.DataFrame({"q": case["scores"]})
    expected = {
        "mean": case["mean"],
        "share5_7": case["pct_agree_5_7"],
        "top2": case["top2_6_7"],
        "net": case["net_easy_minus_difficult"],
    }
    for scoring, value in expected.items():
        result = loyalty.ces(frame, "q", scoring=scoring)
        assert result.estimate.value == pytest.approx(value, rel=1e-6)
        assert result.scoring == scoring


def test_groups_come_with_adjusted_differences() -> None:
    generator = np.random.default_rng(1)
    frame = pl.DataFrame({"q": generator.integers(0, 11, 300), "unit": ["东区", "西区", "南区"] * 100})
    result = loyalty.nps(frame, "q", by="unit")
    assert [group.group for group in result.groups] == sorted(["东区", "西区", "南区"])
    assert len(result.differences) == 3
    assert all(d.p_adjusted >= d.p_value for d in result.differences)
    document = result.to_dict("zh")
    assert document["groups"][0]["n"] == 100
    assert result.to_frame().height == 4


def test_many_groups_are_each_compared_with_the_rest() -> None:
    frame = pl.DataFrame({"q": list(range(1, 6)) * 40, "unit": [f"u{i % 20:02d}" for i in range(200)]})
    result = loyalty.csat(frame, "q", by="unit", scoring="mean")
    assert len(result.differences) == 20
    assert {d.first for d in result.differences} == {REST}
    assert next(w for w in result.warnings if w.code == "measure.loyalty_small_groups").count == 20


def test_welch_agrees_with_scipy() -> None:
    from scipy.stats import ttest_ind

    generator = np.random.default_rng(2)
    first, second = generator.normal(3, 1, 40), generator.normal(3.4, 2, 60)
    difference = compare(first, second, "mean")
    expected = ttest_ind(second, first, equal_var=False)
    assert difference.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    interval = expected.confidence_interval()
    assert (difference.estimate.low, difference.estimate.high) == pytest.approx(tuple(interval), rel=1e-9)


def test_groups_without_spread_or_answers_have_no_test() -> None:
    same = compare(np.full(5, 100.0), np.full(5, -100.0), "net")
    assert same.p_value is None
    assert same.estimate.reason.code == "measure.loyalty_no_spread"
    empty = compare(np.array([]), np.array([1.0]), "mean")
    assert empty.estimate.reason.code == "measure.loyalty_group_empty"
    assert compare(np.ones(5), np.ones(5), "share").p_value == 1.0
    lone = compare(np.array([3.0]), np.array([1.0, 2.0]), "mean")
    assert lone.estimate.reason is not None


def test_no_answer_is_not_computable() -> None:
    frame = pl.DataFrame({"q": [None, None]}, schema={"q": pl.Int64})
    result = loyalty.nps(frame, "q")
    assert result.estimate.reason.code == "measure.loyalty_no_answers"
    assert result.to_dict()["value"] is None
    assert result.missing == 2


def test_one_respondent_is_a_figure_with_a_wide_interval() -> None:
    result = loyalty.csat(pl.DataFrame({"q": [4]}), "q", scoring="mean")
    assert result.estimate.n == 1
    assert result.estimate.high - result.estimate.low > 2


def test_answers_outside_the_scale_are_left_out_and_counted() -> None:
    result = loyalty.nps(pl.DataFrame({"q": [10, 9, 99, -1, 0]}), "q")
    assert result.estimate.n == 3
    notice = result.warnings[0]
    assert (notice.code, notice.count) == ("measure.frame_outside_scale", 2)
    assert "99" in notice.message("en")


def test_text_answers_and_missing_columns_are_named() -> None:
    frame = pl.DataFrame({"满意度": ["5", "很好😀", " 4 "]})
    with pytest.raises(InputError, match="满意度") as caught:
        loyalty.csat(frame, "满意度")
    assert "很好😀" in caught.value.message("zh")
    with pytest.raises(InputError, match="满意度"):
        loyalty.csat(frame, "score")


def test_undefined_scales_and_scorings_are_refused() -> None:
    frame = pl.DataFrame({"q": [1, 2]})
    for options in ({"scale": (1, 5)}, {"scoring": "median"}, {"scale": (5, 5)}):
        with pytest.raises(SpecError):
            loyalty.nps(frame, "q", **options)
    with pytest.raises(SpecError, match="1:7"):
        loyalty.ces(frame, "q", scoring="share5_7", scale=(1, 5))


def test_small_samples_reach_beyond_the_scale_with_a_warning() -> None:
    result = loyalty.nps(pl.DataFrame({"q": [10, 0]}), "q")
    assert result.estimate.high > 100
    assert result.warnings[0].code == "measure.loyalty_interval_beyond_scale"


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_the_figure_stays_in_bounds(values: list[int], random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    first = loyalty.nps(pl.DataFrame({"q": values}), "q").estimate
    second = loyalty.nps(pl.DataFrame({"q": shuffled}), "q").estimate
    assert -100 <= first.value <= 100
    assert second.value == pytest.approx(first.value)
    assert second.low == pytest.approx(first.low)
    assert first.low < first.high
