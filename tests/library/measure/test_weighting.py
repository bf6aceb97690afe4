"""Weighting and weighted means against R's survey package; what must hold for any sample; contradictory margins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.specs import validated
from servloop.measure.weighting import Margin, calibrate, kish, post_stratify, rake, trim_weights
from servloop.measure.weighting_estimates import WeightedMean, weighted_mean
from servloop.measure.weighting_spec import weighting_from_spec

STYPE = Margin(("stype",), {"E": 4421, "H": 755, "M": 1018})
SCHOOL_WIDE = Margin(("sch.wide",), {"No": 1072, "Yes": 5122})
# Population total of api99 in the R survey package's documentation of these data.
API99_TOTAL = 3914069


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/survey_weighting.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def srs(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/survey_apisrs.csv")


@pytest.fixture(scope="module")
def clustered(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/survey_apiclus1.csv")


def agrees(result: WeightedMean, known: dict) -> None:
    assert result.estimate.value == pytest.approx(known["mean"], rel=1e-6)
    assert result.standard_error == pytest.approx(known["se"], rel=1e-6)
    assert result.design_effect == pytest.approx(known["deff"], rel=1e-6)


def same_weights(frame: pl.DataFrame, weights: np.ndarray, known: list[dict]) -> None:
    columns = [name for name in known[0] if name != "x"]
    expected = frame.select(columns).join(pl.DataFrame(known), on=columns, how="left", maintain_order="left")[
        "x"
    ]
    assert weights == pytest.approx(expected.to_numpy(), rel=1e-6)


def test_simple_random_sample(golden: dict, srs: pl.DataFrame) -> None:
    agrees(weighted_mean(srs, "api00", "pw"), golden["srs_unweighted"])
    agrees(weighted_mean(srs, "api00", "pw", finite_population=6194), golden["srs_fpc"])


def test_post_stratification(golden: dict, srs: pl.DataFrame) -> None:
    found = post_stratify(srs, "stype", STYPE.totals, start="pw")
    agrees(weighted_mean(srs, "api00", found), golden["poststrat"])
    same_weights(srs, found.weights, golden["poststrat"]["weights"])
    assert found.kish_deff == pytest.approx(golden["poststrat"]["kish"]["deff"], rel=1e-6)
    assert found.n_effective == pytest.approx(golden["poststrat"]["kish"]["n_eff"], rel=1e-6)
    assert (found.method, found.iterations) == ("poststratification", 1)


def test_raking_from_a_specification(golden: dict, srs: pl.DataFrame) -> None:
    margins = [{"column": column, "totals": totals} for column, totals in golden["targets"].items()]
    found = weighting_from_spec(srs, validated("weights", {"start": "pw", "margins": margins, "trim": None}))
    agrees(weighted_mean(srs, "api00", found), golden["rake"])
    same_weights(srs, found.weights, golden["rake"]["weights"])
    assert found.kish_deff == pytest.approx(golden["rake"]["kish"]["deff"], rel=1e-6)
    assert found.n_effective == pytest.approx(golden["rake"]["kish"]["n_eff"], rel=1e-6)
    assert found.converged
    assert found.max_margin_error < 1e-8
    assert found.to_frame().height == srs.height


def test_clusters(golden: dict, clustered: pl.DataFrame) -> None:
    design = {"cluster": "dnum", "finite_population": 757}
    agrees(weighted_mean(clustered, "api00", "pw", **design), golden["clus1"])
    found = rake(clustered, [STYPE, SCHOOL_WIDE], start="pw")
    agrees(weighted_mean(clustered, "api00", found, **design), golden["rake_clus1"])
    same_weights(clustered, found.weights, golden["rake_clus1"]["weights"])
    assert found.n_effective == pytest.approx(golden["rake_clus1"]["kish"]["n_eff"], rel=1e-6)
    assert found.kish_deff == pytest.approx(golden["rake_clus1"]["kish"]["deff"], rel=1e-6)


def test_linear_calibration(golden: dict, srs: pl.DataFrame) -> None:
    known = golden["calibrate_linear"]
    found = calibrate(srs, [STYPE], {"api99": API99_TOTAL}, start="pw")
    agrees(weighted_mean(srs, "api00", found), known)
    assert [found.smallest, found.largest] == pytest.approx(known["weight_range"], rel=1e-6)
    assert found.weights[:5] == pytest.approx(known["weight_first5"], rel=1e-6)
    by_spec = {"start": "pw", "numeric": {"api99": API99_TOTAL}, "margins": [{"columns": ["stype"], "totals": STYPE.totals}]}  # fmt: skip
    assert weighting_from_spec(srs, validated("weights", by_spec)) == found


def test_one_pass_of_trimming(golden: dict, srs: pl.DataFrame) -> None:
    raked = rake(srs, [STYPE, SCHOOL_WIDE], start="pw").weights
    same_weights(srs, trim_weights(raked, 0.0, 31.5), golden["trim_example"]["weights"])


def sample(n: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "性别": rng.choice(["男", "女"], n),
            "age": rng.choice(["<30", "30-59", "60+"], n, p=[0.5, 0.3, 0.2]),
            "score": rng.normal(5, 2, n),
        }
    )


SEX = Margin(("性别",), {"男": 49, "女": 51})
AGE = Margin(("age",), {"<30": 30, "30-59": 45, "60+": 25})


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_margins_hold_whatever_the_order_of_rows(seed: int) -> None:
    frame = sample(120, seed)
    found = rake(frame, [SEX, AGE])
    for margin in (SEX, AGE):
        sums = frame.with_columns(w=found.weights).group_by(margin.columns[0]).agg(pl.col("w").sum()).rows()
        assert dict(sums) == pytest.approx(margin.cells(), rel=1e-6)
    order = np.random.default_rng(seed).permutation(120)
    shuffled = rake(frame[order.tolist()], [SEX, AGE])
    assert shuffled.weights == pytest.approx(found.weights[order], rel=1e-6)
    assert found.kish_deff > 1 - 1e-12
    assert found.n_effective < found.n + 1e-9


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_weights_of_one_are_no_weights(seed: int) -> None:
    frame = sample(30, seed).with_columns(one=1.0)
    result = weighted_mean(frame, "score", "one")
    y = frame["score"].to_numpy()
    assert result.estimate.value == pytest.approx(y.mean()) == pytest.approx(result.unweighted)
    assert result.standard_error == pytest.approx(y.std(ddof=1) / np.sqrt(30))
    assert (result.kish_deff, result.n_effective) == (1, 30)


def test_a_sample_that_is_the_population_keeps_its_weights() -> None:
    frame = sample(100, 1)
    totals = dict(frame.group_by("age").len().rows())
    found = rake(frame, [Margin(("age",), totals)])
    assert found.weights == pytest.approx(np.ones(100))
    assert found.iterations == 0


def test_crossed_cells() -> None:
    frame = pl.DataFrame({"a": ["x", "x", "y", "y"], "b": [True, False, True, False]})
    found = post_stratify(frame, ["a", "b"], {"x": {True: 1, False: 2}, "y": {True: 3, False: 4}})
    assert found.weights == pytest.approx([1, 2, 3, 4])


def test_trimmed_weights_keep_margins_and_bounds() -> None:
    frame = sample(200, 3)
    free = rake(frame, [SEX, AGE])
    high = 0.5 * (free.largest + 100 / 200)
    skewed = Margin(("age",), {"<30": 30, "30-59": 45, "60+": 25})
    found = rake(frame.with_columns(w=pl.lit(1.0)), [SEX], trim=(0.1, 3.0), start="w")
    assert found.converged
    bounded = rake(frame.with_columns(w=np.linspace(0.2, 5, 200)), [SEX, skewed], start="w", trim=(0.05, 2.0))
    assert bounded.converged
    assert bounded.largest <= 2.0 + 1e-6
    assert bounded.smallest >= 0.05 - 1e-6
    impossible = rake(frame, [SEX, AGE], trim=(None, min(high, free.largest * 0.95)))
    assert not impossible.converged
    assert impossible.warnings[-1].code == "assess.bounds_not_reached"


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_trimming_keeps_the_total(seed: int) -> None:
    w = np.random.default_rng(seed).lognormal(size=30)
    assert trim_weights(w, 0.5, 1.5).sum() == pytest.approx(w.sum())


def test_contradictory_margins_are_scaled_and_named() -> None:
    found = rake(sample(50, 2), [SEX, Margin(("age",), {"<30": 300, "30-59": 450, "60+": 250})])
    assert found.population == 100
    (notice,) = found.warnings
    assert (notice.code, notice.params["names"]) == ("assess.contradictory_totals", ["age"])


def test_margins_that_cannot_hold_together_do_not_loop_for_ever() -> None:
    frame = pl.DataFrame({"a": ["x", "x", "y"], "b": ["p", "p", "q"]})
    found = rake(
        frame, [Margin(("a",), {"x": 1, "y": 9}), Margin(("b",), {"p": 9, "q": 1})], max_iterations=30
    )
    assert not found.converged
    assert found.iterations == 30
    assert found.max_margin_error > 0.1
    assert [w.code for w in found.warnings] == ["assess.raking_not_converged"]


def test_rows_without_category_or_weight_are_counted_not_lost() -> None:
    frame = pl.DataFrame({"a": ["x", None, "y", "y"], "w": [1.0, 1.0, None, 2.0], "s": [1, 2, 3, 4]})
    found = rake(frame, [Margin(("a",), {"x": 1, "y": 1})], start="w")
    assert {(w.code, w.count) for w in found.warnings} == {
        ("assess.rows_without_weight", 1),
        ("assess.rows_without_category", 1),
    }
    assert (found.n, found.rows) == (2, 4)
    assert found.to_frame()["weight"].to_list() == [1, None, None, 1]
    mean = weighted_mean(frame, "s", found)
    assert (mean.estimate.value, mean.estimate.n, mean.warnings[0].count) == (2.5, 2, 2)


def test_a_total_of_zero_gives_weight_zero() -> None:
    found = rake(pl.DataFrame({"a": ["x", "y"]}), [Margin(("a",), {"x": 5, "y": 0})])
    assert found.weights.tolist() == [5, 0]
    assert found.warnings[0].code == "assess.zero_total_cells"


def test_missing_answers_are_a_domain() -> None:
    frame = sample(100, 4).with_columns(
        pl.when(pl.col("score") > 7).then(None).otherwise(pl.col("score")).alias("score")
    )
    found = rake(frame, [SEX, AGE])
    result = weighted_mean(frame, "score", found)
    answered = frame["score"].is_not_null().to_numpy()
    expected = np.average(frame["score"].drop_nulls().to_numpy(), weights=found.weights[answered])
    assert result.estimate.value == pytest.approx(expected)
    assert result.estimate.low < expected < result.estimate.high
    assert result.to_frame()["n"].item() == answered.sum()


@pytest.mark.parametrize("values", [[None, None], [3.0, 3.0]])
def test_a_mean_without_spread_or_answers(values: list) -> None:
    frame = pl.DataFrame({"s": values, "w": [1.0, 2.0]}, schema={"s": pl.Float64, "w": pl.Float64})
    result = weighted_mean(frame, "s", "w")
    if values[0] is None:
        assert result.estimate.reason.code == "assess.no_answers"
    else:
        assert (result.estimate.value, result.standard_error, result.design_effect) == (3.0, 0.0, None)


def test_one_cluster_has_a_mean_and_no_error() -> None:
    frame = pl.DataFrame({"s": [1, 2], "w": [1, 1], "c": ["k", "k"]})
    result = weighted_mean(frame, "s", "w", cluster="c")
    assert (result.estimate.value, result.estimate.low, result.standard_error) == (1.5, None, None)


def test_negative_weights_are_announced() -> None:
    frame = pl.DataFrame({"a": ["x"] * 4, "v": [1.0, 2.0, 3.0, 10.0]})
    found = calibrate(frame, [Margin(("a",), {"x": 4})], {"v": 4.5})
    assert found.warnings[0].code == "assess.negative_weights"
    missed = calibrate(frame.with_columns(v=1.0), [Margin(("a",), {"x": 4})], {"v": 5})
    assert missed.warnings[-1].code == "assess.calibration_missed"
    assert not missed.converged


@pytest.mark.parametrize(
    ("margins", "options", "code"),
    [
        ([], {}, "assess.no_columns"),
        ([Margin(("a",), {"x": 1})], {}, "assess.group_without_total"),
        ([Margin(("a",), {"x": 1, "y": 1, "z": 1})], {}, "assess.empty_cells"),
        ([Margin(("a",), {"x": -1, "y": 1})], {}, "assess.margin_totals"),
        ([Margin(("a",), {"x": 0, "y": 0})], {}, "assess.margin_totals"),
        ([Margin(("a",), {"x": float("nan"), "y": 1})], {}, "assess.margin_totals"),
        ([Margin(("a", "a"), {"x": 1, "y": 2})], {}, "assess.margin_totals"),
        ([Margin(("a",), {"x": 1, "y": 1})], {"tolerance": 0}, "assess.number_out_of_range"),
        ([Margin(("a",), {"x": 1, "y": 1})], {"max_iterations": 0}, "assess.number_out_of_range"),
        ([Margin(("a",), {"x": 1, "y": 1})], {"trim": (2, 1)}, "assess.low_not_below_high"),
        ([Margin(("a",), {"x": 1, "y": 1})], {"trim": (5, 9)}, "assess.bounds_exclude_mean"),
        ([Margin(("a",), {"x": 1, "y": 1})], {"start": "none"}, "assess.nobody_to_weight"),
    ],
)
def test_impossible_requests_are_refused(margins: list[Margin], options: dict, code: str) -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "none": [0.0, None]})
    with pytest.raises(SpecError) as raised:
        rake(frame, margins, **options)
    assert raised.value.code == code


def test_other_refusals() -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "s": [1, 2], "w": [1, 1]})
    found = rake(frame, [Margin(("a",), {"x": 1, "y": 1})])
    for call, code in (
        (lambda: weighted_mean(frame[:1], "s", found), "assess.unequal_lists"),
        (lambda: weighted_mean(frame, "s", "w", finite_population=1), "assess.population_below_sample"),
        (lambda: calibrate(frame, [Margin(("a",), {"x": 1, "y": 1})], {}), "assess.no_columns"),
    ):
        with pytest.raises(SpecError) as raised:
            call()
        assert raised.value.code == code


def test_kish_of_equal_weights() -> None:
    assert kish(np.full(7, 3.0)) == (pytest.approx(1), pytest.approx(7))
