"""What home says of work: tickets that wait for this person, alerts to look at, and their stages in the strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servloop_app.core.policy import Policy
from servloop_app.improve import ticket_queries as tickets
from servloop_app.improve.ticket_queries import ClockReader, TicketFilter
from servloop_app.monitor import monitor_queries as watched
from servloop_app.monitor.models import Alert
from servloop_app.monitor.monitor_chain import GRADE_MEANINGS
from servloop_app.verify import queries as checked
from servloop_app.web.figures import rounded
from servloop_app.web.improve.ticket_words import said
from servloop_app.web.measure.values import joined
from servloop_app.web.monitor.alert_words import sentence

SHOWN = 3
_IMPROVE, _VERIFY, _MONITOR = 4, 5, 6  # places in the loop


@dataclass(frozen=True)
class Todo:
    """Something that waits for this person."""

    meaning: str
    text: str
    detail: str
    address: str
    button: str


@dataclass(frozen=True)
class Stop:
    """A stage of the loop in the strip: what the period produced there."""

    label: str | Promise
    number: str = ""
    words: str = ""
    address: str = ""


def waiting_work(rights: Policy) -> list[Todo]:
    """One's own tickets and alerts, then those that nobody has; the most urgent first."""
    return [*_tickets(rights), *_alerts(rights)]


def _tickets(rights: Policy) -> list[Todo]:
    if not rights.may("tickets.edit"):
        return []
    reader = ClockReader()
    found = []
    for ticket in tickets.due_for(rights)[:SHOWN]:
        clock = reader.read(ticket).next
        found.append(
            Todo(
                clock.meaning,
                ticket.title,
                joined((ticket.number, said(clock))),
                reverse("ticket", args=[ticket.public_id]),
                _("Open"),
            )
        )
    waiting = tickets.unowned(rights).count()
    if waiting:
        text = ngettext("%(n)s ticket has no owner", "%(n)s tickets have no owner", waiting)
        found.append(
            Todo(
                "watch",
                text % {"n": rounded(waiting, 0)},
                _("Take them on or hand them out"),
                f"{reverse('tickets')}?owner=nobody",
                _("Show"),
            )
        )
    return found


def _alerts(rights: Policy) -> list[Todo]:
    if not rights.may("alerts.edit"):
        return []
    mine = watched.alerts(rights, watched.AlertFilter(owner="me"))
    return [
        Todo(
            GRADE_MEANINGS[Alert.Grade(alert.grade)],
            sentence(alert),
            alert.number,
            reverse("alert", args=[alert.public_id]),
            _("Look into it"),
        )
        for alert in mine[:SHOWN]
    ]


def work_stops(rights: Policy, labels: Sequence[str | Promise]) -> Mapping[int, Stop]:
    """Open tickets, checks without a verdict and waiting alerts in the strip of the loop."""
    told = {}
    if rights.may(tickets.PERMISSION):
        waiting = tickets.tickets(rights, TicketFilter("open")).count()
        words = ngettext("open ticket", "open tickets", waiting)
        told[_IMPROVE] = Stop(labels[_IMPROVE], rounded(waiting, 0), words, reverse("tickets"))
    if rights.may(checked.PERMISSION):
        waiting = checked.waiting(rights).count()
        words = ngettext("check under way", "checks under way", waiting)
        told[_VERIFY] = Stop(labels[_VERIFY], rounded(waiting, 0), words, reverse("effects"))
    if rights.may(watched.ALERTS):
        waiting = watched.alerts(rights, watched.AlertFilter()).count()
        words = ngettext("alert to look at", "alerts to look at", waiting)
        told[_MONITOR] = Stop(labels[_MONITOR], rounded(waiting, 0), words, reverse("alerts"))
    return told
