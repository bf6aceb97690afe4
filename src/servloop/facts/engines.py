"""Engines for logs that one machine's memory does not hold: DuckDB on disk, or a Spark cluster.

An engine reads events where they are (Parquet files that every worker can open), and sends back the small tables of
`servloop.diagnose.process.aggregates`. Which one is used is a setting, not a change of code.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from servloop.diagnose.process.aggregates import (
    LEVEL,
    CaseTotals,
    HandoverTotals,
    ProcessAggregates,
    schemas,
)
from servloop.diagnose.process.event_log import REQUIRED
from servloop.errors import InputError, SpecError
from servloop.facts import engine_tables as tables
from servloop.facts.engine_timers import find_timers
from servloop.results import Notice

if TYPE_CHECKING:
    import ibis
    import polars as pl
    from ibis import ir

ENGINES = ("duckdb", "spark")
# More variants than this are counted, but not fetched.
FETCHED_VARIANTS = 200_000
_NUMBERS = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where aggregates are computed.

    Attributes:
        name: ``duckdb`` or ``spark``.
        master: of the Spark cluster: ``spark://host:7077``, ``yarn``, ``k8s://…``, ``local[4]``.
        memory: upper bound for DuckDB; what does not fit goes to disk.
        options: further Spark settings, such as ``{"spark.executor.memory": "8g"}``.
        folder: where DuckDB writes what does not fit; the system's folder for temporary files without it.
    """

    name: Literal["duckdb", "spark"] = "duckdb"
    master: str = "local[*]"
    memory: str = "2GB"
    options: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str, *, folder: Path | None = None) -> Engine:
        """From a setting: ``duckdb``, ``duckdb:4GB``, ``spark`` or ``spark:MASTER``.

        Raises:
            SpecError: ``engine.unknown``.
        """
        name, _, rest = text.strip().partition(":")
        if name == "duckdb":
            return cls(name="duckdb", memory=rest or cls.memory, folder=folder)
        if name == "spark":
            return cls(name="spark", master=rest or cls.master, folder=folder)
        raise SpecError("engine.unknown", received=text, expected=list(ENGINES))

    @contextmanager
    def connect(self) -> Iterator[ibis.BaseBackend]:
        """A connection that is closed at the end. A Spark session that is already there is used, and left open.

        Raises:
            InputError: ``engine.not_installed``.
        """
        if self.name == "spark":
            with _spark(self) as connection:
                yield connection
            return
        import ibis

        folder = Path(tempfile.mkdtemp(prefix="servloop-engine-", dir=self.folder))
        try:
            connection = ibis.duckdb.connect(
                folder / "work.duckdb", memory_limit=self.memory, temp_directory=str(folder / "spill")
            )
            # The order of a table means nothing here, and to keep it costs memory.
            connection.raw_sql("SET preserve_insertion_order = false")
            connection.raw_sql("SET TimeZone = 'UTC'")
            try:
                yield connection
            finally:
                connection.disconnect()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _spark(engine: Engine) -> Iterator[ibis.BaseBackend]:
    if find_spec("pyspark") is None:
        raise InputError("engine.not_installed", engine="spark", extra="servloop[spark]")
    import ibis
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    session = running
    if session is None:
        builder = SparkSession.builder.appName("servloop").master(engine.master)
        settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false"} | engine.options
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    # Times are read in UTC; logs may have columns that differ in case only. A session of others gets its own back.
    wanted = {"spark.sql.session.timeZone": "UTC", "spark.sql.caseSensitive": "true"}
    before = {name: session.conf.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            session.conf.set(name, value)
        yield ibis.pyspark.connect(session)
    finally:
        if running is None:
            session.stop()
        else:
            for name, value in before.items():
                session.conf.set(name, value)


def aggregate_files(
    engine: Engine,
    files: Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    lifecycle: str = "complete",
    seq_supplied: bool = True,
) -> ProcessAggregates:
    """The aggregates of events in Parquet files.

    Args:
        engine: where to compute.
        files: paths or addresses that every worker of the engine can read; columns as in `EventLog.from_frame`.
        columns: canonical name → name in the files, where they differ.
        lifecycle: ``complete`` or ``all``.
        seq_supplied: ``seq`` comes from the source itself, so ties are not warned about.

    Raises:
        InputError: ``process.missing_column``, ``process.times_without_zone``, ``engine.not_installed``.
    """
    with engine.connect() as connection:
        events = _read(connection, [str(file) for file in files])
        for name, source in (columns or {}).items():
            if source not in events.columns:
                raise InputError("process.missing_column", column=source, found=list(events.columns))
            events = events.rename({name: source})
        return aggregate(connection, events, lifecycle=lifecycle, seq_supplied=seq_supplied)


def _read(connection: Any, files: Sequence[str]) -> ir.Table:
    if connection.name == "duckdb":
        events: ir.Table = connection.read_parquet(files, union_by_name=True)
        return events
    name = f"events_{next(_NUMBERS)}"
    rows = connection._session.read.option("mergeSchema", "true").parquet(*files)  # noqa: SLF001  # its only door
    rows.createOrReplaceTempView(name)
    found: ir.Table = connection.table(name)
    return found


def _sent(connection: Any, table: pl.DataFrame) -> ir.Table:
    """A small table where the engine sees it."""
    if connection.name == "duckdb":
        import ibis

        return ibis.memtable(table.to_arrow())
    name = f"small_{next(_NUMBERS)}"
    # As rows: the way through Arrow or pandas depends on their versions.
    types = ", ".join(f"{n} {'string' if n == 'label' else 'bigint'}" for n in table.columns)
    session = connection._session  # noqa: SLF001  # its only door
    session.createDataFrame(table.rows(), types).createOrReplaceTempView(name)
    return connection.table(name)


def _numbered(labels: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame({"label": labels, "code": range(len(labels))}, {"label": pl.String, "code": pl.Int64})


def aggregate(
    connection: ibis.BaseBackend,
    events: ir.Table,
    *,
    lifecycle: str = "complete",
    seq_supplied: bool = True,
    variants: int = FETCHED_VARIANTS,
) -> ProcessAggregates:
    """The aggregates of a table of events.

    Args:
        connection: an Ibis connection to DuckDB or Spark.
        events: canonical columns, as in `EventLog.from_frame`; without ``seq`` the order of equal times is not known.
        lifecycle: ``complete`` or ``all``.
        seq_supplied: ``seq`` comes from the source itself.
        variants: how many variants to fetch at most.

    Raises:
        InputError: ``process.missing_column``, ``process.times_without_zone``.
    """
    rows, interval, warnings = _usable(connection, events, lifecycle)
    names = {
        column: _fetch(connection, tables.labels(rows, column))["label"].sort().to_list()
        for column in tables.people(rows)
    }
    everywhere = events.select(activity=events.activity.cast("string"))
    names["activity"] = _fetch(connection, tables.labels(everywhere, "activity"))["label"].sort().to_list()
    codes = {column: _sent(connection, _numbered(labels)) for column, labels in names.items()}
    with _kept(connection, tables.in_order(tables.coded(rows, codes))) as ordered:
        if not (seq_supplied and "seq" in events.columns):
            tied = _one(connection, tables.tied_moments(ordered))["moments"]
            warnings += (Notice("process.tied_timestamps", count=tied),) if tied else ()
        with _kept(connection, tables.case_paths(ordered)) as paths:
            listed, counts = _variants(connection, paths, names["activity"], variants)
        missing = {
            by: int(_one(connection, _missing(ordered, by))["missing"]) for by in tables.people(ordered)
        }
        with _kept(connection, tables.case_table(ordered)) as cases:
            totals = _totals(connection, cases, ordered, interval=interval)
            durations = _named(_fetch(connection, tables.duration_table(cases)), "durations")
        if "resource" in names:
            totals = replace(totals, resources=len(names["resource"]))
        edges, timers = _edges(connection, ordered, names["activity"])
        return ProcessAggregates(
            totals=totals,
            labels=tuple(names["activity"]),
            activities=_named(
                _fetch(connection, tables.activity_table(ordered)), "activities", activity=names["activity"]
            ),
            edges=edges,
            timers=timers,
            paths=listed,
            path_counts=counts,
            durations=durations,
            handovers={
                by: _handovers(connection, ordered, by, names[by], missing[by])
                for by in tables.people(ordered)
            },
            warnings=warnings,
        )


def _usable(
    connection: ibis.BaseBackend, events: ir.Table, lifecycle: str
) -> tuple[ir.Table, bool, tuple[Notice, ...]]:
    for name in REQUIRED:
        if name not in events.columns:
            raise InputError("process.missing_column", column=name, found=list(events.columns))
    kind = events.schema()["time"]
    if not kind.is_timestamp() or (kind.timezone is None and connection.name == "duckdb"):
        raise InputError("process.times_without_zone", column="time", received=str(kind))
    found = {
        "rows": events.count(),
        "usable": events.count(
            where=events.case_id.notnull() & events.activity.notnull() & events.time.notnull()
        ),
    }
    optional = [n for n in ("start_time", "lifecycle", "resource", "department") if n in events.columns]
    found |= {name: events[name].count() for name in optional}
    if "lifecycle" in optional:
        stage = events.lifecycle.cast("string").fill_null("complete")
        found["complete"] = events.count(where=stage == "complete")
    seen = _one(connection, events.agg(**found))
    # A column without a single value is no column.
    events = events.drop(*(name for name in optional if not seen[name]))
    warnings: tuple[Notice, ...] = ()
    if seen["usable"] < seen["rows"]:
        warnings += (Notice("process.rows_without_key", count=seen["rows"] - seen["usable"]),)
    complete_only = lifecycle == "complete" and "lifecycle" in events.columns
    if complete_only and not seen["complete"] and seen["rows"]:
        values = _fetch(connection, tables.labels(events, "lifecycle"))["label"].cast(str).sort().to_list()
        warnings += (Notice("process.no_complete_rows", seen["rows"], {"found": values}),)
        complete_only = False
    interval = "start_time" in events.columns
    return tables.usable(events, interval=interval, complete_only=complete_only), interval, warnings


def _totals(
    connection: ibis.BaseBackend, cases: ir.Table, ordered: ir.Table, *, interval: bool
) -> CaseTotals:
    over_cases, over_events = (_one(connection, table) for table in tables.case_totals(cases, ordered))
    again = _one(connection, tables.cases_with_rework(ordered))["cases"]
    throughput = {name: over_cases[name] for name in ("median", "p90", "p95", "minimum", "maximum")}
    if over_cases["cases"]:
        whole = over_cases["whole_seconds"] * 1_000_000 + over_cases["microseconds"]
        throughput["mean"] = whole / over_cases["cases"]
    return CaseTotals(
        cases=over_cases["cases"],
        events=over_events["events"],
        cases_with_rework=again,
        resources=None,
        first=over_events["first"],
        last=over_events["last"],
        interval=interval,
        throughput=throughput if over_cases["cases"] else {},
    )


def _edges(
    connection: ibis.BaseBackend, ordered: ir.Table, activities: list[str]
) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    table = _fetch(connection, tables.directly_follows_table(ordered))
    low, high = tables.ranks_of_median_bounds(table["count"].to_numpy(), LEVEL)
    ranks = table.select("source", "target").with_columns(low_rank=low, high_rank=high).filter(low >= 0)
    bounds = _fetch(connection, tables.order_statistics(ordered, _sent(connection, ranks)))
    table = table.join(bounds, on=["source", "target"], how="left")
    timers = find_timers(ordered, table, activities, partial(_fetch, connection), partial(_sent, connection))
    return _named(table, "edges", source=activities, target=activities), timers


def _variants(
    connection: ibis.BaseBackend, paths: ir.Table, activities: Sequence[str], most: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    import ibis
    import polars as pl

    with _kept(connection, tables.variants_table(paths)) as found:
        first = found.order_by(ibis.desc("cases"), "first_case").limit(most)
        listed, counts = _fetch(connection, first), _fetch(connection, tables.path_counts(found))
    listed = listed.sort("cases", "first_case", descending=[True, False])
    steps = [[activities[int(code)] for code in path.split(" ")] for path in listed["path"]]
    listed = listed.with_columns(pl.Series("activities", steps, dtype=pl.List(pl.String)))
    return _named(listed, "paths"), _named(counts, "path_counts")


def _handovers(
    connection: ibis.BaseBackend, ordered: ir.Table, by: str, names: Sequence[str], missing: int
) -> HandoverTotals:
    pairs = _fetch(connection, tables.handover_table(ordered, by))
    waits = _one(connection, tables.handover_waits(ordered, by))
    return HandoverTotals(
        pairs=_named(pairs, "pairs", source=names, target=names),
        median_within=waits["within"],
        median_between=waits["between"],
        missing=missing,
    )


def _missing(ordered: ir.Table, by: str) -> ir.Table:
    return ordered.agg(missing=ordered.count(where=ordered[by].isnull()))


def _named(table: pl.DataFrame, name: str, **labels: Sequence[str]) -> pl.DataFrame:
    """A table in its schema, with labels instead of codes."""
    import polars as pl

    schema: Mapping[str, Any] = schemas()[name]
    named = table.with_columns(
        pl.Series(texts, dtype=pl.String).gather(table[column]).alias(column)
        for column, texts in labels.items()
    )
    return named.select(pl.col(column).cast(kind) for column, kind in schema.items())


@contextmanager
def _kept(connection: ibis.BaseBackend, table: ir.Table) -> Iterator[ir.Table]:
    """A table computed once for several questions, where the events are, and dropped afterwards."""
    if connection.name != "duckdb":
        cached = table.cache()
        try:
            yield cached
        finally:
            cached.release()
        return
    name = f"kept_{next(_NUMBERS)}"
    # In the file of the database, where it is compressed; temporary tables stay in memory as they are.
    kept = connection.create_table(name, table)
    try:
        yield kept
    finally:
        connection.raw_sql(f"DROP TABLE {name}")


def _fetch(connection: ibis.BaseBackend, table: ir.Table) -> pl.DataFrame:
    import polars as pl

    fetched = pl.from_arrow(connection.to_pyarrow(table))
    assert isinstance(fetched, pl.DataFrame)  # a table comes as a table
    return fetched


def _one(connection: ibis.BaseBackend, table: ir.Table) -> dict[str, Any]:
    return _fetch(connection, table).row(0, named=True)
