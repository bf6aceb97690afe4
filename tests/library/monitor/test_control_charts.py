"""Rules on planted patterns, laws of the limits, and edges."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from servloop.errors import InputError, ServLoopError, SpecError
from servloop.monitor.control_charts import (
    NELSON,
    Design,
    c_chart,
    capability,
    cusum_chart,
    cusum_run_length,
    d2,
    ewma_chart,
    g_chart,
    individuals,
    moving_ranges,
    np_chart,
    overdispersion,
    p_chart,
    run_chart,
    runs_analysis,
    sigma_level,
    subgroup_chart,
    t_chart,
    u_chart,
)

ALTERNATING = np.resize([-0.5, 0.5], 30)  # sigma 1 / 1.128, nothing to report


def fired(values: list[float], *rules: str) -> dict[str, list[int]]:
    """Signals of values that follow a calm baseline of 30 points, counted from its end."""
    chart = individuals(np.concatenate([ALTERNATING, values]), Design(baseline=30, rules=rules or NELSON))
    found: dict[str, list[int]] = {}
    for signal in chart.signals:
        found.setdefault(signal.rule, []).append(signal.index - 30)
    return {rule: [place for place in places if place >= 0] for rule, places in found.items()}


def test_each_rule_finds_its_pattern_and_names_the_point_that_completes_it() -> None:
    assert fired([3.0, 0.1], "beyond_limits") == {"beyond_limits": [0]}
    assert fired([2.0, 0.0, 2.0, 0.0], "two_of_three_beyond_2_sigma") == {"two_of_three_beyond_2_sigma": [2]}
    assert fired([2.0, 0.0, -2.0], "two_of_three_beyond_2_sigma") == {}
    assert fired([1.0, 1.0, 0.0, 1.0, 1.0], "four_of_five_beyond_1_sigma") == {
        "four_of_five_beyond_1_sigma": [4]
    }
    # the baseline ends above the center: the run begins there
    assert fired([0.1] * 8, "nine_on_one_side") == {"nine_on_one_side": [7]}
    assert fired([0.1] * 8, "eight_on_one_side") == {"eight_on_one_side": [6, 7]}
    assert fired([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], "six_trending") == {"six_trending": [5]}
    assert fired([1.0, -1.0] * 4, "eight_outside_1_sigma") == {"eight_outside_1_sigma": [7]}
    assert fired([0.0], "fourteen_alternating")["fourteen_alternating"] == [0]
    assert fired([0.0], "fifteen_within_1_sigma")["fifteen_within_1_sigma"] == [0]


def test_phases_have_their_own_limits_and_a_baseline_freezes_them() -> None:
    values = [1.0, 2.0] * 8 + [11.0, 12.0] * 8
    one = individuals(values)
    two = individuals(values, Design(phases=[16], rules=NELSON))
    frozen = individuals(values, Design(baseline=16, rules=("beyond_limits",)))
    assert (two.center[0], two.center[-1], two.phase[15], two.phase[16]) == (1.5, 11.5, 0, 1)
    assert one.center[0] == 6.5
    assert [signal.index for signal in frozen.signals] == list(range(16, 32))
    excluded = individuals([*values[:16], 99.0], Design(exclude=[16], rules=("beyond_limits",)))
    assert excluded.center[0] == 1.5
    assert [signal.index for signal in excluded.signals] == [16]


def test_missing_points_keep_their_place() -> None:
    chart = individuals([1.0, None, 2.0, 1.0, 2.0, 50.0], Design(baseline=4, rules=("beyond_limits",)))
    assert chart.values[1] is None
    assert chart.n == 5
    assert [signal.index for signal in chart.signals] == [5]
    assert chart.warnings[0].code == "monitor.few_baseline_points"
    frame = chart.to_frame()
    assert frame["signals"].to_list()[5] == ["beyond_limits"]
    assert json.dumps(chart.to_dict("zh-CN"), allow_nan=False)


@pytest.mark.parametrize("make", [individuals, moving_ranges, run_chart, c_chart, g_chart, t_chart])
def test_too_few_points_are_not_computable_with_a_reason(make) -> None:
    for values in ([], [1.0], [None, 1.0]):
        chart = make(values)
        assert chart.reason is not None
        assert chart.reason.code == "monitor.too_few_points"
        assert chart.center == ()
        assert chart.to_frame().height == len(values)


def test_equal_values_give_limits_of_no_width_and_any_other_value_stands_out() -> None:
    chart = individuals([5.0] * 20)
    assert chart.lower[0] == chart.upper[0] == 5.0
    assert chart.signals == ()
    assert chart.runs[0].signal is None
    outlier = individuals([5.0] * 20 + [5.1], Design(baseline=20, rules=("beyond_limits",)))
    assert [signal.index for signal in outlier.signals] == [20]
    assert p_chart([0] * 15, [10] * 15).upper[0] == 0
    assert subgroup_chart(np.ones((5, 3))).signals == ()


floats = hnp.arrays(
    np.float64, st.integers(4, 40), elements=st.floats(-1000, 1000).map(lambda x: round(x, 3))
)


@settings(max_examples=60, deadline=None)
@given(floats, st.floats(-100, 100), st.floats(0.1, 10))
def test_limits_move_with_the_units(values: np.ndarray, shift: float, scale: float) -> None:
    chart, moved = individuals(values, screen=False), individuals(values * scale + shift, screen=False)
    near = {"rel": 1e-7, "abs": 1e-6}
    assert moved.upper[0] == pytest.approx(chart.upper[0] * scale + shift, **near)
    assert moved.lower[0] == pytest.approx(chart.lower[0] * scale + shift, **near)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 500)), min_size=2, max_size=30), st.booleans())
def test_limits_of_shares_and_rates_stay_possible(pairs: list[tuple[int, int]], laney: bool) -> None:
    events, sizes = zip(*pairs, strict=True)
    shares = p_chart(events, sizes, laney=laney)
    assert all(
        0 <= low <= center <= high <= 1
        for low, center, high in zip(shares.lower, shares.center, shares.upper, strict=True)
    )
    rates = u_chart(events, sizes, per=100, laney=laney)
    assert all(
        0 <= low <= center <= high
        for low, center, high in zip(rates.lower, rates.center, rates.upper, strict=True)
    )
    assert rates.center[0] == pytest.approx(100 * shares.center[0])


def test_a_point_without_items_is_missing_not_zero() -> None:
    chart = p_chart([1, 2, 0, 3], [10, 10, 0, 10], laney=False)
    assert chart.values[2] is None
    assert chart.center[0] == pytest.approx(6 / 30)


def test_laney_is_used_when_the_variation_asks_for_it() -> None:
    rng = np.random.default_rng(3)
    sizes = np.full(40, 20_000)
    calm = rng.binomial(sizes, 0.2)
    restless = rng.binomial(sizes, rng.normal(0.2, 0.02, 40))
    assert p_chart(calm, sizes).sigma_z == (None,)
    chart = p_chart(restless, sizes)
    assert chart.sigma_z[0] > 3
    assert len(p_chart(restless, sizes, laney=False).signals) > len(chart.signals)
    assert overdispersion(restless, sizes).p_value < 1e-6
    assert overdispersion([3, 3]).ratio == 0
    assert overdispersion([0, 0]).reason is not None


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=60))
def test_runs_by_their_definition(sides: list[float]) -> None:
    useful = [side for side in sides if side]
    longest = run = 0
    for place, side in enumerate(useful):
        run = run + 1 if place and useful[place - 1] == side else 1
        longest = max(longest, run)
    found = runs_analysis(np.array(sides))
    assert (found.n_useful, found.longest_run) == (len(useful), longest)
    assert found.crossings == sum(a != b for a, b in itertools.pairwise(useful))


def test_run_length_by_simulation() -> None:
    rng = np.random.default_rng(11)
    lengths = []
    for _ in range(400):
        chart = cusum_chart(rng.normal(1.0, 1.0, 80), 0.0, 1.0)
        lengths.append((*chart.signals_high, *chart.signals_low, 80)[0] + 1)
    half = 2.58 * np.std(lengths) / 20
    assert abs(np.mean(lengths) - cusum_run_length(1.0)) < half


def test_ewma_with_weight_1_is_the_shewhart_chart() -> None:
    values = [0.0, 1.0, -3.5, 2.0, 3.2]
    chart = ewma_chart(values, 0.0, 1.0, weight=1.0)
    assert chart.smoothed == pytest.approx(values)
    assert chart.signals == (2, 4)
    assert chart.upper == pytest.approx([3.0] * 5)
    assert chart.to_frame()["signal"].to_list() == [False, False, True, False, True]
    sums = cusum_chart([0.0, 6.0, 0.0, -12.0], 0.0, 1.0)
    assert sums.to_frame()["signal"].to_list() == [False, True, False, True]


def test_large_subgroups_and_single_ones() -> None:
    rng = np.random.default_rng(2)
    groups = rng.normal(10, 2, (30, 40))
    by_range, by_sd = subgroup_chart(groups), subgroup_chart(groups, sigma="standard_deviation")
    assert by_range.sigma[0] == pytest.approx(by_sd.sigma[0], rel=0.05)
    assert d2(40, "exact") == pytest.approx(4.32156, abs=1e-4)  # Tippett (1925)
    lonely = groups.copy()
    lonely[3, 1:] = np.nan
    assert subgroup_chart(lonely).values[3] == pytest.approx(lonely[3, 0])
    assert subgroup_chart(lonely, kind="s").values[3] is None


def test_what_does_not_fit_is_refused_in_both_languages() -> None:
    refused = (
        lambda: individuals(["a", "b"]),
        lambda: individuals([[1.0, 2.0]]),
        lambda: individuals([1.0, float("inf")]),
        lambda: individuals([1.0, 2.0, 3.0], Design(phases=[3])),
        lambda: individuals([1.0, 2.0, 3.0], Design(exclude=[7])),
        lambda: individuals([1.0, 2.0, 3.0], Design(baseline=1)),
        lambda: individuals([1.0, 2.0, 3.0], Design(rules=["no_such_rule"])),
        lambda: p_chart([5], [4]),
        lambda: p_chart([1, 2], [4]),
        lambda: p_chart([-1, 2], [4, 4]),
        lambda: np_chart([5, 9], 8),
        lambda: t_chart([1.0, 0.0]),
        lambda: subgroup_chart([1.0, 2.0]),
        lambda: subgroup_chart([[1.0, 2.0], [1.0]]),
        lambda: ewma_chart([1.0], 0.0, 0.0),
        lambda: ewma_chart([1.0, None], 0.0, 1.0),
        lambda: cusum_chart([1.0], 0.0, 1.0, limit=0),
        lambda: capability([1.0, 2.0], 1.0, 5.0, 4.0),
        lambda: capability([1.0], 1.0, 0.0, 4.0),
        lambda: sigma_level(0),
        lambda: d2(1),
    )
    for call in refused:
        with pytest.raises((InputError, SpecError)) as caught:
            call()
        error: ServLoopError = caught.value
        assert error.message("en") != error.message("zh-CN")
        assert "{" not in error.message("zh-CN")
