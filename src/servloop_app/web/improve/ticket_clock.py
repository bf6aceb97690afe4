"""The clock of a ticket split by phase: who had it for how long, drawn as one bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import pgettext

from servloop.monitor.calendar import WorkingCalendar
from servloop_app.improve.models import Ticket, TicketEntry
from servloop_app.improve.ticket_rules import Clock, worked
from servloop_app.web.improve.ticket_words import working_time

WIDTH = 1000
_Kind = TicketEntry.Kind


@dataclass(frozen=True)
class Phase:
    """A part of the bar.

    Attributes:
        kind: ``unowned``, ``work``, ``wait``, ``over`` or ``rest``.
        label: its name and how long it took.
        x, width: in thousandths of the bar.
    """

    kind: str
    label: str
    x: float
    width: float


def phases(
    ticket: Ticket, entries: list[TicketEntry], clock: Clock, calendar: WorkingCalendar, now: datetime
) -> list[Phase]:
    """The phases of a ticket since it was opened (or opened again), in working time.

    Args:
        ticket: the ticket.
        entries: its timeline, the oldest first.
        clock: of its resolution.
        calendar: working time of its unit.
        now: the moment until which an open ticket counts.
    """
    spans = dict.fromkeys(("unowned", "work", "wait"), 0.0)
    for kind, begin, end in _stretches(entries, ticket.answered_at or now):
        spans[kind] += max(worked(calendar, begin, end), 0.0)
    names = {
        "unowned": pgettext("phase", "nobody had it"),
        "work": pgettext("phase", "worked on"),
        "wait": pgettext("phase", "waited for the customer"),
        "rest": pgettext("phase", "left"),
        "over": pgettext("phase", "over the limit"),
    }
    rest = max(clock.rest, 0.0) if clock.done_at is None else 0.0
    over = max(-clock.rest, 0.0)
    parts = {**spans, "over": over, "rest": rest}
    if over:  # what is over the limit was work at its end
        parts["work"] = max(parts["work"] - over, 0.0)
    whole = sum(parts.values()) or 1.0
    drawn, x = [], 0.0
    for kind, seconds in parts.items():
        if seconds >= 60:  # less than a minute is no phase
            width = seconds / whole * WIDTH
            drawn.append(Phase(kind, f"{names[kind]} {working_time(seconds)}", round(x, 1), round(width, 1)))
            x += width
    return drawn


def _stretches(entries: list[TicketEntry], end: datetime) -> list[tuple[str, datetime, datetime]]:
    """(kind, begin, end) of the stretches between entries that change who has to act."""
    found: list[tuple[str, datetime, datetime]] = []
    kind, begin, limit = "unowned", None, None
    for entry in entries:
        following = _kind_after(entry, kind)
        if begin is not None and following != kind:
            found += _bounded(kind, begin, entry.at, limit)
        if entry.kind in {_Kind.OPENED, _Kind.REOPENED}:
            found, begin = [], entry.at
        elif following != kind:
            begin = entry.at
        if following == "wait":
            limit = datetime.fromisoformat(entry.detail["until"]) if "until" in entry.detail else limit
        kind = following
    if begin is not None and kind != "done":
        found += _bounded(kind, begin, end, limit)
    return found


def _bounded(
    kind: str, begin: datetime, end: datetime, limit: datetime | None
) -> list[tuple[str, datetime, datetime]]:
    """A wait longer than agreed is work again from the limit on."""
    if kind == "done":
        return []
    if kind == "wait" and limit is not None and limit < end:
        return [("wait", begin, limit), ("work", limit, end)]
    return [(kind, begin, end)]


def _kind_after(entry: TicketEntry, before: str) -> str:
    if entry.kind == _Kind.OPENED:
        return "work" if entry.detail.get("to") else "unowned"
    if entry.kind == _Kind.HANDED_OVER:
        return before if before == "wait" else "work" if entry.detail.get("to") else "unowned"
    if entry.kind == _Kind.REPLY:
        return {"ask": "wait", "answered": "done"}.get(entry.detail.get("then", ""), "work")
    if entry.kind == _Kind.CLOSED:
        return "done"
    return "work" if entry.kind in {_Kind.TAKEN, _Kind.RESUMED, _Kind.REOPENED} else before
