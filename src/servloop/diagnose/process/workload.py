"""Workload: who is busy how much, when work arrives, how much is in progress, and whether Little's law holds.

Source: Little, A proof for the queuing formula L = λW (1961).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import COLUMNS
from servloop.diagnose.process.ordering import Float64, Int32, Int64
from servloop.errors import InputError
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

_LITTLE_ALARM = 0.20
_LITTLE_MARGIN = 0.10  # left out at both ends of the log, where cases are cut off
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Load:
    """One person, system or department.

    ``busy_seconds`` counts overlapping work once, ``service_seconds`` as often as it occurs; ``multitasking`` is
    their ratio; ``utilisation`` is busy divided by available time. None where starts are unknown.
    """

    name: str
    events: int
    cases: int
    service_seconds: float | None
    busy_seconds: float | None
    multitasking: float | None
    utilisation: float | None


@dataclass(frozen=True, kw_only=True)
class LittleCheck(Result):
    """Whether cases in progress, arrivals and throughput times fit together in the middle of the log.

    Attributes:
        n: cases that arrive in the window.
        in_progress: mean number of cases in progress.
        arrivals_per_second, departures_per_second: of the window.
        mean_seconds: mean throughput time of the cases that end in the window.
        deviation: (in_progress - arrivals x mean time) / in_progress.
        holds: the deviation is at most 20 %.
    """

    n: int
    in_progress: float
    arrivals_per_second: float
    departures_per_second: float
    mean_seconds: float | None
    deviation: Estimate
    holds: bool | None
    method: str = "middle_80_percent_of_time"


@dataclass(frozen=True, kw_only=True)
class Workload(Result):
    """Loads, the busiest first, and the rhythm of the week.

    Attributes:
        n: events with a value.
        loads: per resource or group.
        week: 7 x 24 events completed per weekday (Monday first) and local hour.
        little: the check of Little's law.
        method: ``"resource"`` or ``"group"``.
    """

    n: int
    loads: tuple[Load, ...]
    week: tuple[tuple[int, ...], ...]
    little: LittleCheck
    method: str

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All parts; the loads as a list."""
        return {
            "n": self.n,
            "loads": [asdict(load) for load in self.loads],
            "week": [list(day) for day in self.week],
            "little": self.little.to_dict(language),
            "method": self.method,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per resource or group."""
        import polars as pl

        return pl.DataFrame([asdict(load) for load in self.loads], infer_schema_length=None)


def workload(
    log: EventLog,
    *,
    by: str = "resource",
    timezone: str = "UTC",
    available_seconds: Mapping[str, float] | None = None,
) -> Workload:
    """Loads of people or departments.

    Args:
        log: the event log.
        by: ``"resource"`` or ``"group"``.
        timezone: IANA zone of the hours of the week.
        available_seconds: working time of each during the log; without it, the whole span of the log, day and
            night, and the warning ``process.availability_unknown``.

    Raises:
        InputError: ``process.no_resources``, ``process.no_groups``.
    """
    column = COLUMNS[by]
    if not log.has_column(column):
        raise InputError(f"process.no_{by}s", found=list(log.frame.columns))
    codes, series = log.codes_of(column)
    labels = series.to_list()
    known = codes >= 0
    code = codes[known]
    events = np.bincount(code, minlength=len(labels))
    visits = np.unique(code.astype(np.int64) * max(log.cases, 1) + log.case_index[known]) // max(log.cases, 1)
    cases = np.bincount(visits, minlength=len(labels))
    span = float(log.end.max() - log.begin.min()) / MICROSECONDS if log.events else 0.0
    service = busy = np.full(len(labels), np.nan)
    warnings: tuple[Notice, ...] = ()
    if log.start is not None:
        length = np.maximum(log.end - log.start, 0)[known]
        service = np.bincount(code, length / MICROSECONDS, len(labels))
        busy = busy_seconds(code, log.start[known], log.end[known], len(labels))
        if available_seconds is None:
            warnings = (Notice("process.availability_unknown", params={"days": f"{span / 86_400:.1f}"}),)
    order = np.lexsort((np.arange(len(labels)), -events, -np.nan_to_num(busy)))
    return Workload(
        n=len(code),
        loads=tuple(
            _load(
                labels[i],
                events=int(events[i]),
                cases=int(cases[i]),
                service=service[i],
                busy=busy[i],
                available=(available_seconds or {}).get(labels[i], span),
            )
            for i in order.tolist()
            if events[i]
        ),
        week=_week(log, timezone),
        little=little_check(log),
        method=by,
        warnings=log.warnings + warnings,
    )


def _load(
    name: str, *, events: int, cases: int, service: np.float64, busy: np.float64, available: float
) -> Load:
    if np.isnan(busy):
        return Load(name, events, cases, None, None, None, None)
    return Load(
        name=name,
        events=events,
        cases=cases,
        service_seconds=float(service),
        busy_seconds=float(busy),
        multitasking=float(service / busy) if busy > 0 else None,
        utilisation=float(busy / available) if available > 0 else None,
    )


def busy_seconds(group: Int32, start: Int64, end: Int64, groups: int) -> Float64:
    """Length of the union of the intervals of each group, in seconds."""
    order = np.lexsort((start, group))
    group, start, end = group[order], start[order], np.maximum(end[order], start[order])
    result = np.zeros(groups)
    bounds = np.searchsorted(group, np.arange(groups + 1))
    for code in range(groups):  # one pass per group; each pass is over arrays
        begin, stop = start[bounds[code] : bounds[code + 1]], end[bounds[code] : bounds[code + 1]]
        if len(begin):
            reached = np.concatenate((begin[:1], np.maximum.accumulate(stop)[:-1]))
            result[code] = np.maximum(stop - np.maximum(begin, reached), 0).sum() / MICROSECONDS
    return result


def _week(log: EventLog, timezone: str) -> tuple[tuple[int, ...], ...]:
    import polars as pl

    moments = pl.Series(log.end).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
    hour = (moments.dt.weekday().cast(pl.Int64) - 1) * 24 + moments.dt.hour().cast(pl.Int64)
    counts = np.bincount(hour.to_numpy(), minlength=168).reshape(7, 24)
    return tuple(tuple(day) for day in counts.tolist())


def little_check(log: EventLog) -> LittleCheck:
    """Compare cases in progress with arrival rate times mean throughput time.

    Over a whole log the two are equal by construction, so the first and the last tenth of the time are left
    out; what remains differs when the process is not stable: backlogs grow or shrink, or the log is cut.
    """
    if log.cases == 0 or log.end.max() <= log.begin.min():
        gap = Estimate.not_computable(log.cases, "process.no_elapsed_time")
        return LittleCheck(
            n=0, in_progress=0.0, arrivals_per_second=0.0, departures_per_second=0.0, mean_seconds=None,
            deviation=gap, holds=None,
        )  # fmt: skip
    arrival = log.begin[log.offsets[:-1]]
    departure = arrival + log.throughput
    low, high = int(log.begin.min()), int(log.end.max())
    margin = int((high - low) * _LITTLE_MARGIN)
    low, high = low + margin, high - margin
    window = (high - low) / MICROSECONDS
    overlap = np.maximum(np.minimum(departure, high) - np.maximum(arrival, low), 0)
    in_progress = float(overlap.sum() / MICROSECONDS / window)
    arrived = (arrival >= low) & (arrival < high)
    departed = (departure >= low) & (departure < high)
    rate = float(arrived.sum() / window)
    mean = float(log.throughput[departed].mean() / MICROSECONDS) if departed.any() else None
    if mean is None or in_progress <= 0:
        deviation = Estimate.not_computable(int(arrived.sum()), "process.no_elapsed_time")
    else:
        deviation = Estimate((in_progress - rate * mean) / in_progress, int(arrived.sum()), method="little")
    holds = None if deviation.value is None else abs(deviation.value) <= _LITTLE_ALARM
    return LittleCheck(
        n=int(arrived.sum()),
        in_progress=in_progress,
        arrivals_per_second=rate,
        departures_per_second=float(departed.sum() / window),
        mean_seconds=mean,
        deviation=deviation,
        holds=holds,
        warnings=(Notice("process.little_violated", params={"percent": f"{deviation.value:.0%}"}),)
        if holds is False and deviation.value is not None
        else (),
    )
