"""What slow cases have in common: the planted feature is found, nothing is found where nothing is planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep
from tests.library.process.logs import log

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.slow_cases import slow_cases
from servloop.errors import InputError, SpecError


def made(*, effect: float, seed: int = 0, cases: int = 400) -> EventLog:
    """Cases with a channel and a team; those of the branch take longer by the effect (in hours)."""
    random = np.random.default_rng(seed)
    events, channel, team = [], [], []
    for case in range(cases):
        place, group = random.choice(["web", "branch", "app"]), random.choice(["x", "y"])
        hours = random.exponential(10) + effect * (place == "branch")
        steps = [("A", 0.0), ("B", hours / 2), ("C", hours)] if case % 3 else [("A", 0.0), ("C", hours)]
        events += [(f"c{case}", step, case + h) for step, h in steps]
        channel += [place] * len(steps)
        team += [group] * len(steps)
    return log(events, channel=channel, team=team)


def test_the_planted_feature_comes_first_with_its_figures() -> None:
    built = made(effect=12)
    found = slow_cases(built, attributes=["channel", "team"])
    first = found.causes[0]
    assert (first.kind, first.name, first.value) == ("attribute", "channel", "branch")
    assert first.p_adjusted < 0.001
    assert first.lift > 1.5
    assert found.slow == 100
    others, other_slow = found.n - first.n, found.slow - first.slow
    assert first.p == pytest.approx(
        fisher_exact([[first.slow, first.n - first.slow], [other_slow, others - other_slow]]).pvalue
    )
    low, high = confint_proportions_2indep(
        first.slow, first.n, other_slow, others, method="newcomb", compare="diff"
    )
    assert (first.difference.low, first.difference.high) == (pytest.approx(low), pytest.approx(high))


def test_nothing_planted_is_hardly_ever_found() -> None:
    false = sum(
        cause.p_adjusted < 0.05
        for seed in range(20)
        for cause in slow_cases(made(effect=0, seed=seed, cases=150), attributes=["channel", "team"]).causes[
            :1
        ]
    )
    assert false <= 3  # 5 % of 20 runs is one


def test_features_that_nearly_all_or_hardly_any_case_has_are_not_tested() -> None:
    names = {(cause.kind, cause.name) for cause in slow_cases(made(effect=1)).causes}
    assert names == {("activity", "B")}  # every case has A and C; nothing is done twice
    assert slow_cases(made(effect=1), limit_seconds=1e9).causes[0].lift == 0


def test_wrong_requests_and_empty_logs() -> None:
    assert slow_cases(log([])).threshold_seconds is None
    with pytest.raises(InputError):
        slow_cases(made(effect=1, cases=10), attributes=["colour"])
    with pytest.raises(SpecError):
        slow_cases(made(effect=1, cases=10), min_cases=0)
