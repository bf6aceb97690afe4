"""Tickets in the background: limits that passed, pauses that end, rules, and their copy in the facts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.collect.files import fact_store
from servloop_app.core.actions import Actor, execute
from servloop_app.improve.actions_tickets import ResumeTicket
from servloop_app.improve.actions_tickets_system import (
    MarkBreaches,
    OpenTicketsByRule,
    overdue,
    records_by_rule,
)
from servloop_app.improve.ticket_facts import store_changed
from servloop_app.improve.ticket_models import Ticket
from servloop_app.improve.ticket_writing import STORE_JOB
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext

WATCH_JOB = "ticket.watch"
RULE_JOB = "ticket.apply_rule"
SYSTEM = Actor.system("tickets")


@job(WATCH_JOB)
def watch(run: RunContext) -> dict[str, int]:
    """End pauses that lasted as long as agreed, and mark limits that passed; doing it twice changes nothing."""
    now = timezone.now()
    ended = Ticket.objects.filter(state=Ticket.State.WAITING, paused_until__lte=now)
    resumed = 0
    for public_id in list(ended.values_list("public_id", flat=True)):
        with run.step():
            execute(ResumeTicket(public_id, limit=True), SYSTEM)
        resumed += 1
        run.progress(resumed, None, "tickets")
    marked = 0
    while _unmarked():
        with run.step():
            marked += execute(MarkBreaches(), SYSTEM).outcome
        run.progress(marked, None, "tickets")
    return {"resumed": resumed, "breached": marked}


def _unmarked() -> bool:
    late = Ticket.objects.filter(overdue(timezone.now()))
    return any(
        (row.reply_breached_at is None and row.first_replied_at is None and row.reply_due < timezone.now())
        or (row.resolution_breached_at is None and row.resolution_due < timezone.now())
        for row in late.only(
            "reply_breached_at", "first_replied_at", "reply_due", "resolution_breached_at", "resolution_due"
        )
    )


@job(RULE_JOB)
def apply_rule(run: RunContext, event: dict[str, Any]) -> dict[str, int]:
    """Open tickets for feedback that an import brought, as the rule says; a record becomes one ticket only."""
    source = UUID(event["source"])
    opened = 0
    while "feedback" in event["tables"] and records_by_rule(source):
        with run.step():
            opened += execute(OpenTicketsByRule(source), SYSTEM).outcome
        run.progress(opened, None, "tickets")
    return {"opened": opened}


@job(STORE_JOB)
def store(run: RunContext) -> dict[str, int]:
    """Carry tickets that changed into the facts, as cases of the process ``servloop.tickets``.

    Cases are then kept for the new state of the facts, so that no page has to put all of them together.
    """
    stored = store_changed(run)
    if stored:
        with fact_store().snapshot() as snapshot:
            snapshot.keep_cases()
    return {"tickets": stored}
