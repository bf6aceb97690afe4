"""Times in every notation reach UTC once and correctly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import InputError
from servloop.io.times import Times, to_utc
from servloop.io.zones import to_local


def read(*values: object, zone: str | None = "UTC", notation: str | None = None) -> list[str | None]:
    times = to_utc(pl.Series(values, dtype=pl.String), timezone=zone, time_format=notation)
    return [None if value is None else value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] for value in times.utc]


def codes(times: Times) -> dict[str, int]:
    return {warning.code: warning.count for warning in times.warnings}


NOTATIONS = {
    "2025-01-31T14:05:09Z": "2025-01-31T14:05:09.000",
    "2025-01-31T14:05:09.123456789Z": "2025-01-31T14:05:09.123",
    "2025-01-31T14:05:09,5+01:00": "2025-01-31T13:05:09.500",
    "2025-01-31 14:05:09.25-0530": "2025-01-31T19:35:09.250",
    "2025-01-31 14:05:09 +08": "2025-01-31T06:05:09.000",
    "2025-01-31 14:05:09 UTC": "2025-01-31T14:05:09.000",
    "2026/09/27 3:00:00 PM GMT+3": "2026-09-27T12:00:00.000",
    "2025-01-31T14:05": "2025-01-31T14:05:00.000",
    "2025-01-31 14:05+08:00": "2025-01-31T06:05:00.000",
    "  2025-1-3  4:05 ": "2025-01-03T04:05:00.000",
    "2025/1/3 4:05:06": "2025-01-03T04:05:06.000",
    "2025.01.31 14:05:09": "2025-01-31T14:05:09.000",
    "2025年1月31日 14:05": "2025-01-31T14:05:00.000",
    "2025年1月31日14时5分9秒": "2025-01-31T14:05:09.000",
    "2025年1月31日 下午 2:05": "2025-01-31T14:05:00.000",
    "2025/1/31 上午12:05:09": "2025-01-31T00:05:09.000",
    "20250131T140509": "2025-01-31T14:05:09.000",
    "31.01.2025 14:05": "2025-01-31T14:05:00.000",
    "31/01/2025 14:05:09": "2025-01-31T14:05:09.000",
    "1/31/2025 2:05 PM": "2025-01-31T14:05:00.000",
    "31/Jan/25 2:05 PM": "2025-01-31T14:05:00.000",
    "31-Jan-2025 14:05:09": "2025-01-31T14:05:09.000",
    "Jan 31, 2025 14:05": "2025-01-31T14:05:00.000",
    "1970-01-01T01:00:00.000+01:00": "1970-01-01T00:00:00.000",
    "20250131140509": "2025-01-31T14:05:09.000",
    "20250131": "2025-01-31T00:00:00.000",
    "1735689600": "2025-01-01T00:00:00.000",
    "1735689600123": "2025-01-01T00:00:00.123",
    "2025-01-31": "2025-01-31T00:00:00.000",
}


@pytest.mark.parametrize("text", NOTATIONS)
def test_notations(text: str) -> None:
    assert read(text) == [NOTATIONS[text]]


def test_notations_and_offsets_may_differ_from_row_to_row() -> None:
    assert read(
        "2025-01-31T14:05:09+01:00", "2025-07-31T14:05:09.5+02:00", None, "2025/1/2 3:04", "31.01.2025"
    ) == [
        "2025-01-31T13:05:09.000",
        "2025-07-31T12:05:09.500",
        None,
        "2025-01-02T03:04:00.000",
        "2025-01-31T00:00:00.000",
    ]


@pytest.mark.parametrize(
    "text", ["yesterday", "2025-13-01 10:00:00", "2025-02-30", "10:00", "12", "2025-01-31T25:00:00Z"]
)
def test_what_is_no_time_is_marked(text: str) -> None:
    times = to_utc(pl.Series([text, "2025-01-31 10:00:00", None]))
    assert times.unreadable.to_list() == [True, False, False]
    assert times.utc.null_count() == 2


moments = st.datetimes(datetime(1000, 1, 1), datetime(2200, 1, 1))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.lists(
        st.builds(lambda moment, zone: moment.replace(tzinfo=zone), moments, offsets), min_size=1, max_size=20
    )
)
def test_iso_times_with_any_offsets_are_what_python_makes_of_them(written: list[datetime]) -> None:
    times = to_utc(pl.Series([moment.isoformat() for moment in written]))
    assert times.utc.to_list() == [moment.astimezone(UTC) for moment in written]
    assert times.warnings == ()


@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
)
def test_naive_times_are_placed_in_the_zone_as_python_does(written: list[datetime], zone: str) -> None:
    # fold=0 means the earlier of two, and the offset before the gap for a skipped hour: the same rules.
    times = to_utc(pl.Series([moment.isoformat(sep=" ") for moment in written]), timezone=zone)
    expected = [moment.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC) for moment in written]
    assert times.utc.to_list() == expected


@given(
    st.lists(
        st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
        max_size=20,
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"]),
)
def test_clocks_of_a_zone_are_those_of_python(moments: list[datetime | None], zone: str) -> None:
    local = to_local(pl.Series(moments, dtype=pl.Datetime("us", "UTC")), zone)
    expected = [moment and moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in moments]
    assert local.to_list() == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Shanghai"])
def test_every_half_hour_of_some_years_has_its_clock(zone: str) -> None:
    """Columns of one offset, of several, and of too many days for a table take different ways to the same clocks."""
    start, end = datetime(1988, 1, 1), datetime(1993, 1, 1)
    utc = pl.datetime_range(start, end, "30m", time_unit="us", time_zone="UTC", eager=True)
    expected = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    assert to_local(utc, zone).equals(expected)
    far = pl.Series([datetime(1200, 1, 1, tzinfo=UTC)], dtype=pl.Datetime("us", "UTC"))
    assert to_local(pl.concat([utc, far]), zone).head(len(utc)).equals(expected)
    back = to_utc(expected, timezone=zone).utc
    there = back.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    assert there.equals(expected)


def test_repeated_and_skipped_hours_are_counted() -> None:
    written = pl.Series(["2025-10-26 02:30:00", "2025-03-30 02:30:00", "2025-06-01 12:00:00"])
    times = to_utc(written, timezone="Europe/Berlin")
    assert [value.isoformat() for value in times.utc] == [
        "2025-10-26T00:30:00+00:00",
        "2025-03-30T01:30:00+00:00",
        "2025-06-01T10:00:00+00:00",
    ]
    assert codes(times) == {"io.ambiguous_local_times": 1, "io.skipped_local_times": 1}
    assert [warning.message("en") for warning in times.warnings] == [
        "1 times occur twice in Europe/Berlin, because the clock was set back; the earlier one was taken.",
        (
            "1 times do not exist in Europe/Berlin, because the clock was set forward; "
            "they were moved on by the length of the gap."
        ),
    ]
    assert (
        times.warnings[0].message("zh")
        == "Europe/Berlin 因时钟回拨，有 1 个时刻出现两次；已按较早的一次处理。"
    )


def test_naive_times_without_a_zone_are_utc_with_a_warning() -> None:
    times = to_utc(pl.Series(["2025-01-31 10:00:00", "2025-01-31 10:00:00Z", None]))
    assert times.utc.to_list()[:2] == [datetime(2025, 1, 31, 10, tzinfo=UTC)] * 2
    assert codes(times) == {"io.naive_timestamps": 1}


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (pl.Series([datetime(2025, 1, 1)]), {"io.naive_timestamps": 1}),
        (pl.Series([datetime(2025, 1, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))]), {}),
        (pl.Series([datetime(2025, 1, 1)]).cast(pl.Datetime("ns")), {"io.naive_timestamps": 1}),
        (pl.Series([datetime(2025, 1, 1).date()]), {"io.naive_timestamps": 1, "io.dates_without_time": 1}),
        (pl.Series([20_250_101_000_000]), {"io.naive_timestamps": 1}),
        (pl.Series([20_250_101]), {"io.naive_timestamps": 1, "io.dates_without_time": 1}),
        (pl.Series([1_735_689_600_000]), {"io.epoch_times": 1}),
        (pl.Series([1_735_689_600]), {"io.epoch_times": 1}),
        (pl.Series([1_735_689_600.0]), {"io.epoch_times": 1}),
        (pl.Series(["2025-01-01"]), {"io.naive_timestamps": 1, "io.dates_without_time": 1}),
    ],
)
def test_typed_columns(values: pl.Series, warning: dict[str, int]) -> None:
    times = to_utc(values)
    assert times.utc.to_list() == [datetime(2025, 1, 1, tzinfo=UTC)]
    assert times.utc.dtype == pl.Datetime("us", "UTC")
    assert codes(times) == warning


def test_nothing_but_missing_values() -> None:
    for kind in (pl.Null, pl.String, pl.Int64, pl.Float64, pl.Datetime("us")):
        times = to_utc(pl.Series([None, None], dtype=kind))
        assert times.utc.null_count() == 2
        assert not times.unreadable.any()


def test_numbers_that_are_no_times() -> None:
    assert to_utc(pl.Series([1, 2, 3])).unreadable.all()


def test_day_and_month_are_told_from_all_values_together() -> None:
    assert read("03/04/2025 10:00", "25/04/2025 10:00")[0] == "2025-04-03T10:00:00.000"
    assert read("03/04/2025 10:00", "04/25/2025 10:00")[0] == "2025-03-04T10:00:00.000"
    assert read("03/04/2025 10:00", notation="%d/%m/%Y %H:%M") == ["2025-04-03T10:00:00.000"]
    assert read("03/04/2025", notation="%m/%d/%Y") == ["2025-03-04T00:00:00.000"]
    assert read("03/04/2025 10:00 +0200", notation="%m/%d/%Y %H:%M %z") == ["2025-03-04T08:00:00.000"]
    with pytest.raises(InputError, match="03/04/2025"):
        read("03/04/2025 10:00", "05/06/2025 10:00")
