"""From values to places: round tick marks, dates in calendar steps, and numbers as people write them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 7, 14)


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values from at or below ``low`` to at or above ``high``, some ``about`` of them.

    >>> ticks(0.3, 9.1)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    if high <= low:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in _ROUND if step * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def date_ticks(first: dt.date, last: dt.date, about: int = 6) -> list[dt.date]:
    """Days, weeks or firsts of months between two dates, some ``about`` of them."""
    days = (last - first).days
    if days <= about * _DAY_STEPS[-1]:
        step = next(s for s in _DAY_STEPS if days <= about * s)
        return [first + dt.timedelta(days=i) for i in range(0, days + 1, step)]
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in _MONTH_STEPS if months <= about * s), _MONTH_STEPS[-1])
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    start += -start % step
    return [dt.date(i // 12, i % 12 + 1, 1) for i in range(start, last.year * 12 + last.month, step)]


def date_label(day: dt.date, *, in_days: bool, language: str) -> str:
    """A date on an axis: 11-19 and 2026-11 in Chinese, 19 Nov and Nov 2026 in English."""
    if language == "zh-CN":
        return day.strftime("%m-%d" if in_days else "%Y-%m")
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[
        day.month - 1
    ]
    return f"{day.day} {month}" if in_days else f"{month} {day.year}"


def number(value: float | None, decimals: int = 1) -> str:
    """A number with thousands separators and a true minus; a dash where there is none."""
    if value is None:
        return "—"
    return f"{value:,.{decimals}f}".replace("-", "−")


def tick_label(value: float, all_ticks: Sequence[float]) -> str:
    """A tick with just the decimals that its neighbours need."""
    step = min((b - a for a, b in pairwise(all_ticks)), default=1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    if not math.isclose(step * 10**decimals, round(step * 10**decimals)):
        decimals += 1
    return number(value, decimals)
