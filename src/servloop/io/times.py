"""Times as written, turned into UTC exactly once.

Any common notation is read: ISO 8601 with any offset, dates with slashes, dots or Chinese characters, month
names, twelve-hour clocks, seconds or milliseconds since 1970. Offsets may differ from row to row. Times without
an offset are taken in a given zone: of an hour that occurs twice the earlier is meant, an hour that the clock
skips is moved on by the length of the gap; both are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import polars as pl

from servloop.errors import InputError
from servloop.io.zones import UTC as _UTC
from servloop.io.zones import WALL as _WALL
from servloop.io.zones import shifted, steady_offsets
from servloop.results import Notice

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y")
_NAMED_DATES = (
    "%d-%b-%Y",
    "%d %b %Y",
    "%d/%b/%Y",
    "%d-%b-%y",
    "%d/%b/%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_CLOCKS = (
    " %H:%M:%S",
    " %H:%M",
    "T%H:%M:%S",
    "T%H:%M",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %p %I:%M:%S",
    " %p %I:%M",
    "%H:%M:%S",
    " %H时%M分%S秒",
    " %H时%M分",
    "%H时%M分%S秒",
    "%H时%M分",
    "T%H%M%S",
    "%H%M%S",
    "",
)
_SECONDS_LENGTH = len("2025-01-31T12:30:59")
_SAMPLE = 200
# 1973 to 2286 in seconds, and the same span in thousandths and millionths; 20250131140509 is none of them.
_EPOCH_UNITS = ((1e8, 1e10, 1_000_000, "s"), (1e11, 1e13, 1_000, "ms"), (1e14, 1e16, 1, "us"))
_EPOCH_SHARE = 0.9


@dataclass(frozen=True)
class Times:
    """A column of times.

    Attributes:
        utc: Datetime[us, UTC]; null where nothing stood or it could not be read.
        unreadable: true where something stood that is no time.
        warnings: ``io.naive_timestamps``, ``io.dates_without_time``, ``io.epoch_times``,
            ``io.ambiguous_local_times``, ``io.skipped_local_times``, each with its count.
    """

    utc: pl.Series
    unreadable: pl.Series
    warnings: tuple[Notice, ...] = ()


def to_utc(values: pl.Series, *, timezone: str | None = None, time_format: str | None = None) -> Times:
    """Read a column of times into UTC.

    Args:
        values: text, dates, times with or without zone, or numbers since 1970.
        timezone: IANA name of the zone of times without offset; UTC (with a warning) when None.
        time_format: how text is written, in the notation of `strftime`; found from the values when None.

    Raises:
        InputError: ``io.unknown_timezone``; ``io.ambiguous_dates`` when day and month could be either and
            no format was given.
    """
    check_timezone(timezone)
    kind = values.dtype
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return Times(values.dt.convert_time_zone("UTC").cast(_UTC), _no(values))
    if isinstance(kind, pl.Datetime):
        return _with_zone(values.cast(_WALL), values.is_not_null(), _no(values), timezone)
    if kind == pl.Date:
        times = _with_zone(values.cast(_WALL), values.is_not_null(), _no(values), timezone)
        return _also(times, Notice("io.dates_without_time", count=len(values) - values.null_count()))
    if kind.is_numeric():
        epoch = _from_epoch(values)
        if epoch is not None or not kind.is_integer():
            return epoch or Times(pl.repeat(None, len(values), dtype=_UTC, eager=True), values.is_not_null())
        # Whole numbers such as 20250131 or 20250131140509 are dates written without separators.
        return _from_text(values.cast(pl.String), timezone, time_format)
    if kind == pl.Null:
        return Times(values.cast(_UTC), _no(values))
    if kind != pl.String:
        values = values.cast(pl.String, strict=False)
    return _from_text(values, timezone, time_format)


def check_timezone(timezone: str | None) -> None:
    """Raise ``io.unknown_timezone`` unless the zone is None or an IANA name."""
    from zoneinfo import ZoneInfo

    if timezone is None:
        return
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise InputError("io.unknown_timezone", timezone=timezone) from None


def looks_like_times(sample: pl.Series) -> bool:
    """Whether any of the present values of a sample can be read as a time."""
    present = sample.drop_nulls()
    if present.is_empty():
        return True
    try:
        return to_utc(present).utc.null_count() < len(present)
    except InputError as error:
        return error.code == "io.ambiguous_dates"


def _no(values: pl.Series) -> pl.Series:
    return pl.repeat(value=False, n=len(values), dtype=pl.Boolean, eager=True)


def _also(times: Times, *more: Notice) -> Times:
    return Times(times.utc, times.unreadable, (*times.warnings, *more))


def _from_epoch(values: pl.Series) -> Times | None:
    """Numbers since 1970, in the unit that their size tells; None when they are no such numbers."""
    present = values.cast(pl.Float64).abs().drop_nulls()
    if present.is_empty():
        return Times(pl.repeat(None, len(values), dtype=_UTC, eager=True), _no(values))
    for low, high, micros, unit in _EPOCH_UNITS:
        if int(present.is_between(low, high, closed="left").sum()) >= _EPOCH_SHARE * len(present):
            utc = (values * micros).cast(pl.Int64, strict=False).cast(_WALL).dt.replace_time_zone("UTC")
            warning = Notice("io.epoch_times", count=len(present), params={"unit": unit})
            return Times(utc, _no(values), (warning,))
    return None


def _from_text(values: pl.Series, timezone: str | None, time_format: str | None) -> Times:
    wall, naive = (_by_format(values, time_format)) if time_format else _iso(values)
    left = values.is_not_null() & wall.is_null()
    dates = 0
    if not time_format and left.any():
        places = left.arg_true()
        rest = values.gather(places)
        number = values.cast(pl.Float64, strict=False)
        if number.null_count() == values.null_count() and (epoch := _from_epoch(number)) is not None:
            return epoch
        found = _by_trial(rest)
        wall = wall.scatter(places, found["wall"])
        naive = naive.scatter(places, found["naive"])
        dates = int(found["date_only"].sum())
    unreadable = values.is_not_null() & wall.is_null()
    times = _with_zone(wall, naive & wall.is_not_null(), unreadable, timezone)
    return _also(times, Notice("io.dates_without_time", count=dates)) if dates else times


def _iso(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Wall clock (UTC where an offset stood) and whether no offset stood, for the notation most rows share.

    The first 19 characters are a clock that Polars parses fastest without its cache; what follows (fraction
    and offset) takes few distinct values and is read once each.
    """
    present = values.drop_nulls()
    first = present[0] if len(present) else ""
    if len(first) < _SECONDS_LENGTH or first[10:11] not in {"T", " "} or first[4:5] not in {"-", "/"}:
        return pl.repeat(None, len(values), dtype=_WALL, eager=True), _no(values)
    date = "%Y-%m-%d" if first[4] == "-" else "%Y/%m/%d"
    wall = values.str.slice(0, _SECONDS_LENGTH).str.to_datetime(
        f"{date}{first[10]}%H:%M:%S", time_unit="us", strict=False, cache=False
    )
    rests = values.str.slice(_SECONDS_LENGTH)
    parts = _tails(rests.drop_nulls().unique())
    if parts.height == 1:
        micros, naive, readable = parts.row(0)[1:]
        wall = wall + timedelta(microseconds=micros) if readable and micros else wall
        wall = wall if readable else pl.repeat(None, len(values), dtype=_WALL, eager=True)
        return wall, pl.repeat(naive, len(values), dtype=pl.Boolean, eager=True)
    joined = rests.alias("tail").to_frame().join(parts, on="tail", how="left", maintain_order="left")
    shift = pl.when(pl.col("readable")).then(pl.duration(microseconds="micros", time_unit="us"))
    shifted = joined.select(wall + shift).to_series()
    return shifted, joined["naive"].fill_null(value=False)


def _tails(tails: pl.Series) -> pl.DataFrame:
    """What distinct endings after the seconds mean: microseconds to add to reach UTC, or naive, or neither."""
    frame = (
        tails.alias("tail")
        .to_frame()
        .with_columns(
            pl.col("tail")
            .str.strip_chars()
            .str.extract_groups(
                r"^(?:[.,](?<fraction>\d{1,9}))?\s*(?<zone>Z|z|UTC|GMT)?"
                r"(?:(?<sign>[+-])(?<hours>\d{1,2})(?::?(?<minutes>\d{2}))?)?\s*(?:UTC|GMT)?$"
            )
            .alias("parts")
        )
    )
    part = pl.col("parts").struct.field
    sign = pl.when(part("sign") == "-").then(-1).otherwise(1)
    offset = sign * (part("hours").cast(pl.Int64) * 60 + part("minutes").cast(pl.Int64).fill_null(0))
    fraction = part("fraction").str.pad_end(9, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    readable = (
        pl.col("tail")
        .str.strip_chars()
        .str.contains(r"^([.,]\d{1,9})?\s*(Z|z|UTC|GMT)?([+-]\d{1,2}(:?\d{2})?)?\s*(UTC|GMT)?$")
    )
    return frame.select(
        "tail",
        (fraction - offset.fill_null(0) * 60_000_000).alias("micros"),
        (
            readable
            & part("zone").is_null()
            & part("sign").is_null()
            & ~pl.col("tail").str.contains("UTC|GMT")
        ).alias("naive"),
        readable.alias("readable"),
    )


def _by_format(values: pl.Series, time_format: str) -> tuple[pl.Series, pl.Series]:
    if "%z" in time_format or "%:z" in time_format:
        aware = values.str.to_datetime(time_format, time_unit="us", time_zone="UTC", strict=False)
        return aware.dt.replace_time_zone(None), _no(values)
    if not {"%H", "%I", "%T", "%R", "%X"} & {
        time_format[place : place + 2] for place in range(len(time_format))
    }:
        wall = values.str.to_date(time_format, strict=False).cast(_WALL)
    else:
        wall = values.str.to_datetime(time_format, time_unit="us", strict=False, cache=False)
    return wall, pl.repeat(value=True, n=len(values), dtype=pl.Boolean, eager=True)


def _by_trial(values: pl.Series) -> pl.DataFrame:
    """Try notations on the distinct values; columns wall, naive, date_only, one row per value."""
    distinct = values.unique(maintain_order=True).alias("text").to_frame()
    distinct = distinct.filter(
        pl.col("text").str.contains(r"\d")
    )  # a word is no time: spare it all notations
    tidy = (
        pl.col("text")
        .str.strip_chars()
        .str.replace_all(r"\s+", " ")
        .str.replace_all("上午", " AM ", literal=True)
        .str.replace_all("下午", " PM ", literal=True)
        .str.replace_all(r"\s+", " ")
    )
    # Fraction and offset count only after a clock, so that the day of a bare date is not taken as an offset.
    cut = r"^(.*?\d:\d{2}(?::\d{2})?(?:\s*[AaPp][Mm])?)((?:[.,]\d{1,9})?\s*(?:Z|z|UTC|GMT)?(?:[+-]\d{1,2}(?::?\d{2})?)?)$"
    cut_frame = distinct.with_columns(tidy.alias("tidy")).with_columns(
        pl.col("tidy").str.extract(cut, 1).fill_null(pl.col("tidy")).alias("clock"),
        pl.col("tidy").str.extract(cut, 2).fill_null("").alias("tail"),
    )
    tails = _tails(cut_frame["tail"].unique())
    known = cut_frame.join(tails, on="tail", how="left", maintain_order="left")
    wall, date_only = _clocks(known["clock"])
    read = known.select(
        "text",
        (wall + pl.duration(microseconds="micros", time_unit="us")).alias("wall"),
        pl.col("naive"),
        date_only.alias("date_only"),
    )
    return values.alias("text").to_frame().join(read, on="text", how="left", maintain_order="left")


def _clocks(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Wall clocks of tidied texts, and which of them were dates alone."""
    wall = pl.repeat(None, len(texts), dtype=_WALL, eager=True)
    date_only = _no(texts)
    sample = texts.sample(min(_SAMPLE, len(texts)), seed=0) if len(texts) > _SAMPLE else texts
    for dates in ((*_DATES, *_NAMED_DATES), _numeric_order(texts)):
        for date in dates:
            for clock in _CLOCKS:
                if wall.null_count() == 0 or _parsed(sample, date, clock).null_count() == len(sample):
                    continue
                parsed = _parsed(texts, date, clock)
                if not clock:
                    date_only = date_only | (wall.is_null() & parsed.is_not_null())
                wall = pl.select(pl.coalesce(wall, parsed)).to_series()
    return wall, date_only


def _numeric_order(texts: pl.Series) -> tuple[str, ...]:
    """Whether 03/04/2025 has the day or the month first, told from all values together."""
    heads = texts.str.extract_groups(r"^(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}\b").struct.unnest()
    first = heads.to_series(0).cast(pl.Int64).drop_nulls()
    second = heads.to_series(1).cast(pl.Int64).drop_nulls()
    if first.is_empty() or (first == second).all():
        return _DAY_FIRST
    if (first > 12).any() and not (second > 12).any():
        return _DAY_FIRST
    if (second > 12).any() and not (first > 12).any():
        return _MONTH_FIRST
    example = texts.filter(texts.str.contains(r"^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b"))[0]
    raise InputError("io.ambiguous_dates", example=example)


def _parsed(texts: pl.Series, date: str, clock: str) -> pl.Series:
    if not clock:
        wall = texts.str.to_date(date, strict=False).cast(_WALL)
    else:
        wall = texts.str.to_datetime(date + clock, time_unit="us", strict=False, cache=False)
    # A year of two digits read by %Y would be one of the first century.
    return pl.select(pl.when(wall.dt.year() >= 1000).then(wall)).to_series()


def _with_zone(wall: pl.Series, naive: pl.Series, unreadable: pl.Series, timezone: str | None) -> Times:
    """Place the naive ones of some wall clocks in a zone; the others are in UTC already."""
    count = int(naive.sum())
    plain = wall.dt.replace_time_zone("UTC")
    if timezone in {None, "UTC"} or not count:
        warning = (Notice("io.naive_timestamps", count=count),) if count and timezone is None else ()
        return Times(plain, unreadable, warning)
    offsets = steady_offsets(wall, timezone)
    if isinstance(offsets, int):
        utc = shifted(wall, -offsets).dt.replace_time_zone("UTC")
        return Times(_chosen(naive | wall.is_null(), utc, plain), unreadable)
    if offsets is None:
        utc, twice, skipped = _exactly(wall, naive, timezone)
    else:
        near = (offsets.is_null() & naive & wall.is_not_null()).arg_true()
        utc = shifted(wall, -offsets).dt.replace_time_zone("UTC")
        exact, twice, skipped = _exactly(wall.gather(near), naive.gather(near), timezone)
        utc = utc.scatter(near, exact)
    counted = (("io.ambiguous_local_times", twice), ("io.skipped_local_times", skipped))
    warnings = tuple(Notice(code, count=n, params={"timezone": timezone}) for code, n in counted if n)
    return Times(_chosen(naive, utc, plain), unreadable, warnings)


def _chosen(naive: pl.Series, placed: pl.Series, plain: pl.Series) -> pl.Series:
    return placed if naive.all() else pl.select(pl.when(naive).then(placed).otherwise(plain)).to_series()


def _exactly(wall: pl.Series, naive: pl.Series, timezone: str) -> tuple[pl.Series, int, int]:
    """UTC of wall clocks row by row, and how many naive ones stand twice on the zone's clock, or never."""
    early = _in_zone(wall, timezone, "earliest")
    late = _in_zone(wall, timezone, "latest")
    day = timedelta(days=1)
    # The offset in force a day earlier moves a skipped hour on by the length of the gap.
    after_gap = _in_zone(wall - day, timezone, "latest") + day
    skipped = naive & wall.is_not_null() & early.is_null()
    twice = naive & (early != late).fill_null(value=False)
    return pl.select(pl.coalesce(early, after_gap)).to_series(), int(twice.sum()), int(skipped.sum())


def _in_zone(wall: pl.Series, timezone: str, ambiguous: Literal["earliest", "latest"]) -> pl.Series:
    placed = wall.dt.replace_time_zone(timezone, ambiguous=ambiguous, non_existent="null")
    return placed.dt.convert_time_zone("UTC")
