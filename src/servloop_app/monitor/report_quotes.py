"""Customers' words in a report: few, masked, drawn without anybody choosing."""

from __future__ import annotations

import datetime as dt
from datetime import datetime

from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.policy import Policy, scoped
from servloop_app.measure.selection import add_months
from servloop_app.monitor.report_codec import Frozen, sealed

# Masked words belong to a report: whoever may read reports of a unit may read a few of them there. Records
# themselves open only for who may see feedback.
PERMISSION = "reports.view"
_LOOKED_AT = 400
_SHORTEST, _LONGEST = 6, 140
UNHAPPY, HAPPY = 2, 1


def quoted(policy: Policy, month: dt.date) -> list[FeedbackRecord]:
    """Two of the unhappy and one of the happy, drawn by the random ids of the records: the same in every run.

    Where neither a scale nor the kind tells who is unhappy, three of all.
    """
    rows = (
        scoped(FeedbackRecord, policy, PERMISSION)
        .filter(current=True, occurred_at__gte=_start(month), occurred_at__lt=_start(add_months(month, 1)))
        .exclude(masked_text="")
        .select_related("unit")
        .order_by("id")[:_LOOKED_AT]
    )
    found = [row for row in rows if _SHORTEST <= len(row.masked_text.strip()) <= _LONGEST]
    unhappy = _distinct([row for row in found if _unhappy(row)])[:UNHAPPY]
    happy = _distinct([row for row in found if _happy(row)])[:HAPPY]
    return [*unhappy, *happy] or _distinct(found)[: UNHAPPY + HAPPY]


def freeze_quote(policy: Policy, row: FeedbackRecord) -> Frozen:
    """The words of a record, sealed, so that they can be erased without breaking the report's digest."""
    return sealed(_frozen(policy, row))


def _start(month: dt.date) -> datetime:
    return timezone.make_aware(datetime(month.year, month.month, 1))  # noqa: DTZ001  # made aware here


def _standing(row: FeedbackRecord) -> float | None:
    """Where the rating stands on its scale, from 0 to 1."""
    low, high = row.rating_low, row.rating_high
    if row.rating is None or low is None or high is None or high <= low:
        return None
    return (row.rating - low) / (high - low)


def _unhappy(row: FeedbackRecord) -> bool:
    standing = _standing(row)
    return row.kind == "complaint" if standing is None else standing <= 1 / 3


def _happy(row: FeedbackRecord) -> bool:
    standing = _standing(row)
    return row.kind in {"praise", "compliment"} if standing is None else standing >= 1


def _distinct(rows: list[FeedbackRecord]) -> list[FeedbackRecord]:
    return list({row.masked_text.strip(): row for row in reversed(rows)}.values())[::-1]


def _frozen(policy: Policy, row: FeedbackRecord) -> Frozen:
    may_open = row.unit_id is not None and policy.may("feedback.view", row.unit_id)
    return {
        "text": row.masked_text.strip(),
        "unit": row.unit.code if row.unit else "",
        "channel": row.channel,
        "rating": row.rating,
        "rating_high": row.rating_high,
        "day": timezone.localtime(row.occurred_at).date().isoformat(),
        "record": str(row.pk) if may_open else "",
    }
