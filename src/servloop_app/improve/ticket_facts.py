"""Tickets as facts: every ticket is a case of the process ``servloop.tickets``, so that the loop measures itself.

A ticket is written whole each time: steps that the facts know are skipped, and when the ticket has gone to another
unit its steps go along, so that a case lies in one unit and nobody sees a torn one.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from servloop.facts import ingest
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.models import Unit
from servloop_app.improve.ticket_models import Ticket, TicketEntry, TicketFacts
from servloop_app.jobs.runs import RunContext

PROCESS = "servloop.tickets"
AT_ONCE = 500
_BOOKS = TicketFacts._meta.db_table
_Kind = TicketEntry.Kind
# Steps of the process; notes, links and marks are no steps.
_ACTIVITIES: dict[str, Promise] = {
    _Kind.OPENED: pgettext_lazy("activity", "Open the ticket"),
    _Kind.TAKEN: pgettext_lazy("activity", "Take it on"),
    _Kind.RESUMED: pgettext_lazy("activity", "Go on"),
    _Kind.HANDED_OVER: pgettext_lazy("activity", "Hand it over"),
    _Kind.LEVEL: pgettext_lazy("activity", "Change the level"),
    _Kind.CLOSED: pgettext_lazy("activity", "Close the ticket"),
    _Kind.REOPENED: pgettext_lazy("activity", "Open it again"),
}
_REPLIES: dict[str, Promise] = {
    "go_on": pgettext_lazy("activity", "Give interim news"),
    "ask": pgettext_lazy("activity", "Ask the customer"),
    "answered": pgettext_lazy("activity", "Answer the customer"),
}
_STEP_KINDS = (*_ACTIVITIES, _Kind.REPLY)
_EVENT_COLUMNS: dict[str, Any] = {
    "seq": pl.Int64,
    "source_key": pl.String,
    "unit_id": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "local_date": pl.Date,
    "local_hour": pl.Int32,
    "tz": pl.String,
    "process_id": pl.String,
    "case_id": pl.String,
}


def store_changed(run: RunContext) -> int:
    """Carry every ticket that changed since it was last stored into the facts.

    Returns:
        How many.
    """
    behind = Ticket.objects.filter(Q(facts=None) | Q(facts__changed_at__lt=F("changed_at"))).select_related(
        "unit"
    )
    done = 0
    while tickets := list(behind.order_by("changed_at", "pk")[:AT_ONCE]):
        _store(tickets)
        with guard.opening(_BOOKS), run.step():
            TicketFacts.objects.bulk_create(
                [TicketFacts(ticket=ticket, changed_at=ticket.changed_at) for ticket in tickets],
                update_conflicts=True,
                unique_fields=["ticket"],
                update_fields=["changed_at"],
            )
        done += len(tickets)
        run.progress(done, None, "tickets")
    return done


def _store(tickets: list[Ticket]) -> None:
    brought = uuid.uuid4().hex
    now = timezone.now()
    with tempfile.TemporaryDirectory() as folder, translation.override(settings.LANGUAGE_CODE):
        for table, rows, own in (
            (
                "events",
                _events(tickets),
                {"activity": pl.String, "resource": pl.String, "department": pl.String},
            ),
            ("event_cases", _cases(tickets), {"person_key": pl.String, "sla_seconds": pl.Float64}),
        ):
            staged = Path(folder) / f"{table}.parquet"
            pl.DataFrame(list(rows), schema={**_EVENT_COLUMNS, **own}, orient="row").write_parquet(staged)
            ingest(fact_store(), staged, table=table, source=PROCESS, import_id=brought, ingested_at=now)


def _events(tickets: list[Ticket]) -> Iterator[tuple[Any, ...]]:
    entries = (
        TicketEntry.objects.filter(ticket__in=tickets, kind__in=_STEP_KINDS)
        .select_related("author")
        .order_by("ticket", "place")
    )
    by_pk = {ticket.pk: ticket for ticket in tickets}
    for place, entry in enumerate(entries):
        ticket = by_pk[entry.ticket_id]
        activity = (
            _REPLIES[entry.detail.get("then", "go_on")]
            if entry.kind == _Kind.REPLY
            else _ACTIVITIES[entry.kind]
        )
        yield (
            place,
            str(entry.pk),
            *_common(ticket, entry.at),
            str(activity),
            entry.author.username if entry.author else None,
            str(ticket.unit),
        )


def _cases(tickets: list[Ticket]) -> Iterator[tuple[Any, ...]]:
    for place, ticket in enumerate(tickets):
        promised = (ticket.resolution_due - ticket.opened_at).total_seconds()
        common = _common(ticket, ticket.opened_at)
        yield (place, str(ticket.public_id), *common, ticket.person_key or None, promised)


def _common(ticket: Ticket, at: datetime) -> tuple[Any, ...]:
    zone = _zone(ticket.unit)
    local = at.astimezone(ZoneInfo(zone))
    return ticket.unit.code, at, local.date(), local.hour, zone, PROCESS, ticket.number


def _zone(unit: Unit) -> str:
    return unit.time_zone or timezone.get_default_timezone_name()
