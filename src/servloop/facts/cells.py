"""Formulas over the facts: one pass of the engine gives a statistic per unit, month, channel and segment.

Everything a page shows is merged from these few cells, so that no request touches the facts and every selection adds up.
"""

# ruff: noqa: S608 - SQL is made of checked names; values travel as parameters
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from servloop.errors import SpecError
from servloop.facts.cases import CASE_COLUMNS, cases_relation
from servloop.facts.schema import TABLES
from servloop.measure.figures.cell_table import CellTable, Mask
from servloop.measure.figures.formula import Formula, Node, Type, parse_formula
from servloop.measure.figures.statistics import BIN_GROWTH, ZERO_BIN

if TYPE_CHECKING:
    import duckdb

_TYPES: Mapping[str, Type] = {
    "string": "text",
    "int32": "number",
    "int64": "number",
    "double": "number",
    "bool": "truth",
    "timestamp": "time",
    "date32": "time",
}
# Machinery of the tables that no metric is about.
_HIDDEN = {
    "record_id",
    "import_id",
    "content_hash",
    "revision",
    "replaces_import",
    "replaces_seq",
    "occurrence",
    "schema_version",
    "ingested_at",
}
SOURCES = (
    *(name for name in TABLES if name not in {"rejects", "labels", "event_objects", "event_cases"}),
    "cases",
)


def tables_of(source: str) -> tuple[str, ...]:
    """The fact tables that one of `SOURCES` is made of."""
    return ("events", "event_cases") if source == "cases" else (source,)


# Columns that are worked out from others.
_DERIVED: Mapping[str, str] = {"weekday": "isodow(local_date)::VARCHAR"}  # "1" is Monday
# Sources whose rows are what single people did or said.
PEOPLE = frozenset({"feedback", "responses", "answers", "customers", "transactions"})
_SURROGATE = "person_key"


def columns_of(source: str) -> dict[str, Type]:
    """Columns that formulas may name, with their types.

    ``weekday`` (text, ``"1"`` for Monday) is worked out from the local date.

    Args:
        source: a fact table, or ``cases``: one row per ended case of a process, with ``seconds`` from first start to last
            end; cases that are still under way do not count.

    Raises:
        SpecError: `figures.unknown_source`.
    """
    if source == "cases":
        return {**CASE_COLUMNS, "weekday": "text"}
    if source not in SOURCES:
        raise SpecError("figures.unknown_source", source=source, known=sorted(SOURCES))
    stored = {c.name: _TYPES[c.type] for c in TABLES[source].columns if c.name not in _HIDDEN}
    return {**stored, "weekday": "text"}


def _relation(facts: duckdb.DuckDBPyConnection, source: str) -> str:
    return cases_relation(facts) if source == "cases" else f'"{source}"'


def _column(name: str) -> str:
    return _DERIVED.get(name, f'"{name}"')


def compute_cells(
    facts: duckdb.DuckDBPyConnection, source: str, formula: str | Formula, *, segment: str | None = None
) -> CellTable:
    """One pass over a source.

    Rows whose argument has no value (an unanswered question, a condition on a missing column) do not count in n.

    Args:
        facts: a connection of a snapshot, limited to the scope that may be seen.
        source: one of `SOURCES`.
        formula: the formula, or its text.
        segment: a text column to split by, besides unit, month and channel.

    Raises:
        SpecError: `figures.…`.
    """
    columns = columns_of(source)
    checked = parse_formula(formula, columns) if isinstance(formula, str) else formula
    if segment is not None and columns.get(segment) != "text":
        raise SpecError(
            "figures.unknown_column", name=segment, known=sorted(n for n, t in columns.items() if t == "text")
        )
    relation = _relation(facts, source)
    sql, params = _query(checked, relation, "channel" in columns, segment)
    return CellTable.from_frame(checked.kept, facts.sql(sql, params=params).pl())


def compute_periods(
    facts: duckdb.DuckDBPyConnection, source: str, formula: str, grain: Literal["day", "week", "month"]
) -> pl.DataFrame:
    """Statistics by unit, period and channel: the finer view that an effect is looked for in.

    Args:
        facts: a connection of a snapshot, limited to the scope that may be seen.
        source: one of `SOURCES`.
        formula: the formula.
        grain: days, ISO weeks (from Monday) or months.

    Returns:
        Columns ``unit_id``, ``month`` (first day of the period), ``channel``, ``n``, ``hits``, ``against``, ``total``,
        ``squares``, ``bins`` (list of structs of place and rows, or null).

    Raises:
        SpecError: `figures.…`.
    """
    columns = columns_of(source)
    relation = _relation(facts, source)
    sql, params = _query(parse_formula(formula, columns), relation, "channel" in columns, None, grain)
    found: pl.DataFrame = facts.sql(sql, params=params).pl()
    return found


def newest_day(facts: duckdb.DuckDBPyConnection, source: str) -> date | None:
    """The last local day for which a source has rows; None without any."""
    relation = _relation(facts, source)
    row = facts.execute(f"SELECT max(local_date) FROM {relation}").fetchone()
    found: date | None = row[0] if row else None
    return found


def records_of(
    facts: duckdb.DuckDBPyConnection,
    source: str,
    formula: str,
    *,
    limit: int,
    offset: int = 0,
    within: tuple[CellTable, Mask] | None = None,
    segment: str | None = None,
) -> pl.DataFrame:
    """The rows behind a figure, newest first: what counts, and as what (``counted``).

    Args:
        facts: a connection of a snapshot, limited to the scope that may be seen.
        source: one of `SOURCES`.
        formula: the formula.
        limit: most rows.
        offset: rows to pass over.
        within: cells, and which of them the rows may come from; None for all.
        segment: the column that the cells are split by.
    """
    columns = columns_of(source)
    checked = parse_formula(formula, columns)
    writer = _Writer()
    names = [name for name in columns if name != _SURROGATE and name not in _DERIVED]
    moments = {c.name for t in tables_of(source) for c in TABLES[t].columns if c.type == "timestamp"}
    moments |= {"started_at"} if source == "cases" else set()
    # As numbers, so that plain rows can be fetched: through Arrow they would load PyArrow into the web process.
    listed = ", ".join(f'epoch_us("{n}") AS "{n}"' if n in moments else f'"{n}"' for n in names)
    argument = writer.sql(checked.argument) if checked.argument else "true"
    relation = _relation(facts, source)
    base = f"SELECT *, {argument} AS counted FROM {relation} WHERE {writer.condition(checked.where)}"
    # Rows of one moment keep their order from page to page.
    ties = "process_id, case_id" if source == "cases" else "import_id, seq"
    inside = "true"
    if within is not None:
        places = (
            "coalesce(unit_id, '')",
            "date_trunc('month', local_date)::DATE",
            "coalesce(channel, '')" if "channel" in columns else "''",
            f"coalesce({_column(segment)}, '')" if segment else "''",
        )
        cells = "unnest(?::VARCHAR[]), unnest(?::VARCHAR[])::DATE, unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
        inside = f"({', '.join(places)}) IN (SELECT ({cells}))"
        writer.params.extend(within[0].places(within[1]))
    page = pl.DataFrame()
    for period in [_Period()] if within is None else _periods(facts, relation, *within, rows=offset + limit):
        found = facts.sql(
            f"SELECT {listed}, counted FROM ({base}) WHERE counted IS NOT NULL AND {inside} AND {period.condition}"
            f" ORDER BY occurred_at DESC, {ties} LIMIT {limit:d} OFFSET {offset:d}",
            params=writer.params,
        )
        page = pl.DataFrame(
            found.fetchall(), schema=[*names, "counted"], orient="row", infer_schema_length=None
        )
        if page.height == limit and page["occurred_at"][-1] >= period.complete_from:
            break
    return page.with_columns(pl.col(*moments.intersection(names)).cast(pl.Datetime("us", "UTC")))


@dataclass(frozen=True)
class _Period:
    """Days to look at: their condition, and the moment (microseconds since 1970) from which no row of other days is."""

    condition: str = "true"
    complete_from: int = -(2**63)


def _periods(
    facts: duckdb.DuckDBPyConnection, relation: str, cells: CellTable, mask: Mask, rows: int
) -> Iterator[_Period]:
    """The days in which the newest rows lie: files, and stretches of files, of other days are not even opened.

    The cells say how many months are needed for so many rows; in the newest of them so many days should do. Should they
    not, or rows have gone since the cells were computed, the next period takes more days in.
    """
    months = cells.month[mask]
    if not months.size:
        yield _Period()
        return
    first, last = int(months.min()), int(months.max())
    newest_first = np.cumsum(np.bincount(months - first, weights=cells.n[mask])[::-1])
    needed = max(last - int(np.searchsorted(newest_first, rows)), first)
    until = _first_day(last + 1)
    if needed == last and not relation.startswith("("):  # which would be worked out just for this
        newest = _newest(facts, relation, _first_day(last), until)
        if newest is not None:
            day = min(newest, until - timedelta(days=1))
            days = 3 + int(2 * rows * day.day / newest_first[0])
            begin = day - timedelta(days=days)
            # A local day and the moment differ by up to a day either way.
            moment = datetime.combine(begin + timedelta(days=1), time(), UTC)
            condition = f"local_date BETWEEN DATE '{begin}' AND DATE '{until}'"
            yield _Period(condition, int(moment.timestamp()) * 1_000_000)
    for month in dict.fromkeys((needed, first)):
        begin = _first_day(month) - timedelta(days=2)
        yield _Period(f"local_date BETWEEN DATE '{begin}' AND DATE '{until}'")


def _newest(facts: duckdb.DuckDBPyConnection, relation: str, begin: date, until: date) -> date | None:
    sql = f"SELECT max(local_date) FROM {relation} WHERE local_date BETWEEN DATE '{begin}' AND DATE '{until}'"
    found: date | None = facts.execute(sql).fetchall()[0][0]
    return found


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _query(
    formula: Formula,
    relation: str,
    has_channel: bool,
    segment: str | None,
    grain: Literal["day", "week", "month"] = "month",
) -> tuple[str, list[object]]:
    writer = _Writer()
    dimensions = ", ".join(
        (
            "unit_id",
            f"date_trunc('{grain}', local_date)::DATE AS month",
            "channel" if has_channel else "NULL::VARCHAR AS channel",
            f"{_column(segment)} AS segment" if segment else "NULL::VARCHAR AS segment",
        )
    )
    # The order of pieces is the order of parameters.
    value = writer.sql(formula.argument) if formula.argument else "1"
    where = writer.condition(formula.where)
    base = f"SELECT {dimensions}, {value} AS x FROM {relation} WHERE {where}"
    if formula.kept == "histogram":
        place = f"CASE WHEN x = 0 THEN {ZERO_BIN} ELSE floor(ln(x) / ln({BIN_GROWTH}))::INTEGER END"
        inner = (
            f"SELECT unit_id, month, channel, segment, {place} AS place, count(*) AS rows, sum(x) AS total,"
            f" sum(x * x) AS squares FROM ({base}) WHERE x >= 0 GROUP BY ALL"
        )
        bins = "list({'place': place, 'rows': rows})"
        return _grouped(("sum(rows)", "0", "0", "sum(total)", "sum(squares)"), bins, inner), writer.params
    kept = {
        "count": ("count(*)", "0", "0", "0", "0"),
        "share": ("count(x)", "count(*) FILTER (x)", "0", "0", "0"),
        "moments": ("count(x)", "0", "0", "coalesce(sum(x), 0)", "coalesce(sum(x * x), 0)"),
        "net": (
            "count(*) FILTER (x BETWEEN 0 AND 10)",
            "count(*) FILTER (x BETWEEN 9 AND 10)",
            "count(*) FILTER (x BETWEEN 0 AND 6)",
            "0",
            "0",
        ),
    }[formula.kept]
    return _grouped(kept, "NULL", base), writer.params


def _grouped(kept: Sequence[str], bins: str, rows: str) -> str:
    names = ("n", "hits", "against", "total", "squares")
    columns = ", ".join(f"{sql} AS {name}" for sql, name in zip(kept, names, strict=True))
    return (
        f"SELECT unit_id, month, channel, segment, {columns}, {bins} AS bins FROM ({rows})"
        " GROUP BY unit_id, month, channel, segment"
    )


class _Writer:
    """Writes an expression as SQL; every literal becomes a parameter."""

    def __init__(self) -> None:
        self.params: list[object] = []

    def condition(self, node: Node | None) -> str:
        """A filter: rows for which the condition is unknown are left out."""
        return "true" if node is None else f"coalesce({self.sql(node)}, false)"

    def sql(self, node: Node) -> str:
        if node.kind == "column":
            return _column(node.name)
        if node.kind == "literal":
            self.params.append(node.value)
            return "?::DOUBLE" if node.type == "number" else "?"
        if node.kind == "function":
            return self._function(node)
        return self._operator(node)

    def _operator(self, node: Node) -> str:
        parts = [self.sql(part) for part in node.parts]
        if node.name in {"and", "or"}:
            return "(" + f" {node.name} ".join(parts) + ")"
        if node.name == "not":
            return f"(NOT {parts[0]})"
        if node.name == "negative":
            return f"(-{parts[0]})"
        if node.name in {"in", "not in"}:
            return f"({parts[0]} {node.name.upper()} ({', '.join(parts[1:])}))"
        if node.name == "/":
            return f"({parts[0]} / nullif({parts[1]}, 0))"
        operator = {"==": "=", "!=": "<>"}.get(node.name, node.name)
        return f"({parts[0]} {operator} {parts[1]})"

    def _function(self, node: Node) -> str:
        if node.name == "attribute":
            # A JSON pointer, so that no character of the name has a meaning of its own.
            pointer = "/" + str(node.parts[0].value).replace("~", "~0").replace("/", "~1")
            self.params.append(pointer)
            return "json_extract_string(attributes, ?)"
        parts = [self.sql(part) for part in node.parts]
        if node.name == "seconds":
            return f"(epoch({parts[1]}) - epoch({parts[0]}))"
        if node.name == "number":
            return f"TRY_CAST({parts[0]} AS DOUBLE)"
        return {
            "present": "({} IS NOT NULL)",
            "missing": "({} IS NULL)",
            "contains": "contains({}, {})",
            "absolute": "abs({})",
        }[node.name].format(*parts)
