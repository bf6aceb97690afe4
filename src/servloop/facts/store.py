"""The fact tables on disk: Delta Lake tables in one folder, appended in idempotent chunks, read as snapshots.

An acknowledged chunk is durable and is stored once, however often it is sent: the commit carries a transaction id
(application = import, version = chunk), so that an import that was killed asks for the last chunk and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servloop.errors import ServLoopError
from servloop.facts.cases import TABLES_OF_CASES, kept_path
from servloop.facts.delta_log import UnusualLogError, read_log
from servloop.facts.locks import lock
from servloop.facts.schema import SCHEMA_VERSION, TABLES
from servloop.facts.snapshot import Snapshot, TableFiles

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

_VERSION_PROPERTY = "servloop.schemaVersion"
_READER_VERSION = 1  # of the Delta protocol; higher ones carry features that would show erased rows
_TARGET_FILE_BYTES = 128 * 1024 * 1024
_ROW_GROUP = 50_000  # rows
_MOST_OVERLAP = 1.25  # row groups of rows in perfect order cover their whole time once
_IDS_PER_PREDICATE = 500


class FactStoreError(ServLoopError):
    """The store cannot do what was asked without risking the data."""


@dataclass(frozen=True)
class TableState:
    """What `FactStore.state` tells of one table."""

    name: str
    version: int
    files: int
    rows: int
    bytes: int
    schema_version: int


class FactStore:
    """All fact tables of an installation.

    Args:
        folder: holds one Delta table per folder and the lock files; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    # Writing

    def append(self, table: str, rows: pa.Table, *, application: str, chunk: int) -> bool:
        """Add rows as one commit, once.

        Args:
            table: name of the fact table.
            rows: an Arrow table with the columns of the schema; columns it lacks are stored as missing.
            application: id of the import.
            chunk: number of the chunk, counted from 0 and rising.

        Returns:
            False when this chunk was already stored, True when it was stored now.

        Raises:
            FactStoreError: `facts.unknown_table`, `facts.unknown_column`, `facts.unsupported_table`.
        """
        from deltalake import CommitProperties, Transaction, write_deltalake

        conformed = _conform(table, rows)
        with self._writing(table):
            delta = self._open(table, create=True)
            stored = delta.transaction_version(application)
            if stored is not None and chunk <= stored:
                return False
            write_deltalake(
                delta,
                conformed,
                mode="append",
                writer_properties=_writer_properties(),
                commit_properties=CommitProperties(app_transactions=[Transaction(application, chunk)]),
            )
        return True

    def replace(self, table: str, batches: Iterable[pa.Table]) -> None:
        """Put other rows in the place of all rows of a table, in one commit; readers see the old or the new.

        Args:
            table: name of the fact table.
            batches: the new rows, as for `append`; read one after the other.
        """
        import pyarrow as pa
        from deltalake import write_deltalake

        schema = TABLES[table].arrow()
        reader = pa.RecordBatchReader.from_batches(
            schema, (batch for rows in batches for batch in _conform(table, rows).to_batches())
        )
        with self._writing(table):
            write_deltalake(
                self._open(table, create=True),
                reader,
                mode="overwrite",
                writer_properties=_writer_properties(),
            )

    def last_chunk(self, table: str, application: str) -> int:
        """Number of the last chunk an import stored, -1 when it stored none."""
        if not self._exists(table):
            return -1
        stored = self._open(table).transaction_version(application)
        return -1 if stored is None else int(stored)

    def delete_import(self, import_id: str, tables: Iterable[str] | None = None) -> dict[str, int]:
        """Take an import back: its rows go, and older revisions of its records show again.

        Args:
            import_id: id of the import.
            tables: where to look for its rows; in all tables by default.

        Returns:
            Rows deleted per table.

        Raises:
            FactStoreError: `facts.unsupported_table`.
        """
        deleted = {}
        for table in self.tables() if tables is None else tables:
            with self._writing(table):
                metrics = self._open(table).delete(f"import_id = '{_quoted(import_id)}'")
            if metrics["num_deleted_rows"]:
                deleted[table] = int(metrics["num_deleted_rows"])
        return deleted

    def delete_records(self, table: str, record_ids: Sequence[str]) -> int:
        """Delete records with all their revisions.

        The predicate stands in the table's log, so it names random record ids and never a person or a value.
        """
        deleted = 0
        with self._writing(table):
            for start in range(0, len(record_ids), _IDS_PER_PREDICATE):
                ids = ", ".join(f"'{_quoted(i)}'" for i in record_ids[start : start + _IDS_PER_PREDICATE])
                deleted += int(self._open(table).delete(f"record_id IN ({ids})")["num_deleted_rows"])
        return deleted

    # Upkeep

    def compact(self, table: str) -> int:
        """Join small files into large ones; readers and writers may go on. Returns how many files went away."""
        with self._writing(table), self._same_rows(table):
            metrics = self._open(table).optimize.compact(
                target_size=_TARGET_FILE_BYTES, writer_properties=_writer_properties()
            )
        return int(metrics["numFilesRemoved"]) - int(metrics["numFilesAdded"])

    def vacuum(self, table: str, *, timeout: float = 30.0) -> int:
        """Delete every file that the current version does not use, and the log before it.

        Waits for readers and writers, so that nothing listed or just written disappears under them.

        Returns:
            Number of data files deleted.

        Raises:
            LockBusyError: readers or writers did not finish within ``timeout`` seconds; nothing was deleted.
        """
        from deltalake import PostCommitHookProperties

        with (
            lock(self._lock_path(table, "write"), exclusive=True, timeout=timeout),
            lock(self._lock_path(table, "read"), exclusive=True, timeout=timeout),
            self._same_rows(table, tidy=table in TABLES_OF_CASES),
        ):
            delta = self._open(table)
            gone: list[str] = delta.vacuum(
                retention_hours=0,
                dry_run=False,
                enforce_retention_duration=False,
                full=True,  # files of writers that died before their commit hold personal data as well
                post_commithook_properties=PostCommitHookProperties(create_checkpoint=False),
            )
            delta = self._open(table)
            delta.create_checkpoint()
            self._drop_log_before(table, delta.version())
        return len(gone)

    @contextmanager
    def _same_rows(self, table: str, *, tidy: bool = False) -> Iterator[None]:
        """Work that changes the version of a table but no row of it: kept cases stay, under the new version.

        Args:
            table: whose writers are kept away; others may be written meanwhile.
            tidy: delete those of all other versions, which may hold what was erased; no reader may be at work.
        """
        versions = self.versions()
        yield
        after = self.versions()
        before, now = (kept_path(self.folder, known) for known in (versions, after))
        untouched = versions | {table: after[table]} == after
        if untouched and before != now and before.exists():
            now.unlink(missing_ok=True)
            now.hardlink_to(before)  # readers may be about to open it under its old name
        if tidy:
            for other in now.parent.glob("*"):
                if other != now:
                    other.unlink()

    def _drop_log_before(self, table: str, version: int) -> None:
        """Remove log entries that the checkpoint at ``version`` replaces (the library keeps a day of them)."""
        for entry in (self.folder / table / "_delta_log").iterdir():
            number = entry.name.partition(".")[0]
            if number.isdigit() and int(number) < version:
                entry.unlink()

    def state(self) -> list[TableState]:
        """Version, files, rows and bytes of every table."""
        states = []
        for table in self.tables():
            delta = self._open(table)
            files = _actions(delta)
            states.append(
                TableState(
                    table,
                    delta.version(),
                    len(files),
                    sum(int(f["num_records"]) for f in files),
                    sum(int(f["size_bytes"]) for f in files),
                    int(delta.metadata().configuration.get(_VERSION_PROPERTY, 0)),
                )
            )
        return states

    # Reading

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that exist on disk."""
        return tuple(name for name in TABLES if self._exists(name))

    def versions(self) -> dict[str, int]:
        """Current version of every table: together they name the epoch of a result."""
        return {table: int(self._open(table).version()) for table in self.tables()}

    @contextmanager
    def snapshot(self, tables: Iterable[str] | None = None) -> Iterator[Snapshot]:
        """A consistent view of the tables as they are now; vacuum waits until it is closed.

        Args:
            tables: those to include; all by default.
        """
        names = tuple(TABLES if tables is None else tables)
        unknown = [name for name in names if name not in TABLES]
        if unknown:
            raise FactStoreError("facts.unknown_table", table=unknown[0], known=sorted(TABLES))
        with _all_locks([self._lock_path(name, "read") for name in names]):
            yield Snapshot(self.folder, {name: self._files(name) for name in names})

    def _files(self, table: str) -> TableFiles:
        if not self._exists(table):
            return TableFiles(-1, (), ())
        version, highest = self._state_of(table)
        paths = {name: str(self.folder / table / name) for name in highest}
        # A file without statistics is treated as one with revisions: slower, never wrong.
        revised = tuple(paths[name] for name, revision in highest.items() if revision is None or revision > 0)
        return TableFiles(version, tuple(paths.values()), revised)

    def _state_of(self, table: str) -> tuple[int, dict[str, int | None]]:
        """Version and files with their highest revision; the caller holds the readers' lock."""
        try:
            log = read_log(self.folder / table)
        except UnusualLogError:
            delta = self._open(table)
            return int(delta.version()), {a["path"]: a.get("max.revision") for a in _actions(delta)}
        _require_plain(table, log.reader_version, log.features)
        return log.version, log.files

    # Tables on disk

    def _exists(self, table: str) -> bool:
        return (self.folder / table / "_delta_log").is_dir()

    def _open(self, table: str, *, create: bool = False) -> DeltaTable:
        from deltalake import DeltaTable

        if table not in TABLES:
            raise FactStoreError("facts.unknown_table", table=table, known=sorted(TABLES))
        path = self.folder / table
        if create and not self._exists(table):
            self._create(table)
        delta = DeltaTable(path)
        protocol = delta.protocol()
        _require_plain(table, protocol.min_reader_version, protocol.reader_features or ())
        if create:
            self._evolve(table, delta)
        return delta

    def _create(self, table: str) -> None:
        from deltalake import DeltaTable

        schema = TABLES[table]
        DeltaTable.create(
            self.folder / table,
            schema.arrow(),
            mode="ignore",
            description=schema.grain,
            configuration={
                "delta.dataSkippingStatsColumns": ",".join(c.name for c in schema.columns if c.in_statistics),
                "delta.deletedFileRetentionDuration": "interval 0 seconds",
                _VERSION_PROPERTY: str(SCHEMA_VERSION),
            },
            raise_if_key_not_exists=False,
        )

    def _evolve(self, table: str, delta: DeltaTable) -> None:
        """Add columns that a newer release knows and the table on disk does not."""
        from deltalake import Field, Schema

        present = {field.name for field in delta.schema().fields}
        missing = [
            field for field in Schema.from_arrow(TABLES[table].arrow()).fields if field.name not in present
        ]
        if missing:
            delta.alter.add_columns([Field(f.name, f.type, nullable=True) for f in missing])
            delta.alter.set_table_properties(
                {_VERSION_PROPERTY: str(SCHEMA_VERSION)}, raise_if_not_exists=False
            )

    def _lock_path(self, table: str, kind: str) -> Path:
        return self.folder / "_locks" / f"{table}.{kind}"

    @contextmanager
    def _writing(self, table: str) -> Iterator[None]:
        with lock(self._lock_path(table, "write"), exclusive=False):
            yield


def _require_plain(table: str, version: int, features: Iterable[object]) -> None:
    """Refuse tables that another program gave features which would show erased rows here."""
    features = sorted(map(str, features))
    if version > _READER_VERSION or features:
        raise FactStoreError("facts.unsupported_table", table=table, version=version, features=features)


@contextmanager
def _all_locks(paths: Sequence[Path]) -> Iterator[None]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(lock(path, exclusive=False))
        yield


def _conform(table: str, rows: pa.Table) -> pa.Table:
    """Rows with exactly the schema's columns, types and order."""
    import pyarrow as pa

    if table not in TABLES:
        raise FactStoreError("facts.unknown_table", table=table, known=sorted(TABLES))
    schema = TABLES[table].arrow()
    unknown = [name for name in rows.column_names if name not in schema.names]
    if unknown:
        raise FactStoreError("facts.unknown_column", table=table, column=unknown[0], known=list(schema.names))
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    for field, column in zip(schema, columns, strict=True):
        if not field.nullable and column.null_count:
            raise FactStoreError(
                "facts.missing_value", table=table, column=field.name, rows=column.null_count, of=len(rows)
            )
    return _in_time(pa.Table.from_arrays(columns, schema=schema))


def _in_time(rows: pa.Table) -> pa.Table:
    """The same rows in the order of their times, unless their row groups hold short stretches of time already.

    Who looks for the newest records then opens few row groups.
    """
    import pyarrow.compute as pc

    if "occurred_at" not in rows.column_names or len(rows) < _ROW_GROUP:
        return rows
    times = rows["occurred_at"].combine_chunks()
    if _spread(times, _ROW_GROUP) <= _MOST_OVERLAP * _spread(times, len(times)):
        return rows
    return rows.take(pc.sort_indices(times))


def _spread(times: pa.Array, size: int) -> int:
    """From the first to the last moment of each so many rows, added up, in the unit of the times."""
    import pyarrow as pa
    import pyarrow.compute as pc

    spread = 0
    for start in range(0, len(times), size):
        ends = pc.min_max(times.slice(start, size).cast(pa.int64())).as_py()
        spread += 0 if ends["min"] is None else ends["max"] - ends["min"]
    return spread


def _actions(delta: DeltaTable) -> list[dict[str, Any]]:
    import polars as pl

    return pl.DataFrame(delta.get_add_actions(flatten=True)).to_dicts()


def _writer_properties() -> Any:
    from deltalake import ColumnProperties, WriterProperties

    # Ids are as good as random: a dictionary of them would be built and thrown away.
    plain = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        max_row_group_size=_ROW_GROUP,
        column_properties={"record_id": plain, "content_hash": plain, "seq": plain},
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
