"""From an uploaded file to the events of a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError
from servloop.io import read_events
from servloop.results import Notice
from servloop_app.diagnose import log_files

if TYPE_CHECKING:
    import polars as pl

_REQUIRED_ROLES = ("case", "activity", "timestamp")
# Errors that a person mends by saying which column is what, how times are written or which object is the case.
MENDABLE = frozenset(
    {
        *(f"io.{fault}_{role}_column" for fault in ("missing", "ambiguous") for role in _REQUIRED_ROLES),
        "io.no_such_column",
        "io.unreadable_time",
        "io.missing_time",
        "io.missing_case",
        "io.missing_activity",
        "io.ambiguous_dates",
        "io.object_type_needed",
        "io.no_such_object_type",
        "io.unknown_timezone",
        "io.bad_seq",
    }
)
COLUMN_ROLES = (*_REQUIRED_ROLES, "start", "resource", "group")
_LIFECYCLES = ("complete", "all")


@dataclass
class ReadingOptions:
    """How a person wants a file to be read; empty means: find out.

    Attributes:
        columns: role → column.
        timezone: zone of times that name none.
        time_format: notation of times.
        object_type: whose objects are the cases of an object-centric log.
        skip_bad_rows: set unreadable rows aside instead of refusing the file.
        lifecycle: ``complete`` or ``all`` transitions.
    """

    columns: dict[str, str]
    timezone: str = ""
    time_format: str = ""
    object_type: str = ""
    skip_bad_rows: bool = False
    lifecycle: str = "complete"

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ReadingOptions:
        """From their stored form."""
        return cls(**{"columns": {}, **stored})


@dataclass(frozen=True)
class Reading:
    """What was found in a file, small enough to go through the audit log."""

    format: str
    columns: dict[str, str]
    cases: int
    events: int
    activities: int
    first: datetime
    last: datetime
    rejected: int
    warnings: list[dict[str, Any]]


def read_upload(public_id: UUID, options: ReadingOptions) -> Reading:
    """Read the uploaded file of a log and write its events beside it, whole or not at all.

    Raises:
        InputError: the file is no event log, or not yet; codes in `MENDABLE` ask for help, others are final.
    """
    columns = {role: column for role, column in options.columns.items() if column}
    table = read_events(
        log_files.upload_of(public_id),
        **columns,  # the roles are its parameters
        timezone=options.timezone or None,
        time_format=options.time_format or None,
        object_type=options.object_type or None,
        on_error="quarantine" if options.skip_bad_rows else "raise",
    )
    seq_supplied = "seq" in table.columns
    log = EventLog.from_frame(table.frame, lifecycle=_lifecycle(options), seq_supplied=seq_supplied)
    if log.events == 0:
        raise InputError("io.no_rows", file=log_files.upload_of(public_id).name)
    target = log_files.events_of(public_id)
    log_files.aggregates_of(public_id).unlink(missing_ok=True)  # of the events as they were
    half = target.with_suffix(".half")
    table.frame.write_parquet(half, metadata={"seq_supplied": str(int(seq_supplied))})
    half.replace(target)
    begin, end = log.begin.min(), log.end.max()
    return Reading(
        format=table.format,
        columns=dict(table.columns),
        cases=log.cases,
        events=log.events,
        activities=len(np.unique(log.activity)),
        first=_moment(int(begin)),
        last=_moment(int(end)),
        rejected=table.rejects["line"].n_unique() if table.rejects.height else 0,
        warnings=[_stored(notice) for notice in (*table.warnings, *log.warnings)],
    )


def load_log(public_id: UUID, options: ReadingOptions) -> EventLog:
    """The events of a log, ready for analysis."""
    import polars as pl  # noqa: PLC0415  # pages that show no log do without

    path = log_files.events_of(public_id)
    supplied = pl.read_parquet_metadata(path).get("seq_supplied") == "1"
    return EventLog.from_frame(pl.read_parquet(path), lifecycle=_lifecycle(options), seq_supplied=supplied)


def head_of_upload(public_id: UUID, rows: int = 5) -> pl.DataFrame:
    """The columns of an uploaded table and its first rows, for someone who names the columns.

    Raises:
        InputError: the file is no table.
    """
    from servloop.io import read_table  # noqa: PLC0415  # beside read_events, used on one page only

    return read_table(log_files.upload_of(public_id), infer=False).frame.head(rows)


def _lifecycle(options: ReadingOptions) -> Any:
    return options.lifecycle if options.lifecycle in _LIFECYCLES else "complete"


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _stored(notice: Notice) -> dict[str, Any]:
    return {"code": notice.code, "count": notice.count, "params": dict(notice.params)}
