"""From checked rows to stored facts: who is new, who is repeated, who is changed.

A row is identified by the id its source gave it, or else by its content and how many equal rows stand before it in
the same source (real logs hold rows that are equal in every column, and each of them happened). The same key with the
same content is skipped; the same key with other content becomes a new revision. So importing a file twice changes
nothing, and a corrected file changes just what was corrected.
"""

# ruff: noqa: S608 - all SQL here is made of the schema's own names and quoted paths
from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from servloop.facts.hexadecimal import hex_texts
from servloop.facts.locks import lock
from servloop.facts.schema import SCHEMA_VERSION, TABLES, Column
from servloop.facts.snapshot import FactsScope
from servloop.facts.store import FactStore

if TYPE_CHECKING:
    import duckdb
    import polars as pl
    import pyarrow as pa

CHUNK_ROWS = 250_000
_IDENTITY = {"record_id", "import_id", "seq", "content_hash", "revision", "replaces_import", "replaces_seq"}
# Local date, hour and zone follow from the time and the unit.
_NOT_CONTENT = _IDENTITY | {
    "source_key",
    "occurrence",
    "ingested_at",
    "schema_version",
    "local_date",
    "local_hour",
    "tz",
}
_LOW_BITS = 2**60 - 1


@dataclass(frozen=True)
class Ingested:
    """What became of the rows of one import into one table.

    Attributes:
        new: records seen for the first time.
        revised: records that were known with other content.
        repeated: rows that were known as they are; nothing was stored for them.
        chunks: commits made now; 0 when a finished import is sent again.
    """

    new: int
    revised: int
    repeated: int
    chunks: int


def ingest(
    store: FactStore,
    staged: Path,
    *,
    table: str,
    source: str,
    import_id: str,
    ingested_at: dt.datetime,
    transaction: str = "",
    memory_limit: str = "400MB",
    chunk_rows: int = CHUNK_ROWS,
    progress: Callable[[int, int], None] | None = None,
) -> Ingested:
    """Store staged rows as facts, each exactly once.

    Safe to call again after a crash with the same arguments: chunks that were stored are not stored twice. Imports
    into one table take turns.

    Args:
        store: the fact tables.
        staged: a Parquet file with ``seq`` (unique, from 0), optionally ``source_key``, and columns of the table.
        table: fact table.
        source: name of the source system or dataset; keys and contents are compared within it.
        import_id: id of the import.
        ingested_at: time stored with the rows (aware).
        transaction: name under which finished chunks are remembered; a new one for an import that is begun afresh
            after its rows were taken back. By default the id of the import.
        memory_limit: for the engine; beyond it, work spills to a temporary folder.
        chunk_rows: rows per commit.
        progress: called with rows done and rows in all after each commit; may raise to stop between chunks.

    Raises:
        FactStoreError, LockBusyError: as the store says.
    """
    with (
        lock(store.folder / "_locks" / f"{table}.ingest", exclusive=True, timeout=600),
        _engine(memory_limit) as engine,
    ):
        total = _load(engine, staged, table, source)
        _known(engine, store, table, import_id)
        _decide(engine)
        new, revised, repeated = _counts(engine, total)
        transaction = transaction or import_id
        stored = store.last_chunk(table, transaction)
        rows_of = _rows_of_chunks(engine, chunk_rows)
        chunks = _chunks(
            engine,
            staged,
            table,
            import_id=import_id,
            ingested_at=ingested_at,
            numbers=[number for number in rows_of if number > stored],
            chunk_rows=chunk_rows,
        )
        commits = 0
        done = sum(rows for number, rows in rows_of.items() if number <= stored)
        with ThreadPoolExecutor(1) as writing:  # one chunk is written while the next is computed
            for number, append in _ahead(writing, store, chunks, table=table, transaction=transaction):
                commits += append.result()
                done += rows_of[number]
                if progress:
                    progress(done, total)
    return Ingested(new, revised, repeated, commits)


def _ahead(
    writing: ThreadPoolExecutor,
    store: FactStore,
    chunks: Iterable[tuple[int, pa.Table]],
    *,
    table: str,
    transaction: str,
) -> Iterator[tuple[int, Future[bool]]]:
    """Hand each chunk to the writer when the one after it is ready; in order, since chunks are counted."""
    last: tuple[int, Future[bool]] | None = None
    for number, rows in chunks:
        if last is not None:
            yield last
        last = number, writing.submit(_append, store, table, rows, transaction, number)
    if last is not None:
        yield last


def _append(store: FactStore, table: str, rows: pa.Table, transaction: str, number: int) -> bool:
    return bool(len(rows)) and store.append(table, rows, application=transaction, chunk=number)


@contextmanager
def _engine(memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="servloop-ingest-") as spill,
        duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "temp_directory": spill,
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
            },
        ) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _load(engine: duckdb.DuckDBPyConnection, staged: Path, table: str, source: str) -> int:
    """Make table ``identified(seq, id, keyed, occurrence, content_hash)`` and return the number of rows.

    ``id`` is the record id as a number: hashing and joining 16 bytes is several times cheaper than text.
    """
    present = engine.sql(f"SELECT * FROM {_parquet(staged)} LIMIT 0").columns
    content = [c for c in TABLES[table].columns if c.name in present and c.name not in _NOT_CONTENT]
    joined = ", ".join(_content_of(column) for column in content)
    prefix = f"{table}{chr(31)}{source}{chr(31)}"
    if "source_key" in present:
        identity = f"""
            SELECT seq, key IS NOT NULL AS keyed,
                md5_number($prefix || coalesce('k' || key, 'c' || content)) AS id,
                CASE WHEN key IS NOT NULL THEN (md5_number(content) & {_LOW_BITS}::UHUGEINT)::BIGINT END AS content_hash
            FROM (SELECT seq, source_key AS key, concat_ws(chr(31), {joined}) AS content FROM {_parquet(staged)})
        """
    else:  # the same texts, put together once
        identity = f"""
            SELECT seq, false AS keyed, md5_number(concat_ws(chr(31), $prefix || {joined})) AS id,
                NULL::BIGINT AS content_hash
            FROM {_parquet(staged)}
        """
        prefix += "c"
    engine.execute(
        f"CREATE TABLE identified AS SELECT *, 0::INTEGER AS occurrence FROM ({identity})", {"prefix": prefix}
    )
    engine.execute(
        """
        CREATE TABLE shared AS SELECT id, any_value(keyed) AS keyed FROM identified GROUP BY id HAVING count(*) > 1;

        UPDATE identified SET occurrence = later.occurrence, id = later.id
        FROM (
            SELECT seq, (row_number() OVER w - 1)::INTEGER AS occurrence,
                md5_number(to_hex(id) || chr(31) || row_number() OVER w) AS id
            FROM identified SEMI JOIN (FROM shared WHERE NOT keyed) AS equal_rows USING (id)
            WINDOW w AS (PARTITION BY id ORDER BY seq)
            QUALIFY row_number() OVER w > 1
        ) AS later
        WHERE identified.seq = later.seq
        """
    )
    ((total,),) = engine.sql("SELECT count(*) FROM identified").fetchall()
    return int(total)


def _content_of(column: Column) -> str:
    """SQL for a column's part of the content: times as numbers (faster), missing values unlike any text."""
    value = f'epoch_us("{column.name}")' if column.type == "timestamp" else f'"{column.name}"'
    return f"coalesce({value}::VARCHAR, chr(30))"


def _known(engine: duckdb.DuckDBPyConnection, store: FactStore, table: str, import_id: str) -> None:
    """Make table ``known``: the current stored revision of the records at hand, but for this import's own rows."""
    with store.snapshot([table]) as snapshot:
        engine.execute(snapshot.view_sql(table, FactsScope.everything(), without_import=import_id))
        engine.execute(
            f"""
            CREATE TABLE known AS
            SELECT f.id, f.content_hash, f.revision, f.import_id, f.seq
            FROM (SELECT *, ('0x' || record_id)::UHUGEINT AS id FROM "{table}") AS f
            SEMI JOIN identified USING (id)
            """
        )
        engine.execute(f'DROP VIEW "{table}"')


def _decide(engine: duckdb.DuckDBPyConnection) -> None:
    """Make tables ``settled(id)`` and ``chained(seq, …)``; rows in neither are new.

    Settled rows are known as they are. The few whose key is known with other content, or stands several times in a
    file that brings it, form a chain per key (what is stored, then the rows of the file in order); a link that says the same as the
    one before it is dropped, every other one replaces it.
    """
    engine.execute(
        """
        CREATE TABLE contested AS
        WITH last AS (
            SELECT id, arg_max(content_hash, seq) AS content_hash FROM identified WHERE keyed GROUP BY id
        )
        SELECT id FROM last LEFT JOIN known USING (id)
        -- a key whose last row says what is known has nothing to tell, whatever stood before it
        WHERE known.content_hash IS DISTINCT FROM last.content_hash
            AND (known.id IS NOT NULL OR id IN (SELECT id FROM shared WHERE keyed));

        CREATE TABLE settled AS SELECT id FROM known ANTI JOIN contested USING (id);

        CREATE TABLE chained AS
        WITH links AS (
            SELECT id, content_hash, revision, import_id, seq, 0 AS part FROM known SEMI JOIN contested USING (id)
            UNION ALL
            SELECT id, content_hash, NULL, NULL, seq, 1 FROM identified SEMI JOIN contested USING (id)
        ), changes AS (
            SELECT * FROM links
            QUALIFY content_hash IS DISTINCT FROM lag(content_hash) OVER (PARTITION BY id ORDER BY part, seq)
        )
        SELECT seq, part, import_id,
            (coalesce(first_value(revision) OVER w, 0) + row_number() OVER w - 1)::INTEGER AS revision,
            lag(import_id) OVER w AS replaces_import,
            lag(seq) OVER w AS replaces_seq
        FROM changes WINDOW w AS (PARTITION BY id ORDER BY part, seq);

        DELETE FROM chained WHERE part = 0
        """
    )


def _counts(engine: duckdb.DuckDBPyConnection, total: int) -> tuple[int, int, int]:
    """Rows that are new, that revise, and that repeat what is known."""
    ((settled, first, later, contested),) = engine.sql(
        """
        SELECT (SELECT count(*) FROM identified SEMI JOIN settled USING (id)),
            (SELECT count(*) FROM chained WHERE revision = 0),
            (SELECT count(*) FROM chained WHERE revision > 0),
            (SELECT count(*) FROM identified SEMI JOIN contested USING (id))
        """
    ).fetchall()
    return total - settled - contested + first, later, settled + contested - first - later


def _rows_of_chunks(engine: duckdb.DuckDBPyConnection, chunk_rows: int) -> dict[int, int]:
    """Number of each chunk that has rows → how many; places of rows that were set aside are gaps."""
    found = engine.sql(
        f"SELECT seq // {chunk_rows:d} AS chunk, count(*) FROM identified GROUP BY chunk ORDER BY chunk"
    ).fetchall()
    return {int(chunk): int(rows) for chunk, rows in found}


def _chunks(
    engine: duckdb.DuckDBPyConnection,
    staged: Path,
    table: str,
    *,
    import_id: str,
    ingested_at: dt.datetime,
    numbers: Iterable[int],
    chunk_rows: int,
) -> Iterator[tuple[int, pa.Table]]:
    """The rows to store, chunk by chunk of the source, in source order."""
    import polars as pl

    for number in numbers:
        start, stop = number * chunk_rows, (number + 1) * chunk_rows
        decided = engine.sql(
            f"""
            SELECT i.seq, (i.id >> 64)::UBIGINT AS high, (i.id & {2**64 - 1}::UHUGEINT)::UBIGINT AS low,
                i.occurrence, coalesce(i.content_hash, (i.id & {_LOW_BITS}::UHUGEINT)::BIGINT) AS content_hash,
                coalesce(c.revision, 0) AS revision,
                -- a row replaced by another of this file was brought by this import
                CASE WHEN c.replaces_seq IS NOT NULL THEN coalesce(c.replaces_import, $import_id) END
                    AS replaces_import,
                c.replaces_seq
            FROM (SELECT * FROM identified WHERE seq >= $start AND seq < $stop) AS i
            LEFT JOIN chained AS c USING (seq)
            WHERE c.seq IS NOT NULL OR (
                i.id NOT IN (SELECT id FROM settled) AND i.id NOT IN (SELECT id FROM contested))
            ORDER BY i.seq
            """,
            params={"import_id": import_id, "start": start, "stop": stop},
        ).pl()
        record_ids = hex_texts(decided["high"].to_numpy(), decided["low"].to_numpy())
        # Made by Polars: PyArrow would load pandas to turn values of Python into columns.
        told = decided.drop("high", "low").with_columns(
            pl.lit(import_id).alias("import_id"),
            pl.lit(ingested_at).cast(pl.Datetime("us", "UTC")).alias("ingested_at"),
            pl.lit(SCHEMA_VERSION, pl.Int32).alias("schema_version"),
        )
        rows: pa.Table = told.to_arrow(compat_level=pl.CompatLevel.oldest())
        rows = rows.append_column("record_id", record_ids)
        for name, column in _carried(staged, table, start, stop, decided["seq"]).items():
            rows = rows.append_column(name, column)
        yield number, rows


def _carried(
    staged: Path, table: str, start: int, stop: int, places: pl.Series
) -> dict[str, pa.ChunkedArray]:
    """The columns that rows bring with them, of the rows at some places (rising) of one chunk."""
    import polars as pl

    lazy = pl.scan_parquet(staged, glob=False)
    names = set(lazy.collect_schema().names())
    carried = [c.name for c in TABLES[table].columns if c.name in names and c.name not in _IDENTITY]
    inside = pl.col("seq").is_between(start, stop, closed="left")
    part = lazy.filter(inside).select("seq", *carried).collect()
    if not part["seq"].is_sorted():
        part = part.sort("seq")
    if part.height != len(places):  # places are unique: as many are all
        part = part.filter(pl.col("seq").is_in(places.implode()))
    columns = part.select(carried).to_arrow(compat_level=pl.CompatLevel.oldest())
    return {name: columns[name] for name in carried}


def _parquet(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return f"read_parquet('{quoted}')"
