"""Control charts against qcc 2.7 and qicharts2 0.8.1, and run lengths against the R package spc."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from servloop.monitor.control_charts import (
    ControlChart,
    Design,
    c4,
    c_chart,
    capability,
    cusum_chart,
    cusum_run_length,
    d2,
    d3,
    ewma_chart,
    ewma_run_length,
    g_chart,
    individuals,
    moving_ranges,
    np_chart,
    overdispersion,
    p_chart,
    run_chart,
    runs_analysis,
    shewhart_run_length,
    sigma_level,
    subgroup_chart,
    t_chart,
    u_chart,
)

R_RULES = ("beyond_limits", "seven_on_one_side")
NEAR = {"rel": 1e-6, "abs": 1e-9}


@pytest.fixture(scope="module")
def qcc(reference: Path) -> Mapping[str, Any]:
    return json.loads((reference / "golden/verify/spc_qcc27.json").read_text())


@pytest.fixture(scope="module")
def qicharts(reference: Path) -> Mapping[str, Any]:
    return json.loads((reference / "golden/verify/spc_qicharts2.json").read_text())


@pytest.fixture(scope="module")
def data(reference: Path) -> Any:
    return lambda name: pl.read_csv(reference / f"data/monitoring/spc/{name}.csv", null_values="NA")


@pytest.fixture(scope="module")
def piston(data: Any) -> np.ndarray:
    return data("pistonrings")["diameter"].to_numpy().reshape(40, 5)


def flat(values: Any, n: int) -> list[float]:
    return [values] * n if isinstance(values, int | float) else list(values)


def numbers(values: Any) -> list[int]:
    return [values] if isinstance(values, int) else list(values)


def agrees(chart: ControlChart, golden: Mapping[str, Any], *, rel: float = 1e-6) -> None:
    n = len(chart.values)
    near = {"rel": rel, "abs": 1e-9}
    assert list(chart.values) == pytest.approx(flat(golden["statistics"], n), **near)
    assert chart.center == pytest.approx(flat(golden["center"], n), **near)
    assert list(chart.lower) == pytest.approx(flat(golden["lcl"], n), **near)
    assert list(chart.upper) == pytest.approx(flat(golden["ucl"], n), **near)
    assert chart.sigma[0] == pytest.approx(golden["std_dev"], **near)
    fired = {rule: {s.index + 1 for s in chart.signals if s.rule == rule} for rule in R_RULES}
    assert fired["beyond_limits"] == set(numbers(golden["beyond"]))
    assert fired["seven_on_one_side"] == set(numbers(golden["violating_runs"]))


def test_constants(qcc: Mapping[str, Any]) -> None:
    table = qcc["constants"]
    assert [d2(n, "exact") for n in table["n"]] == pytest.approx(table["d2"], rel=1e-9)
    assert [d2(n) for n in table["n"]] == pytest.approx(table["d2_qcc"], abs=1e-12)
    assert [c4(n) for n in table["n"]] == pytest.approx(table["c4"], rel=1e-9)
    assert [d3(n) for n in table["n"]] == pytest.approx(table["d3"], rel=1e-5)  # the table has been simulated


def test_subgroup_charts(qcc: Mapping[str, Any], piston: np.ndarray) -> None:
    every, phase_1 = Design(rules=R_RULES), Design(baseline=25, rules=R_RULES)
    agrees(subgroup_chart(piston, every), qcc["xbar_R_piston_all40"])
    agrees(subgroup_chart(piston, phase_1), qcc["xbar_R_piston_phase1_25"])
    agrees(subgroup_chart(piston, phase_1, sigma="standard_deviation"), qcc["xbar_S_piston_phase1_25"])
    agrees(subgroup_chart(piston, phase_1, kind="s"), qcc["S_piston"])
    # upper limit of ranges: d3 of the R package is a simulated table, ours is exact
    agrees(subgroup_chart(piston, phase_1, kind="r"), qcc["R_piston"], rel=5e-6)


def test_subgroups_of_different_sizes(qcc: Mapping[str, Any], piston: np.ndarray) -> None:
    golden = qcc["xbar_piston_variable_sizes"]
    half = 3 * golden["std_dev"] / (golden["center"] - np.array(golden["lcl"]))
    sizes = np.round(half**2).astype(int)
    assert set(sizes) <= {3, 4, 5}
    groups = np.where(np.arange(5) < sizes[:, None], piston, np.nan)
    agrees(subgroup_chart(groups, Design(baseline=25, rules=R_RULES)), golden)


def test_attribute_charts(qcc: Mapping[str, Any], data: Any) -> None:
    design = Design(rules=R_RULES)
    juice = data("orangejuice")
    trial = juice.filter("trial")
    agrees(p_chart(trial["D"], trial["size"], design, laney=False), qcc["p_orangejuice_trial"])
    np_golden = qcc["np_orangejuice_trial"]
    agrees(np_chart(trial["D"], 50, design), np_golden)
    kept = juice.filter(~pl.col("sample").is_in([15, 23]))
    second = qcc["p_orangejuice_drop15_23_new"]
    agrees(p_chart(kept["D"], kept["size"], Design(baseline=28, rules=R_RULES), laney=False), second)
    circuit = data("circuit")
    agrees(c_chart(circuit.filter("trial")["x"], design), qcc["c_circuit_trial"])
    dropped = circuit.with_row_index().filter(~pl.col("index").is_in([5, 19]))
    golden = qcc["c_circuit_drop6_20"]
    agrees(c_chart(dropped["x"], Design(baseline=24, rules=R_RULES)), golden)
    for name in ("pcmanufact", "dyedcloth"):
        table = data(name)
        agrees(u_chart(table["x"], table["size"], design, laney=False), qcc[f"u_{name}"])


def test_single_values_and_rare_events(qcc: Mapping[str, Any]) -> None:
    design = Design(rules=R_RULES)
    viscosity = qcc["xbar_one_viscosity"]
    agrees(individuals(viscosity["x"], design, screen=False), viscosity)
    by_sd = individuals(viscosity["x"], design, sigma="standard_deviation")
    agrees(by_sd, qcc["xbar_one_viscosity_sd"])
    rare = qcc["g_example"]
    agrees(g_chart(rare["x"], Design(rules=R_RULES), convention="trials"), rare)


def test_charts_with_memory(qcc: Mapping[str, Any], piston: np.ndarray) -> None:
    golden = qcc["ewma_piston_l0.2"]
    error = golden["std_dev"] / np.sqrt(5)
    chart = ewma_chart(piston.mean(axis=1), golden["center"], error)
    assert chart.smoothed == pytest.approx(golden["y"], rel=1e-9)
    assert chart.lower == pytest.approx(golden["lcl"], rel=1e-9)
    assert chart.upper == pytest.approx(golden["ucl"], rel=1e-9)
    assert [place + 1 for place in chart.signals] == golden["violations"]
    golden = qcc["cusum_piston"]
    sums = cusum_chart(piston.mean(axis=1), golden["center"], error)
    assert sums.high == pytest.approx(golden["pos"], **NEAR)
    assert sums.low == pytest.approx(golden["neg"], **NEAR)
    assert [place + 1 for place in sums.signals_high] == golden["viol_upper"]
    assert list(sums.signals_low) == golden["viol_lower"]


def test_run_lengths(reference: Path) -> None:
    golden = json.loads((reference / "golden/verify/spc_arl.json").read_text())
    for shift in (0, 1):
        assert ewma_run_length(shift, weight=0.1, width=2.7) == pytest.approx(
            golden[f"ewma_l0.1_L2.7_mu{shift}"], rel=1e-6
        )
        assert ewma_run_length(shift) == pytest.approx(golden[f"ewma_l0.2_L3_mu{shift}"], rel=1e-6)
        assert cusum_run_length(shift) == pytest.approx(golden[f"cusum_k0.5_h5_mu{shift}"], rel=1e-6)
        assert cusum_run_length(shift, limit=4) == pytest.approx(golden[f"cusum_k0.5_h4_mu{shift}"], rel=1e-6)
        assert shewhart_run_length(shift) == pytest.approx(golden[f"shewhart3_mu{shift}"], rel=1e-6)


def test_capability(qcc: Mapping[str, Any], piston: np.ndarray) -> None:
    for name, target in (("capability_piston_73.95_74.05", None), ("capability_piston_target74.02", 74.02)):
        result = capability(
            piston[:25].ravel(), qcc["R_piston"]["std_dev"], 73.95, 74.05, center=74.001176, target=target
        )
        expected = {row["_row"]: row for row in qcc[name]["indices"]}
        pairs = {
            "Cp": result.cp,
            "Cp_l": result.cp_lower,
            "Cp_u": result.cp_upper,
            "Cp_k": result.cpk,
            "Cpm": result.cpm,
        }
        for index, estimate in pairs.items():
            assert [estimate.value, estimate.low, estimate.high] == pytest.approx(
                [expected[index]["Value"], expected[index]["2.5%"], expected[index]["97.5%"]], rel=1e-6
            ), (name, index)
        assert (result.below, result.above) == (0, 0)
        assert result.to_frame()["value"].to_list() == [estimate.value for estimate in pairs.values()]


def test_overdispersion_and_sigma_level(qcc: Mapping[str, Any], data: Any, reference: Path) -> None:
    juice, circuit = data("orangejuice").filter("trial"), data("circuit")
    for result, name in (
        (overdispersion(juice["D"], juice["size"]), "overdispersion_orangejuice_trial"),
        (overdispersion(circuit["x"]), "overdispersion_circuit"),
    ):
        ratio, statistic, p = qcc[name]["stat"]
        assert (result.ratio, result.statistic) == pytest.approx((ratio, statistic), rel=1e-6)
        assert result.p_value == pytest.approx(p, rel=1e-4)
    golden = json.loads((reference / "golden/verify/dpmo_sigma.json").read_text())
    assert [sigma_level(rate) for rate in golden["dpmo"]] == pytest.approx(
        golden["sigma_short_1.5"], rel=1e-9
    )


def agrees_with_qic(chart: ControlChart, golden: Mapping[str, Any]) -> None:
    assert list(chart.values) == pytest.approx(golden["y"], **NEAR)
    assert chart.center == pytest.approx(golden["cl"], **NEAR)
    for ours, theirs in ((chart.lower, golden["lcl"]), (chart.upper, golden["ucl"])):
        assert [value is None for value in ours] == [value is None for value in theirs]
        assert [v for v in ours if v is not None] == pytest.approx(
            [v for v in theirs if v is not None], **NEAR
        )
    beyond = {signal.index for signal in chart.signals if signal.rule == "beyond_limits"}
    assert beyond == {place for place, flag in enumerate(golden["sigma.signal"]) if flag}
    assert [part + 1 for part in chart.phase] == golden["part"]
    for place, part in enumerate(chart.phase):
        runs = chart.runs[part]
        assert runs.signal is golden["runs.signal"][place]
        assert (runs.longest_run, runs.longest_run_max) == (
            golden["longest.run"][place],
            golden["longest.run.max"][place],
        )
        assert (runs.crossings, runs.crossings_min) == (
            golden["n.crossings"][place],
            golden["n.crossings.min"][place],
        )
        assert runs.n_useful == golden["n.useful"][place]


def test_qicharts2(qicharts: Mapping[str, Any], data: Any) -> None:
    accidents, cdi = data("qicharts2_nhs_accidents"), data("qicharts2_cdi")
    agrees_with_qic(p_chart(accidents["r"], accidents["n"], laney=False), qicharts["nhs_p"])
    prime = p_chart(accidents["r"], accidents["n"])
    agrees_with_qic(prime, qicharts["nhs_pp_laney"])
    assert prime.sigma_z[0] == pytest.approx(10.640, abs=5e-4)
    agrees_with_qic(c_chart(cdi["n"], Design(phases=[24], rules=R_RULES)), qicharts["cdi_c"])
    agrees_with_qic(run_chart(cdi["n"]), qicharts["cdi_run"])
    agrees_with_qic(individuals(cdi["n"], screen=False), qicharts["cdi_i"])
    agrees_with_qic(
        individuals(cdi["n"], Design(baseline=24, rules=R_RULES), screen=False), qicharts["cdi_i_freeze24"]
    )
    north = (pl.col("infection") == "UTI") & (pl.col("hospital") == "NOH")
    infections = data("qicharts2_hospital_infections").filter(north)
    golden = qicharts["hi_u"]
    agrees_with_qic(u_chart(infections["n"], infections["days"], per=10_000, laney=False), golden)
    agrees_with_qic(
        u_chart(infections["n"], infections["days"], per=10_000, laney=True), qicharts["hi_up_laney"]
    )
    for name, make in (("g_gtt", g_chart), ("t_chart", t_chart), ("i_screened", individuals)):
        agrees_with_qic(make(qicharts[name]["input"]), qicharts[name])
    agrees_with_qic(individuals(qicharts["i_unscreened"]["input"], screen=False), qicharts["i_unscreened"])


def test_anhoej_limits(qicharts: Mapping[str, Any]) -> None:
    table = qicharts["anhoej_limits"]
    for n, longest, crossings in zip(
        table["n"], table["longest_run_max"], table["crossings_min"], strict=True
    ):
        runs = runs_analysis(np.resize([1.0, -1.0], n))
        assert (runs.n_useful, runs.longest_run_max, runs.crossings_min) == (n, longest, crossings)


def test_nhs_limits_and_their_published_figures(reference: Path) -> None:
    golden = json.loads((reference / "golden/verify/ops_py.json").read_text())["nhs_xmr"]
    for screen, name in ((False, "excel_no_screen"), (True, "screened")):
        chart = individuals(golden["x"], screen=screen)
        # that source multiplies by 2.66, we divide by 1.128 and multiply by 3
        assert [chart.lower[0], chart.upper[0]] == pytest.approx(golden[name], rel=1e-3)
    published = golden["published_vignette"]["screened"]
    chart = individuals(golden["x"])
    assert [chart.lower[0], chart.center[0], chart.upper[0]] == pytest.approx(published, abs=6e-3)
    assert moving_ranges(golden["x"]).center[0] == pytest.approx(32 / 17)
