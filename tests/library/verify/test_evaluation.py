"""A check from series to verdict: planted effects are recovered, none is found where none is, and what it rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from servloop.errors import SpecError
from servloop.verify.before_after import Model, before_after
from servloop.verify.evaluation import Declaration, Observed, UnitSeries, evaluate, place_of_start
from servloop.verify.evaluation_marks import mix_change, trend_before
from servloop.verify.series_planning import power_of_series

MONDAY = dt.date(2025, 1, 6)
BEFORE, AFTER = 52, 12


def weeks(n: int = BEFORE + AFTER) -> tuple[dt.date, ...]:
    return tuple(MONDAY + dt.timedelta(days=7 * place) for place in range(n))


START = weeks()[BEFORE]
ALONE = Declaration(START, "week", compared=False, smallest=1.0, direction="increase")
COMPARED = replace(ALONE, compared=True)


def fading(rng: np.random.Generator, n: int, memory: float, spread: float = 1.0) -> np.ndarray:
    noise = rng.normal(0, spread * np.sqrt(1 - memory**2), n)
    series = np.empty(n)
    series[0] = rng.normal(0, spread)
    for place in range(1, n):
        series[place] = memory * series[place - 1] + noise[place]
    return series


def bank(rng: np.random.Generator, effect: float, changed: int = 4, others: int = 8) -> Observed:
    """Units that share a common course; some of them get better by ``effect`` from the start on."""
    n = BEFORE + AFTER
    common = fading(rng, n, 0.7, 2.0) + np.linspace(0, 3, n)
    units = []
    for place in range(changed + others):
        series = 70 + common + fading(rng, n, 0.3, 1.5) + rng.normal(0, 2)
        if place < changed:
            series[BEFORE:] += effect
        units.append(UnitSeries(f"u{place}", place < changed, tuple(series.tolist())))
    pooled = {
        side: tuple(np.mean([u.values for u in units if u.changed is side], axis=0).tolist())
        for side in (True, False)
    }
    return Observed(weeks(), pooled[True], pooled[False], (100,) * n, tuple(units))


def test_a_planted_effect_is_recovered_with_comparison_units():
    found = evaluate(bank(np.random.default_rng(1), 3.0), COMPARED)
    effect = found.effect.estimate
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < 3.0 < effect.high
    assert found.verdict.decision == "adopt"
    assert [method.key for method in found.methods] == [
        "difference",
        "its",
        "units",
        "synthetic",
        "plain",
        "others",
    ]
    assert found.expected is not None
    assert found.seen is not None
    assert found.seen - found.expected == pytest.approx(effect.value)
    assert found.relative.value == pytest.approx(effect.value / found.expected)
    assert (found.first_after, found.periods_before, found.periods_after) == (BEFORE, BEFORE, AFTER)
    assert (found.rows_before, found.rows_after) == (5_200, 1_200)
    assert found.usual is not None
    assert np.mean(found.differences[:BEFORE]) == pytest.approx(0.0, abs=1e-9)


def test_intervals_cover_the_truth_and_nothing_is_found_where_nothing_is():
    """Over 60 seeds: the binomial chance of fewer than 50 covers at 95 % is below 1 in 1000."""
    covered = false = 0
    for seed in range(60):
        planted = evaluate(bank(np.random.default_rng(seed), 2.0, 1, 5), COMPARED).effect.estimate
        null = evaluate(bank(np.random.default_rng(1000 + seed), 0.0, 1, 5), COMPARED)
        assert planted.low is not None
        assert planted.high is not None
        covered += planted.low <= 2.0 <= planted.high
        false += null.effect.p_value is not None and null.effect.p_value < 0.05
    assert covered >= 50
    assert false <= 9


def test_without_comparison_the_own_trend_is_taken_out():
    rng = np.random.default_rng(3)
    series = 60 + 0.2 * np.arange(BEFORE + AFTER) + rng.normal(0, 1, BEFORE + AFTER)
    flat = Observed(weeks(), tuple(series.tolist()), (), (50,) * (BEFORE + AFTER))
    found = evaluate(flat, ALONE)
    assert found.effect.estimate.low is not None
    assert found.effect.estimate.high is not None
    assert found.effect.estimate.low < 0 < found.effect.estimate.high
    assert found.verdict.decision in {"adjust", "stop"}
    plain = {method.key: method for method in found.methods}["plain"]
    assert plain.effect.estimate.value > 4  # what a comparison of means would have claimed
    assert [mark.notice.code for mark in found.marks] == [
        "verify.mark_no_season",
        "verify.mark_memory",
        "verify.mark_alone",
    ]
    assert found.comparison == ()
    assert found.usual is None


def test_a_start_within_a_week_leaves_that_week_out():
    observed = bank(np.random.default_rng(4), 3.0)
    midweek = replace(COMPARED, start=START + dt.timedelta(days=2))
    found = evaluate(observed, midweek)
    assert found.left_out == START
    assert found.observed[BEFORE] is None
    assert (found.first_after, found.periods_after) == (BEFORE + 1, AFTER - 1)
    assert "verify.mark_left_out" in [mark.notice.code for mark in found.marks]
    assert place_of_start(observed.periods, COMPARED) == (BEFORE, None)


def test_missing_weeks_are_left_out_and_told():
    observed = bank(np.random.default_rng(5), 3.0)
    holes = tuple(None if place in (7, 60) else value for place, value in enumerate(observed.changed))
    found = evaluate(replace(observed, changed=holes), COMPARED)
    assert (found.periods_before, found.periods_after) == (BEFORE - 1, AFTER - 1)
    missing = next(mark for mark in found.marks if mark.notice.code == "verify.mark_missing")
    assert (missing.notice.count, missing.meaning) == (2, "watch")


def test_units_that_drifted_apart_before_are_marked():
    observed = bank(np.random.default_rng(6), 0.0)
    drifting = tuple((value or 0) + 0.15 * place for place, value in enumerate(observed.changed))
    marks = {m.notice.code: m.meaning for m in evaluate(replace(observed, changed=drifting), COMPARED).marks}
    assert marks["verify.mark_not_parallel"] == "bad"
    steady = {m.notice.code for m in evaluate(observed, COMPARED).marks}
    assert "verify.mark_parallel" in steady


def test_too_little_data_is_not_computable_with_the_reason():
    observed = Observed(weeks(10), (70.0,) * 10, (), (5,) * 10)
    found = evaluate(observed, replace(ALONE, start=weeks()[6]))
    assert found.effect.estimate.value is None
    assert found.verdict.decision is None
    assert found.verdict.reason.code == "verify.too_few_points"
    assert found.expected is None
    for start, code in ((MONDAY, "verify.nothing_before"), (weeks()[40], "verify.nothing_after")):
        with pytest.raises(SpecError) as refused:
            evaluate(observed, replace(ALONE, start=start))
        assert refused.value.code == code
    assert refused.value.params["last"] == weeks(10)[-1].isoformat()


def test_a_change_of_customers_is_marked_by_its_size():
    # 2 x 2 by hand: chi-squared = n (ad - bc)^2 / (row and column sums)
    p, strength = mix_change([(50, 30), (50, 70)])
    assert strength == pytest.approx(np.sqrt(200 * (50 * 70 - 30 * 50) ** 2 / (80 * 120 * 100 * 100) / 200))
    assert p == pytest.approx(0.00389, abs=1e-5)
    assert mix_change([(10, 20)]) is None
    assert mix_change([(10, 0), (5, 0)]) is None
    observed = bank(np.random.default_rng(7), 3.0)
    for mix, code, meaning in (
        (((50, 50), (50, 50)), "verify.mark_mix", "good"),
        (((50_000, 51_000), (50_000, 49_000)), "verify.mark_mix_small", "good"),
        (((100, 20), (100, 200)), "verify.mark_mix_changed", "watch"),
    ):
        marks = {m.notice.code: m.meaning for m in evaluate(replace(observed, mix=mix), COMPARED).marks}
        assert marks[code] == meaning


def test_slope_before_is_a_slope():
    found = trend_before(np.array([1.0, 2.1, 2.9, 4.0, 5.1]))
    assert found is not None
    assert found[0] == pytest.approx(1.01)
    assert found[1] < 0.001
    assert trend_before(np.array([1.0, np.nan, 2.0, 3.0])) is None


@pytest.mark.parametrize("memory", [0.0, 0.4])
def test_the_power_that_was_promised_is_the_power_that_is_found(memory):
    """The mean promise over 150 series against the share of them in which the effect came out clear."""
    rng, model = np.random.default_rng(11), Model(slope_change=False, small_sample=True, cautious=True)
    promised, clear = [], 0
    for _ in range(150):
        series = fading(rng, BEFORE + AFTER, memory)
        series[BEFORE:] += 1.4
        power = power_of_series(series[:BEFORE], AFTER, 1.4, model)
        assert power.power.value is not None
        promised.append(power.power.value)
        p = before_after(series, BEFORE, model).effect.p_value
        clear += p is not None and p < 0.05
    assert np.mean(promised) == pytest.approx(clear / 150, abs=0.12)


def test_power_says_what_would_be_enough():
    series = np.random.default_rng(12).normal(70, 2, 52)
    weak = power_of_series(series, 4, 1.0)
    assert not weak.enough
    assert weak.warnings[0].code == "verify.power_low"
    strong = power_of_series(series, 12, 6.0)
    assert strong.enough
    assert strong.needed_after == 12
    assert weak.detectable is not None
    assert power_of_series(series, 4, weak.detectable).power.value == pytest.approx(0.8, abs=1e-6)
    short = power_of_series(series[:5], 12, 1.0)
    assert short.power.reason is not None
    assert short.power.reason.code == "verify.too_few_points"
    for wrong in ({"smallest": 0.0}, {"alpha": 1.5}, {"n_after": 0}):
        given = {"n_after": 4, "smallest": 1.0} | wrong
        with pytest.raises(SpecError):
            power_of_series(series, **given)


def test_cautious_intervals_are_never_narrower():
    series = fading(np.random.default_rng(13), 60, 0.5)
    plain = before_after(series, 45, Model(slope_change=False)).effect
    cautious = before_after(series, 45, Model(slope_change=False, cautious=True)).effect
    assert plain.standard_error is not None
    assert cautious.standard_error is not None
    assert cautious.standard_error >= plain.standard_error
    assert cautious.estimate.value == plain.estimate.value
