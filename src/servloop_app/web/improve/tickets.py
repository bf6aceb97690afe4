"""Tickets: the list, opening one by hand or from a feedback record, time limits and the rule."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop_app.collect import queries as collected
from servloop_app.core.actions import execute
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions import AddProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.diagnose.tasks import read_now
from servloop_app.improve import ticket_queries as queries
from servloop_app.improve.actions_tickets import OpenTicket, TicketFromFeedback
from servloop_app.improve.actions_tickets_system import SetServiceLevel, SetTicketRule, service_levels
from servloop_app.improve.models import Level, Ticket, TicketRule
from servloop_app.improve.ticket_facts import PROCESS
from servloop_app.improve.ticket_queries import ClockReader, Clocks, TicketFilter
from servloop_app.web.improve.ticket_forms import FromFeedbackForm, OpenForm, RuleForm, ServiceLevelForm
from servloop_app.web.improve.ticket_words import LEVEL_MEANINGS, STATE_MEANINGS, said
from servloop_app.web.submit import page_of, submit


@dataclass(frozen=True)
class Row:
    """A ticket as a list shows it."""

    ticket: Ticket
    clocks: Clocks
    meaning: str
    level_meaning: str

    @property
    def rest(self) -> str:
        """What the clock that runs out first says."""
        return said(self.clocks.next)

    @property
    def waits_for_reply(self) -> bool:
        """Whether that clock is the one of the first reply."""
        return self.clocks.next is self.clocks.reply and self.clocks.reply.done_at is None


def rows_of(tickets: Any) -> list[Row]:
    """Tickets with their clocks."""
    reader = ClockReader()
    return [
        Row(ticket, reader.read(ticket), STATE_MEANINGS[ticket.state], LEVEL_MEANINGS[Level(ticket.level)])
        for ticket in tickets
    ]


@policy(queries.PERMISSION)
@require_GET
def tickets(request: HttpRequest) -> HttpResponse:
    """The list, the most urgent first."""
    rights = policy_of(request)
    given = {
        name: request.GET.get(name, "").strip()[:80] for name in ("state", "unit", "owner", "level", "text")
    }
    asked = TicketFilter(**{**given, "state": given["state"] or "open"})
    found = page_of(request, queries.tickets(rights, asked))
    late = queries.tickets(rights, TicketFilter("overdue")).count()
    waiting = queries.tickets(rights, TicketFilter("open")).count()
    context = {
        "page": found,
        "rows": rows_of(found),
        "asked": asked,
        "filtered": any(given.values()),
        "states": [
            ("open", pgettext("tickets", "open")),
            ("overdue", pgettext("tickets", "overdue")),
            *Ticket.State.choices,
            ("all", pgettext("tickets", "all")),
        ],
        "levels": Level.choices,
        "units": _units(rights, queries.PERMISSION),
        "heading": _heading(waiting, late),
        "any": bool(waiting) or queries.tickets(rights).exists(),
        "may_open": rights.may("tickets.edit"),
        "may_set": rights.may("settings.edit"),
        "may_analyse": rights.may("process.edit"),
    }
    return render(request, "web/improve/tickets.html", context)


def _units(rights: Policy, permission: str) -> Any:
    return Unit.objects.filter(pk__in=rights.units(permission)).order_by("sort_key")


def _heading(waiting: int, late: int) -> str:
    if late:
        return ngettext("%(n)s ticket is overdue", "%(n)s tickets are overdue", late) % {"n": late}
    if waiting:
        said = ngettext("%(n)s ticket is open, in time", "%(n)s tickets are open, all in time", waiting)
        return said % {"n": waiting}
    return _("No ticket is open")


@policy("tickets.edit")
@require_http_methods(["GET", "POST"])
def open_one(request: HttpRequest) -> HttpResponse:
    """Open a ticket by hand."""
    rights = policy_of(request)
    units = _units(rights, "tickets.edit")
    home = rights.person.unit if rights.person else None
    form = OpenForm(request.POST or None, units=units, initial={"unit": home.code if home else None})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = OpenTicket(given["title"], given["unit"].code, given["level"], given["words"])
        done = submit(request, action, form=form)
        if done:
            return redirect("ticket", done.outcome.public_id)
    status = 422 if form.is_bound else 200
    return render(request, "web/improve/ticket_open.html", {"form": form}, status=status)


@policy("tickets.edit")
@require_POST
def from_feedback(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a feedback record a ticket."""
    record = collected.feedback_record(policy_of(request), public_id)
    form = FromFeedbackForm(request.POST)
    level = form.cleaned_data["level"] if form.is_valid() else Level.GENERAL.value
    done = submit(request, TicketFromFeedback(record.id, level), _("The record is a ticket now"))
    return redirect("ticket", done.outcome.public_id) if done else redirect("feedback_record", public_id)


@policy("process.edit")
@require_POST
def analyse(request: HttpRequest) -> HttpResponse:
    """Open the tickets as a process, from all their steps in the facts that the person may see."""
    rights = policy_of(request)
    log = uuid.uuid4()
    size = log_files.keep_upload(log, "facts.parquet", [collected.process_file(rights, PROCESS)])
    unit = _units(rights, "process.edit").get(pk=_highest(rights))
    new = AddProcessLog(log, _("Tickets"), unit.code, PROCESS, size, ReadingOptions(columns={}))
    try:
        execute(new, actor_of(request))
    except Exception:
        log_files.remove(log)
        raise
    read_now(log, actor_of(request))
    return redirect("process_log", log)


def _highest(rights: Policy) -> int:
    """The unit nearest to the root in which the person may analyse processes."""
    return min(rights.units("process.edit"), key=lambda unit: (len(rights.tree.path(unit)), unit))


@policy("settings.edit")
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Time limits of the levels, and which feedback becomes tickets by itself."""
    part = request.POST.get("part", "")
    levels = service_levels()
    forms = {
        level: ServiceLevelForm(
            request.POST if part == level else None,
            prefix=level,
            initial={"reply": hours.reply, "resolution": hours.resolution, "pause": hours.pause},
        )
        for level, hours in levels.items()
    }
    rule = TicketRule.objects.filter(pk=1).first() or TicketRule()
    rule_form = RuleForm(
        request.POST if part == "rule" else None,
        initial={
            "enabled": rule.enabled,
            "kinds": ", ".join(rule.kinds),
            "rating_at_most": rule.rating_at_most,
            "days": rule.days,
            "level": rule.level,
        },
    )
    if part and _saved(request, part, forms, rule_form):
        return redirect("ticket_settings")
    context = {
        "levels": [(Level(level).label, level, form) for level, form in forms.items()],
        "rule_form": rule_form,
    }
    return render(request, "web/improve/ticket_settings.html", context, status=422 if part else 200)


def _saved(request: HttpRequest, part: str, forms: dict[str, ServiceLevelForm], rule_form: RuleForm) -> bool:
    if part in forms:
        form = forms[part]
        if not form.is_valid():
            return False
        given = form.cleaned_data
        limits = SetServiceLevel(part, given["reply"], given["resolution"], given["pause"])
        return submit(request, limits, _("These limits count for new tickets"), form) is not None
    if not rule_form.is_valid():
        return False
    given = rule_form.cleaned_data
    kinds = [kind.strip() for kind in given["kinds"].replace("，", ",").split(",") if kind.strip()]
    rule = SetTicketRule(given["enabled"], kinds, given["rating_at_most"], given["days"], given["level"])
    return submit(request, rule, _("The rule is saved"), rule_form) is not None
