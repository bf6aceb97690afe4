"""The list of feedback: a part at a time, however many millions of records there are.

Parts are asked for by where the part before ended, not by number: a database finds a place in an index at once, but counts
its way to a number. For the same reason nothing is counted beyond `COUNTED`, and what no index holds (words, a channel of a
unit) is looked for in `SEARCHED` records at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from servloop_app.collect.models import FeedbackRecord
from servloop_app.collect.queries import Asked, feedback
from servloop_app.core.policy import Policy

COUNTED = 10_000
SEARCHED = 20_000
ROWS = 50
# A database sorts all records of some units together unless each unit is asked by itself; beyond so many, walking through
# the records of all units finds enough of theirs soon.
_UNITS_ONE_BY_ONE = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = UUID(int=2**128 - 1)  # in the order of records of one moment


@dataclass(frozen=True)
class Part:
    """A part of the list.

    Attributes:
        rows: newest first.
        older: where the next part begins, for the address; empty at the end.
        searched_to: what fits was looked for back to this time, and older records are still to be looked through; else None.
    """

    rows: list[FeedbackRecord]
    older: str = ""
    searched_to: datetime | None = None


@dataclass(frozen=True)
class _Mark:
    """A place in the list: behind one record."""

    at: datetime
    record: UUID

    @classmethod
    def read(cls, text: str) -> _Mark | None:
        """From an address; what is no mark is the beginning of the list."""
        moment, _dash, record = text.partition("-")
        try:
            return cls(_EPOCH + timedelta(microseconds=int(moment)), UUID(hex=record))
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.record.hex}"


def part(policy: Policy, asked: Asked, begin: str = "") -> Part:
    """A part of the list.

    Args:
        policy: the person's rights.
        asked: what it is limited to.
        begin: `Part.older` of the part before; empty for the newest records.
    """
    mark = _Mark.read(begin)
    held = held_by_index(policy, asked)
    streams = [_behind(records, mark) for records in _streams(policy, asked, held)]
    end = None
    if held != asked:
        ends = [
            _end(_behind(records, mark), SEARCHED // len(streams)) for records in _streams(policy, held, held)
        ]
        # The list is complete only as far as all of its streams were looked through.
        end = min((one for one in ends if one), key=_order, default=None)
    if end is not None:
        streams = [records.filter(occurred_at__gte=end.at) for records in streams]
    found = list(
        islice(
            merge(
                *(list(records.select_related("unit")[: ROWS + 1]) for records in streams),
                key=lambda record: _order(_Mark(record.occurred_at, record.pk)),
            ),
            ROWS + 1,
        )
    )
    if len(found) > ROWS:
        last = found[ROWS - 1]
        return Part(found[:ROWS], str(_Mark(last.occurred_at, last.pk)))
    return Part(found) if end is None else Part(found, str(end), end.at)


def counted(policy: Policy, asked: Asked) -> int | None:
    """How many records there are, up to `COUNTED`; one more when there are more; None where that takes a search."""
    if held_by_index(policy, asked) != asked:
        return None
    return feedback(policy, asked).order_by()[: COUNTED + 1].count()


def held_by_index(policy: Policy, asked: Asked) -> Asked:
    """The part of what is asked for that some index holds in order; the rest is looked for along it."""
    if asked.source:
        return Asked(source=asked.source)
    if asked.unit:
        return Asked(unit=asked.unit)
    return Asked() if _by_unit(policy, asked) else Asked(channel=asked.channel)


def _by_unit(policy: Policy, asked: Asked) -> bool:
    """Whether each unit of the person is asked by itself."""
    units = policy.units("feedback.view")
    everything = len(units) == len(policy.tree.codes)
    return not (asked.source or asked.unit or everything) and len(units) <= _UNITS_ONE_BY_ONE


def _streams(policy: Policy, asked: Asked, held: Asked) -> list[QuerySet[FeedbackRecord]]:
    """The list as lists that an index holds in order."""
    records = feedback(policy, asked)
    if not _by_unit(policy, held):
        return [records]
    units = policy.units("feedback.view")
    places = [*sorted(units), *([None] if policy.tree.root in units else [])]
    return [records.filter(unit=place) for place in places] or [records]


def _behind(records: QuerySet[FeedbackRecord], mark: _Mark | None) -> QuerySet[FeedbackRecord]:
    if mark is None:
        return records
    later = Q(occurred_at__lt=mark.at) | Q(pk__gt=mark.record)
    return records.filter(later, occurred_at__lte=mark.at)


def _end(records: QuerySet[FeedbackRecord], rows: int) -> _Mark | None:
    """Behind so many records and all others of the last one's moment; None where there are no more."""
    last = records.order_by("-occurred_at").values_list("occurred_at", flat=True)[rows - 1 : rows + 1]
    return _Mark(last[0], _LAST) if len(last) > 1 else None


def _order(mark: _Mark) -> tuple[timedelta, UUID]:
    """Newest first; of one moment as the database orders."""
    return _EPOCH - mark.at, mark.record
