"""One ticket: clock, reply, timeline, and the steps that can be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from servloop_app.collect import queries as collected
from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action
from servloop_app.core.errors import NotFound
from servloop_app.core.models import LogLeaf, Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import ticket_queries as queries
from servloop_app.improve.actions_tickets import NoteOnTicket, ReplyToCustomer, ResumeTicket, TakeTicket
from servloop_app.improve.actions_tickets_course import (
    CloseTicket,
    HandOver,
    LinkTicket,
    OpenTicketText,
    ReopenTicket,
    SetTicketLevel,
)
from servloop_app.improve.models import Level, Ticket, TicketEntry
from servloop_app.improve.ticket_queries import ClockReader, TicketFilter
from servloop_app.improve.ticket_rules import allowed
from servloop_app.web.improve import ticket_forms as used
from servloop_app.web.improve.ticket_belongs import BelongsForm, groups
from servloop_app.web.improve.ticket_clock import WIDTH, phases
from servloop_app.web.improve.ticket_words import LEVEL_MEANINGS, STATE_MEANINGS, said, working_time
from servloop_app.web.improve.tickets import rows_of
from servloop_app.web.improve.timeline import GROUPS, lines
from servloop_app.web.submit import submit

_ALIKE = 4
STEPS = ("take", "note", "reply", "resume", "hand_over", "level", "close", "reopen", "link")


@policy(queries.PERMISSION)
@require_GET
def ticket(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return _page(request, queries.one_ticket(policy_of(request), public_id), _unbound(request, public_id))


def _unbound(request: HttpRequest, public_id: UUID) -> dict[str, forms.Form]:
    rights = policy_of(request)
    found = queries.one_ticket(rights, public_id)
    people = queries.possible_owners(rights, found.unit_id)
    units = Unit.objects.filter(pk__in=list(rights.tree.codes)).order_by("sort_key")
    return {
        "note": used.NoteForm(),
        "reply": used.ReplyForm(),
        "resume": used.ResumeForm(),
        "hand_over": used.HandOverForm(
            units=units, people=people, initial={"unit": found.unit.code}, auto_id="hand_%s"
        ),
        "level": used.LevelForm(initial={"level": found.level}, auto_id="level_%s"),
        "close": used.CloseForm(auto_id="close_%s"),
        "reopen": used.ReasonForm(auto_id="reopen_%s"),
        "link": BelongsForm(groups=groups(rights, found), auto_id="link_%s"),
    }


@policy("tickets.edit")
@require_POST
def step(request: HttpRequest, public_id: UUID, step: str) -> HttpResponse:
    """Take a step: reply, note, hand over and so on."""
    if step not in STEPS:
        raise NotFound("step", step)
    rights = policy_of(request)
    found = queries.one_ticket(rights, public_id)
    if step == "take":
        submit(request, TakeTicket(public_id), _("The ticket is yours"))
        return redirect("ticket", public_id)
    shown = _unbound(request, public_id)
    form = shown[step] = _bound(request, shown[step], step, found)
    if form.is_valid():
        make, confirmed = _ACTIONS[step]
        done = submit(request, make(public_id, form.cleaned_data), str(confirmed()), form)
        if done:
            seen = queries.tickets(policy_of(request)).filter(public_id=public_id).exists()
            return redirect("ticket", public_id) if seen else redirect("tickets")
    return _page(request, found, shown, failed=step, status=422)


def _bound(request: HttpRequest, empty: forms.Form, step: str, found: Ticket) -> forms.Form:
    if step == "link":
        return BelongsForm(request.POST, groups=groups(policy_of(request), found), auto_id=empty.auto_id)
    if step != "hand_over":
        return type(empty)(request.POST, auto_id=empty.auto_id)
    rights = policy_of(request)
    unit = Unit.objects.filter(code=request.POST.get("unit", "")).first() or found.unit
    return used.HandOverForm(
        request.POST,
        units=Unit.objects.filter(pk__in=list(rights.tree.codes)).order_by("sort_key"),
        people=queries.possible_owners(rights, unit.pk),
        auto_id=empty.auto_id,
    )


def _hand_over(public_id: UUID, given: dict[str, Any]) -> HandOver:
    person = given["person"]
    return HandOver(public_id, given["reason"], given["unit"].code, person.public_id if person else None)


_ACTIONS: dict[str, tuple[Callable[[UUID, dict[str, Any]], Action[Ticket]], Callable[[], str]]] = {
    "note": (lambda pk, given: NoteOnTicket(pk, given["text"]), lambda: _("Noted")),
    "reply": (
        lambda pk, given: ReplyToCustomer(pk, given["text"], given["channel"], given["then"]),
        lambda: _("The reply is on record"),
    ),
    "resume": (lambda pk, given: ResumeTicket(pk, given["words"]), lambda: _("The clock runs again")),
    "hand_over": (_hand_over, lambda: _("Handed over with its whole history")),
    "level": (
        lambda pk, given: SetTicketLevel(pk, given["level"], given["reason"]),
        lambda: _("The time limits follow the new level"),
    ),
    "close": (
        lambda pk, given: CloseTicket(pk, given["cause"], given["result"], given["text"]),
        lambda: _("The ticket is closed"),
    ),
    "link": (lambda pk, given: LinkTicket(pk, given["target"]), lambda: _("It stands in the chain now")),
    "reopen": (lambda pk, given: ReopenTicket(pk, given["reason"]), lambda: _("The ticket is open again")),
}


@policy("personal_data.open")
@require_POST
def open_text(request: HttpRequest, public_id: UUID, entry: UUID) -> HttpResponse:
    """The ticket with one entry in clear, this once."""
    found = queries.one_ticket(policy_of(request), public_id)
    if not found.entries.filter(pk=entry).exists():
        raise NotFound("ticket_entry", entry)
    done = submit(request, OpenTicketText(entry, request.POST.get("reason", "")))
    clear = {str(entry): done.outcome} if done else {}
    shown = _unbound(request, public_id)
    response = _page(request, found, shown, clear=clear, status=200 if done else 422)
    response["Cache-Control"] = "no-store"
    return response


def _page(
    request: HttpRequest,
    found: Ticket,
    shown: dict[str, forms.Form],
    *,
    failed: str = "",
    clear: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    rights = policy_of(request)
    reader = ClockReader()
    clocks = reader.read(found)
    entries = queries.timeline(found)
    group = request.GET.get("show", "")
    listed = [entry for entry in entries if entry.kind in GROUPS[group]] if group in GROUPS else entries
    may_edit = rights.may("tickets.edit", found.unit_id)
    write = failed if failed in {"note", "reply"} else request.GET.get("write", "reply")
    context = {
        "ticket": found,
        "clocks": clocks,
        "main": clocks.next if found.open else clocks.resolution,
        "first": clocks.next is clocks.reply and found.open,
        "rest": said(clocks.next if found.open else clocks.resolution),
        "reply_said": said(clocks.reply),
        "allowed": working_time(found.resolution_allowed),
        "phases": phases(found, entries[::-1], clocks.resolution, reader.calendar(found), reader.now),
        "width": WIDTH,
        "level_meaning": LEVEL_MEANINGS[Level(found.level)],
        "state_meaning": STATE_MEANINGS[found.state],
        "lines": lines(listed, rights, clear),
        "group": group if group in GROUPS else "",
        "groups": _groups(entries),
        "forms": shown,
        "failed": failed,
        "write": write if write in {"note", "reply"} else "reply",
        "may": {name: may_edit and allowed(name, found.state) for name in STEPS},
        "may_take": may_edit and allowed("take", found.state) and found.owner_id != _own(rights),
        "may_open": rights.may("personal_data.open", found.unit_id),
        "record": _record(rights, found),
        "customer": _customer(rights, found),
        "alike": _alike(rights, found),
        "leaf": _leaf(rights, found),
    }
    return render(request, "web/improve/ticket.html", context, status=status)


def _own(rights: Policy) -> int | None:
    return rights.person.pk if rights.person else None


def _groups(entries: list[TicketEntry]) -> list[tuple[str, str, int]]:
    labels = {
        "customer": pgettext("timeline", "customer"),
        "notes": pgettext("timeline", "notes"),
        "course": pgettext("timeline", "course"),
    }
    counted = [
        (name, labels[name], sum(entry.kind in kinds for entry in entries)) for name, kinds in GROUPS.items()
    ]
    return [("", pgettext("timeline", "all"), len(entries)), *counted]


def _record(rights: Policy, found: Ticket) -> FeedbackRecord | None:
    """The feedback record that it was opened from, where the person may see it."""
    kind, _colon, public_id = found.source.partition(":")
    if kind != "feedback" or not rights.may("feedback.view"):
        return None
    try:
        return collected.feedback_record(rights, UUID(public_id))
    except NotFound:
        return None


def _customer(rights: Policy, found: Ticket) -> dict[str, int] | None:
    """How often this customer was heard of before, in the person's units."""
    if not found.person_key:
        return None
    tickets = queries.tickets(rights).filter(person_key=found.person_key)
    counted = {"tickets": tickets.count(), "open": tickets.filter(state__in=queries.OPEN).count()}
    if rights.may("feedback.view"):
        counted["feedback"] = collected.feedback(rights).filter(person_key=found.person_key).count()
    return counted


def _alike(rights: Policy, found: Ticket) -> list[Any]:
    """Other open tickets of the same unit, the most urgent first."""
    others = queries.tickets(rights, TicketFilter("open", unit=found.unit.code)).exclude(pk=found.pk)
    return rows_of(others[:_ALIKE])


def _leaf(rights: Policy, found: Ticket) -> LogLeaf | None:
    """The newest leaf of the audit log that speaks of it."""
    if not rights.may("audit.view"):
        return None
    return LogLeaf.objects.filter(object=f"ticket:{found.public_id}").order_by("-seq").first()
