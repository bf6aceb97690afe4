"""Small logs for tests, and the ways in which tests call a command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from servloop.diagnose.process.event_log import EventLog
from servloop_app import cli

BEGIN = datetime(2025, 3, 3, 8, tzinfo=UTC)

Event = tuple[str, str, float]  # case, activity, hours since BEGIN


def frame(events: Sequence[Event], **columns: Sequence[object]) -> pl.DataFrame:
    """A canonical events table."""
    table = pl.DataFrame(
        {
            "case_id": [case for case, _, _ in events],
            "activity": [activity for _, activity, _ in events],
            "time": [BEGIN + timedelta(hours=hours) for _, _, hours in events],
        },
        schema={"case_id": pl.String, "activity": pl.String, "time": pl.Datetime("us", "UTC")},
    )
    return table.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def log(events: Sequence[Event], **columns: Sequence[object]) -> EventLog:
    """A log of the events."""
    return EventLog.from_frame(frame(events, **columns))


def paths(*activities: str) -> list[Event]:
    """One case per text, one activity per letter, an hour apart; cases begin a day apart."""
    return [
        (f"c{case}", activity, 24 * case + step)
        for case, path in enumerate(activities)
        for step, activity in enumerate(path)
    ]


def with_starts(starts: Sequence[float]) -> list[datetime]:
    """Start times in hours since BEGIN."""
    return [BEGIN + timedelta(hours=hours) for hours in starts]


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """Calls ``servloop …`` in this process, through the entry point, as a shell would."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Outcome:
        self.monkeypatch.setattr(sys, "argv", ["servloop", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = self.capsys.readouterr()
        return Outcome(int(ended.value.code or 0), printed.out, printed.err)
