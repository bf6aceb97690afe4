"""Stage a file: batch by batch into one Parquet file per fact table, with the wrong rows beside it.

Staging changes nothing in the facts; it can be stopped, thrown away and repeated. What the platform knows and the
library does not (keys of people, masking) comes in as functions over whole columns.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from servloop.io.batches import read_batches
from servloop.io.imports.checks import Checked, UnitIndex, check
from servloop.io.imports.mapping import Mapping
from servloop.io.imports.report import QualityReport, Tally
from servloop.io.imports.shapes import to_facts
from servloop.io.imports.targets import Target
from servloop.io.raw_table import RawTable
from servloop.results import Notice

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

REJECTS = {
    "line": pl.Int64,
    "place": pl.Int64,
    "column": pl.String,
    "reason": pl.String,
    "received": pl.String,
    "raw": pl.String,
}

_REPEATED = (
    "unit_id",
    "tz",
    "activity",
    "resource",
    "department",
    "process_id",
    "lifecycle",
    "metric",
    "question",
)

ColumnFunction = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class Surroundings:
    """What the platform contributes.

    Attributes:
        units: units as files name them.
        person_keys: ids of people as written → their random surrogates; None leaves people out of the facts.
        mask: free texts → the same with personal data replaced.
    """

    units: UnitIndex = field(default_factory=UnitIndex)
    person_keys: ColumnFunction | None = None
    mask: ColumnFunction | None = None


@dataclass(frozen=True)
class Staged:
    """A staged file.

    Attributes:
        files: fact table → Parquet file, for tables that got rows.
        rejects: Parquet file with one row per fault (`REJECTS`), or None when every row is right.
        report: quality of the file.
        source_hash: SHA-256 of the file, to recognise it when it comes again; empty for rows in hand.
    """

    files: dict[str, Path]
    rejects: Path | None
    report: QualityReport
    source_hash: str


def stage_file(
    path: Path,
    mapping: Mapping,
    folder: Path,
    *,
    now: dt.datetime,
    surroundings: Surroundings | None = None,
    sheet: str | int | None = None,
    places: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Staged:
    """Read, map and check a file.

    Args:
        path: the file, in any supported format.
        mapping: what its columns mean.
        folder: where the staged files go (made when missing).
        now: time of the import (aware).
        surroundings: units, people, masking.
        sheet: of a spreadsheet.
        places: the rows' places in the file from which they were set aside, when repaired rows are replayed;
            by default they are counted from 0.
        progress: called with the number of rows done after each batch; may raise to stop.

    Raises:
        InputError, SpecError: the file or the mapping as a whole cannot be used; single wrong rows never raise.
    """
    batches = read_batches(path, missing=mapping.missing, sheet=sheet)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_sha256, path)
        staged = stage_rows(
            batches,
            mapping,
            folder,
            now=now,
            surroundings=surroundings,
            places=places,
            progress=progress,
        )
        return replace(staged, source_hash=digest.result())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def stage_rows(
    batches: Iterator[RawTable],
    mapping: Mapping,
    folder: Path,
    *,
    now: dt.datetime,
    surroundings: Surroundings | None = None,
    places: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Staged:
    """As `stage_file`, for rows in hand."""
    surroundings = surroundings or Surroundings()
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    notices: dict[str, Notice] = {}
    target: Target | None = None
    with _Writers(folder) as writers:
        for raw, target, found in _checked(batches, mapping, surroundings.units, now):
            checked = _placed(found, tally.rows, places)
            right = _right_rows(checked)
            rows = checked.frame.gather(right)
            tally.add(rows, checked.wrong)
            for notice in (*raw.warnings, *checked.warnings):
                before = notices.get(notice.code)
                count = notice.count + (before.count if before else 0)
                notices[notice.code] = Notice(notice.code, count, notice.params)
            if checked.wrong.height:
                writers.write("rejects", _rejects(raw, checked))
            placed = to_facts(raw, rows, right, mapping=mapping, target=target, surroundings=surroundings)
            for table, facts in placed.items():
                writers.write(table, facts)
            if target.table in placed:
                tally.add_facts(placed[target.table])
            if progress:
                progress(tally.rows)
        files = writers.files()
    rejects = files.pop("rejects", None)
    assert target is not None, "readers raise on files without rows"
    fields = [f.name for f in target.fields if f.name in mapping.columns]
    report = tally.report(files.get(target.table), fields, now, warnings=tuple(notices.values()))
    return Staged(files, rejects, report, "")


def _checked(
    batches: Iterator[RawTable], mapping: Mapping, units: UnitIndex, now: dt.datetime
) -> Iterator[tuple[RawTable, Target, Checked]]:
    """Each batch with its checks; while one is worked on, the next is checked beside it."""
    target: Target | None = None
    last: tuple[RawTable, Target, Future[Checked]] | None = None
    with ThreadPoolExecutor(1) as beside:
        for raw in batches:
            target = target or mapping.checked(raw.frame.columns, raw.name)
            this = raw, target, beside.submit(check, raw, mapping, target, units, now)
            if last is not None:
                yield *last[:2], last[2].result()
            last = this
        if last is not None:
            yield *last[:2], last[2].result()


def _right_rows(checked: Checked) -> pl.Series:
    """Places in the batch of the rows without a fault."""
    right = pl.repeat(value=True, n=checked.frame.height, dtype=pl.Boolean, eager=True)
    return right.scatter(checked.wrong["row"].unique(), values=False).arg_true()


def _placed(checked: Checked, first: int, places: Sequence[int] | None) -> Checked:
    """A batch whose rows know their places in the file instead of in the batch."""
    height = checked.frame.height
    seq = (
        pl.int_range(first, first + height, dtype=pl.Int64, eager=True)
        if places is None
        else pl.Series(places[first : first + height], dtype=pl.Int64)
    )
    return replace(checked, frame=checked.frame.with_columns(seq.alias("seq")))


def _rejects(raw: RawTable, checked: Checked) -> pl.DataFrame:
    wrong, rows = checked.wrong, checked.wrong["row"]
    text = raw.frame.gather(rows).select(
        pl.struct(pl.all().cast(pl.String, strict=False)).struct.json_encode().alias("raw")
    )
    places = checked.frame["seq"].gather(rows).alias("place")
    return wrong.select(raw.lines(rows).alias("line"), places, "column", "reason", "received").hstack(text)


class _Writers:
    """One Parquet writer per table, opened with its first rows; writes while the next batch is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._writing = self._stack.enter_context(ThreadPoolExecutor(1))
        self._last: Future[None] | None = None
        self._open: dict[str, tuple[Path, pq.ParquetWriter]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, table: str, rows: pl.DataFrame) -> None:
        if rows.height == 0:
            return
        self._finish_last()
        self._last = self._writing.submit(self._write, table, rows)

    def _finish_last(self) -> None:
        """Wait for the batch before, so that no more than one is held, and its error is not lost."""
        if self._last is not None:
            self._last.result()

    def _write(self, table: str, rows: pl.DataFrame) -> None:
        import pyarrow.parquet as pq  # the web process imports this module and does without

        data: pa.Table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        if table not in self._open:
            path = self._folder / f"{table}.parquet"
            # Few distinct values are worth a dictionary; ids, times and texts are not.
            repeated = [name for name in _REPEATED if name in data.schema.names]
            options = {"use_dictionary": repeated, "write_statistics": ["seq"]}
            writer = pq.ParquetWriter(path, data.schema, compression="lz4", **options)
            self._open[table] = (path, self._stack.enter_context(writer))
        self._open[table][1].write_table(data.cast(self._open[table][1].schema))

    def files(self) -> dict[str, Path]:
        self._finish_last()
        self._stack.close()
        return {table: path for table, (path, _) in self._open.items()}
