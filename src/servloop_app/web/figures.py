"""Figures as people read them, in the language of the page: durations, shares, file sizes."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext

from servloop.diagnose.process.map_svg_text import duration as map_duration

MISSING = "—"


def duration(seconds: float | None) -> str:
    """A time span in the unit that keeps it short, as on the process map."""
    return MISSING if seconds is None else map_duration(seconds, get_language() or "en")


def share(value: float | None, decimals: int = 1) -> str:
    """A share between 0 and 1 in per cent."""
    return MISSING if value is None else f"{rounded(100 * value, decimals)}%"


def rounded(value: float, decimals: int) -> str:
    """A number in the page's language; Django's own function cuts decimals off instead of rounding."""
    return str(number_format(round(value, decimals), decimals, force_grouping=True))


def file_size(size: int) -> str:
    """Bytes, kB, MB or GB (powers of ten)."""
    if size < 1000:
        return ngettext("%(n)d byte", "%(n)d bytes", size) % {"n": size}
    for unit, length in (("GB", 1e9), ("MB", 1e6)):
        if size >= length:
            return f"{rounded(size / length, 1)} {unit}"
    return f"{rounded(size / 1000, 1)} kB"
