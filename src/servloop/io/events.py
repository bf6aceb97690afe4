"""Event logs: any file with cases, steps and times, brought into one canonical table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from servloop.errors import InputError
from servloop.io.columns import resolve_columns
from servloop.io.raw_table import RawTable, infer_numbers
from servloop.io.tables import read_raw
from servloop.io.times import Times, check_timezone, to_utc
from servloop.results import Notice

OnError = Literal["raise", "quarantine"]

_TEXT_ROLES = {"resource": "resource", "group": "department"}
_CANONICAL = ("case_id", "activity", "time", "start_time", "lifecycle", "resource", "department", "seq")
_REJECTS = {"line": pl.Int64, "column": pl.String, "reason": pl.String, "raw": pl.String}


@dataclass(frozen=True)
class EventTable:
    """Events in canonical form, in the order of the source.

    Attributes:
        frame: one row per event: ``case_id`` and ``activity`` (text), ``time`` (Datetime[us, UTC]: the
            completion or only stamp), ``start_time`` (same type, if the source has it), ``lifecycle`` (lower
            case, if the source has it; all transitions are kept), ``resource`` and ``department`` (text, if
            the source has them), ``seq`` (Int64, the place in the source), then the other columns.
        columns: role -> column of the source.
        format: the format read.
        warnings: what was met: naive times, ends before starts…
        attributes: names of the other columns kept in ``frame``.
        rejects: rows set aside (``line, column, reason, raw``); empty unless quarantine was asked for.
        relations: event to object relations of an object-centric log
            (``event_id, object_id, object_type, qualifier``), else None.
    """

    frame: pl.DataFrame
    columns: Mapping[str, str]
    format: str
    warnings: tuple[Notice, ...]
    attributes: tuple[str, ...]
    rejects: pl.DataFrame
    relations: pl.DataFrame | None = None


def read_events(
    path: Path | str,
    *,
    case: str | None = None,
    activity: str | None = None,
    timestamp: str | None = None,
    start: str | None = None,
    resource: str | None = None,
    group: str | None = None,
    lifecycle_column: str | None = None,
    seq: str | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
    object_type: str | None = None,
    missing: Sequence[str] = ("",),
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
    on_error: OnError = "raise",
) -> EventTable:
    """Read an event log from any supported file.

    Args:
        path: CSV (any delimiter and encoding), XLSX, XLS, Parquet, JSON lines, XES, OCEL 2.0, SAV; text
            formats also packed with gzip.
        case: column of the case; this and the seven others are recognised by name when None.
        activity: column of the step.
        timestamp: column of the completion or only stamp.
        start: column of the start.
        resource: column of the person or system.
        group: column of the department or team.
        lifecycle_column: column of the lifecycle transition.
        seq: column with the place of the row in the source.
        timezone: IANA zone of times without offset; UTC with the warning ``io.naive_timestamps`` when None.
        time_format: notation of times in text, as for `strftime`; found from the values when None.
        object_type: for object-centric logs, the type whose objects are the cases.
        missing: texts that mean "no value"; 'NA' and '?' are values unless named here.
        delimiter: what separates the fields of a text table; found from the content when None.
        encoding: of a text table; found from the content when None.
        sheet: name or place (from 0) of a spreadsheet's sheet; the first when None.
        on_error: ``raise`` at the first row without a case, a step or a readable time; ``quarantine`` sets
            such rows aside in ``rejects`` and keeps the others.

    Raises:
        InputError: the file cannot be read as a table, a required column cannot be told, or (with
            ``raise``) a row is wrong; the sentence names line, column, and what was found.
    """
    check_timezone(timezone)
    raw = read_raw(
        path, delimiter=delimiter, encoding=encoding, sheet=sheet, missing=missing, object_type=object_type
    )
    given = {
        "case": case,
        "activity": activity,
        "timestamp": timestamp,
        "start": start,
        "resource": resource,
        "group": group,
        "lifecycle": lifecycle_column,
        "seq": seq,
    }
    chosen = {role: column for role, column in given.items() if column is not None}
    columns = resolve_columns(raw.frame, {**raw.roles, **chosen}, raw.name)
    return _normalised(raw, columns, timezone, time_format, on_error)


def events_from_frame(
    frame: pl.DataFrame,
    columns: Mapping[str, str],
    *,
    timezone: str | None = None,
    time_format: str | None = None,
    on_error: OnError = "raise",
) -> EventTable:
    """Bring a frame in hand into canonical form, with the same rules as `read_events`.

    Args:
        frame: one row per event.
        columns: role -> column; case, activity and timestamp are recognised by name where absent.
        timezone: as for `read_events`.
        time_format: as for `read_events`.
        on_error: as for `read_events`.
    """
    raw = RawTable(frame, "frame", "frame")
    return _normalised(raw, resolve_columns(frame, columns, raw.name), timezone, time_format, on_error)


def _normalised(
    raw: RawTable,
    columns: Mapping[str, str],
    timezone: str | None,
    time_format: str | None,
    on_error: OnError,
) -> EventTable:
    source = raw.frame
    if source.height == 0:
        raise InputError("io.no_rows", file=raw.name)
    times = {
        role: to_utc(source[columns[role]], timezone=timezone, time_format=time_format)
        for role in ("timestamp", "start")
        if role in columns
    }
    canonical = _canonical(raw, columns, times)
    wrong = _wrong_rows(raw, columns, canonical, times)
    if on_error == "raise" and wrong.height:
        raise _first_wrong(raw, wrong)
    others = [name for name in source.columns if name not in columns.values()]
    kept = {name: f"source:{name}" if name in _CANONICAL else name for name in others}
    attributes = source.select(others).rename(kept)
    frame = canonical.hstack(infer_numbers(attributes))
    if wrong.height:
        frame = frame.filter(~pl.int_range(pl.len()).is_in(wrong["row"].implode()))
    warnings = [*raw.warnings, *_merged(times)]
    if "start_time" in frame.columns and (backwards := int((frame["time"] < frame["start_time"]).sum())):
        warnings.append(Notice("io.end_before_start", count=backwards))
    if wrong.height:
        warnings.append(Notice("io.rows_rejected", count=wrong["row"].n_unique()))
    return EventTable(
        frame,
        dict(columns),
        raw.format,
        tuple(warnings),
        tuple(kept.values()),
        _rejects(raw, wrong),
        raw.relations,
    )


def _canonical(raw: RawTable, columns: Mapping[str, str], times: Mapping[str, Times]) -> pl.DataFrame:
    """The columns that every event log has, and those of the roles that this one has."""
    source = raw.frame
    found = {
        "case_id": _identifier(source[columns["case"]]),
        "activity": _text(source[columns["activity"]]),
        "time": times["timestamp"].utc,
    }
    if "start" in times:
        found["start_time"] = times["start"].utc
    if "lifecycle" in columns:
        found["lifecycle"] = _text(source[columns["lifecycle"]]).str.to_lowercase()
    for role, name in _TEXT_ROLES.items():
        if role in columns:
            found[name] = _identifier(source[columns[role]])
    found["seq"] = _order(source, columns.get("seq"), raw)
    return pl.DataFrame([values.alias(name) for name, values in found.items()])


def _merged(times: Mapping[str, Times]) -> list[Notice]:
    """The warnings of both time columns, one per code with the larger number of rows."""
    merged: dict[str, Notice] = {}
    for warning in (warning for column in times.values() for warning in column.warnings):
        before = merged.get(warning.code)
        if before is None or before.count < warning.count:
            merged[warning.code] = warning
    return list(merged.values())


def _text(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return values
    if values.dtype.is_float():
        return _identifier(values)
    return values.cast(pl.String)


def _identifier(values: pl.Series) -> pl.Series:
    """Text of an id column; numbers that went through a spreadsheet or pandas lose their ".0"."""
    if values.dtype.is_float():
        whole = values.is_null() | (values == values.floor())
        return values.cast(pl.Int64).cast(pl.String) if whole.all() else values.cast(pl.String)
    if values.dtype != pl.String:
        return values.cast(pl.String)
    if not values.str.ends_with(".0").any() or not values.drop_nulls().str.contains(r"^-?\d+(\.0)?$").all():
        return values
    return values.str.strip_suffix(".0")


def _order(source: pl.DataFrame, column: str | None, raw: RawTable) -> pl.Series:
    """The place of each row in the source: its own number where a column gives one."""
    if column is None:
        return pl.int_range(source.height, dtype=pl.Int64, eager=True)
    numbers = source[column].cast(pl.Int64, strict=False)
    if numbers.null_count() or not numbers.is_unique().all():
        raise InputError("io.bad_seq", file=raw.name, column=column)
    return numbers


def _wrong_rows(
    raw: RawTable, columns: Mapping[str, str], canonical: pl.DataFrame, times: Mapping[str, Times]
) -> pl.DataFrame:
    """Rows that are no event: position, column, reason, and the text that stood there."""
    faults = [
        (columns["case"], "missing_case", canonical["case_id"].is_null()),
        (columns["activity"], "missing_activity", canonical["activity"].is_null()),
        (columns["timestamp"], "missing_time", raw.frame[columns["timestamp"]].is_null()),
        *((columns[role], "unreadable_time", column.unreadable) for role, column in times.items()),
    ]
    found = [
        pl.DataFrame({"row": rows}).select(
            pl.col("row").cast(pl.Int64),
            pl.lit(column).alias("column"),
            pl.lit(reason).alias("reason"),
            raw.frame[column].gather(rows).cast(pl.String, strict=False).alias("raw"),
        )
        for column, reason, mask in faults
        if len(rows := mask.arg_true())
    ]
    empty = pl.DataFrame(schema={"row": pl.Int64, "column": pl.String, "reason": pl.String, "raw": pl.String})
    return pl.concat([empty, *found]).sort("row", maintain_order=True)


def _first_wrong(raw: RawTable, wrong: pl.DataFrame) -> InputError:
    first = wrong.row(0, named=True)
    alike = wrong.filter((pl.col("reason") == first["reason"]) & (pl.col("column") == first["column"]))
    return InputError(
        f"io.{first['reason']}",
        file=raw.name,
        line=raw.lines(wrong["row"].head(1))[0],
        column=first["column"],
        received=first["raw"],
        count=alike.height,
    )


def _rejects(raw: RawTable, wrong: pl.DataFrame) -> pl.DataFrame:
    if wrong.height == 0:
        return pl.DataFrame(schema=_REJECTS)
    return wrong.select(raw.lines(wrong["row"]).alias("line"), "column", "reason", "raw")
