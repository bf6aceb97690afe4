"""Shift plans: always cover, never cheaper than the bound, as cheap as enumeration finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.plan.shifts import ShiftTemplate, plan_shifts

DAY = ShiftTemplate("day", (0, 1, 2), 4, breaks=(2,), cost=8.0)
SHORT = ShiftTemplate("short", (0, 1, 2, 3, 4), 2, cost=5.0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=6, max_size=6), min_size=1, max_size=3))
def test_demand_is_covered_and_the_cost_is_the_bound(demand: list[list[int]]) -> None:
    plan = plan_shifts(demand, [DAY, SHORT])
    assert (plan.scheduled >= plan.demand).all()
    assert plan.optimal
    assert plan.cost == pytest.approx(plan.lower_bound, abs=1e-4)
    prices = {"day": 8.0, "short": 5.0}
    assert plan.cost == sum(prices[item.shift] * item.people for item in plan.assignments)
    assert plan.shifts == sum(item.people for item in plan.assignments)
    assert plan.to_frame().height == len(plan.assignments)


def test_no_cheaper_plan_exists() -> None:
    demand, shifts = [1, 2, 1, 2, 1, 1], [DAY, SHORT]
    plan = plan_shifts([demand], shifts)
    candidates = [(template, start) for template in shifts for start in template.starts]
    cheapest = min(
        sum(template.cost * people for (template, _), people in zip(candidates, counts, strict=True))
        for counts in product(range(3), repeat=len(candidates))
        if covers(demand, candidates, counts)
    )
    assert plan.cost == cheapest


def covers(demand, candidates, counts) -> bool:
    present = np.zeros(len(demand))
    for (template, start), people in zip(candidates, counts, strict=True):
        for place in range(template.length):
            if place not in template.breaks and start + place < len(demand):
                present[start + place] += people
    return bool((present >= demand).all())


def test_a_week_repeats_and_other_plans_are_cut() -> None:
    night = ShiftTemplate("night", (3,), 3)
    demand = np.zeros((7, 4), dtype=int)
    demand[0, 0] = 1  # Monday's first period: only Sunday's night shift reaches it
    plan = plan_shifts(demand, [night])
    assert [(item.day, item.shift) for item in plan.assignments] == [(6, "night")]
    with pytest.raises(SpecError) as refused:
        plan_shifts(demand[:3], [night])
    assert refused.value.code == "plan.demand_not_coverable"


def test_days_and_limits_and_allowed_shortfall() -> None:
    few = ShiftTemplate("few", (0,), 2, days=(0,), most=2)
    with pytest.raises(SpecError) as refused:
        plan_shifts([[3, 3], [0, 0]], [few])
    assert refused.value.code == "plan.no_shift_plan"
    plan = plan_shifts([[3, 3], [1, 0]], [few], shortfall_cost=100)
    assert plan.shortfall == 3
    assert plan.warnings[0].count == 3
    assert plan.shifts == 2


def test_least_people_is_at_least_the_busiest_day() -> None:
    plan = plan_shifts([[4], [0], [0]], [ShiftTemplate("x", (0,), 1)])
    assert (plan.shifts, plan.least_people) == (4, 4)
    every_day = plan_shifts([[4]] * 7, [ShiftTemplate("x", (0,), 1)])
    assert every_day.least_people == 6  # 28 shifts, 5 each


def test_nothing_needed_nothing_planned() -> None:
    plan = plan_shifts(np.zeros((2, 6)), [DAY])
    assert (plan.cost, plan.assignments, plan.surplus_share, plan.least_people) == (0, (), 0, 0)


def test_a_week_of_half_hours_is_solved() -> None:
    hours = np.arange(48)
    demand = np.rint(20 * np.exp(-(((hours - 24) / 8) ** 2)))[None, :] * np.linspace(1, 0.6, 7)[:, None]
    full = ShiftTemplate("full", tuple(range(12, 31, 2)), 17, breaks=(8,), cost=17, days=tuple(range(7)))
    part = ShiftTemplate("part", tuple(range(12, 41, 2)), 8, cost=9)
    early = ShiftTemplate("early", (0, 4, 8), 12, cost=14)
    late = ShiftTemplate("late", (36, 40), 12, cost=14)
    plan = plan_shifts(demand, [full, part, early, late], tolerance=0.02)
    assert (plan.scheduled >= plan.demand).all()
    assert plan.cost <= plan.lower_bound * 1.021


def test_wrong_requests() -> None:
    for demand in ([1, 2], [[-1]], [[float("nan")]], []):
        with pytest.raises(SpecError, match=r"table|days"):
            plan_shifts(demand, [DAY])
    with pytest.raises(SpecError):
        plan_shifts([[1, 1]], [DAY])
    for wrong in (
        {"length": 0},
        {"starts": ()},
        {"breaks": (0,)},
        {"breaks": (4,)},
        {"cost": 0},
        {"most": -1},
    ):
        with pytest.raises(SpecError):
            ShiftTemplate(**({"name": "x", "starts": (0,), "length": 4} | wrong))
