"""Cases that still run: their age, how long they may still take, how likely they break the promise."""

from __future__ import annotations

import numpy as np
import polars as pl

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.live import live_cases
from servloop.results import Estimate
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.studies.base import Asked, Found, stored, study
from servloop_app.diagnose.studies.closing import closing_of

_PROMISE = 0.9
HOLDING = 20


@study("live")
def work_out(asked: Asked) -> Found:
    """The running cases at the moment of the log's last event; without a promise, the time of nine in ten finished ones."""
    log = asked.log
    closing = closing_of(asked)
    codes = [log.activity_labels.index(name) for name in closing]
    ended = np.isin(log.activity[log.offsets[1:] - 1], codes)
    if not ended.any():
        raise ActionError("diagnose.nothing_finished", closing=closing)
    given = asked.parameters.get("limit")
    limit = float(given) if given else float(np.quantile(log.throughput[ended], _PROMISE)) / MICROSECONDS
    now = int(asked.whole.end.max())
    found = live_cases(log, now=now, limit_seconds=max(limit, 1.0), closing=closing)
    rows = [
        (
            case.case,
            case.last_activity,
            case.age_seconds,
            case.idle_seconds,
            case.overdue,
            *_values(case.risk),
            *_values(case.remaining_seconds),
        )
        for case in found.cases
    ]
    schema = {
        "case": pl.String, "step": pl.String, "age": pl.Float64, "idle": pl.Float64, "overdue": pl.Boolean,
        "risk": pl.Float64, "risk_low": pl.Float64, "risk_high": pl.Float64,
        "left": pl.Float64, "left_low": pl.Float64, "left_high": pl.Float64,
    }  # fmt: skip
    holding = list(found.holding.items())[:HOLDING]
    result = {
        "n": found.n,
        "finished": found.finished,
        "overdue": sum(case.overdue for case in found.cases),
        "expected": sum(case.risk.value or 0.0 for case in found.cases),
        "limit": found.limit_seconds,
        "promised": bool(given),
        "now": now,
        "closing": closing,
        "holding": holding,
        "used": found.used,
        "reliability": stored(found.reliability),
        "warnings": stored([notice for notice in found.warnings if notice not in log.warnings]),
    }
    return Found(result, pl.DataFrame(rows, schema=schema, orient="row"))


def _values(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high
