"""Numbers that people read out: ``FB-2026-000123``, counted without gaps within a year."""

from __future__ import annotations

import re

from django.db.models import F
from django.utils import timezone

from servloop_app.core.models import NumberSeries

_PREFIX = re.compile(r"[A-Z]{2,10}")


def next_number(prefix: str, year: int | None = None) -> str:
    """The next number of a series, inside an action.

    The series' row stays locked until the transaction ends: two writers never get the same number, and a
    transaction that is rolled back gives its number back.

    Raises:
        ValueError: the prefix is not two to ten capital letters.
    """
    if not _PREFIX.fullmatch(prefix):
        msg = f"a prefix is two to ten capital letters, received {prefix!r}"
        raise ValueError(msg)
    year = year or timezone.localdate().year
    series = NumberSeries.objects.filter(prefix=prefix, year=year)
    if not series.update(last=F("last") + 1):
        NumberSeries.objects.bulk_create([NumberSeries(prefix=prefix, year=year)], ignore_conflicts=True)
        series.update(last=F("last") + 1)
    return f"{prefix}-{year}-{series.values_list('last', flat=True).get():06d}"
