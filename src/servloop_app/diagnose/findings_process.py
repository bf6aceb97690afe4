"""Looking for findings in process logs: where cases wait most, and what is done again."""

from __future__ import annotations

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


def find_in(log: ProcessLog) -> list[Observed]:
    """The bottleneck and the rework of a log that is ready, if they are worth telling."""
    seen = queries.analysis(log, Selection())
    return [observed for observed in (_bottleneck(log, seen), _rework(log, seen)) if observed is not None]


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


def _result(log: ProcessLog) -> str:
    return f"{log.public_id.hex}:{log.version}"
