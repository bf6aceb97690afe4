"""Planted effects are found, absent ones are not, and what cannot be computed says why."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, ServLoopError, SpecError
from servloop.results import Estimate
from servloop.verify.before_after import Model, before_after
from servloop.verify.difference_in_differences import difference_in_differences, two_by_two
from servloop.verify.effects import Effect
from servloop.verify.experiments import (
    compare_adjusted,
    compare_means,
    compare_moments,
    compare_paired,
    compare_ratios,
    compare_shares,
    sample_ratio,
)
from servloop.verify.planning import (
    adjust_p_values,
    confidence_sequence,
    sequential_test,
    subjects_for_arcsine,
    subjects_for_means,
    subjects_for_shares,
)
from servloop.verify.return_on_investment import return_on_investment
from servloop.verify.synthetic_control import simplex_weights, synthetic_control
from servloop.verify.verdict import verdict


def monthly(
    rng: np.random.Generator, size: int, start: int, effect: float, memory: float = 0.3
) -> np.ndarray:
    noise = np.zeros(size)
    for place in range(1, size):
        noise[place] = memory * noise[place - 1] + rng.normal(0, 1)
    time = np.arange(size)
    return 50 + 0.1 * time + 3 * np.sin(2 * np.pi * time / 12) + noise + effect * (time >= start)


def test_interrupted_series_covers_the_planted_effect() -> None:
    rng = np.random.default_rng(4)
    model = Model(season=12, slope_change=False)
    hits = false_alarms = 0
    for _ in range(60):
        found = before_after(monthly(rng, 96, 60, 5.0), 60, model).effect.estimate
        hits += found.low <= 5.0 <= found.high
        null = before_after(monthly(rng, 96, 60, 0.0), 60, model).effect
        false_alarms += null.p_value < 0.05
    assert hits >= 48  # nominal 57; errors with memory are known to be a little too small
    assert false_alarms <= 12


def test_exact_series_gives_exact_figures() -> None:
    time = np.arange(40)
    jitter = np.resize([1e-6, -1e-6, 2e-6, -3e-6, 1e-6], 40)
    series = 100 + 2 * time + (time >= 25) * (10 + 0.5 * (time - 25)) + jitter
    result = before_after(series, 25)
    assert result.level_change.estimate.value == pytest.approx(10, abs=1e-4)
    assert result.slope_change.estimate.value == pytest.approx(0.5, abs=1e-5)
    assert result.effect.estimate.value == pytest.approx(10 + 0.5 * 7, abs=1e-4)
    mean = (100 + 2 * time[25:]).mean()
    assert result.relative.value == pytest.approx(13.5 / mean, rel=1e-5)
    frame = result.to_frame()
    assert frame["counterfactual"].to_numpy() == pytest.approx(100 + 2 * time, abs=1e-4)
    assert frame["fitted"].to_numpy() == pytest.approx(series, abs=1e-4)
    assert (frame["low"] <= frame["counterfactual"]).all()
    assert json.dumps(result.to_dict("zh-CN"), allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_the_effect_moves_with_the_unit(seed: int, scale: float, shift: float) -> None:
    series = monthly(np.random.default_rng(seed), 40, 25, 2.0)
    first, second = before_after(series, 25), before_after(series * scale + shift, 25)
    assert second.effect.estimate.value == pytest.approx(scale * first.effect.estimate.value, rel=1e-5)
    assert second.effect.p_value == pytest.approx(first.effect.p_value, rel=1e-4)


def test_before_after_says_what_it_rests_on() -> None:
    rng = np.random.default_rng(1)
    series = monthly(rng, 20, 9, 0.0)
    series[3] = np.nan
    result = before_after(series, 9)
    assert [notice.code for notice in result.warnings][:4] == [
        "verify.no_comparison",
        "verify.not_declared",
        "verify.missing_points",
        "verify.few_points_before",
    ]
    assert (result.n_before, result.n_after) == (8, 11)
    assert before_after(series[:11], 9).effect.estimate.reason.code == "verify.too_few_points"
    assert before_after(np.full(30, 7.0), 15).effect.estimate.reason.code == "verify.no_variation"
    overfull = before_after(monthly(rng, 30, 20, 0.0), 20, Model(season=29))
    assert overfull.effect.estimate.reason.code == "verify.not_identified"
    assert overfull.effect.p_value is None
    assert overfull.counterfactual == (None,) * 30
    negative = before_after(-monthly(rng, 40, 20, 1.0), 20)
    assert negative.relative.reason.code == "verify.counterfactual_not_positive"


def panel(rng: np.random.Generator, units: int, periods: int, effect: float, drift: float = 0.0):
    unit, period = np.divmod(np.arange(units * periods), periods)
    treated = unit < units // 2
    treatment = treated & (period >= periods // 2)
    outcome = unit * 1.5 + np.sin(period) + drift * treated * period + effect * treatment
    return outcome + rng.normal(0, 0.5, unit.size), unit, period, treatment


def dummy_coefficient(outcome, unit, period, treatment) -> float:
    columns = [
        treatment.astype(float),
        *(unit == one for one in np.unique(unit)),
        *(period == one for one in np.unique(period)[1:]),
    ]
    return float(np.linalg.lstsq(np.column_stack(columns).astype(float), outcome, rcond=None)[0][0])


def test_fixed_effects_agree_with_dummies_also_in_unbalanced_panels() -> None:
    rng = np.random.default_rng(8)
    outcome, unit, period, treatment = panel(rng, 12, 8, 2.0)
    kept = rng.random(outcome.size) > 0.25
    parts = [column[kept] for column in (outcome, unit, period, treatment)]
    assert difference_in_differences(*parts).effect.estimate.value == pytest.approx(
        dummy_coefficient(*parts), rel=1e-8
    )
    holes = np.where(kept, outcome, np.nan)
    assert difference_in_differences(holes, unit, period, treatment).effect.estimate.value == pytest.approx(
        dummy_coefficient(*parts), rel=1e-8
    )


def test_difference_in_differences_finds_effect_and_drift() -> None:
    rng = np.random.default_rng(5)
    calm = difference_in_differences(*panel(rng, 40, 10, 2.0), declared=True)
    assert calm.effect.estimate.low < 2.0 < calm.effect.estimate.high
    assert calm.pre_trend.p_value > 0.01
    assert calm.warnings == ()
    assert [event.treated for event in calm.events] == [False] * 5 + [True] * 5
    assert calm.events[4].effect.estimate.value == 0
    assert calm.events[7].effect.estimate.value == pytest.approx(2.0, abs=0.6)
    drifting = difference_in_differences(*panel(rng, 40, 10, 0.0, drift=0.5))
    assert drifting.pre_trend.p_value < 1e-4
    assert calm.to_frame().height == 10


def test_panels_without_an_answer() -> None:
    outcome, unit, period, _ = panel(np.random.default_rng(1), 6, 4, 0.0)
    nothing = difference_in_differences(outcome, unit, period, np.zeros(outcome.size))
    assert nothing.effect.estimate.reason.code == "verify.not_identified"
    everything = difference_in_differences(outcome, unit, period, period >= 2)
    assert everything.effect.p_value is None
    assert difference_in_differences([], [], [], []).effect.estimate.value is None
    incomplete = two_by_two([1.0, 2.0, 3.0], [0, 0, 1], [0, 1, 1])
    assert incomplete.effect.estimate.reason.code == "verify.groups_incomplete"
    staggered = difference_in_differences(outcome, unit, period, (unit < 3) & (period > unit))
    assert "verify.staggered_start" in [notice.code for notice in staggered.warnings]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-6, 1.0, 1e6]))
def test_weights_are_a_mix_and_do_not_depend_on_the_unit(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    donors = rng.normal(100, 10, (15, 5))
    truth = rng.dirichlet(np.ones(5))
    weights = simplex_weights(donors @ truth * scale, donors * scale)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert weights == pytest.approx(truth, abs=1e-5)


def test_synthetic_control_edges() -> None:
    rng = np.random.default_rng(2)
    outcomes = rng.normal(100, 5, (6, 12)).cumsum(axis=1)
    names = [f"网点{place}" for place in range(6)]
    outcomes[0, 8:] += 80
    result = synthetic_control(outcomes, names, "网点0", 8, declared=True)
    assert result.placebo_rank == 1
    assert result.effect.value > 20
    assert result.effect.low is None
    assert result.to_frame().height == 12
    small = synthetic_control(outcomes[:2], names[:2], "网点0", 8)
    assert small.effect.reason.code == "verify.too_few_units"
    assert small.to_frame()["synthetic"].null_count() == 12


def test_experiments_without_an_answer() -> None:
    assert compare_shares(0, 0, 3, 10).effect.estimate.reason.code == "verify.group_empty"
    same = compare_shares(0, 10, 0, 10)
    assert (same.effect.estimate.value, same.effect.p_value) == (0, None)
    assert same.relative.reason.code == "verify.control_not_positive"
    assert compare_means([1.0], [2.0, 3.0]).effect.p_value is None
    assert compare_means([1.0, 1.0], [1.0, 1.0]).effect.estimate.reason.code == "verify.no_variation"
    assert compare_means([1.0, None, 3.0], [2.0, 4.0]).control.n == 2
    assert compare_paired([1.0], [2.0]).estimate.value is None
    assert compare_ratios(([], []), ([1], [1])).effect.estimate.value is None
    assert sample_ratio([0, 0]).p_value is None
    assert not sample_ratio([90, 10], [9, 1]).mismatch
    assert adjust_p_values([0.01, None, 0.02]) == (0.02, None, 0.02)
    assert adjust_p_values([]) == ()


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60))
def test_intervals_of_shares_contain_the_difference_and_stay_possible(a: int, x: int, b: int, y: int) -> None:
    found = compare_shares(min(x, a), a, min(y, b), b).effect.estimate
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    swapped = compare_shares(min(y, b), b, min(x, a), a).effect.estimate
    assert swapped.low == pytest.approx(-found.high, abs=1e-12)


def test_moments_are_the_same_test_as_values() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(0, 1, 30), rng.normal(1, 2, 40)
    moments = [(float(x.mean()), float(x.std(ddof=1)), x.size) for x in (a, b)]
    assert compare_moments(*moments).effect == compare_means(a, b).effect
    frame = compare_means(a, b).to_frame()
    assert frame["name"].to_list() == ["control", "treatment", "effect", "relative"]
    assert frame["n"].to_list() == [30, 40, 70, 70]


def test_returns_that_do_not_exist_say_why() -> None:
    never = return_on_investment([-100, 10, 10], 0.05)
    assert never.payback.reason.code == "verify.not_paid_back"
    assert never.internal_rate.value < 0
    gift = return_on_investment([100, 10], 0.05)
    assert gift.simple.reason.code == "verify.nothing_invested"
    assert gift.to_frame()["value"].null_count() == 3
    assert gift.internal_rate.reason.code == "verify.no_single_rate"
    assert return_on_investment([-1, 3, -2], 0.0).internal_rate.value is None


@pytest.mark.parametrize(
    ("value", "low", "high", "decision", "code"),
    [
        (5, 3, 7, "adopt", "gain_certain"),
        (3, 0.5, 5, "adopt", "gain_likely"),
        (1, 0.5, 5, "adjust", "gain_uncertain"),
        (1, -2, 4, "adjust", "gain_uncertain"),
        (0.5, -1, 1.5, "stop", "gain_too_small"),
        (-3, -5, -1, "stop", "harm"),
    ],
)
def test_verdicts_in_both_directions(value: float, low: float, high: float, decision: str, code: str) -> None:
    up = verdict(Estimate(value, 50, low, high), 2, "increase")
    down = verdict(Estimate(-value, 50, -high, -low), 2, "decrease")
    assert (up.decision, up.reason.code) == (decision, f"verify.{code}")
    assert (down.decision, down.reason) == (up.decision, up.reason)
    assert "{" not in up.reason.message("zh-CN") + up.reason.message("en")


def test_no_verdict_without_an_effect() -> None:
    gap = verdict(Effect.not_computable(3, "verify.not_identified").estimate, 1, "increase")
    assert gap.decision is None
    assert gap.reason.code == "verify.not_identified"
    assert verdict(Estimate(1.0, 3), 1, "increase").reason.code == "verify.no_interval"


def test_what_does_not_fit_is_refused_in_both_languages() -> None:
    series = np.arange(30.0)
    refused = (
        lambda: before_after(series, 0),
        lambda: before_after(series, 30),
        lambda: before_after(series, 10, Model(season=1)),
        lambda: before_after(series, 10, Model(logarithm=True)),
        lambda: before_after(["a"] * 30, 10),
        lambda: before_after(series, 10, phase=[1, 2]),
        lambda: before_after(series, 10, level=1.0),
        lambda: two_by_two(series, [0], [0]),
        lambda: two_by_two([1.0, 2.0], [0, 2], [0, 1]),
        lambda: difference_in_differences(series, [1], series, series > 3),
        lambda: synthetic_control([[1.0, np.nan], [1.0, 2.0]], ["a", "b"], "a", 1),
        lambda: synthetic_control(np.ones((3, 4)), ["a", "b", "c"], "d", 2),
        lambda: synthetic_control([[1.0], [1.0, 2.0]], ["a", "b"], "a", 1),
        lambda: synthetic_control(np.ones((3, 4)), ["a", "b", "c"], "a", 4),
        lambda: compare_shares(5, 4, 1, 4),
        lambda: compare_paired([1.0], [1.0, 2.0]),
        lambda: compare_ratios(([1.0], [1.0, 2.0]), ([1.0], [1.0])),
        lambda: compare_adjusted(([1.0, 2.0], [1.0, 1.0]), ([1.0, 2.0], [1.0, 1.0])),
        lambda: sample_ratio([1]),
        lambda: subjects_for_shares(0.5, 0.5),
        lambda: subjects_for_shares(0.5, 0.6, power=1.0),
        lambda: subjects_for_arcsine(0.2, 0.2),
        lambda: subjects_for_means(0.0),
        lambda: subjects_for_means(1e-6),
        lambda: adjust_p_values([2.0]),
        lambda: adjust_p_values([0.2], "none"),
        lambda: sequential_test(1.0, 0.0, 1.0),
        lambda: confidence_sequence(1.0, 0.0, 5),
        lambda: return_on_investment([], 0.1),
        lambda: return_on_investment([1.0], -1.0),
        lambda: verdict(Estimate(1.0, 3, 0.0, 2.0), 0, "increase"),
    )
    for call in refused:
        with pytest.raises((InputError, SpecError)) as caught:
            call()
        error: ServLoopError = caught.value
        assert error.message("en") != error.message("zh-CN")
        assert "{" not in error.message("zh-CN") + error.message("en")
