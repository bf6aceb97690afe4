"""How many people a step needs in each hour of the week, and the shifts that provide them."""

from __future__ import annotations

from typing import Any

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.times import waits_after_latest_end
from servloop.plan.shifts import ShiftTemplate, plan_shifts
from servloop.plan.staffing import Target, agents_per_period
from servloop.results import plain
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.studies.base import Asked, Found, stored, study
from servloop_app.diagnose.studies.hours import HOUR, local_times, slot_of, weeks_of

_SECONDS = 1e6
_BREAK = 4  # of a shift longer than this many hours, the hour in the middle is a break


@study("staffing")
def work_out(asked: Asked) -> Found:
    """Demand of the step ``step`` by hour, people by Erlang C for the target, and the cheapest shifts that cover them."""
    log, parameters = asked.log, asked.parameters
    code = int(parameters["step"])
    if log.start is None:
        raise ActionError("diagnose.staffing_needs_starts")
    mine = log.activity == code
    took = (log.end - log.start)[mine] / _SECONDS
    took = took[took > 0]
    if not len(took):
        raise ActionError("diagnose.staffing_no_work", step=log.activity_labels[code])
    weeks = weeks_of(log, asked.zone)
    calls = _arrivals(log, mine, asked.zone) / weeks
    target = Target(service_level=parameters["share"], within_seconds=parameters["within"])
    needed = agents_per_period(
        calls,
        period_seconds=3_600,
        service_seconds=float(took.mean()),
        target=target,
        shrinkage=parameters["shrinkage"],
    )
    # Hours with less than a twentieth of the busiest one are kept without anybody: an event in the night is no shift.
    quiet = calls < 0.05 * calls.max()
    needed = np.where(quiet, 0, needed)
    length = int(parameters["length"])
    pause = (length // 2,) if length > _BREAK else ()
    shift = ShiftTemplate(
        name="shift", starts=tuple(range(25 - length)), length=length, breaks=pause, cost=1.0
    )
    plan = plan_shifts(needed, [shift], shortfall_cost=10.0)
    return Found(
        {
            "step": log.activity_labels[code],
            "n": int(mine.sum()),
            "service": float(took.mean()),
            "weeks": weeks,
            "calls": calls.round(3).tolist(),
            "needed": needed.astype(int).tolist(),
            "quiet": int((quiet & (calls > 0)).sum()),
            "scheduled": plain(plan.scheduled),
            "shifts": stored(plan.assignments),
            "count": plan.shifts,
            "people": plan.least_people,
            "surplus": plan.surplus_share,
            "shortfall": plan.shortfall,
            "optimal": plan.optimal,
            "length": length,
        }
    )


def _arrivals(log: EventLog, mine: Any, zone: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """When the step could have begun, counted per weekday and hour."""
    wait, known = waits_after_latest_end(log)
    ready = (log.begin - np.where(known, wait, 0))[mine]
    counts = np.bincount(slot_of(local_times(ready, zone) // HOUR), minlength=168)
    return counts.reshape(7, 24).astype(np.float64)
