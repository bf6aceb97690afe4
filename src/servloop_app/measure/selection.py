"""What a page looks at: a period, units, channels and a segment; read from an address and written back into it."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, replace

from servloop_app.core.errors import ActionError

_MONTH = "%Y-%m"
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
DEFAULT_MONTHS = 3


@dataclass(frozen=True)
class Selection:
    """A selection of cells.

    Attributes:
        first, last: first days of the first and last month.
        units: codes of units, each with all below it; empty means all that may be seen.
        channels, segments: empty means all.
    """

    first: dt.date
    last: dt.date
    units: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    @classmethod
    def latest(cls, last: dt.date, months: int = DEFAULT_MONTHS) -> Selection:
        """The months up to one."""
        last = last.replace(day=1)
        return cls(add_months(last, 1 - months), last)

    @property
    def months(self) -> int:
        """How many months it spans."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def before(self) -> Selection:
        """The same number of months just before."""
        return replace(self, first=add_months(self.first, -self.months), last=add_months(self.first, -1))

    def query(self) -> dict[str, list[str]]:
        """As parameters of an address."""
        values = {
            "from": [self.first.strftime(_MONTH)],
            "to": [self.last.strftime(_MONTH)],
            "unit": list(self.units),
            "channel": list(self.channels),
            "segment": list(self.segments),
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def of_query(cls, query: dict[str, list[str]], newest: dt.date) -> Selection:
        """From parameters of an address; what is missing is the latest months up to ``newest``.

        Raises:
            ActionError: `measure_app.month_unreadable`, `measure_app.period_reversed`.
        """
        standard = cls.latest(newest)
        first = _month(query.get("from", [""])[0]) or standard.first
        last = _month(query.get("to", [""])[0]) or standard.last
        if first > last:
            raise ActionError(
                "measure_app.period_reversed", first=first.isoformat()[:7], last=last.isoformat()[:7]
            )
        return cls(
            first,
            last,
            tuple(filter(None, query.get("unit", ()))),
            tuple(filter(None, query.get("channel", ()))),
            tuple(filter(None, query.get("segment", ()))),
        )


def add_months(day: dt.date, months: int) -> dt.date:
    """The first of the month so many months later."""
    place = day.year * 12 + day.month - 1 + months
    return dt.date(place // 12, place % 12 + 1, 1)


def _month(text: str) -> dt.date | None:
    if not text:
        return None
    with suppress(ValueError):
        found = dt.datetime.strptime(text, _MONTH).replace(tzinfo=dt.UTC).date()
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:  # the period before must be a date, too
            return found
    raise ActionError("measure_app.month_unreadable", received=text[:40])
