"""Looking for findings in process logs: where cases wait most, what is done again, and what got slower where."""

from __future__ import annotations

import datetime as dt

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.slowdowns import Slowdown, slowdowns
from servloop.measure.loyalty_intervals import proportion_interval
from servloop_app.diagnose import queries
from servloop_app.diagnose.analysis import Analysis, Selection
from servloop_app.diagnose.findings import Observed
from servloop_app.diagnose.models import ProcessLog

PROCESS = "process"
# A step is a bottleneck when it holds at least this part of all waiting, and rework is worth telling when at least
# this part of the cases has some, even at the lower end of the interval.
BOTTLENECK_SHARE = 0.2
REWORK_SHARE = 0.1
_DAYS_OF_A_MONTH = 30.436875
# What is later: the newest quarter, compared with the year before it.
_LATER_DAYS, _EARLIER_DAYS = 91, 365
_DAY = 86_400_000_000
_UNIT = "unit_id"
# One step that slows down takes others along; a list of more helps nobody.
_MOST_SLOWER = 10


def find_in(log: ProcessLog) -> list[Observed]:
    """The bottleneck, the rework and the slower steps of a log that is ready, as far as they are worth telling."""
    seen = queries.analysis(log, Selection())
    whole = [observed for observed in (_bottleneck(log, seen), _rework(log, seen)) if observed is not None]
    return whole + [_slower(log, step) for step in slower_steps(seen.log)]


def slower_steps(log: EventLog) -> list[Slowdown]:
    """Steps that one unit does clearly slower than before, and the others do not; what adds most time first."""
    if not log.has_column(_UNIT) or not log.events:
        return []
    moment = int(log.end.max()) - _LATER_DAYS * _DAY
    found = slowdowns(log, _UNIT, moment, earliest=moment - _EARLIER_DAYS * _DAY).found
    return list(found[:_MOST_SLOWER])


def _bottleneck(log: ProcessLog, seen: Analysis) -> Observed | None:
    worst = seen.worst
    if worst is None or (worst.share or 0.0) < BOTTLENECK_SHARE:
        return None
    return Observed(
        "bottleneck",
        PROCESS,
        {"log": str(log.public_id), "source": worst.source, "target": worst.target},
        log.unit.code,
        _result(log),
        worst.median_seconds,
        worst.count,
        "order statistics",
        worst.low,
        worst.high,
        first=log.first_at.date() if log.first_at else None,
        last=log.last_at.date() if log.last_at else None,
    )


def _rework(log: ProcessLog, seen: Analysis) -> Observed | None:
    found = seen.rework
    if not found.n:
        return None
    low, high = proportion_interval(found.cases_with_rework, found.n)
    if low < REWORK_SHARE:
        return None
    share = found.cases_with_rework / found.n
    days = (log.last_at - log.first_at).total_seconds() / 86_400 if log.first_at and log.last_at else 0.0
    volume = found.n / max(days / _DAYS_OF_A_MONTH, 1.0)
    return Observed(
        "rework",
        PROCESS,
        {"log": str(log.public_id)},
        log.unit.code,
        _result(log),
        100 * share,
        found.n,
        "wilson",
        100 * low,
        100 * high,
        loss=share * volume,
        loss_share=share,
        loss_volume=volume,
        loss_basis="target",
        first=log.first_at.date() if log.first_at else None,
        last=log.last_at.date() if log.last_at else None,
    )


def _slower(log: ProcessLog, step: Slowdown) -> Observed:
    """A step that got slower; lost are the cases that waited longer than nine in ten did before."""
    assert log.last_at is not None
    after = step.median_after
    share = max(0.0, step.beyond - 0.1)
    volume = step.n_after / (_LATER_DAYS / _DAYS_OF_A_MONTH)
    return Observed(
        "slower",
        PROCESS,
        {"log": str(log.public_id), "source": step.source, "target": step.target},
        step.group,
        _result(log),
        after.value or 0.0,
        step.n_after,
        after.method,
        after.low,
        after.high,
        compared_with=step.median_before,
        difference=(after.value or 0.0) - step.median_before,
        test="welch",
        p=step.p,
        q=step.q,
        loss=share * volume,
        loss_share=share,
        loss_volume=volume,
        loss_basis="comparison",
        first=(log.last_at - dt.timedelta(days=_LATER_DAYS)).date(),
        last=log.last_at.date(),
    )


def _result(log: ProcessLog) -> str:
    return f"{log.public_id.hex}:{log.version}"
