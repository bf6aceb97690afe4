"""Clocks of a zone for whole columns: one addition on the days on which the zone's clock does not change.

Zone arithmetic row by row costs more than reading the text of a time. Clocks change on a few days of a year; all others
have one offset, which is looked up once per day.
"""

from __future__ import annotations

import polars as pl

UTC = pl.Datetime("us", "UTC")
WALL = pl.Datetime("us")
_DAY = 86_400_000_000
# Some centuries. A column that spans more holds times that somebody made up; it goes the long way.
_MOST_DAYS = 100_000


def to_local(utc: pl.Series, zone: str) -> pl.Series:
    """The wall clock of a zone.

    Args:
        utc: Datetime[us, UTC].
        zone: IANA name.

    Returns:
        Datetime[us] without a zone.
    """
    plain = utc.dt.replace_time_zone(None)
    offsets = steady_offsets(plain, zone)
    if isinstance(offsets, int):
        return shifted(plain, offsets)
    exact = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return exact if offsets is None else _first(shifted(plain, offsets), exact)


def steady_offsets(times: pl.Series, zone: str) -> int | pl.Series | None:
    """What a zone's clock is ahead of UTC.

    Args:
        times: Datetime[us] without a zone; wall clocks of the zone or of UTC.
        zone: IANA name.

    Returns:
        Microseconds: one number when it holds for all rows, else one per row (Int64), null near the days on which
        the clock changes. None when the column spans too many days for a table of them.
    """
    days = times.to_physical() // _DAY
    first, last = days.min(), days.max()
    if not isinstance(first, int) or not isinstance(last, int) or last - first > _MOST_DAYS:
        return None
    by_day = _by_day(first, last, zone)
    if by_day.null_count() == 0 and by_day.n_unique() == 1:
        return int(by_day[0])
    return by_day.gather(days - first)


def shifted(times: pl.Series, micros: int | pl.Series) -> pl.Series:
    """Datetime[us] moved on by microseconds; null where either is."""
    return (times.to_physical() + micros).cast(WALL)


def _by_day(first: int, last: int, zone: str) -> pl.Series:
    """Offset of each day since 1970, null where the clock changes between the day before and the day after.

    A wall clock is less than a day from UTC, so that a day of the wall lies between these midnights of UTC as well. No
    zone has changed its clock twice between two midnights and back.
    """
    midnights = pl.int_range((first - 1) * _DAY, (last + 3) * _DAY, _DAY, dtype=pl.Int64, eager=True)
    local = midnights.cast(WALL).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    table = pl.DataFrame({"offset": local.dt.replace_time_zone(None).to_physical() - midnights})
    here = pl.col("offset")
    steady = pl.all_horizontal(here == here.shift(step) for step in (1, -1, -2))
    return table.select(pl.when(steady).then(here)).to_series().slice(1, last - first + 1)


def _first(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(one, other)).to_series()
