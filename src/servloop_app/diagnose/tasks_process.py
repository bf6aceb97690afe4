"""Working out analyses of process logs in the background."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.results import plain
from servloop_app.core import guard
from servloop_app.core.calendars import calendar_of
from servloop_app.core.errors import ActionError
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions_process import STUDY_JOB
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.diagnose.queries import loaded
from servloop_app.diagnose.selection import Selection
from servloop_app.diagnose.studies.base import Asked, Found, kind_of
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext

# Derived: the log and the parameters give a study again. It is the machinery's own book.
_TABLE = ProcessStudy._meta.db_table


@job(STUDY_JOB, lease=timedelta(seconds=120))
def work_out(run: RunContext, study: str) -> dict[str, Any]:
    """Work out one analysis; doing it twice gives the same."""
    found = ProcessStudy.objects.select_related("log__unit").filter(public_id=UUID(study)).first()
    if found is None:  # its log was deleted meanwhile
        return {"study": study, "gone": True}
    code, params, result = "", {}, None
    try:
        answer = answer_to(found)
        result = answer.result
        if answer.rows is not None:
            _keep(found, answer)
    except ServLoopError as error:
        code, params = error.code, plain(error.params)
    with guard.opening(_TABLE), run.step():
        kept = ProcessStudy.objects.filter(pk=found.pk).update(
            result=result, error_code=code, error_params=params, as_of=timezone.now()
        )
    if not kept:  # it was deleted meanwhile, because somebody was erased: its list must not stay
        log_files.study_rows_of(found.log.public_id, found.key).unlink(missing_ok=True)
    return {"study": study, "kind": found.kind}


def answer_to(found: ProcessStudy) -> Found:
    """What a study finds.

    Raises:
        ServLoopError: it cannot be worked out, because.
    """
    zone = timezone.get_default_timezone()
    whole = loaded(found.log)
    selection = Selection.parse(found.parameters.get("selection", {}))
    chosen = whole if selection.everything else selection.apply(whole, zone)
    if not chosen.cases:
        raise ActionError("diagnose.no_cases_selected")
    asked = Asked(
        record=found.log,
        whole=whole,
        log=chosen,
        parameters=found.parameters,
        calendar=calendar_of(found.log.unit_id),
        zone=timezone.get_default_timezone_name(),
    )
    answer = kind_of(found.kind)(asked)
    basis = {"cases": chosen.cases, "events": chosen.events}
    return Found({"basis": basis, **answer.result}, answer.rows)


def _keep(found: ProcessStudy, answer: Found) -> None:
    """Write the long list, whole or not at all."""
    assert answer.rows is not None  # asked before
    target = log_files.study_rows_of(found.log.public_id, found.key)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    half = target.with_suffix(".half")
    answer.rows.write_parquet(half)
    half.replace(target)
