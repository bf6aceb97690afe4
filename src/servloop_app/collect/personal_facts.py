"""Rows of the facts that belong to people: under their keys, and those that name one of them in a column."""

# ruff: noqa: S608 - SQL here is made of the schema's own names; values travel as parameters
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from servloop.facts import TABLES, FactsScope
from servloop_app.collect import files, people

if TYPE_CHECKING:
    import duckdb

# Processes of the platform itself, tickets for example: their cases follow from its own records, which are erased
# there; what the facts hold of them says when a step was done, by whom on our side, and nothing of a customer.
OWN_PROCESSES = "servloop."
_KEYED = tuple(name for name, table in TABLES.items() if "person_key" in table.names)
_NAMES_OF_EVENTS = ("case_id", "activity", "resource", "department")
_SAYS_NOTHING = "-?[0-9]{0,7}|-?[0-9]{0,6}[.][0-9]{0,2}"  # passed over quickly; `people.naming` looks closer
# How the store keeps a row: nothing that anybody said or that was imported.
_OWN_MARKS = frozenset(
    {"import_id", "seq", "occurrence", "content_hash", "replaces_import", "replaces_seq", "person_key"}
    | {"ingested_at", "schema_version"}
)
_VALUES = "json_extract_string(attributes, '$.*')"


def rows_of(keys: Collection[str], indexes: Collection[bytes]) -> dict[str, list[str]]:
    """Record ids that belong to people, table by table; replaced revisions count as well.

    A row belongs to a person under whose key it lies, or whose identifier is the whole value of a further column
    (words within a longer text are not looked through, see `people.naming` for short numbers). An event that names a
    person brings its whole case along.

    Args:
        keys: keys of the people.
        indexes: blind indexes of their identifiers.

    Returns:
        Table → record ids, for tables that hold any.
    """
    store = files.fact_store()
    held = store.tables()
    found: dict[str, list[str]] = {}
    with store.snapshot() as snapshot, snapshot.connect(FactsScope.everything(), newest=False) as facts:
        for table in held:
            theirs = _keyed(facts, table, keys) if keys and table in _KEYED else set()
            theirs |= _naming(facts, table, frozenset(indexes))
            if theirs:
                found[table] = sorted(theirs)
        for table, rows in _of_cases(facts, keys, found.pop("events", [])).items():
            found[table] = sorted({*found.get(table, []), *rows})
        labelled = _labels(facts, [record for rows in found.values() for record in rows])
        if labelled:
            found["labels"] = sorted({*found.get("labels", []), *labelled})
    return found


def contents_of(rows: Mapping[str, Collection[str]]) -> dict[str, list[dict[str, Any]]]:
    """What rows of the facts say, table by table: their values, without those that are missing and our own marks.

    Args:
        rows: table → record ids, as `rows_of` finds them.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    if not rows:
        return found
    with (
        files.fact_store().snapshot(list(rows)) as snapshot,
        snapshot.connect(FactsScope.everything(), newest=False) as facts,
    ):
        for table, records in rows.items():
            sql = f'SELECT * FROM "{table}" WHERE list_contains(?, record_id) ORDER BY record_id, revision'
            values = facts.sql(sql, params=[list(records)]).pl().to_dicts()
            found[table] = [
                {name: v for name, v in row.items() if v is not None and name not in _OWN_MARKS}
                for row in values
            ]
    return found


def _keyed(facts: duckdb.DuckDBPyConnection, table: str, keys: Collection[str]) -> set[str]:
    sql = f'SELECT DISTINCT record_id FROM "{table}" WHERE list_contains(?, person_key)'
    return {row[0] for row in facts.sql(sql, params=[list(keys)]).fetchall()}


def _naming(facts: duckdb.DuckDBPyConnection, table: str, indexes: Collection[bytes]) -> set[str]:
    """Rows with an identifier as a value of their own: in what no column of the schema holds, or in an event's names."""
    conditions: list[str] = []
    given: dict[str, object] = {}

    def look_for(column: str, source: str, *, of_people: bool = False, **params: str) -> None:
        """Have rows found whose column holds an identifier, if any does; ``source`` gives its distinct values."""
        rows = facts.sql(
            f"SELECT DISTINCT value FROM ({source}) AS v(value) WHERE value <> '' AND NOT regexp_full_match(value, $plain)",
            params={"plain": "" if of_people else _SAYS_NOTHING, **params},
        ).fetchall()
        named = people.naming((row[0] for row in rows), indexes, of_people=of_people)
        if named:
            given.update({f"named{len(conditions)}": sorted(named), **params})
            conditions.append(column.format(f"$named{len(conditions)}"))

    own = f" AND NOT starts_with(process_id, '{OWN_PROCESSES}')" if table == "events" else ""
    if table == "events":
        for name in _NAMES_OF_EVENTS:
            look_for(f"list_contains({{}}, {name})", f"SELECT DISTINCT {name} FROM events WHERE true{own}")
    facts.execute(
        f"CREATE TEMP TABLE written AS SELECT DISTINCT attributes FROM {table} WHERE attributes IS NOT NULL"
    )
    look_for(f"list_has_any({_VALUES}, {{}})", f"SELECT unnest({_VALUES}) FROM written")
    keys = facts.sql("SELECT DISTINCT unnest(json_keys(attributes)) FROM written").fetchall()
    for place, key in enumerate(sorted(row[0] for row in keys if people.headed_as_people(row[0]))):
        pointer = "/" + key.replace("~", "~0").replace("/", "~1")
        value = f"json_extract_string(attributes, $key{place})"
        look_for(
            f"list_contains({{}}, {value})",
            f"SELECT {value} FROM written",
            of_people=True,
            **{f"key{place}": pointer},
        )
    facts.execute("DROP TABLE written")
    if not conditions:
        return set()
    sql = f"SELECT DISTINCT record_id FROM {table} WHERE ({' OR '.join(conditions)}){own}"
    return {row[0] for row in facts.sql(sql, params=given).fetchall()}


def _of_cases(
    facts: duckdb.DuckDBPyConnection, keys: Collection[str], events: Collection[str]
) -> dict[str, list[str]]:
    """All rows of the cases that belong to the people, or that these events are of."""
    cases = facts.sql(
        "SELECT DISTINCT process_id, case_id FROM event_cases"
        f" WHERE list_contains($keys, person_key) AND NOT starts_with(process_id, '{OWN_PROCESSES}')"
        " UNION SELECT process_id, case_id FROM events WHERE list_contains($events, record_id)",
        params={"keys": list(keys), "events": list(events)},
    ).fetchall()
    if not cases:
        return {}
    given = {"processes": [process for process, _case in cases], "cases": [case for _process, case in cases]}
    theirs = "SELECT unnest($processes::VARCHAR[]) AS process_id, unnest($cases::VARCHAR[]) AS case_id"
    found = {
        table: [
            row[0]
            for row in facts.sql(
                f"SELECT DISTINCT record_id FROM {table} SEMI JOIN ({theirs}) AS c USING (process_id, case_id)",
                params=given,
            ).fetchall()
        ]
        for table in ("events", "event_cases")
    }
    sql = "SELECT DISTINCT record_id FROM event_objects WHERE list_contains(?, event_record_id)"
    found["event_objects"] = [row[0] for row in facts.sql(sql, params=[found["events"]]).fetchall()]
    return {table: rows for table, rows in found.items() if rows}


def _labels(facts: duckdb.DuckDBPyConnection, subjects: list[str]) -> list[str]:
    if not subjects:
        return []
    sql = "SELECT DISTINCT record_id FROM labels WHERE list_contains(?, subject_id)"
    return [row[0] for row in facts.sql(sql, params=[subjects]).fetchall()]
