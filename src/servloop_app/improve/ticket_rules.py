"""Rules of tickets: how much working time a level has, which step may follow which, and what the clocks say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from servloop.monitor.calendar import WorkingCalendar

_HOUR = 3600.0
LONGEST_HOURS: Final = 2000.0


@dataclass(frozen=True)
class Hours:
    """Working hours of one level.

    Attributes:
        reply: until the customer hears from us for the first time.
        resolution: until the matter is settled.
        pause: for which the clock stands still at most each time the customer is asked.
    """

    reply: float
    resolution: float
    pause: float


DEFAULT_HOURS: Final[Mapping[str, Hours]] = {
    "minor": Hours(8, 40, 40),
    "general": Hours(4, 24, 24),
    "serious": Hours(1, 8, 16),
}

# Step → states from which it may be taken.
STEPS: Final[Mapping[str, frozenset[str]]] = {
    "take": frozenset({"new", "in_progress"}),
    "note": frozenset({"new", "in_progress", "waiting", "answered"}),
    "reply": frozenset({"new", "in_progress", "waiting", "answered"}),
    "resume": frozenset({"waiting"}),
    "hand_over": frozenset({"new", "in_progress", "waiting"}),
    "level": frozenset({"new", "in_progress", "waiting"}),
    "link": frozenset({"new", "in_progress", "waiting", "answered", "closed"}),
    "close": frozenset({"new", "in_progress", "waiting", "answered"}),
    "reopen": frozenset({"answered", "closed"}),
}


def allowed(step: str, state: str) -> bool:
    """Whether a step may be taken in a state."""
    return state in STEPS[step]


def worked(calendar: WorkingCalendar, start: datetime, end: datetime) -> float:
    """Working seconds from one moment to another; negative when the end is earlier."""
    return float(calendar.working_seconds(_instant(start), _instant(end)).item())


@dataclass(frozen=True)
class Clock:
    """One clock of a ticket at one moment, in working seconds.

    Attributes:
        allowed: what there was.
        rest: what is left; negative when it is overdue.
        due: the moment by which it must be done; while the clock stands still: if work went on now.
        state: ``running``, ``paused``, ``overdue``, ``kept`` or ``missed``.
        done_at: when it was done.
    """

    allowed: float
    rest: float
    due: datetime
    state: str
    done_at: datetime | None = None

    @property
    def share(self) -> float:
        """How much of the allowed time is used, between 0 and 1."""
        return min(max(1 - self.rest / self.allowed, 0.0), 1.0) if self.allowed else 1.0

    @property
    def meaning(self) -> str:
        """``bad`` when the limit passed, ``watch`` in the last quarter, else ``info``; ``good`` once kept."""
        if self.state in {"overdue", "missed"}:
            return "bad"
        if self.state in {"kept", "paused"}:
            return "good" if self.state == "kept" else "neutral"
        return "watch" if self.share >= _NEARLY else "info"


_NEARLY = 0.75


def clock(
    calendar: WorkingCalendar,
    allowed_seconds: float,
    due: datetime,
    now: datetime,
    *,
    done_at: datetime | None = None,
    paused_at: datetime | None = None,
    due_before_pause: datetime | None = None,
) -> Clock:
    """What a clock says.

    Args:
        calendar: working time of the unit.
        allowed_seconds: working time that there was.
        due: when it has to be done; during a pause: if the pause is used up.
        now: the moment asked for.
        done_at: when it was done, if it was.
        paused_at: since when the clock stands still, if it does.
        due_before_pause: when it would have been due without this pause.
    """
    if done_at is not None:
        kept = "kept" if done_at <= due else "missed"
        return Clock(allowed_seconds, worked(calendar, done_at, due), due, kept, done_at)
    if paused_at is not None and due_before_pause is not None:
        rest = worked(calendar, paused_at, due_before_pause)
        state = "overdue" if rest < 0 else "paused"
        return Clock(allowed_seconds, rest, calendar.due_at(now, max(rest, 0.0)), state)
    rest = worked(calendar, now, due)
    return Clock(allowed_seconds, rest, due, "overdue" if now > due else "running")


def due_after(calendar: WorkingCalendar, start: datetime, hours: float) -> datetime:
    """The moment by which so many working hours have passed."""
    return calendar.due_at(start, hours * _HOUR)


def shifted(calendar: WorkingCalendar, due: datetime, begin: datetime, end: datetime) -> datetime:
    """A due moment put off by the working time of a pause; an overdue one stays where it is."""
    if begin >= due:
        return due
    return calendar.due_at(due, max(worked(calendar, begin, end), 0.0))


def _instant(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
