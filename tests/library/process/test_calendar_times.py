"""Working time: nights, weekends, holidays and units; around the clock it is elapsed time."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.library.process.logs import log, paths, with_starts

from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.calendar_times import calendar_times, in_working_time
from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError, SpecError
from servloop.monitor.calendar import WorkingCalendar

ALWAYS = WorkingCalendar.from_hours({day: [("00:00", "24:00")] for day in range(7)}, "UTC")
OFFICE = WorkingCalendar.from_hours({day: [("08:00", "16:00")] for day in range(5)}, "UTC")
# Times of these logs are hours since Monday 2025-03-03 08:00 UTC.


def test_a_night_and_a_weekend_do_not_count() -> None:
    built = log([("a", "开始", 7), ("a", "结束", 24), ("b", "开始", 4 * 24 + 7), ("b", "结束", 7 * 24 + 2)])
    found = calendar_times(built, OFFICE, limit_seconds=2 * 3600)
    step = found.steps[0]
    assert (step.source, step.target, step.n) == ("开始", "结束", 2)
    assert step.working_total == (1 + 0 + 1 + 2) * 3600
    assert found.within_limit.value == 0.5
    assert found.median.value == 2 * 3600
    assert found.elapsed.value == (17 + 67) / 2 * 3600
    assert found.outside_hours == 0


def test_holidays_of_china_do_not_count() -> None:
    times = [
        datetime(2025, 9, 30, 9, tzinfo=UTC),
        datetime(2025, 10, 9, 2, tzinfo=UTC),
    ]  # 17:00 and 10:00 there
    built = EventLog.from_frame(pl.DataFrame({"case_id": ["1", "1"], "activity": ["a", "b"], "time": times}))
    assert calendar_times(built, WorkingCalendar.china()).median.value == 2 * 3600


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["AB", "ABC", "A", "CBA"]), min_size=1, max_size=10))
def test_around_the_clock_working_time_is_elapsed_time(texts: list[str]) -> None:
    built = log(paths(*texts))
    moved = in_working_time(built, ALWAYS)
    assert (moved.throughput == built.throughput).all()
    found = calendar_times(built, ALWAYS)
    assert found.median.value == found.elapsed.value
    assert all(step.elapsed_median == step.working_median for step in found.steps)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
def test_working_time_adds_up_and_is_never_longer(hours: list[float]) -> None:
    built = log([("x", f"{number}", hour) for number, hour in enumerate(hours)])
    moved = in_working_time(built, OFFICE)
    assert (np.diff(moved.end) >= 0).all()
    assert (np.diff(moved.end) <= np.diff(built.end) + 1).all()
    assert moved.pairs[2].sum() == moved.throughput[0]


def test_each_unit_has_its_own_hours() -> None:
    events = [("a", "x", 0), ("a", "y", 24), ("b", "x", 0), ("b", "y", 24)]
    built = log(events, unit=[None, "hotline", "office", "hotline"])
    found = calendar_times(built, {"hotline": ALWAYS, "office": OFFICE}, unit_column="unit")
    assert found.steps[0].working_total == (24 + 8) * 3600
    with pytest.raises(SpecError):
        calendar_times(built, {"hotline": ALWAYS})
    with pytest.raises(InputError) as refused:
        calendar_times(built, {"hotline": ALWAYS}, unit_column="unit")
    assert refused.value.params["unknown"] == ["office"]
    nobody = log(events, unit=[None, None, "office", "office"])
    with pytest.raises(InputError):
        calendar_times(nobody, {"office": OFFICE}, unit_column="unit")


def test_other_kernels_judge_working_time_on_the_moved_log() -> None:
    events = [("a", "x", 7), ("a", "y", 24), ("b", "x", 0), ("b", "y", 5)]
    built = log(events, start_time=with_starts([6, 24, 0, 4]))
    assert bottlenecks(built).steps[0].total_seconds == (17 + 4) * 3600
    moved = in_working_time(built, OFFICE)
    assert bottlenecks(moved).steps[0].total_seconds == (1 + 4) * 3600
    assert moved.start is not None


def test_completions_outside_hours_are_told() -> None:
    found = calendar_times(log([("a", "x", 0), ("a", "y", 12)]), OFFICE)
    assert found.outside_hours == 1
    assert found.warnings[-1].code == "process.calendar_outside"


def test_empty_one_case_and_wrong_requests() -> None:
    empty = calendar_times(log([]), OFFICE, limit_seconds=5)
    assert {empty.median.reason.code, empty.within_limit.reason.code} == {"process.calendar_no_cases"}
    one = calendar_times(log([("a", "x", 0)]), OFFICE)
    assert (one.median.value, one.mean.low, one.steps) == (0, None, ())
    assert one.within_limit.reason.code == "process.calendar_no_limit"
    with pytest.raises(SpecError):
        calendar_times(log([]), OFFICE, level=1.5)
