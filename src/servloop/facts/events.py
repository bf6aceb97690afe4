"""Events of a process from the facts, in the canonical columns of an event log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_SQL = """
    SELECT case_id, activity, occurred_at AS "time", start_time, lifecycle, resource, department, unit_id, seq
    FROM events WHERE process_id = ? ORDER BY occurred_at, seq, import_id
"""


def process_events(facts: duckdb.DuckDBPyConnection, process: str) -> pl.DataFrame:
    """All events of a process that the connection's scope shows.

    Args:
        facts: from `Snapshot.connect`.
        process: name of the process (that of its imports).

    Returns:
        ``case_id, activity, time, seq`` and those of ``start_time, lifecycle, resource, department, unit_id`` that
        have a value; ``seq`` is each row's place, by time, then by its place in its source.
    """
    import polars as pl

    rows: pl.DataFrame = facts.sql(_SQL, params=[process]).pl()
    rows = rows.with_columns(pl.int_range(rows.height, dtype=pl.Int64).alias("seq"))
    empty = [name for name in rows.columns if rows.height and rows[name].null_count() == rows.height]
    return rows.drop(empty)
