"""Object-centric logs (OCEL 2.0, SQLite and JSON), seen from one type of object.

Each object of the chosen type is a case; an event that touches several of them is a row in each. The relations of
all events to all objects stay beside the rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

import polars as pl

from servloop.errors import InputError
from servloop.io.raw_table import RawTable
from servloop.io.sources import Source, unpacked_file
from servloop.io.structured import load_json

CASE, EVENT, ACTIVITY, TIME = "ocel:oid", "ocel:eid", "ocel:activity", "ocel:timestamp"
_ROLES = {"case": CASE, "activity": ACTIVITY, "timestamp": TIME}
_RELATIONS = {"event_id": pl.String, "object_id": pl.String, "object_type": pl.String, "qualifier": pl.String}
# A view planted in the file could compute for ever: 20,000 steps of 100,000 instructions are minutes.
_STEP_INSTRUCTIONS = 100_000
_MAX_STEPS = 20_000


def read_sqlite(source: Source, object_type: str | None) -> RawTable:
    """Read the SQLite form; the database is opened read-only.

    Raises:
        InputError: ``io.not_ocel`` when the tables of OCEL 2.0 are not there, ``io.object_type_needed`` and
            ``io.no_such_object_type`` with the types that exist, ``io.damaged_file``.
    """
    try:
        with _connected(source) as database:
            tables = {
                name for (name,) in database.execute("select name from sqlite_master where type = 'table'")
            }
            needed = {"event", "object", "event_object", "event_map_type"}
            if not needed <= tables:
                raise InputError("io.not_ocel", file=source.name, columns=sorted(needed - tables))
            relations = pl.DataFrame(
                database.execute(
                    "select r.ocel_event_id, r.ocel_object_id, o.ocel_type, r.ocel_qualifier "
                    "from event_object r join object o on o.ocel_id = r.ocel_object_id"
                ).fetchall(),
                schema=_RELATIONS,
                orient="row",
            )
            events = _sqlite_events(database, tables)
    except sqlite3.Error:
        raise InputError("io.damaged_file", file=source.name, format="OCEL SQLite") from None
    return _flattened(source, "ocel-sqlite", events, relations, object_type)


@contextmanager
def _connected(source: Source) -> Iterator[sqlite3.Connection]:
    with unpacked_file(source) as path:
        address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("pragma trusted_schema = off")
            steps = iter(range(_MAX_STEPS))
            database.set_progress_handler(lambda: next(steps, None) is None, _STEP_INSTRUCTIONS)
            yield database


def _sqlite_events(database: sqlite3.Connection, tables: set[str]) -> pl.DataFrame:
    frames = []
    for kind, mapped in database.execute("select ocel_type, ocel_type_map from event_map_type").fetchall():
        table = f"event_{mapped}"
        if table not in tables:
            continue
        name = table.replace('"', '""')
        rows = database.execute(f'select * from "{name}"')  # noqa: S608 - a table that exists, quoted
        names = [column[0] for column in rows.description]
        frame = pl.DataFrame(
            rows.fetchall(), schema=dict.fromkeys(names, pl.String), orient="row", strict=False
        )
        renamed = frame.rename({"ocel_id": EVENT, "ocel_time": TIME})
        frames.append(renamed.with_columns(pl.lit(kind).alias(ACTIVITY)))
    return (
        pl.concat(frames, how="diagonal")
        if frames
        else pl.DataFrame(schema=dict.fromkeys((EVENT, TIME), pl.String))
    )


def values_of_sqlite(source: Source) -> Iterator[set[str]]:
    """The distinct values of every column of every table in the SQLite form.

    Raises:
        InputError: ``io.damaged_file``.
    """
    try:
        with _connected(source) as database:
            tables = [
                name for (name,) in database.execute("select name from sqlite_master where type = 'table'")
            ]
            for table in tables:
                name = table.replace('"', '""')
                for _place, column, *_rest in database.execute(f'pragma table_info("{name}")').fetchall():
                    quoted = column.replace('"', '""')
                    found = database.execute(f'select distinct "{quoted}" from "{name}"')  # noqa: S608 - names that exist, quoted
                    yield {str(value) for (value,) in found if isinstance(value, str | int)}
    except sqlite3.Error:
        raise InputError("io.damaged_file", file=source.name, format="OCEL SQLite") from None


def read_json(source: Source, object_type: str | None) -> RawTable:
    """Read the JSON form.

    Raises:
        InputError: as for `read_sqlite`, and ``io.bad_json``.
    """
    document = load_json(source)
    try:
        types = {entry["id"]: entry["type"] for entry in document["objects"]}
        relations = pl.DataFrame(
            [
                (event["id"], link["objectId"], types.get(link["objectId"]), link.get("qualifier"))
                for event in document["events"]
                for link in event.get("relationships") or ()
            ],
            schema=_RELATIONS,
            orient="row",
        )
        events = pl.DataFrame([_json_event(event) for event in document["events"]], infer_schema_length=None)
    except (KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
        raise InputError("io.not_ocel", file=source.name, columns=["objects", "events"]) from None
    return _flattened(source, "ocel-json", events, relations, object_type)


def _json_event(event: dict[str, Any]) -> dict[str, str | None]:
    attributes: Iterable[dict[str, Any]] = event.get("attributes") or ()
    values = {
        entry["name"]: None if entry.get("value") is None else str(entry["value"]) for entry in attributes
    }
    return {**values, EVENT: event["id"], ACTIVITY: event["type"], TIME: event["time"]}


def _flattened(
    source: Source, kind: str, events: pl.DataFrame, relations: pl.DataFrame, object_type: str | None
) -> RawTable:
    types = sorted(relations["object_type"].drop_nulls().unique().to_list())
    if object_type is None and len(types) == 1:
        object_type = types[0]
    if object_type is None:
        raise InputError("io.object_type_needed", file=source.name, types=types)
    if object_type not in types:
        raise InputError("io.no_such_object_type", file=source.name, received=object_type, types=types)
    links = relations.filter(pl.col("object_type") == object_type).select(
        "event_id", pl.col("object_id").alias(CASE)
    )
    # Two relations of one event to one object (with different qualifiers) are still one event of the case.
    rows = links.unique(maintain_order=True).join(
        events, left_on="event_id", right_on=EVENT, how="inner", maintain_order="left"
    )
    details = {"object_type": object_type, "object_types": types}
    frame = rows.rename({"event_id": EVENT})
    return RawTable(frame, kind, source.name, details, roles=_ROLES, relations=relations)
