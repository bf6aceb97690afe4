"""Alerts: the list, one with its history, and what is done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, Person, Unit
from servloop_app.core.permissions import ROLES
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import ticket_queries
from servloop_app.improve.models import Level, Ticket
from servloop_app.monitor import monitor_queries as queries
from servloop_app.monitor.actions_alerts import (
    AcknowledgeAlert,
    AssignAlert,
    CloseAlert,
    ReopenAlert,
    SilenceAlert,
    TicketFromAlert,
)
from servloop_app.monitor.models import Alert, AlertEntry
from servloop_app.monitor.monitor_chain import GRADE_MEANINGS
from servloop_app.web.measure.pages import page
from servloop_app.web.monitor import control_chart
from servloop_app.web.monitor.alert_words import (
    period_name,
    rule_names,
    sentence,
    target_words,
    value_with_interval,
)
from servloop_app.web.monitor.monitor_forms import AssignForm, CloseForm, SilenceForm, TicketForm
from servloop_app.web.submit import page_of, submit

SILENCE = dt.timedelta(days=7)
STATE_MEANINGS = {
    Alert.State.OPEN: "watch",
    Alert.State.ACKNOWLEDGED: "info",
    Alert.State.SILENCED: "neutral",
    Alert.State.CLOSED: "good",
}
STEPS = ("acknowledge", "assign", "silence", "ticket", "close", "reopen")
_LOOKS = {
    AlertEntry.Kind.RAISED: ("alert", "bad"),
    AlertEntry.Kind.WENT_ON: ("alert", "watch"),
    AlertEntry.Kind.GRADED: ("alert", "bad"),
    AlertEntry.Kind.ACKNOWLEDGED: ("eye", ""),
    AlertEntry.Kind.ASSIGNED: ("user", ""),
    AlertEntry.Kind.SILENCED: ("moon", ""),
    AlertEntry.Kind.TICKET: ("doc", "cust"),
    AlertEntry.Kind.CLOSED: ("check", ""),
    AlertEntry.Kind.REOPENED: ("out", "watch"),
}


@dataclass(frozen=True)
class Row:
    """An alert as a list shows it."""

    alert: Alert
    text: str
    grade_meaning: str
    state_meaning: str
    closed: bool


def alert_rows(alerts: Iterable[Alert]) -> list[Row]:
    """Alerts in words."""
    return [
        Row(
            alert,
            sentence(alert),
            GRADE_MEANINGS[Alert.Grade(alert.grade)],
            STATE_MEANINGS[Alert.State(alert.state)],
            alert.state == Alert.State.CLOSED,
        )
        for alert in alerts
    ]


def people_for(rights: Policy) -> list[Person]:
    """People who may be told of alerts: whoever has a role that sees them somewhere in the person's units."""
    roles = [role for role, held in ROLES.items() if "alerts.view" in held]
    units = rights.units(queries.ALERTS)
    above = {unit for one in units for unit in rights.tree.path(one)}
    ids = Assignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=rights.on),
        role__in=roles,
        unit__in=above,
        effect=Assignment.Effect.ALLOW,
        valid_from__lte=rights.on,
    ).values_list("person_id", flat=True)
    return list(Person.objects.filter(pk__in=set(ids), is_active=True))


@policy(queries.ALERTS)
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """The list, serious ones first."""
    rights = policy_of(request)
    given = {name: request.GET.get(name, "").strip()[:80] for name in ("state", "unit", "owner", "grade")}
    asked = queries.AlertFilter(**{**given, "state": given["state"] or "waiting"})
    found = page_of(request, queries.alerts(rights, asked))
    waiting = queries.alerts(rights, queries.AlertFilter())
    context = {
        "page": found,
        "rows": alert_rows(found),
        "asked": asked,
        "states": [
            ("waiting", pgettext("alerts", "to look at")),
            *((code, label) for code, label in Alert.State.choices if code != Alert.State.OPEN),
            ("all", pgettext("alerts", "all")),
        ],
        "units": Unit.objects.filter(pk__in=rights.units(queries.ALERTS)).order_by("sort_key"),
        "heading": _heading(waiting.count(), waiting.filter(grade=Alert.Grade.SERIOUS).count()),
        "any": queries.alerts(rights).exists(),
        "may_edit": rights.may("alerts.edit"),
        "may_watch": rights.may("monitors.view"),
    }
    return page(request, "web/monitor/alerts.html", context)


def _heading(waiting: int, serious: int) -> str:
    if serious:
        said = ngettext("%(n)s serious alert to look at", "%(n)s serious alerts to look at", serious)
        return said % {"n": serious}
    if waiting:
        return ngettext("%(n)s alert to look at", "%(n)s alerts to look at", waiting) % {"n": waiting}
    return _("No alert waits")


@policy(queries.ALERTS)
@require_GET
def alert(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One alert."""
    found = queries.one_alert(policy_of(request), public_id)
    return _page(request, found, _forms(request))


def _forms(request: HttpRequest) -> dict[str, forms.Form]:
    until = localtime(timezone.now() + SILENCE).replace(second=0, microsecond=0, tzinfo=None)
    return {
        "silence": SilenceForm(initial={"until": until}, auto_id="silence_%s"),
        "close": CloseForm(auto_id="close_%s"),
        "ticket": TicketForm(auto_id="ticket_%s"),
        "assign": AssignForm(people=people_for(policy_of(request)), auto_id="assign_%s"),
    }


@policy("alerts.view")
@require_POST
def step(request: HttpRequest, public_id: UUID, step: str) -> HttpResponse:
    """Do something about an alert."""
    if step not in STEPS:
        raise NotFound("step", step)
    found = queries.one_alert(policy_of(request), public_id)
    if step == "acknowledge":
        submit(request, AcknowledgeAlert(public_id), _("You handle it now"))
        return redirect("alert", public_id)
    if step == "reopen":
        submit(request, ReopenAlert(public_id), _("The alert is open again"))
        return redirect("alert", public_id)
    shown = _forms(request)
    form = _bound(request, step)
    if form.is_valid():
        answer = _carried_out(request, public_id, step, form)
        if answer is not None:
            return answer
    return _page(request, found, shown | {step: form}, failed=step)


def _bound(request: HttpRequest, step: str) -> forms.Form:
    kinds: dict[str, type[forms.Form]] = {"silence": SilenceForm, "close": CloseForm, "ticket": TicketForm}
    if step == "assign":
        return AssignForm(request.POST, people=people_for(policy_of(request)), auto_id="assign_%s")
    return kinds[step](request.POST, auto_id=f"{step}_%s")


def _carried_out(request: HttpRequest, public_id: UUID, step: str, form: forms.Form) -> HttpResponse | None:
    given = form.cleaned_data
    if step == "ticket":
        opened = submit(
            request, TicketFromAlert(public_id, given["level"]), _("The alert is a ticket now"), form
        )
        if opened is None:
            return None
        seen = policy_of(request).may("tickets.view", opened.outcome.unit_id)
        return redirect("ticket", opened.outcome.public_id) if seen else redirect("alert", public_id)
    action: Any
    if step == "silence":
        action, said = SilenceAlert(public_id, given["until"], given["reason"]), _("Silent until then")
    elif step == "close":
        action, said = CloseAlert(public_id, given["reason"]), _("The alert is closed")
    else:
        action, said = (
            AssignAlert(public_id, given["person"].public_id),
            _("The owner is told on their home page"),
        )
    return redirect("alert", public_id) if submit(request, action, said, form) else None


def _page(request: HttpRequest, found: Alert, shown: dict[str, forms.Form], failed: str = "") -> HttpResponse:
    rights = policy_of(request)
    monitor = found.monitor
    phases = list(monitor.phases.all()) if monitor else []
    may_edit = rights.may("alerts.edit", found.unit_id)
    closed = found.state == Alert.State.CLOSED
    ticket = _ticket(rights, found)
    context = {
        "alert": found,
        "row": alert_rows([found])[0],
        "card": control_chart.card(monitor, phases) if monitor else None,
        "facts": _facts(found, ticket["seen"]),
        "lines": _lines(found),
        "forms": shown,
        "failed": failed,
        "ticket": ticket["seen"],
        "may_edit": may_edit,
        "may_acknowledge": may_edit and not closed and found.state != Alert.State.ACKNOWLEDGED,
        "may_make_ticket": not closed
        and not ticket["taken"]
        and not found.source
        and rights.may("tickets.edit", found.unit_id),
        "closed": closed,
        "may_watch": rights.may(queries.MONITORS, found.unit_id),
        "levels": Level.choices,
    }
    return page(request, "web/monitor/alert.html", context, 422 if failed else 200)


def _ticket(rights: Policy, found: Alert) -> dict[str, Any]:
    """The ticket that was opened from it, or that it is about, as far as the person may see it."""
    taken = ticket_queries.ticket_of(f"alert:{found.public_id}")
    about = taken
    if found.source:
        about = Ticket.objects.filter(public_id=found.source.partition(":")[2]).first()
    seen = about is not None and rights.may("tickets.view", about.unit_id)
    return {"taken": taken is not None, "seen": about if seen else None}


def _facts(found: Alert, ticket: Ticket | None) -> list[tuple[str, str]]:
    """What it rests on, as pairs of name and value."""
    if found.monitor is None:
        about = [(_("What it is about"), ticket.title)] if ticket else []
        return [(_("Ticket"), found.facts["number"]), *about]
    facts, monitor = found.facts, found.monitor
    rows = [
        (_("Value"), value_with_interval(monitor, facts)),
        (_("Period"), period_name(facts["start"], monitor.period)),
        (_("Points in a row"), str(facts["points"])),
    ]
    if facts["rules"]:
        rows.append((_("Signals"), rule_names(facts["rules"])))
    target = target_words(monitor, monitor.metric)
    return [*rows, (_("Target"), target)] if target else rows


@dataclass(frozen=True)
class Line:
    """One line of an alert's history."""

    entry: AlertEntry
    icon: str
    look: str
    who: str
    what: str


def _lines(found: Alert) -> list[Line]:
    entries = queries.history(found)
    ids = {entry.detail.get("to") for entry in entries} - {None}
    names = {str(person.public_id): str(person) for person in Person.objects.filter(public_id__in=ids)}
    return [
        Line(
            entry,
            *_LOOKS[AlertEntry.Kind(entry.kind)],
            str(entry.author) if entry.author else _("The platform"),
            _what(entry, names),
        )
        for entry in entries
    ]


def _what(entry: AlertEntry, names: dict[str, str]) -> str:
    detail, kind = entry.detail, AlertEntry.Kind(entry.kind)
    if kind == AlertEntry.Kind.ASSIGNED:
        return _("gave it to %(person)s") % {"person": names.get(detail["to"], detail["to"])}
    if kind == AlertEntry.Kind.SILENCED:
        until = parse_datetime(detail["until"])
        at = date_format(localtime(until), "SHORT_DATETIME_FORMAT") if until else ""
        return _("silenced it until %(at)s") % {"at": at}
    if kind == AlertEntry.Kind.TICKET:
        return _("opened ticket %(number)s") % {"number": detail["number"]}
    if kind == AlertEntry.Kind.GRADED:
        return _("called it %(grade)s") % {"grade": Alert.Grade(detail["grade"]).label}
    if kind == AlertEntry.Kind.CLOSED and detail.get("because") == "settled":
        return _("closed it: the ticket is settled")
    return {
        AlertEntry.Kind.RAISED: _("raised the alert"),
        AlertEntry.Kind.WENT_ON: _("saw further signals"),
        AlertEntry.Kind.ACKNOWLEDGED: pgettext("alert", "handles it"),
        AlertEntry.Kind.CLOSED: pgettext("alert", "closed it"),
        AlertEntry.Kind.REOPENED: pgettext("alert", "opened it again"),
    }[kind]
