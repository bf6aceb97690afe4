"""Requests about personal data: what is held about people is looked up, handed over, erased; erasures on record.

Identifiers travel in the bodies of requests alone: never in an address, the session, a message or the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from servloop.messages import message
from servloop_app.collect import personal_data
from servloop_app.collect.actions import ErasePeople, LookUpPeople
from servloop_app.collect.personal_data import Erasure, Held
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.jobs.models import Run
from servloop_app.web.submit import page_of, submit
from servloop_app.web.trust.jobs import MEANINGS
from servloop_app.web.words import actor_names

PARTS: dict[str, str | Promise] = {
    "collect": gettext_lazy("Feedback and facts"),
    "process_logs": gettext_lazy("Process logs"),
    "reports": gettext_lazy("Reports"),
    "tickets": gettext_lazy("Tickets"),
}
KINDS: dict[str, str | Promise] = {
    "feedback": gettext_lazy("feedback, each version"),
    "fact.feedback": gettext_lazy("feedback in the facts (masked copies)"),
    "fact.responses": gettext_lazy("questionnaires"),
    "fact.answers": gettext_lazy("answers to surveys"),
    "fact.events": gettext_lazy("events of processes"),
    "fact.event_cases": gettext_lazy("cases of processes"),
    "fact.event_objects": gettext_lazy("objects that events were about"),
    "fact.measurements": gettext_lazy("measurements"),
    "fact.customers": gettext_lazy("entries in lists of customers"),
    "fact.transactions": gettext_lazy("transactions"),
    "fact.benchmarks": gettext_lazy("benchmarks"),
    "fact.rejects": gettext_lazy("refused rows"),
    "fact.labels": gettext_lazy("what was worked out from their texts"),
    "row_set_aside": gettext_lazy("rows set aside when files were imported"),
    "file_waiting": gettext_lazy("files that wait to be imported"),
    "process_case": gettext_lazy("cases in process logs"),
    "report_quote": gettext_lazy("quotes in reports"),
    "ticket": pgettext_lazy("held", "tickets"),
}
_ON_A_PAGE = 20
_SHOWN_WORDS = 10
_LONGEST_REASON = 200
_LONGEST_LIST = 100_000


class RequestForm(forms.Form):
    """Whom a request is about, and why it is made."""

    identifiers = forms.CharField(
        label=gettext_lazy("Identifiers, one per line"),
        max_length=_LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Customer numbers, phone numbers … as files wrote them; spaces, hyphens and case do not matter."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason of the request"),
        max_length=_LONGEST_REASON,
        help_text=gettext_lazy("It is put on record; the identifiers are not, so do not repeat them here."),
    )

    def named(self) -> list[str]:
        """The identifiers."""
        return [line.strip() for line in self.cleaned_data["identifiers"].splitlines() if line.strip()]


class ErasureForm(RequestForm):
    """A request to erase, with the word that its end is understood."""

    sure = forms.BooleanField(label=gettext_lazy("I know that this cannot be taken back."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["identifiers"].widget = forms.HiddenInput()


@policy("personal_data.erase")
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """Where a request begins, and the erasures on record."""
    return _start(request, RequestForm())


def _start(request: HttpRequest, form: RequestForm) -> HttpResponse:
    page = page_of(request, personal_data.erasures(policy_of(request)), _ON_A_PAGE)
    found = personal_data.erasures_of(page)
    names = actor_names({one.actor for one in found})
    context = {
        "form": form,
        "page": page,
        "rows": [_row(one, names) for one in found],
        "under_way": sum(one.under_way for one in found),
    }
    return _private(
        render(request, "web/trust/personal_data.html", context, status=422 if form.errors else 200)
    )


def _row(one: Erasure, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "erasure": one,
        "actor": names[one.actor],
        "meaning": MEANINGS[Run.State(one.state)] if one.state != personal_data.LOST else "bad",
        "state": Run.State(one.state).label if one.state != personal_data.LOST else _("no result"),
        "parts": [(PARTS.get(part, part), count) for part, count in (one.records or {}).items()],
    }


@policy("personal_data.erase")
@require_POST
@sensitive_post_parameters("identifiers")
def held(request: HttpRequest) -> HttpResponse:
    """What is held about the people, with what can be done now; that it was looked up is put on record."""
    form = RequestForm(request.POST)
    found = _look_up(request, form)
    if found is None:
        return _start(request, form)
    kept = {name: form.cleaned_data[name] for name in ("identifiers", "reason")}
    return _held(request, found, len(set(form.named())), ErasureForm(initial=kept))


def _look_up(request: HttpRequest, form: RequestForm, *, handed_over: bool = False) -> Held | None:
    """What is held about the people that a form names; None when it is not to be told, with the form saying why."""
    if not form.is_valid():
        return None
    asked = LookUpPeople(form.cleaned_data["reason"], form.named(), handed_over=handed_over)
    done = submit(request, asked, form=form)
    return personal_data.held_about(done.outcome) if done is not None else None


def _held(request: HttpRequest, found: Held, people: int, form: ErasureForm) -> HttpResponse:
    words = [
        one
        for records in found.parts.values()
        for one in records
        if "time" in one and (one.get("text") or one.get("title"))
    ]
    context = {
        "found": found,
        "people": people,
        "rows": [
            (PARTS.get(part, part), [(KINDS.get(kind, kind), n) for kind, n in kinds.items()])
            for part, kinds in found.counts().items()
        ],
        "words": sorted(words, key=lambda one: str(one["time"]), reverse=True)[:_SHOWN_WORDS],
        "all_words": len(words),
        "form": form,
        "may_export": _may_export(policy_of(request)),
    }
    return _private(
        render(request, "web/trust/personal_data_held.html", context, status=422 if form.errors else 200)
    )


def _may_export(rights: Policy) -> bool:
    return rights.may("data.export", rights.tree.root)


@policy("personal_data.erase")
@require_POST
@sensitive_post_parameters("identifiers")
def file(request: HttpRequest) -> HttpResponse:
    """Everything that is held about the people as a file, to be handed over; this is put on record."""
    form = RequestForm(request.POST)
    found = _look_up(request, form, handed_over=True)
    if found is None:
        return _start(request, form)
    document = {"asked_at": timezone.now().isoformat(), "held": found.parts}
    text = json.dumps(document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{_('personal data')} {timezone.localdate():%Y-%m-%d}.json"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return _private(response)


@policy("personal_data.erase")
@require_POST
@sensitive_post_parameters("identifiers")
def erase(request: HttpRequest) -> HttpResponse:
    """Begin to erase the people."""
    form = ErasureForm(request.POST)
    if form.is_valid():
        action = ErasePeople(form.cleaned_data["reason"], form.named())
        done = submit(request, action, form=form)
        if done is not None:
            return redirect("personal_data_erasure", action.erasure)
    again = RequestForm(request.POST)
    found = _look_up(request, again)
    if found is None:
        return _start(request, again)
    return _held(request, found, len(set(again.named())), form)


@policy("personal_data.erase")
@require_GET
def erasure(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How far an erasure is, and what each part lost."""
    found = personal_data.one_erasure(policy_of(request), public_id)
    run = found.run
    said = message(run.message_code, run.message_params, get_language() or "en") if run else ""
    context = {
        **_row(found, actor_names({found.actor})),
        "said": said if run and run.message_code else "",
        "may_see_log": policy_of(request).may("audit.view"),
        "may_see_jobs": policy_of(request).may("jobs.view"),
    }
    return render(request, "web/trust/personal_data_erasure.html", context)


def _private(response: HttpResponse) -> HttpResponse:
    """An answer that no browser and no proxy keeps."""
    response["Cache-Control"] = "no-store"
    return response
