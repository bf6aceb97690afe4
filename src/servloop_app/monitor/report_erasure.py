"""What frozen reports hold about people: customers' words, found by the records that they came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from servloop_app.collect.models import FeedbackRecord, Import, PersonKey
from servloop_app.core.actions import Actor, execute
from servloop_app.core.chain import reference
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.improve.ticket_erasure import ERASED, tickets_of
from servloop_app.improve.ticket_models import Ticket
from servloop_app.monitor.actions_reports import EraseQuotes
from servloop_app.monitor.alert_models import Alert
from servloop_app.monitor.report_models import QuotedRecord, Report
from servloop_app.monitor.report_objects import NO_TITLE

_ASKED_AT_ONCE = 500
_SYSTEM = Actor.system("erasure")
# Before this version reports listed overdue tickets by their titles, which may be a customer's words.
_TITLES_BEFORE = 2


class ReportedWords:
    """Quotes in reports. Figures that a person's answers went into stay: they count people and name nobody."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """The quotes, with the report in which each stands."""
        keys = PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True)
        rows = QuotedRecord.objects.filter(person_key__in=list(keys)).select_related("report__run")
        return [
            {
                "kind": "report_quote",
                "number": row.report.run.number,
                "time": row.report.made_at.isoformat(),
                "text": row.report.content["quotes"][row.place].get("text", ""),
            }
            for row in rows
        ]

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Erase their quotes and have the files written again; safe to repeat, and after others have erased theirs."""
        wanted = list(indexes)
        quotes: dict[UUID, set[int]] = defaultdict(set)
        for row in _theirs(wanted):
            quotes[row.report.public_id].add(row.place)
        items = dict(_titles_of_old(wanted))
        touched = 0
        for public_id in sorted({*quotes, *items}):
            erasing = EraseQuotes(public_id, sorted(quotes.get(public_id, ())), items.get(public_id, []))
            touched += execute(erasing, _SYSTEM).outcome
        return touched


def _theirs(indexes: Collection[bytes]) -> list[QuotedRecord]:
    """Quotes of the people, and of those whose key or whose record (while its import stands) is erased already."""
    keys = set(PersonKey.objects.filter(index__in=indexes).values_list("key", flat=True))
    rows = list(QuotedRecord.objects.select_related("report", "brought_by").defer("report__content"))
    known = set(_existing(PersonKey, "key", {row.person_key for row in rows} - {""}))
    there = set(_existing(FeedbackRecord, "pk", {row.record for row in rows}))
    return [
        row
        for row in rows
        if row.person_key in keys
        or (row.person_key and row.person_key not in known)
        or (row.record not in there and row.brought_by and row.brought_by.state == Import.State.DONE)
    ]


def _existing(model: Any, field: str, values: Collection[Any]) -> Iterator[Any]:
    listed = list(values)
    for start in range(0, len(listed), _ASKED_AT_ONCE):
        part = {f"{field}__in": listed[start : start + _ASKED_AT_ONCE]}
        yield from model.objects.filter(**part).values_list(field, flat=True)


def _titles_of_old(indexes: Collection[bytes]) -> Iterator[tuple[UUID, list[str]]]:
    """Reports of earlier releases → references of alerts in them that bear the title of a person's ticket."""
    old = Report.objects.filter(content__version__lt=_TITLES_BEFORE)
    if not old.exists():
        return
    theirs = set(tickets_of(indexes).values_list("public_id", flat=True))
    theirs |= set(Ticket.objects.filter(title=ERASED).values_list("public_id", flat=True))
    sources = [reference("ticket", public_id) for public_id in theirs]
    alerts = {
        reference("alert", public_id)
        for start in range(0, len(sources), _ASKED_AT_ONCE)
        for public_id in Alert.objects.filter(source__in=sources[start : start + _ASKED_AT_ONCE]).values_list(
            "public_id", flat=True
        )
    }
    for report in old.iterator(chunk_size=50):
        listed = [one for one in report.content["alerts"] if one["title"].get("en") != NO_TITLE]
        named = [one["reference"] for one in listed if one["reference"] in alerts]
        if named:
            yield report.public_id, named


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("reports", ReportedWords())
