"""Background jobs and schedules."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from servloop.messages import message
from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Code, Page, Recorded, RunOut, ScheduleIn, ScheduleOut
from servloop_app.core.routes import policy
from servloop_app.jobs import queries
from servloop_app.jobs.actions import CancelRun, DeleteSchedule, RetryRun, SaveSchedule
from servloop_app.jobs.models import Run

router = Router()
schedules = Router()


def _shown(request: HttpRequest, run: Run) -> RunOut:
    language = getattr(request, "LANGUAGE_CODE", "en")
    return RunOut.of(run, message(run.message_code, run.message_params, language) if run.message_code else "")


@router.get("", response=Page[RunOut])
@policy("jobs.view")
def list_runs(request: HttpRequest, window: Query[Window], state: str = "", kind: str = "") -> Page[RunOut]:
    """Jobs, newest first."""
    runs = queries.runs(state=state, kind=kind)
    cut = runs[window.offset : window.offset + window.limit]
    return Page[RunOut](items=[_shown(request, run) for run in cut], total=runs.count())


@router.get("/{run}", response=RunOut)
@policy("jobs.view")
def read_run(request: HttpRequest, run: UUID) -> RunOut:
    """One job with its progress."""
    return _shown(request, queries.run(run))


@router.post("/{run}/cancel", response=Recorded)
@policy("jobs.edit")
def cancel_run(request: HttpRequest, run: UUID) -> Recorded:
    """Cancel a job that waits or runs."""
    return carry_out(request, CancelRun(run))


@router.post("/{run}/retry", response={201: Recorded})
@policy("jobs.edit")
def retry_run(request: HttpRequest, run: UUID) -> Status[Recorded]:
    """Do the work of a failed or cancelled job again; the answer names the new job."""
    return Status(201, carry_out(request, RetryRun(run)))


@schedules.get("", response=list[ScheduleOut])
@policy("schedules.view")
def list_schedules(request: HttpRequest) -> list[ScheduleOut]:  # noqa: ARG001
    """All schedules."""
    return [ScheduleOut.of(schedule) for schedule in queries.schedules()]


@schedules.put("/{code}", response=Recorded)
@policy("schedules.edit")
def save_schedule(request: HttpRequest, code: Code, given: ScheduleIn) -> Recorded:
    """Make a schedule or change it."""
    action = SaveSchedule(
        code,
        given.name.value(),
        given.kind,
        given.cron,
        given.arguments,
        given.time_zone,
        given.days,
        given.enabled,
    )
    return carry_out(request, action, code)


@schedules.delete("/{code}", response=Recorded)
@policy("schedules.edit")
def delete_schedule(request: HttpRequest, code: Code) -> Recorded:
    """Delete a schedule."""
    return carry_out(request, DeleteSchedule(code), code)
