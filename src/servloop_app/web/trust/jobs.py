"""Jobs: what runs, what waits, what failed and why; the schedules that start them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.messages import message
from servloop_app.core.routes import policy, policy_of
from servloop_app.jobs import queries
from servloop_app.jobs.actions import CancelRun, RetryRun, SaveSchedule
from servloop_app.jobs.models import Run, Schedule
from servloop_app.web.submit import page_of, submit
from servloop_app.web.words import JOB_LABELS

MEANINGS = {
    Run.State.QUEUED: "neutral",
    Run.State.RUNNING: "info",
    Run.State.DONE: "good",
    Run.State.FAILED: "bad",
    Run.State.CANCELLED: "neutral",
}


@policy("jobs.view")
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Runs, newest first, and the schedules."""
    state = request.GET.get("state", "")
    rights = policy_of(request)
    page = page_of(request, queries.runs(state=state if state in Run.State.values else ""))
    language = get_language() or "en"
    rows = [
        {
            "run": run,
            "label": JOB_LABELS.get(run.kind, run.kind),
            "meaning": MEANINGS[Run.State(run.state)],
            "said": message(run.message_code, run.message_params, language) if run.message_code else "",
            "may_cancel": not run.finished,
            "may_retry": run.state in {Run.State.FAILED, Run.State.CANCELLED},
        }
        for run in page
    ]
    state_of_queue = queries.queue_state()
    context = {
        "page": page,
        "rows": rows,
        "state": state,
        "states": Run.State.choices,
        "queue": state_of_queue,
        "failed": state_of_queue.counts.get(Run.State.FAILED, 0),
        "live": state_of_queue.waiting > 0,
        "may_edit": rights.may("jobs.edit"),
        "schedules": queries.schedules() if rights.may("schedules.view") else (),
        "may_schedule": rights.may("schedules.edit"),
        "job_labels": JOB_LABELS,
    }
    return render(request, "web/trust/jobs.html", context)


@policy("jobs.edit")
@require_POST
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Cancel a run."""
    submit(request, CancelRun(public_id), _("The job stops at its next safe point."))
    return redirect("jobs")


@policy("jobs.edit")
@require_POST
def retry(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Do the same work again."""
    submit(request, RetryRun(public_id), _("The job was queued again."))
    return redirect("jobs")


@policy("schedules.edit")
@require_POST
def switch(request: HttpRequest, code: str) -> HttpResponse:
    """Switch a schedule on or off."""
    found = Schedule.objects.filter(code=code).first()
    if found is not None:
        action = SaveSchedule(
            found.code, found.name, found.kind, found.cron, found.arguments, found.time_zone, found.days,
            enabled=not found.enabled,
        )  # fmt: skip
        submit(request, action, _("Saved."))
    return redirect("jobs")
