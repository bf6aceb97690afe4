"""Is a goal feasible: what history says, its own first, then that of comparable units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.plan.goals import feasibility

FLAT = [70.0] * 24
RISING = [60.0 + step for step in range(24)]


def test_a_move_that_was_seen_often_is_feasible():
    found = feasibility(RISING, 3.0, 3)
    assert (found.judgement, found.own.value, found.own.n) == ("seen", 1.0, 21)
    assert found.best == 83.0
    assert found.best_at == 23
    assert found.best_move == 3.0
    assert "21" in found.reason.message("en")


def test_a_move_that_was_never_seen_is_said_to_be_new():
    found = feasibility(FLAT, 5.0, 3, others={"north": FLAT})
    assert found.judgement == "never"
    assert found.own.value == 0.0
    assert found.own.high is not None
    assert found.own.high > 0.2  # 7 separate moves prove little


def test_down_is_a_direction_too():
    assert feasibility(RISING[::-1], -3.0, 3).judgement == "seen"
    assert feasibility(RISING, -3.0, 3).judgement == "never"
    assert feasibility(RISING, -3.0, 3).best == 60.0


def test_what_others_did_counts_where_the_own_history_is_silent():
    found = feasibility([70.0, 71.0], 3.0, 3, others={"a": RISING, "b": FLAT})
    assert found.own.value is None
    assert found.own.reason is not None
    assert found.own.reason.code == "goals.few_moves"
    assert (found.judgement, found.others.value) == ("seen", 0.5)
    assert found.reason.code == "goals.seen_others"


def test_what_others_did_is_told_beside_a_history_that_never_moved():
    found = feasibility(FLAT, 3.0, 3, others={"a": RISING})
    assert (found.judgement, found.reason.code) == ("rare", "goals.only_elsewhere")
    assert found.reason.params["other_n"] == 21


def test_too_little_history_is_not_computable_and_says_so():
    found = feasibility([70.0, None, 71.0], 3.0, 1)
    assert found.judgement == "unknown"
    assert "Not computable" in found.reason.message("en")
    assert "无法判断" in found.reason.message("zh-CN")
    empty = feasibility([], 1.0, 1)
    assert (empty.judgement, empty.best, empty.best_move) == ("unknown", None, None)


def test_the_interval_counts_only_moves_that_share_no_rows():
    rng = np.random.default_rng(2)
    noise = list(rng.normal(70, 1, 60))
    alone, shared = feasibility(noise, 1.0, 1), feasibility(noise, 1.0, 1, window=3)
    assert alone.own.value == shared.own.value
    assert alone.own.high is not None
    assert alone.own.low is not None
    assert shared.own.high is not None
    assert shared.own.low is not None
    assert shared.own.high - shared.own.low > alone.own.high - alone.own.low


@pytest.mark.parametrize(
    ("change", "steps", "code"), [(0.0, 3, "goals.no_change"), (1.0, 0, "goals.no_time")]
)
def test_impossible_questions_are_refused(change, steps, code):
    with pytest.raises(SpecError) as refused:
        feasibility(FLAT, change, steps)
    assert refused.value.code == code


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=40),
    st.floats(0.01, 100),
    st.integers(1, 6),
)
def test_shares_are_shares_and_a_higher_goal_is_never_easier(history, change, steps):
    easy, hard = feasibility(history, change, steps), feasibility(history, 2 * change, steps)
    if easy.own.value is None or hard.own.value is None:
        assert easy.own.n == hard.own.n < 6
        return
    assert easy.own.low is not None
    assert easy.own.high is not None
    assert 0 <= easy.own.low <= easy.own.value <= easy.own.high <= 1
    assert hard.own.value <= easy.own.value
