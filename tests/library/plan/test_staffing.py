"""Erlang formulas against golden numbers of R and of an independent script, and their known properties."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.plan.staffing import (
    Demand,
    Target,
    agents_per_period,
    erlang_b,
    erlang_c,
    forecast,
    loss_forecast,
    patience,
    required_agents,
)


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden" / "verify" / "erlang_py.json").read_text())


def close(value: float):
    return pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("key", "demand", "agents", "within"),
    [
        ("erlangC_360_30min_AHT240s_55agents_15s", (360, 240), 55, 15),
        ("erlangC_lam100per30min_AHT180_c14_T20", (100, 180), 14, 20),
        ("erlangC_lam100per30min_AHT180_c13_T20", (100, 180), 13, 20),
        ("erlangC_lam200per30min_AHT300_c40_T20", (200, 300), 40, 20),
        ("erlangC_lam50per30min_AHT240_c9_T30", (50, 240), 9, 30),
        ("erlangC_lam22per30min_AHT360_c6_T300", (22.5, 360), 6, 300),
        ("erlangC_lam600per30min_AHT300_c108_T20", (600, 300), 108, 20),
    ],
)
def test_erlang_c(golden: dict, key: str, demand: tuple[float, float], agents: int, within: float) -> None:
    expected = golden[key]
    found = forecast(Demand.of_calls(demand[0], 1800, demand[1]), agents, within_seconds=within)
    assert found.load == close(expected["a"])
    assert found.wait_probability == close(expected["C"])
    assert found.mean_wait_seconds == close(expected["ASA"])
    assert found.service_level == close(expected["SL"])
    assert found.utilisation == close(expected["occ"])
    assert found.mean_queue == close(expected["Lq"])


def test_required_agents(golden: dict) -> None:
    for case in golden["required_agents"]:
        target = Target(case["SL"], case["T"], max_utilisation=case["maxocc"])
        demand = Demand.of_calls(case["calls_per_30"], 1800, case["AHT"])
        assert required_agents(demand, target).agents == case["agents"]


def test_erlang_a(golden: dict) -> None:
    for case in golden["erlangA"]:
        demand = Demand(case["lam"], 1 / case["mu"], 1 / case["theta"])
        found = forecast(demand, case["n"], within_seconds=case["T"])
        assert found.wait_probability == close(case["P_wait"])
        assert found.abandonment == close(case["P_abandon"])
        assert found.mean_wait_seconds == close(case["E_wait_all"])
        assert found.mean_queue == close(case["Lq"])
        assert found.utilisation == close(case["occ"])
        assert found.service_level == close(case["P_served_within_T"])


def test_queueing_of_r(reference: Path) -> None:
    golden = json.loads((reference / "golden" / "verify" / "queue_R.json").read_text())
    for case in golden.values():
        if not isinstance(case, dict) or "C_erlang" not in case:
            continue
        load = case["lambda"] / case["mu"]
        assert erlang_b(load, case["c"]) == close(case["B_erlang"])
        assert erlang_c(load, case["c"]) == close(case["C_erlang"])
        found = forecast(Demand(case["lambda"], 1 / case["mu"]), case["c"])
        assert (found.mean_queue, found.mean_wait_seconds) == (close(case["Lq"]), close(case["Wq"]))
    assert erlang_b(8, 10) == close(golden["B_erl_10_8"])
    assert erlang_b(90, 100) == close(golden["B_erl_100_90"])


loads = st.floats(0.05, 80)


@settings(deadline=None, max_examples=30)
@given(loads, st.integers(1, 120))
def test_more_agents_never_make_it_worse(load: float, agents: int) -> None:
    blocked = erlang_b(load, agents)
    assert erlang_b(load, agents + 1) < blocked or blocked < 1e-300  # too small for a number
    assert erlang_c(load, agents + 1) <= erlang_c(load, agents)
    assert erlang_b(load, agents) <= erlang_c(load, agents)
    demand = Demand(load / 200, 200, 90)
    fewer, more = forecast(demand, agents), forecast(demand, agents + 1)
    assert 0 <= more.abandonment <= fewer.abandonment + 1e-12
    assert fewer.service_level <= more.service_level + 1e-12 <= 1 + 1e-9


@settings(deadline=None, max_examples=30)
@given(loads, st.integers(1, 60), st.floats(5, 600))
def test_erlang_a_keeps_the_flow_in_balance(load: float, agents: int, patience_seconds: float) -> None:
    found = forecast(Demand(load / 200, 200, patience_seconds), agents)
    # Calls served = calls not lost: utilisation computed from the states of the agents says the same.
    busy = sum(found_states(load, agents, patience_seconds))
    assert found.utilisation == pytest.approx(busy / agents, rel=1e-8)
    assert found.mean_queue == pytest.approx(found.mean_wait_seconds * load / 200)


def found_states(load: float, agents: int, patience_seconds: float):
    """Mean busy agents by the recursion of the states, written out."""
    weight, total, busy = 1.0, 1.0, 0.0
    for state in range(1, agents + 4000):
        rate = min(state, agents) / 200 + max(state - agents, 0) / patience_seconds
        weight *= load / 200 / rate
        total += weight
        busy += min(state, agents) * weight
        if weight < 1e-16 * total and state > load:
            break
    yield busy / total


def test_long_patience_is_erlang_c_and_none_at_all_is_erlang_b() -> None:
    endless = forecast(Demand(0.05, 200, 1e9), 14)
    assert endless.wait_probability == pytest.approx(erlang_c(10, 14), rel=1e-4)
    hasty = forecast(Demand(0.05, 200, 1e-7), 14)
    assert hasty.abandonment == pytest.approx(erlang_b(10, 14), rel=1e-4)
    assert loss_forecast(Demand(0.05, 200), 14).abandonment == erlang_b(10, 14)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 60), st.floats(0.5, 0.99), st.floats(0, 120), st.sampled_from([None, 60.0, 600.0]))
def test_required_is_the_fewest(
    load: float, level: float, within: float, patience_seconds: float | None
) -> None:
    demand, target = Demand(load / 180, 180, patience_seconds), Target(level, within)
    found = required_agents(demand, target)
    assert found.service_level >= level
    if found.agents > 1:
        fewer = forecast(demand, found.agents - 1, within_seconds=within)
        assert fewer.service_level is None or fewer.service_level < level


def test_an_overloaded_queue_has_a_reason_and_no_figures() -> None:
    found = forecast(Demand(1, 10), 10)
    assert found.service_level is None
    assert found.reason is not None
    assert "10" in found.reason.message("en")
    assert "10" in found.reason.message("zh")
    assert forecast(Demand(1, 10, 30), 5).abandonment == pytest.approx(
        0.5, abs=0.01
    )  # overload leaves by hanging up


def test_periods_and_shrinkage() -> None:
    calls = [[100, 0], [100, 360]]
    needed = agents_per_period(calls, period_seconds=1800, service_seconds=180, target=Target())
    assert needed.tolist()[0] == [14, 0]
    assert needed[1, 0] == 14
    away = agents_per_period(calls, period_seconds=1800, service_seconds=180, target=Target(), shrinkage=0.3)
    assert away[0, 0] == 20  # 14 / 0.7 exactly
    assert agents_per_period([], period_seconds=1800, service_seconds=1, target=Target()).shape == (0,)


def test_patience_from_hang_ups_covers_the_truth() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        stay, served = random.exponential(100, 300), random.exponential(60, 300)
        found = patience(np.minimum(stay, served), stay < served)
        covered += found.low <= 100 <= found.high
    assert 180 <= covered <= 199
    assert patience([10, 20], [False, False]).reason.code == "plan.no_hang_ups"
    assert patience([], []).n == 0


def test_wrong_requests() -> None:
    for wrong in (
        lambda: Demand(-1, 10),
        lambda: Demand(1, 0),
        lambda: Demand(1, math.nan),
        lambda: Demand(1, 1, 0),
    ):
        with pytest.raises(SpecError, match=r"demand|rate|seconds"):
            wrong()
    for call in (
        lambda: erlang_b(1, -1),
        lambda: erlang_c(1, 0),
        lambda: erlang_b(math.inf, 3),
        lambda: Target(1.0),
        lambda: Target(0.8, -1),
        lambda: forecast(Demand(1, 1), 3, within_seconds=-1),
        lambda: patience([1.0], [True, False]),
        lambda: patience([-1.0], [True]),
        lambda: agents_per_period([1], period_seconds=0, service_seconds=1, target=Target()),
        lambda: agents_per_period([1], period_seconds=9, service_seconds=1, target=Target(), shrinkage=1),
    ):
        with pytest.raises(SpecError):
            call()
