"""Cases put together from their events, and kept beside the facts for as long as these stay as they are.

Grouping all events takes longer than a request may compute. A job writes the cases once for a state of the facts; whoever
then asks for cases reads them from that file, and from the events as long as there is none.
"""

# ruff: noqa: S608 - all SQL here is made of the schema's own names and quoted paths
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from servloop.measure.figures.formula import Type

TABLES_OF_CASES = ("events", "event_cases")
KEPT_VIEW = "kept_cases"
_KEPT_STATES = 3
CASE_COLUMNS: Mapping[str, Type] = {
    "process_id": "text",
    "case_id": "text",
    "unit_id": "text",
    "local_date": "time",
    "started_at": "time",
    "occurred_at": "time",
    "seconds": "number",
    "events": "number",
    "activities": "number",
    "resources": "number",
    "rework": "truth",
    "first_activity": "text",
    "last_activity": "text",
    "sla_seconds": "number",
}
_COMPLETE = "(lifecycle IS NULL OR lifecycle = 'complete')"
_EVERY = """
        SELECT e.process_id, e.case_id, any_value(e.unit_id) AS unit_id, max(e.local_date) AS local_date,
            min(coalesce(e.start_time, e.occurred_at)) AS started_at, max(e.occurred_at) AS occurred_at,
            epoch(max(e.occurred_at)) - epoch(min(coalesce(e.start_time, e.occurred_at))) AS seconds,
            count(*)::DOUBLE AS events, count(DISTINCT e.activity)::DOUBLE AS activities,
            count(DISTINCT e.resource)::DOUBLE AS resources, count(*) > count(DISTINCT e.activity) AS rework,
            arg_min(e.activity, (e.occurred_at, e.seq)) AS first_activity,
            arg_max(e.activity, (e.occurred_at, e.seq)) AS last_activity, any_value(c.sla_seconds) AS sla_seconds
            {further}
        FROM events AS e LEFT JOIN event_cases AS c ON c.process_id = e.process_id AND c.case_id = e.case_id
        WHERE (e.lifecycle IS NULL OR e.lifecycle = 'complete') {among}
        GROUP BY e.process_id, e.case_id
"""
# Exports are cut while cases are under way; such a case has no end yet, and would look short and simple. A case counts as
# ended when at least one in twenty of the cases that reach its last step end there.
_ENDED = """
    WITH every AS ({every}), reached AS (
        SELECT process_id, activity, count(DISTINCT case_id) AS cases FROM events
        WHERE {complete}
        GROUP BY process_id, activity
    ), ends AS (
        SELECT process_id, last_activity, count(*) AS cases FROM every GROUP BY process_id, last_activity
    )
    SELECT every.* FROM every
    JOIN ends ON ends.process_id = every.process_id AND ends.last_activity = every.last_activity
    JOIN reached ON reached.process_id = every.process_id AND reached.activity = every.last_activity
    WHERE ends.cases >= 0.05 * reached.cases
"""


def _cases(further: str = "") -> str:
    return _ENDED.format(every=_EVERY.format(further=further, among=""), complete=_COMPLETE)


def cases_relation(facts: duckdb.DuckDBPyConnection) -> str:
    """What to select cases from, on a connection of a snapshot: those that are kept, or their events."""
    kept = facts.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ?", [KEPT_VIEW]).fetchall()
    return KEPT_VIEW if kept else f"({_cases()})"


def kept_path(folder: Path, versions: Mapping[str, int]) -> Path:
    """Where the cases of a state of the facts are kept.

    Args:
        folder: of the fact tables.
        versions: of the tables that exist.
    """
    return folder / "cases" / ("-".join(str(versions.get(name, -1)) for name in TABLES_OF_CASES) + ".parquet")


def write_cases(facts: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Keep the cases of a connection that sees all events; the file appears whole or not at all.

    Of earlier states of the facts the newest two stay, for whoever is reading them.
    """
    target.parent.mkdir(exist_ok=True)
    half = target.with_suffix(".half")
    # In how many units a case has events tells who may see it as it is kept.
    found = _cases(", count(DISTINCT coalesce(e.unit_id, '')) AS units")
    facts.execute(
        f"COPY ({found} ORDER BY occurred_at)"
        f" TO '{_quoted(half)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
    )
    half.replace(target)
    for left in sorted(target.parent.glob("*.parquet"), key=lambda kept: kept.stat().st_mtime)[
        :-_KEPT_STATES
    ]:
        left.unlink(missing_ok=True)


def view_sql(kept: Path, *, scoped: bool) -> str:
    """The statement that makes a view of the kept cases; a limited scope expects ``visible_units(unit_id)``.

    Who sees some units only sees the cases that have all their events there as they are kept. Of those that went
    through other units as well, the visible events alone are put together anew.
    """
    columns = ", ".join(CASE_COLUMNS)
    file = f"read_parquet('{_quoted(kept)}')"
    if not scoped:
        return f"CREATE VIEW {KEPT_VIEW} AS SELECT {columns} FROM {file}"
    shared = f"AND (e.process_id, e.case_id) IN (SELECT (process_id, case_id) FROM {file} WHERE units > 1)"
    return (
        f"CREATE VIEW {KEPT_VIEW} AS SELECT {columns} FROM {file}"
        " WHERE units = 1 AND unit_id IN (SELECT unit_id FROM visible_units)"
        f" UNION ALL SELECT {columns} FROM ({_EVERY.format(further='', among=shared)})"
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
