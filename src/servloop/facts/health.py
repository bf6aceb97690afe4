"""Are the fact tables whole? Files that the log names exist, ids are unique, every replaced row is there."""

from __future__ import annotations

from pathlib import Path

from servloop.facts.snapshot import FactsScope
from servloop.facts.store import FactStore, FactStoreError
from servloop.results import Notice

_DOUBLE = """
    SELECT count(*) FROM (
        SELECT 1 FROM "{table}" GROUP BY record_id, revision HAVING count(*) > 1
    )
"""
_ORPHANS = """
    SELECT count(*) FROM "{table}" AS later
    WHERE later.revision > 0 AND NOT EXISTS (
        SELECT 1 FROM "{table}" AS earlier
        WHERE earlier.import_id = later.replaces_import AND earlier.seq = later.replaces_seq
    )
"""


def check(store: FactStore) -> tuple[Notice, ...]:
    """What is wrong with the tables; empty when nothing is.

    Codes: ``facts.file_missing`` (the log names it), ``facts.double_record`` (stored twice), ``facts.orphan_revision``
    (replaces a row that is not there), and those of `FactStoreError` for tables that cannot be read at all.
    """
    problems: list[Notice] = []
    for table in store.tables():
        try:
            problems.extend(_check(store, table))
        except FactStoreError as error:
            problems.append(Notice(error.code, params=dict(error.params)))
    return tuple(problems)


def _check(store: FactStore, table: str) -> list[Notice]:
    with store.snapshot([table]) as snapshot:
        missing = [path for path in snapshot.paths(table) if not Path(path).exists()]
        if missing:
            return [
                Notice("facts.file_missing", len(missing), {"table": table, "file": Path(missing[0]).name})
            ]
        with snapshot.connect(FactsScope.everything(), newest=False) as facts:
            found = {
                code: int(facts.sql(sql.format(table=table)).fetchall()[0][0])
                for code, sql in (("facts.double_record", _DOUBLE), ("facts.orphan_revision", _ORPHANS))
            }
    return [Notice(code, count, {"table": table}) for code, count in found.items() if count]
