"""Running cases: ages and risks as built, the model used only where it helps, and honest gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from statsmodels.duration.survfunc import SurvfuncRight
from tests.library.process.logs import BEGIN, log

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.live import Survival, live_cases
from servloop.diagnose.process.live_model import auc
from servloop.errors import SpecError

NOW = int(BEGIN.timestamp() * 1e6)
HOUR = 3_600_000_000


def requests(seed: int, *, hard: float, cases: int = 800) -> EventLog:
    """Half of the cases go to an expert, and take longer by the factor; a tenth is still running."""
    random = np.random.default_rng(seed)
    events = []
    for case in range(cases):
        expert = case % 2 == 0
        end = 4 + random.exponential(20) * (hard if expert else 1)
        events += [
            (f"c{case}", "疑难" if expert else "受理", case),
            (f"c{case}", "expert" if expert else "desk", case + 3),
        ]
        if random.random() < 0.9:
            events.append((f"c{case}", "close", case + end))
    return log(events)


def test_the_model_is_used_where_the_path_says_more_than_age() -> None:
    built = requests(1, hard=10, cases=1600)
    found = live_cases(built, now=NOW + 4000 * HOUR, limit_seconds=24 * 3600, closing=["close"])
    assert found.used == "model"
    assert found.reliability.improvement.low > 0
    assert found.reliability.auc.low > 0.5
    assert found.reliability.brier < found.reliability.baseline_brier
    assert sum(item.n for item in found.reliability.calibration) == found.reliability.n
    gaps = [abs(item.predicted - item.observed) * item.n for item in found.reliability.calibration]
    assert sum(gaps) / found.reliability.n < 0.15


def test_the_baseline_is_kept_where_the_path_says_nothing() -> None:
    used = [
        live_cases(
            requests(seed, hard=1), now=NOW + 2000 * HOUR, limit_seconds=24 * 3600, closing=["close"]
        ).used
        for seed in range(6)
    ]
    assert used.count("baseline") >= 5


def test_running_cases_have_age_place_and_risk() -> None:
    done = [(f"d{n}", a, 10.0 * n + h) for n in range(20) for a, h in (("A", 0), ("E", 1 + n))]
    built = log([*done, ("甲", "A", 300), ("乙", "A", 250), ("乙", "B", 260)])
    found = live_cases(built, now=NOW + 304 * HOUR, limit_seconds=10 * 3600, closing=["E"])
    assert (found.n, found.finished, found.used) == (2, 20, "baseline")
    assert found.holding == {"A": 1, "B": 1}
    old, young = found.cases
    assert (old.case, old.overdue, old.risk.value, old.idle_seconds) == ("乙", True, 1.0, 44 * 3600)
    assert (young.case, young.age_seconds, young.last_activity) == ("甲", 4 * 3600, "A")
    assert young.risk.value == pytest.approx(10 / 16, abs=0.05)
    assert young.risk.low < young.risk.value < young.risk.high
    assert young.remaining_seconds.value > 0
    assert found.warnings[-1].code == "process.live_no_model"
    assert found.to_frame().height == 2


def test_what_lies_in_the_future_is_not_looked_at() -> None:
    built = log([("a", "A", 0), ("a", "E", 5)])
    found = live_cases(built, now=NOW + HOUR, limit_seconds=60, closing=["E"])
    assert (found.n, found.finished, found.warnings[0].code) == (1, 0, "process.live_future_events")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=60))
def test_survival_is_that_of_statsmodels(cases: list[tuple[int, bool]]) -> None:
    durations, ended = (np.array(column) for column in zip(*cases, strict=True))
    if not ended.any():
        return
    found = Survival.of(durations.astype(float), ended)
    expected = SurvfuncRight(durations, ended)
    assert found.times == pytest.approx(expected.surv_times)
    assert found.share == pytest.approx(expected.surv_prob)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=4, max_size=50))
def test_auc_is_the_statistic_of_mann_and_whitney(rows: list[tuple[int, bool]]) -> None:
    score, late = (np.array(column) for column in zip(*rows, strict=True))
    if min(late.sum(), (~late).sum()) < 2:
        return
    found = auc(score.astype(float), late)
    above = mannwhitneyu(score[late], score[~late], method="asymptotic").statistic
    assert found.value == pytest.approx(above / (late.sum() * (~late).sum()))
    assert found.low <= found.value <= found.high


def test_risk_grows_with_age() -> None:
    survival = Survival.of(np.arange(1.0, 101.0), np.ones(100, dtype=bool))
    risks = [survival.breach(age, 80.0, 0.95) for age in (0.0, 20.0, 50.0, 80.0)]
    assert [risk.value for risk in risks] == pytest.approx([0.2, 0.25, 0.4, 1.0])
    assert all(risk.low <= risk.value <= risk.high for risk in risks)
    assert survival.breach(95.0, 98.0, 0.95).reason.code == "process.live_too_few"
    assert survival.remaining(50.0).value == pytest.approx(25)


def test_empty_logs_and_wrong_requests() -> None:
    assert live_cases(log([]), now=NOW, limit_seconds=1, closing=[]).cases == ()
    one = log([("a", "A", 0)])
    for wrong in ({"limit_seconds": 0}, {"closing": ["Z"]}, {"closing": []}, {"level": 0}):
        with pytest.raises(SpecError):
            live_cases(one, **({"now": NOW, "limit_seconds": 1, "closing": ["A"]} | wrong))
