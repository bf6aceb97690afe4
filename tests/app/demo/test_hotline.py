"""The hotline's calls: a real queue with too few people on Mondays, whose effect a simulation predicts from the log."""

from __future__ import annotations

import numpy as np
import pytest

from servloop.diagnose.process.event_log import EventLog
from servloop.errors import SpecError
from servloop.plan.simulation import what_if
from servloop.plan.simulation_model import apply_changes, discover_model
from servloop_app.demo.simulator.hotline import DESK, WEEKS, heads, hotline_calls
from servloop_app.demo.simulator.world import World

ZONE = "Asia/Shanghai"
NAMES = {
    "案例编号": "case_id",
    "活动": "activity",
    "开始时间": "start_time",
    "完成时间": "time",
    "经办人": "resource",
    "部门": "department",
}


def log_of(*, planted: bool) -> EventLog:
    return EventLog.from_frame(hotline_calls(World(planted=planted)).rename(NAMES))


@pytest.fixture(scope="module")
def short() -> EventLog:
    """With too few people on Mondays."""
    return log_of(planted=True)


@pytest.fixture(scope="module")
def enough() -> EventLog:
    """The same calls with enough people."""
    return log_of(planted=False)


def waits(log: EventLog) -> tuple[float, float]:
    """Mean case time in seconds of calls on Mondays, and on other days."""
    day = ((log.begin[log.offsets[:-1]] // 1_000_000 + 8 * 3600) // 86_400 + 3) % 7
    seconds = log.throughput / 1e6
    return float(seconds[day == 0].mean()), float(seconds[day > 0].mean())


def test_the_worlds_differ_on_mondays_only(short: EventLog, enough: EventLog) -> None:
    assert short.cases == enough.cases > WEEKS * 7 * 80
    (monday, others), (usual, same) = waits(short), waits(enough)
    assert monday > 1.5 * usual
    assert others == pytest.approx(same, rel=0.02)  # but for what is left over for Tuesday
    assert hotline_calls(World()).equals(hotline_calls(World()))


def test_the_people_on_duty_are_found_day_by_day(short: EventLog) -> None:
    model = discover_model(short, timezone=ZONE)
    row = model.capacity[model.pools.index(DESK)].reshape(7, 24)
    assert row[:, 11].tolist() == [heads(World(), day) for day in range(7)]
    assert row[:, 3].tolist() == [0] * 7


def test_the_effect_of_enough_people_on_mondays_is_predicted(short: EventLog, enough: EventLog) -> None:
    missing = heads(World(planted=False), 0) - heads(World(), 0)
    change = f"staff:{DESK}:+{missing}@mon"
    found = what_if(short, [change], timezone=ZONE, weeks=4, replications=30)
    assert found.validation.valid
    predicted = {item.name: item for item in found.figures}["mean_seconds"].difference
    truth = float(enough.throughput.mean() - short.throughput.mean()) / 1e6
    assert predicted.low <= truth <= predicted.high < 0
    # Where nothing is missing, nothing much is gained.
    even = what_if(enough, [change], timezone=ZONE, weeks=4, replications=30)
    gained = {item.name: item for item in even.figures}["mean_seconds"].difference
    assert gained.value > 0.25 * predicted.value


def test_people_can_be_added_on_some_days(short: EventLog) -> None:
    model = discover_model(short, timezone=ZONE)
    changed = apply_changes(model, [f"staff:{DESK}:+3@mon, Sunday"])
    row = model.pools.index(DESK)
    more = (changed.capacity - model.capacity)[row].reshape(7, 24).max(axis=1)
    assert more.tolist() == [3, 0, 0, 0, 0, 0, 3]
    assert np.array_equal(np.delete(changed.capacity, row, 0), np.delete(model.capacity, row, 0))
    for wrong in (f"staff:{DESK}:+3@someday", f"staff:{DESK}:+3@"):
        with pytest.raises(SpecError) as refused:
            apply_changes(model, [wrong])
        assert refused.value.code == "plan.change_invalid"
