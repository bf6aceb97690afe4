"""Hours of the week in local time, for many moments at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog

HOUR = 3_600 * MICROSECONDS
SLOTS = 168


def local_times(moments: Any, zone: str) -> Any:
    """Microseconds of the local clock since 1970 for microseconds in UTC."""
    column = pl.Series(moments).cast(pl.Datetime("us", "UTC"))
    return column.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_physical().to_numpy()


def slot_of(hour: Any) -> Any:
    """Hour of the week, Monday 00:00 is 0, for hours since 1970, which began on a Thursday."""
    return (hour + 3 * 24) % SLOTS


def weeks_of(log: EventLog, zone: str) -> float:
    """Length of the log in weeks of local time, at least one."""
    ends = local_times(np.array([log.begin.min(), log.end.max()]), zone)
    return max(float(ends[1] - ends[0]) / (SLOTS * HOUR), 1.0)
