"""Two parts of a log: the planted slow-down is found with its size, nothing is found where nothing is planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from statsmodels.stats.proportion import confint_proportions_2indep
from tests.library.process.logs import BEGIN, log, paths

from servloop.diagnose.process.compare import compare, mann_whitney, split_at, split_by
from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError, SpecError


def made(seed: int, *, cases: int = 300, slower: float = 0.0, steps: str = "申请,审核,通知") -> EventLog:
    """Exponential waits of 5 h at each step; the second wait is longer by so many hours."""
    random = np.random.default_rng(seed)
    waits = random.exponential(5, (cases, 2)) + np.array([0, slower])
    names = steps.split(",")
    return log(
        [
            (f"c{case}", name, case + hours)
            for case in range(cases)
            for name, hours in zip(names, [0, waits[case, 0], waits[case].sum()], strict=True)
        ]
    )


def test_the_planted_step_is_slower_and_the_other_is_not() -> None:
    found = compare(made(1), made(2, slower=3))
    assert [(step.source, step.target) for step in found.slower] == [("审核", "通知")]
    step = found.slower[0]
    assert step.time.difference.low < 3 * 3600 < step.time.difference.high
    assert step.time.p_adjusted < 0.001
    assert step.time.superiority > 0.6
    assert step.share.value == 0
    assert found.throughput.verdict == "slower"
    assert found.steps[0] is step
    assert found.to_frame().height == 2


def test_what_steps_add_is_what_cases_take_longer() -> None:
    first, second = made(1), made(2, slower=3)
    found = compare(first, second)
    longer = (second.throughput.mean() - first.throughput.mean()) / 1e6
    assert sum(step.added_seconds for step in found.steps) == pytest.approx(longer)


def test_nothing_planted_is_hardly_ever_found() -> None:
    runs = [compare(made(seed, cases=80), made(1000 + seed, cases=80)) for seed in range(40)]
    assert sum(any(step.time.verdict != "unclear" for step in run.steps) for run in runs) <= 6
    covered = sum(run.steps[0].time.difference.low <= 0 <= run.steps[0].time.difference.high for run in runs)
    assert covered >= 33


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=40)
)
def test_the_test_is_that_of_scipy(one: list[int], two: list[int]) -> None:
    first, second = np.sort(np.array(one, dtype=np.int64)), np.sort(np.array(two, dtype=np.int64))
    chance, p = mann_whitney(first, second)
    if len({*one, *two}) == 1:
        assert (chance, p) == (0.5, 1.0)
        return
    expected = mannwhitneyu(second, first, method="asymptotic")
    assert chance == pytest.approx(expected.statistic / (len(one) * len(two)))
    assert p == pytest.approx(expected.pvalue)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["AB", "ABC", "ACB", "A", "ABAB"]), min_size=1, max_size=12))
def test_compared_with_itself_nothing_changes_and_swapped_everything_turns_round(texts: list[str]) -> None:
    one, two = log(paths(*texts)), log(paths(*reversed(texts), "ABC"))
    same = compare(one, one)
    assert all(step.added_seconds == 0 and step.share.value == 0 for step in same.steps)
    there = {(step.source, step.target): step for step in compare(one, two).steps}
    back = {(step.source, step.target): step for step in compare(two, one).steps}
    assert set(there) == set(back)
    for edge, step in there.items():
        assert step.added_seconds == pytest.approx(-back[edge].added_seconds)
        assert step.share.value == pytest.approx(-back[edge].share.value)


def test_shares_have_newcombes_interval() -> None:
    found = compare(log(paths(*["AB"] * 30, *["AC"] * 10)), log(paths(*["AB"] * 20, *["AC"] * 20)))
    step = next(step for step in found.steps if step.target == "C")
    low, high = confint_proportions_2indep(20, 40, 10, 40, method="newcomb", compare="diff")
    assert (step.share.low, step.share.high) == (pytest.approx(low), pytest.approx(high))


def test_rare_steps_and_activities_of_one_part() -> None:
    found = compare(log(paths(*["AB"] * 20, "AX")), log(paths(*["AB"] * 20, "AY")))
    assert (found.only_first, found.only_second) == (("X",), ("Y",))
    rare = next(step for step in found.steps if step.target == "X")
    assert rare.time.verdict == "too_few"
    assert rare.time.difference.reason.code == "process.compare_too_few"
    assert (rare.first_cases, rare.second_cases, rare.time.second_median) == (1, 0, None)


def test_empty_parts_and_equal_times() -> None:
    assert compare(log([]), log([])).steps == ()
    found = compare(made(1, cases=20), log([]))
    assert found.warnings[0].code == "process.compare_empty_part"
    assert found.throughput.verdict == "too_few"
    equal = compare(log(paths(*["AB"] * 20)), log(paths(*["AB"] * 20))).steps[0].time
    assert (equal.difference.low, equal.difference.high, equal.verdict) == (0, 0, "unclear")


def test_splits() -> None:
    built = log(paths("AB", "AB", "AC"), channel=["web", "web", "app", "app", "web", "app"])
    before, after = split_at(built, int(BEGIN.timestamp() * 1e6) + 24 * 3600 * 1_000_000)
    assert (before.cases, after.cases) == (1, 2)
    web, app = split_by(built, "channel", "web", "app")
    assert (web.case_ids(), app.case_ids()) == (["c0"], ["c1"])
    with pytest.raises(InputError):
        split_by(built, "channel", "web", "fax")
    for wrong in ({"alpha": 0}, {"level": 1.0}, {"min_count": 1}):
        with pytest.raises(SpecError):
            compare(web, app, **wrong)
