"""Feedback records: the list, one record, and its clear text for a reason."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from servloop_app.collect import feedback_list, queries
from servloop_app.collect.actions import OpenFeedbackText
from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.core.chain import reference
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve.actions_tickets import unit_of_record
from servloop_app.improve.models import Level
from servloop_app.improve.ticket_queries import ticket_of
from servloop_app.web.collect.totals import Total, total_of
from servloop_app.web.figures import rounded
from servloop_app.web.submit import submit


@policy("feedback.view")
@require_GET
def feedback(request: HttpRequest) -> HttpResponse:
    """The records that the person may see, newest first, searched in masked text."""
    rights = policy_of(request)
    source = _import_of(request)
    limits = {name: request.GET.get(name, "").strip() for name in ("text", "unit", "channel")}
    asked = queries.Asked(**limits, source=source.public_id if source else None)
    begin = request.GET.get("after", "")
    part = feedback_list.part(rights, asked, begin)
    context = {
        "asked": asked,
        "source": source,
        "heading": _heading(rights, asked, part, begin),
        "part": part,
        "begun": bool(begin),
        "any": bool(part.rows or begin or part.older),
        "units": queries.units_with(rights, "feedback.view"),
        "may_import": rights.may("imports.edit"),
    }
    return render(request, "web/collect/feedback.html", context)


def _heading(rights: Policy, asked: queries.Asked, part: feedback_list.Part, begin: str) -> str:
    """How many records there are, as far as that can be said at once."""
    if not (part.rows or begin or part.older):
        return _("No feedback fits") if asked.anything else _("No feedback yet")
    total = total_of(rights, asked) if begin or part.older else Total(len(part.rows))
    if total is None:
        return _("Feedback that fits")
    if total.more:
        return _("More than %(n)s feedback records") % {"n": rounded(total.n, 0)}
    said = ngettext("%(n)s feedback record", "%(n)s feedback records", total.n)
    return said % {"n": rounded(total.n, 0)}


def _import_of(request: HttpRequest) -> Import | None:
    """The import whose records are asked for."""
    asked = request.GET.get("import", "")
    try:
        wanted = UUID(asked) if asked else None
    except ValueError as error:
        raise NotFound("import", asked) from error
    return queries.one_import(policy_of(request), wanted) if wanted else None


@policy("feedback.view")
@require_GET
def record(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One record, personal data masked."""
    return _record(request, queries.feedback_record(policy_of(request), public_id))


@policy("personal_data.open")
@require_POST
def open_text(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The record with its clear text, this once."""
    found = queries.feedback_record(policy_of(request), public_id)
    done = submit(request, OpenFeedbackText(public_id, request.POST.get("reason", "")))
    response = _record(request, found, done.outcome if done else None, 200 if done else 422)
    response["Cache-Control"] = "no-store"
    return response


def _record(
    request: HttpRequest, found: FeedbackRecord, clear: str | None = None, status: int = 200
) -> HttpResponse:
    rights = policy_of(request)
    context: dict[str, Any] = {
        "record": found,
        "clear": clear,
        "may_open": found.sealed_text is not None and rights.may("personal_data.open", found.unit_id),
        "may_see_import": queries.imports(rights).filter(pk=found.brought_by_id).exists(),
        "further": json.loads(found.attributes) if found.attributes else {},
        "revisions": queries.revisions(found),
        "ticket": _ticket(rights, found),
        "may_make_ticket": rights.may("tickets.edit", unit_of_record(found).pk),
        "levels": Level.choices,
    }
    return render(request, "web/collect/record.html", context, status=status)


def _ticket(rights: Policy, found: FeedbackRecord) -> dict[str, Any]:
    """Whether the record is a ticket, and which one as far as the person may see it."""
    taken = ticket_of(reference("feedback", found.pk))
    seen = taken is not None and rights.may("tickets.view", taken.unit_id)
    return {"taken": taken is not None, "seen": taken if seen else None}
