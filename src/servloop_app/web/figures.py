"""Figures as people read them, in the language of the page: durations, shares, signed numbers, file sizes."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
MISSING = "—"


def duration(seconds: float | None) -> str:
    """A time span in the unit that keeps it short: seconds, minutes, hours or days."""
    if seconds is None:
        return MISSING
    size = abs(seconds)
    if size < _MINUTE:
        return _("%(n)s s") % {"n": signed_free(seconds, 0 if size >= 10 or size == 0 else 1)}
    if size < _HOUR:
        return _("%(n)s min") % {"n": signed_free(seconds / _MINUTE, 0)}
    if size < 2 * _DAY:
        return _("%(n)s h") % {"n": signed_free(seconds / _HOUR, 1)}
    days = seconds / _DAY
    return _("%(n)s d") % {"n": signed_free(days, 1 if abs(days) < 100 else 0)}


def share(value: float | None, decimals: int = 1) -> str:
    """A share between 0 and 1 in per cent."""
    return MISSING if value is None else f"{number_format(100 * value, decimals)}%"


def signed(value: float | None, decimals: int = 1) -> str:
    """A number with its sign and a true minus."""
    if value is None:
        return MISSING
    return ("+" if value > 0 else "") + signed_free(value, decimals)


def signed_free(value: float, decimals: int) -> str:
    """A number in the page's language, with a true minus when it is negative."""
    text = str(number_format(abs(value), decimals, force_grouping=True))
    return f"−{text}" if value < 0 and any(digit in "123456789" for digit in text) else text


def file_size(size: int) -> str:
    """Bytes, kB, MB or GB (powers of ten)."""
    if size < 1000:
        return ngettext("%(n)d byte", "%(n)d bytes", size) % {"n": size}
    for unit, limit in (("kB", 1e6), ("MB", 1e9), ("GB", float("inf"))):
        if size < limit:
            return f"{number_format(size / limit * 1000 if limit < float('inf') else size / 1e9, 1)} {unit}"
    raise AssertionError
