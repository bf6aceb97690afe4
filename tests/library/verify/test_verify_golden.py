"""Effects against R (sandwich, prop.test, t.test, pwr) and independent implementations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from servloop.verify.before_after import Model, before_after
from servloop.verify.difference_in_differences import difference_in_differences, two_by_two
from servloop.verify.effects import least_squares
from servloop.verify.experiments import (
    compare_adjusted,
    compare_means,
    compare_paired,
    compare_ratios,
    compare_shares,
    sample_ratio,
)
from servloop.verify.planning import (
    adjust_p_values,
    confidence_sequence,
    power_of_means,
    sequential_test,
    subjects_for_arcsine,
    subjects_for_means,
    subjects_for_shares,
)
from servloop.verify.return_on_investment import return_on_investment
from servloop.verify.synthetic_control import simplex_weights, synthetic_control

NEAR = {"rel": 1e-6}


@pytest.fixture(scope="module")
def golden(reference: Path) -> Any:
    return lambda name: json.loads((reference / f"golden/verify/{name}.json").read_text())


@pytest.fixture(scope="module")
def table(reference: Path) -> Any:
    return lambda name: pl.read_csv(reference / f"data/effects/{name}.csv", infer_schema_length=None)


def test_seatbelts_with_newey_west_errors(golden: Any, table: Any) -> None:
    belts = table("R_Seatbelts")
    start = belts["law"].to_list().index(1)
    model = {"slope_change": False, "season": 12, "logarithm": True, "lags": 12}
    level = golden("its_causalimpact_py")["its_level"]
    result = before_after(belts["drivers"], start, Model(**model), phase=belts["month"], declared=True)
    adjusted = before_after(belts["drivers"], start, Model(**model, small_sample=True))
    change = result.level_change
    assert change.estimate.value == pytest.approx(level["law_R"], **NEAR)
    assert change.standard_error == pytest.approx(level["se_nw12_R"], **NEAR)
    assert change.p_value == pytest.approx(level["p_R"], **NEAR)
    assert adjusted.level_change.standard_error == pytest.approx(level["se_adj_R"], **NEAR)
    assert result.durbin_watson == pytest.approx(level["dw_R"], **NEAR)
    effect = golden("effect_R")["its_seatbelts_level"]
    assert 100 * result.relative.value == pytest.approx(effect["pct_effect"], **NEAR)
    # without a change of slope the mean effect is the step
    assert result.effect.estimate.value == pytest.approx(effect["coef"]["law"], **NEAR)
    assert [notice.code for notice in result.warnings] == ["verify.no_comparison", "verify.autocorrelated"]


def test_every_coefficient_and_error_of_that_model(golden: Any, table: Any) -> None:
    belts, effect = table("R_Seatbelts"), golden("effect_R")["its_seatbelts_level"]
    months = [(belts["month"] == month).cast(pl.Float64) for month in range(2, 13)]
    design = np.column_stack([np.ones(belts.height), np.arange(1, belts.height + 1), belts["law"], *months])
    fit = least_squares(design, np.log(belts["drivers"].to_numpy()))
    assert fit.coefficients == pytest.approx(list(effect["coef"].values()), rel=1e-6, abs=1e-9)
    assert np.sqrt(np.diag(fit.classical())) == pytest.approx(list(effect["se_ols"].values()), **NEAR)
    assert np.sqrt(np.diag(fit.newey_west(12))) == pytest.approx(list(effect["se_nw12"].values()), **NEAR)


def test_difference_in_differences(golden: Any, table: Any) -> None:
    expected = golden("did_py")
    homes = table("wooldridge_kielmc")
    result = two_by_two(homes["rprice"], homes["nearinc"], homes["y81"])
    assert result.effect.estimate.value == pytest.approx(
        expected["kielmc_rprice"]["params"]["y81:nearinc"], **NEAR
    )
    assert result.effect.standard_error == pytest.approx(
        expected["kielmc_rprice"]["se"]["y81:nearinc"], **NEAR
    )
    assert result.n == expected["kielmc_rprice"]["n"]
    organs = table("causaldata_organ_donations")
    treated = (organs["State"] == "California") & (organs["Quarter_Num"] > 3)
    panel = difference_in_differences(organs["Rate"], organs["State"], organs["Quarter_Num"], treated)
    assert panel.effect.estimate.value == pytest.approx(expected["organ_donations"]["T"], **NEAR)
    assert panel.effect.standard_error == pytest.approx(expected["organ_donations"]["se_cluster"], **NEAR)
    assert (panel.n, panel.units, panel.treated_units, panel.periods) == (162, 27, 1, 6)
    assert "verify.one_treated_unit" in [notice.code for notice in panel.warnings]


def test_synthetic_control_of_proposition_99(golden: Any, table: Any) -> None:
    expected = golden("synth_prop99_py")["outcome_only_simplex_ls"]
    wide = table("smoking_data").pivot(on="year", index="state", values="cigsale")
    outcomes, names = wide.drop("state").to_numpy(), wide["state"].to_list()
    result = synthetic_control(outcomes, names, "California", 1989 - 1970)
    weights = {name: round(weight, 4) for name, weight in result.weights}
    assert weights == expected["weights"]
    assert result.fit_before == pytest.approx(expected["pre_rmspe"], **NEAR)
    assert result.effect.value == pytest.approx(expected["att_1989_2000"], **NEAR)
    assert result.last_gap == pytest.approx(expected["gap_2000"], **NEAR)
    assert result.fit_ratio == pytest.approx(expected["rmspe_ratio"], **NEAR)
    assert (result.placebo_rank, result.units) == (expected["rank_of_39"], 39)
    assert result.placebo_p == pytest.approx(expected["p"], **NEAR)
    place = names.index("California")
    donors, target = np.delete(outcomes, place, axis=0).T[:19], outcomes[place, :19]
    solution = simplex_weights(target, donors)
    gradient = donors.T @ (
        donors @ solution - target
    )  # Karush-Kuhn-Tucker: equal where used, no smaller elsewhere
    used = solution > 1e-6
    assert np.ptp(gradient[used]) < 1e-3 * np.abs(gradient).max()
    assert gradient[~used].min() > gradient[used].min() - 1e-3 * np.abs(gradient).max()


def test_two_shares(golden: Any) -> None:
    expected = golden("abtest_py")["prop_two"]
    result = compare_shares(200, 4000, 255, 4100)
    assert result.effect.p_value == pytest.approx(expected["p"], **NEAR)
    assert result.effect.p_value == pytest.approx(
        golden("effect_R")["prop_two"]["nocorrect"]["p_value"], **NEAR
    )
    for estimate, name in (
        (result.effect.estimate, "diff_newcombe_ci"),
        (result.control, "wilson_ctrl"),
        (result.treatment, "wilson_treat"),
    ):
        assert [estimate.low, estimate.high] == pytest.approx(expected[name], **NEAR)


def test_means(golden: Any) -> None:
    ab, r = golden("abtest_py"), golden("effect_R")
    sleep = {
        1: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
        2: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
    }
    welch = compare_means(sleep[2], sleep[1]).effect
    assert welch.p_value == pytest.approx(r["welch_sleep"]["p_value"], **NEAR)
    assert [welch.estimate.low, welch.estimate.high] == pytest.approx(r["welch_sleep"]["conf_int"], **NEAR)
    paired = compare_paired(sleep[1], sleep[2])
    assert paired.p_value == pytest.approx(r["paired_sleep"]["p_value"], **NEAR)
    assert [paired.estimate.low, paired.estimate.high] == pytest.approx(r["paired_sleep"]["conf_int"], **NEAR)
    ratio = ab["ratio_delta"]
    result = compare_ratios((ratio["num_a"], ratio["den_a"]), (ratio["num_b"], ratio["den_b"]))
    assert (result.control.value, result.treatment.value) == pytest.approx((ratio["ra"], ratio["rb"]), **NEAR)
    assert result.effect.standard_error**2 == pytest.approx(ratio["var_a"] + ratio["var_b"], **NEAR)
    assert result.effect.p_value == pytest.approx(ratio["p"], **NEAR)


def test_cuped(golden: Any) -> None:
    data = golden("abtest_py")["cuped"]
    result = compare_adjusted((data["y_a"], data["pre_a"]), (data["y_b"], data["pre_b"]))
    assert result.theta == pytest.approx(data["theta_pooled"], **NEAR)
    assert result.raw.effect.estimate.value == pytest.approx(data["raw_diff"], **NEAR)
    assert result.raw.effect.p_value == pytest.approx(data["raw_p"], **NEAR)
    assert result.comparison.effect.estimate.value == pytest.approx(data["cuped_diff"], **NEAR)
    assert result.comparison.effect.p_value == pytest.approx(data["cuped_p"], **NEAR)
    assert result.variance_reduction == pytest.approx(data["var_reduction"], **NEAR)


def test_sequential_looks(golden: Any) -> None:
    ab = golden("abtest_py")
    for case in ab["msprt_normal_mixture"]:
        result = sequential_test(case["diff"], case["V"], case["tau2"])
        assert result.likelihood_ratio == pytest.approx(case["Lambda"], **NEAR)
        assert result.p_value == pytest.approx(case["p"], **NEAR)
    expected = ab["sequential_growthbook_prop"]
    lift = compare_shares(1396, 3000, 2422, 3461).relative
    assert lift.value == pytest.approx(expected["lift"], **NEAR)
    error = (lift.high - lift.low) / 2 / 1.959963984540054
    assert error == pytest.approx(expected["se"], **NEAR)
    assert confidence_sequence(lift.value, error, 6461) == pytest.approx(expected["ci"], **NEAR)


def test_sizes_and_several_tests(golden: Any) -> None:
    r = golden("effect_R")
    power: Mapping[str, float] = r["power"]
    assert subjects_for_shares(0.5, 0.75, power=0.9) == pytest.approx(power["prop_0.50_0.75_pow0.9"], **NEAR)
    assert subjects_for_shares(0.05, 0.06) == pytest.approx(power["prop_0.05_0.06_pow0.8"], **NEAR)
    assert subjects_for_arcsine(0.05, 0.06) == pytest.approx(power["pwr_2p_h"], **NEAR)
    assert subjects_for_means(1, power=0.9) == pytest.approx(power["t_delta1_sd1_pow0.9"], **NEAR)
    assert subjects_for_means(0.2) == pytest.approx(power["pwr_t_d0.2"], **NEAR)
    assert power_of_means(20, 1) == pytest.approx(power["t_n20_delta1"], **NEAR)
    tests = r["padjust_BH1995"]
    for method in ("bonferroni", "holm", "hochberg", "BH", "BY"):
        assert adjust_p_values(tests["p"], method) == pytest.approx(tests[method], **NEAR)
    for name in ("srm", "srm3"):
        result = sample_ratio(r[name]["obs"])
        assert (result.statistic, result.p_value) == pytest.approx((r[name]["chi2"], r[name]["p"]), **NEAR)
        assert result.mismatch is (name == "srm")


def test_return_on_investment(golden: Any) -> None:
    expected = golden("abtest_py")["roi"]
    result = return_on_investment(expected["cf"], expected["rate"])
    assert result.net_present_value.value == pytest.approx(expected["npv"], **NEAR)
    assert result.internal_rate.value == pytest.approx(expected["irr"], **NEAR)
    assert result.payback.value == pytest.approx(expected["payback_years"], **NEAR)
    assert result.simple.value == pytest.approx(expected["roi_simple"], **NEAR)
