"""Working time: against the published holidays, a naive minute count, clock changes, and its laws."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.monitor.calendar import WorkingCalendar
from servloop.monitor.holidays import china_holidays, read_holidays

CHINA = WorkingCalendar.china()
BERLIN = WorkingCalendar.from_hours(
    {key: [("00:00", "02:30"), ("02:30", "24:00")] for key in range(7)}, "Europe/Berlin"
)
NEW_YORK = WorkingCalendar.from_hours(
    {0: [("09:00", "17:30")], 5: [("10:00", "12:00"), ("12:00", "14:00")]}, "America/New_York"
)
HOUR = 3600


def utc(text: str, zone: str = "Asia/Shanghai") -> np.datetime64:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return np.datetime64(local.astimezone(UTC).replace(tzinfo=None), "us")


def test_every_day_of_eight_years_agrees_with_the_published_arrangements(reference: Path) -> None:
    off, work = set(), set()
    for file in sorted((reference / "data/holiday").glob("holiday-cn-*.json")):
        for day in json.loads(file.read_text())["days"]:
            (off if day["isOffDay"] else work).add(date.fromisoformat(day["date"]))
    days = np.arange("2018-12-29", "2027-01-01", dtype="datetime64[D]")
    expected = [day not in off and (day in work or day.weekday() < 5) for day in days.tolist()]
    assert CHINA.is_working_day(days).tolist() == expected
    assert len(off) > 200


def test_names_and_coverage() -> None:
    table = china_holidays()
    assert table.name(date(2026, 2, 17)) == "春节"
    assert table.name(date(2026, 10, 1), "en") == "National Day"
    assert table.name(date(2026, 3, 3)) is None
    assert table.coverage(date(2019, 1, 1), date(2026, 12, 31)) is None
    beyond = table.coverage(date(2026, 1, 1), date(2027, 1, 1))
    assert beyond is not None
    assert "2019" in beyond.message("en")


def test_a_newer_table_replaces_the_shipped_one() -> None:
    document = {
        "region": "X",
        "years": {
            "2027": {
                "off": [{"name": {"en": "Rest"}, "first": "2027-01-04", "last": "2027-01-05"}],
                "work": ["2027-01-09"],
            }
        },
    }
    calendar = WorkingCalendar.from_hours(
        {key: [("09:00", "17:00")] for key in range(5)},
        "UTC",
        read_holidays(document),
        make_up=[("09:00", "12:00")],
    )
    days = ["2027-01-04", "2027-01-05", "2027-01-06", "2027-01-09", "2027-01-10", "NaT"]
    assert calendar.is_working_day(days).tolist() == [False, False, True, True, False, False]
    assert (
        calendar.working_seconds(np.datetime64("2027-01-09T00:00"), np.datetime64("2027-01-10T00:00"))
        == 3 * HOUR
    )
    for bad in (
        {},
        {"region": "X", "years": {}},
        {
            "region": "X",
            "years": {
                "2027": {"off": [{"name": {}, "first": "2027-01-05", "last": "2027-01-04"}], "work": []}
            },
        },
        {
            "region": "X",
            "years": {
                "2027": {
                    "off": [{"name": {}, "first": "2027-01-04", "last": "2027-01-04"}],
                    "work": ["2027-01-04"],
                }
            },
        },
        {"region": "X", "years": {"2027": {"off": [], "work": ["soon"]}}},
    ):
        with pytest.raises(InputError):
            read_holidays(bad)


def test_known_spans_in_china() -> None:
    # Friday 17:00 over the weekend to Monday 10:00: one hour and one hour
    assert CHINA.working_seconds(utc("2026-03-06T17:00"), utc("2026-03-09T10:00")) == 2 * HOUR
    # Spring Festival 2026: 15 to 23 February off, Saturday 14 and Saturday 28 worked
    assert CHINA.working_seconds(utc("2026-02-13T18:00"), utc("2026-02-24T09:00")) == 8 * HOUR
    assert CHINA.working_seconds(utc("2026-03-06T12:00"), utc("2026-03-06T13:00")) == 0
    assert CHINA.working_seconds(utc("2026-03-09T10:00"), utc("2026-03-06T17:00")) == -2 * HOUR
    assert CHINA.due_at(datetime(2026, 2, 14, 9, tzinfo=UTC), 4 * HOUR) == datetime(
        2026, 2, 24, 4, tzinfo=UTC
    )
    with pytest.raises(InputError):
        CHINA.due_at(datetime(2026, 2, 14, 9), HOUR)


def test_days_of_23_and_25_hours() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)):
        begin = utc(f"{day}T00:00", "Europe/Berlin")
        end = utc(f"{date.fromisoformat(day) + timedelta(days=1)}T00:00", "Europe/Berlin")
        assert BERLIN.working_seconds(begin, end) == hours * HOUR
    night = WorkingCalendar.from_hours({key: [("02:15", "02:45")] for key in range(7)}, "Europe/Berlin")
    assert (
        night.working_seconds(
            utc("2026-03-29T00:00", "Europe/Berlin"), utc("2026-03-30T00:00", "Europe/Berlin")
        )
        == 0
    )
    # a clock change at midnight: 00:00 of that day does not exist in Santiago
    early = WorkingCalendar.from_hours({key: [("00:00", "02:00")] for key in range(7)}, "America/Santiago")
    assert early.working_seconds(np.datetime64("2025-09-07T00:00"), np.datetime64("2025-09-07T12:00")) == HOUR


def naive_seconds(calendar: WorkingCalendar, begin: datetime, minutes: int) -> int:
    zone, total = ZoneInfo(calendar.zone), 0
    for n in range(minutes):
        local = (begin + timedelta(minutes=n)).astimezone(zone)
        second = local.hour * 3600 + local.minute * 60
        total += 60 * any(a <= second < b for a, b in calendar.spans_of(local.date()))
    return total


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([CHINA, BERLIN, NEW_YORK]), st.integers(0, 400 * 1440), st.integers(0, 4000))
def test_agrees_with_counting_minutes(calendar: WorkingCalendar, offset: int, minutes: int) -> None:
    begin = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=offset)
    start = np.datetime64(begin.replace(tzinfo=None), "us")
    worked = calendar.working_seconds(start, start + np.timedelta64(minutes, "m"))
    assert worked == naive_seconds(calendar, begin, minutes)


instants = st.integers(0, 10 * 365 * 86_400 * 10**6).map(lambda us: np.datetime64("2018-01-01", "us") + us)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([CHINA, BERLIN, NEW_YORK]), instants, instants, instants)
def test_additive(calendar: WorkingCalendar, a: np.datetime64, b: np.datetime64, c: np.datetime64) -> None:
    parts = calendar.working_seconds(np.array([a, b, a]), np.array([b, c, c]))
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([CHINA, BERLIN, NEW_YORK]), instants, st.integers(0, 5 * 10**12))
def test_adding_is_the_inverse_of_measuring(
    calendar: WorkingCalendar, start: np.datetime64, microseconds: int
) -> None:
    due = calendar.add_working_time(start, microseconds / 1e6)
    assert calendar.working_seconds(start, due) == pytest.approx(microseconds / 1e6, abs=2e-6)
    if microseconds:
        earlier = calendar.working_seconds(start, due - np.timedelta64(2, "us"))
        assert earlier < microseconds / 1e6


def test_shapes_missing_and_size() -> None:
    start = np.array(
        [["2026-03-06T01:00", "NaT"], ["2026-03-07T01:00", "2026-03-06T01:00"]], dtype="datetime64[us]"
    )
    worked = CHINA.working_seconds(start, np.datetime64("2026-03-06T03:00"))
    assert worked.shape == (2, 2)
    assert np.isnan(worked[0, 1])
    assert worked[0, 0] == 2 * HOUR
    assert np.isnat(CHINA.add_working_time(start, HOUR)[0, 1])
    assert CHINA.add_working_time(start, 0)[0, 0] == start[0, 0]
    assert (
        CHINA.working_seconds(np.array([], dtype="datetime64[us]"), np.array([], dtype="datetime64[us]")).size
        == 0
    )
    many = np.datetime64("2019-01-01", "us") + np.arange(300_000) * np.timedelta64(700, "s")
    assert np.all(CHINA.working_seconds(many[:-1], many[1:]) <= 700)


def test_what_is_no_calendar_is_refused() -> None:
    week = {key: [("09:00", "17:00")] for key in range(5)}
    for make in (
        lambda: WorkingCalendar.from_hours({0: [("9", "17:00")]}, "UTC"),
        lambda: WorkingCalendar.from_hours({0: [("09:00", "24:01")]}, "UTC"),
        lambda: WorkingCalendar.from_hours({0: [("09:00", "12:00"), ("11:00", "13:00")]}, "UTC"),
        lambda: WorkingCalendar.from_hours({0: [("12:00", "09:00")]}, "UTC"),
        lambda: WorkingCalendar.from_hours(week, "Mars/Base"),
        lambda: WorkingCalendar(((),) * 6, "UTC"),
        lambda: WorkingCalendar.from_hours({}, "UTC").add_working_time(np.datetime64("2026-01-01"), 1),
        lambda: WorkingCalendar.from_hours(week, "UTC").add_working_time(np.datetime64("2026-01-01"), -1),
    ):
        with pytest.raises(SpecError):
            make()
