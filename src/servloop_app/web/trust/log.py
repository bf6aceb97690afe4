"""The audit log: search, details, taking back, verifying."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.errors import ServLoopError
from servloop_app.core import audit_log
from servloop_app.core.actions import undo
from servloop_app.core.errors import NotAllowed, NotFound
from servloop_app.core.models import LogLeaf, Person
from servloop_app.core.routes import actor_of, policy, policy_of, signed_in
from servloop_app.trust import checkpoints, queries
from servloop_app.web.errors import sentence
from servloop_app.web.submit import page_of
from servloop_app.web.words import ACTION_LABELS, actor_names


@policy("audit.view")
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """What happened, newest first."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("q", "action", "since", "until")}
    since, until = _day(wanted["since"]), _day(wanted["until"])
    leaves = queries.log_leaves(
        action=wanted["action"],
        since=since,
        until=until + timedelta(days=1) if until else None,
        **_subject(wanted["q"]),
    )
    page = page_of(request, leaves)
    names = actor_names({leaf.actor for leaf in page})
    rows = [
        {"leaf": leaf, "actor": names[leaf.actor], "label": ACTION_LABELS.get(leaf.action, leaf.action)}
        for leaf in page
    ]
    context = {
        "page": page,
        "rows": rows,
        "wanted": wanted,
        "actions": sorted(ACTION_LABELS.items(), key=lambda item: str(item[1])),
        "may_verify": policy_of(request).may("audit.verify"),
        "newest": checkpoints.newest(),
        "size": audit_log.current_root().size,
    }
    return render(request, "web/trust/log.html", context)


def _subject(text: str) -> dict[str, str]:
    """A search is for a person (by name or sign-in name) or for an object as the log names it."""
    if not text:
        return {}
    person = Person.objects.filter(username__iexact=text).first() or Person.objects.filter(name=text).first()
    return {"actor": f"person:{person.public_id}"} if person else {"object_": text}


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@policy("audit.view")
@require_GET
def leaf(request: HttpRequest, seq: int) -> HttpResponse:
    """One record, as it is hashed, with its details."""
    found = LogLeaf.objects.filter(pk=seq).first()
    if found is None:
        raise NotFound("record", seq)
    details = audit_log.read_payload(seq)
    context = {
        "leaf": found,
        "actor": actor_names({found.actor})[found.actor],
        "label": ACTION_LABELS.get(found.action, found.action),
        "hash": bytes(found.hash).hex(),
        "details": details and json.dumps(details.get("arguments", details), ensure_ascii=False, indent=2),
        "channel": details.get("channel", "") if details else "",
        "undoable": bool(details and "undo" in details),
    }
    return render(request, "web/trust/leaf.html", context)


@policy("audit.verify")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Read the whole log again and compare it with its checkpoints."""
    outcome = queries.verify_log()
    language = get_language() or "en"
    context = {
        "outcome": outcome,
        "root": outcome.root.hex(),
        "problems": [notice.message(language) for notice in outcome.problems],
        "warnings": [notice.message(language) for notice in outcome.warnings],
    }
    return render(request, "web/trust/verified.html", context)


@signed_in("taking back asks for the permission of the action that does it")
@require_POST
def take_back(request: HttpRequest, seq: int) -> HttpResponse:
    """Take an action back by its number in the log."""
    try:
        undo(seq, actor_of(request))
    except (NotAllowed, NotFound):
        raise
    except ServLoopError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("Taken back. Both stand in the log: the action and its withdrawal."))
    return redirect("audit_log" if policy_of(request).may("audit.view") else "start")
