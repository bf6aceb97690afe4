"""Public holidays and the working days that make up for them, as a table that can be replaced.

China's holidays are announced year by year, with weekend days that become working days. The table shipped
here holds the arrangements of the State Council; a newer one is read by the same function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from servloop.errors import InputError
from servloop.results import Notice

_SHIPPED = "china_holidays.json"
_LONGEST_HOLIDAY = timedelta(days=31)


@dataclass(frozen=True)
class HolidayTable:
    """Days off and working weekend days of a region.

    Attributes:
        region: what the table is for, for example ``"CN"``.
        off: days without work whatever the day of the week.
        work: days with work whatever the day of the week.
        names: day off → its name by language.
        first_year: first year that the table speaks of.
        last_year: last year that the table speaks of.
    """

    region: str
    off: frozenset[date]
    work: frozenset[date]
    names: tuple[tuple[date, tuple[tuple[str, str], ...]], ...]
    first_year: int
    last_year: int

    def name(self, day: date, language: str = "zh-CN") -> str | None:
        """What the day off is called, or None."""
        for candidate, names in self.names:
            if candidate == day:
                return dict(names).get(language)
        return None

    def coverage(self, first: date, last: date) -> Notice | None:
        """A warning when a period reaches beyond the table: plain weeks are assumed there."""
        if first.year >= self.first_year and last.year <= self.last_year:
            return None
        return Notice(
            "monitor.holidays_not_covered",
            params={
                "region": self.region,
                "first": str(self.first_year),
                "last": str(self.last_year),
                "from": first.isoformat(),
                "to": last.isoformat(),
            },
        )


def read_holidays(document: Mapping[str, Any]) -> HolidayTable:
    """Read a holiday table.

    Args:
        document: ``{"region", "years": {year: {"off": [{"name": {language: text}, "first", "last"}],
            "work": [day]}}}`` with ISO days, as in the table shipped with the library.

    Raises:
        InputError: the document has another form, or a day is both off and working.
    """
    off: dict[date, tuple[tuple[str, str], ...]] = {}
    work: set[date] = set()
    try:
        years = [int(year) for year in document["years"]]
        for year in document["years"].values():
            work.update(date.fromisoformat(day) for day in year["work"])
            for holiday in year["off"]:
                first, last = date.fromisoformat(holiday["first"]), date.fromisoformat(holiday["last"])
                if not first <= last <= first + _LONGEST_HOLIDAY:
                    raise InputError("monitor.holidays_invalid", problem=f"{first}…{last}")
                names = tuple(sorted((str(k), str(v)) for k, v in holiday["name"].items()))
                off.update((first + timedelta(days=n), names) for n in range((last - first).days + 1))
        region = str(document["region"])
        first_year, last_year = min(years), max(years)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("monitor.holidays_invalid", problem=f"{type(error).__name__}: {error}") from error
    if both := work & off.keys():
        raise InputError("monitor.holidays_invalid", problem=str(min(both)))
    return HolidayTable(
        region, frozenset(off), frozenset(work), tuple(sorted(off.items())), first_year, last_year
    )


@cache
def china_holidays() -> HolidayTable:
    """The holidays of China's mainland that the library ships."""
    text = resources.files("servloop.monitor").joinpath(_SHIPPED).read_text(encoding="utf-8")
    return read_holidays(json.loads(text))
