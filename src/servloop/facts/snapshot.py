"""A consistent view of the fact tables, and the one door through which anybody reads them.

`FactsScope` says which units a person may see; `Snapshot.connect` opens an in-memory DuckDB whose views hold only
those rows, newest revisions only, and which can reach no other file.
"""

# ruff: noqa: S608 - all SQL here is made of the schema's own names and quoted paths
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from servloop.facts import cases
from servloop.facts.schema import DUCKDB_TYPES, TABLES, TableSchema

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class FactsScope:
    """The rows somebody may see: those of some units, or all.

    Attributes:
        unit_ids: units whose rows are visible; None means all rows, also those without a unit, and is for the
            platform's own jobs and for people with rights on the whole organisation.
    """

    unit_ids: frozenset[str] | None

    @classmethod
    def everything(cls) -> FactsScope:
        """All rows."""
        return cls(None)


@dataclass(frozen=True)
class TableFiles:
    """Files of one table at one version; ``revised`` are those that may hold later revisions."""

    version: int
    paths: tuple[str, ...]
    revised: tuple[str, ...]


class Snapshot:
    """Tables as they were at one moment. Made by `FactStore.snapshot`."""

    def __init__(self, folder: Path, files: Mapping[str, TableFiles]) -> None:
        self._folder = folder
        self._files = files

    @property
    def versions(self) -> dict[str, int]:
        """Version of each table, -1 for one that does not exist yet."""
        return {name: files.version for name, files in self._files.items()}

    def paths(self, table: str) -> tuple[str, ...]:
        """The data files of a table."""
        return self._files[table].paths

    @property
    def kept_cases(self) -> Path | None:
        """The file of cases that were put together from just these events, where there is one."""
        if not set(cases.TABLES_OF_CASES) <= set(self._files):
            return None
        kept = cases.kept_path(self._folder, self.versions)
        return kept if kept.exists() else None

    def keep_cases(self) -> None:
        """Put the cases together and keep them, unless that was done for this state of the events."""
        if self._files["events"].paths and self.kept_cases is None:
            with self.connect(FactsScope.everything()) as facts:
                cases.write_cases(facts, cases.kept_path(self._folder, self.versions))

    @contextmanager
    def connect(
        self,
        scope: FactsScope,
        *,
        newest: bool = True,
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """An in-memory DuckDB with one view per table, limited to the scope.

        Results should leave through Arrow or Polars (``.to_arrow_table()``, ``.pl()``).

        Args:
            scope: the rows to show.
            newest: the newest revision of each record only, or all of them.
            threads: processor threads; DuckDB's choice by default.
            memory_limit: for example ``"1GB"``.
        """
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
        }
        if threads:
            settings["threads"] = threads
        if memory_limit:
            settings["memory_limit"] = memory_limit
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            if scope.unit_ids is not None:
                connection.execute("CREATE TEMP TABLE visible_units (unit_id VARCHAR PRIMARY KEY)")
                if scope.unit_ids:
                    connection.execute(
                        "INSERT INTO visible_units SELECT unnest($units::VARCHAR[])",
                        {"units": sorted(scope.unit_ids)},
                    )
            connection.execute(f"SET allowed_directories = ['{_quoted(str(self._folder))}']")
            connection.execute("SET enable_external_access = false")
            for name in self._files:
                connection.execute(self.view_sql(name, scope, newest=newest))
            if newest and (kept := self.kept_cases):
                connection.execute(cases.view_sql(kept, scoped=scope.unit_ids is not None))
            connection.execute("SET lock_configuration = true")
            yield connection

    def view_sql(
        self, table: str, scope: FactsScope, *, newest: bool = True, without_import: str = ""
    ) -> str:
        """The statement that makes a table's view; a limited scope expects a table ``visible_units(unit_id)``.

        With ``without_import`` the view is as if that import had not been.
        """
        files = self._files[table] if newest else replace(self._files[table], revised=())
        return _view(TABLES[table], files, scoped=scope.unit_ids is not None, without=without_import)


def _view(table: TableSchema, files: TableFiles, *, scoped: bool, without: str) -> str:
    """SQL of one table's view: typed columns, newest revisions, visible units."""
    typed = ", ".join(f"NULL::{DUCKDB_TYPES[c.type]} AS {_identifier(c.name)}" for c in table.columns)
    source = f"SELECT {typed} WHERE false"
    if files.paths:
        # The empty first half gives names and types, also for columns that no file has yet.
        source += f" UNION ALL BY NAME SELECT * FROM {_parquet(files.paths)}"
    columns = ", ".join(f"f.{_identifier(name)}" for name in table.names)
    sql = f"CREATE VIEW {_identifier(table.name)} AS SELECT {columns} FROM ({source}) AS f"
    others = f"import_id <> '{_quoted(without)}'" if without else "true"
    conditions = [f"f.{others}"] if without else []
    if files.revised:
        # A later revision names the row it replaces by two cheap columns; only files that hold one are looked at.
        sql += (
            " ANTI JOIN (SELECT replaces_import, replaces_seq"
            f" FROM {_parquet(files.revised)} WHERE revision > 0 AND {others}) AS newer"
            " ON newer.replaces_seq = f.seq AND newer.replaces_import = f.import_id"
        )
    if scoped:
        conditions.append("f.unit_id IN (SELECT unit_id FROM visible_units)")
    return f"{sql} WHERE {' AND '.join(conditions)}" if conditions else sql


def _parquet(paths: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{_quoted(path)}'" for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return text.replace("'", "''")
