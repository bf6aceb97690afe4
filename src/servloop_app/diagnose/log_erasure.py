"""What process logs and their analyses hold about people.

Logs that follow the facts are written anew without the cases that are gone there. From logs that somebody uploaded, whole
cases go that name a person: whose number, or any value of one of whose events, is an identifier. Analyses are derived:
those that could hold words or cases of people are deleted, and worked out again when somebody asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from servloop.errors import ServLoopError
from servloop.io.values import values_of_column, values_of_file
from servloop_app.collect import people
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.diagnose import log_files
from servloop_app.diagnose.actions import DeleteProcessLog, EraseCases
from servloop_app.diagnose.engine import renew_aggregates
from servloop_app.diagnose.following import followed_logs, renew_followed
from servloop_app.diagnose.models import ProcessLog, ProcessStudy
from servloop_app.diagnose.reading import COLUMN_ROLES, ReadingOptions
from servloop_app.diagnose.studies.base import key_of
from servloop_app.diagnose.tasks import read_now

if TYPE_CHECKING:
    import polars as pl

_SYSTEM = Actor.system("erasure")
_TABLE = ProcessStudy._meta.db_table
_WITH_WORDS = "journey"  # the kind of study that tells customers' words, of all feedback in its unit
_CANONICAL = dict(
    zip(COLUMN_ROLES, ("case_id", "activity", "time", "start_time", "resource", "department"), strict=True)
)
_TIMES = ("timestamp", "start")
# Formats of which every value of every row that was read stands in the events, too.
_FLAT = frozenset({"csv", "parquet", "jsonl"})


class LoggedCases:
    """Cases of process logs, and words and cases in what was worked out from them."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """The cases that name the people, log by log."""
        wanted = frozenset(indexes)
        return [
            {"kind": "process_case", "log": log.name, "case": case}
            for log in ProcessLog.objects.order_by("pk")
            for case in sorted(_cases_of(log, wanted))
        ]

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Take the cases out of every log; how many went. Safe to repeat."""
        wanted = frozenset(indexes)
        followed = followed_logs()
        touched = 0
        for log in ProcessLog.objects.select_related("unit").order_by("pk"):
            if log.public_id in followed:
                gone = renew_followed(log.public_id, *followed[log.public_id])
            else:
                gone = _clean_upload(log, wanted)
            _drop_studies(log, everything=gone > 0)
            touched += gone
        return touched


def _clean_upload(log: ProcessLog, indexes: Collection[bytes]) -> int:
    """Take the cases that name people out of an uploaded log; the rest takes the place of its file.

    Returns:
        How many cases went; 1 for a file that could not be read yet and is gone whole.
    """
    cases = _cases_of(log, indexes)
    if not cases and not _file_names(log, indexes):
        return 0
    path = log_files.events_of(log.public_id)
    rest = _rest(log, cases) if path.exists() else None
    if rest is None or rest.is_empty():
        execute(DeleteProcessLog(log.public_id), _SYSTEM)
        return len(cases) or 1
    before = ReadingOptions.of(log.options)
    columns = {role: name for role, name in _CANONICAL.items() if name in rest.columns}
    options = ReadingOptions(columns, lifecycle=before.lifecycle)
    size = log_files.replace_upload(log.public_id, rest.write_parquet)
    execute(EraseCases(log.public_id, len(cases), options, size), _SYSTEM)
    read = read_now(log.public_id, _SYSTEM)
    if read.ready:
        renew_aggregates(log.public_id, options)
    else:
        path.unlink()
    return len(cases) or 1


def _cases_of(log: ProcessLog, indexes: Collection[bytes]) -> set[str]:
    """The cases that name people, by their number or by any other value of one of their events."""
    import polars as pl  # noqa: PLC0415  # erasing only

    path = log_files.events_of(log.public_id)
    if not path.exists():
        return set()
    headings = {name: log.columns[role] for role, name in _CANONICAL.items() if role in log.columns}
    cases: set[str] = set()
    for name, kind in pl.read_parquet_schema(path).items():
        if name == "seq" or kind.is_temporal():
            continue
        column = pl.read_parquet(path, columns=[name])[name]
        of_people = people.headed_as_people(headings.get(name, name))
        named = people.naming(values_of_column(column), indexes, of_people=of_people)
        if named:
            rows = pl.read_parquet(path, columns=list({"case_id", name}))
            written = rows[name].cast(pl.Int64, strict=False) if kind.is_float() else rows[name]
            cases |= set(rows.filter(written.cast(pl.String).is_in(sorted(named)))["case_id"])
    return cases


def _rest(log: ProcessLog, cases: Collection[str]) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415

    path = log_files.events_of(log.public_id)
    rest = pl.read_parquet(path).filter(~pl.col("case_id").is_in(sorted(cases)))
    return rest if pl.read_parquet_metadata(path).get("seq_supplied") == "1" else rest.drop("seq")


def _file_names(log: ProcessLog, indexes: Collection[bytes]) -> bool:
    """Whether the file as it was given names people where the events that were read from it do not."""
    if log.ready and log.format in _FLAT and not log.rejected:
        return False
    return any(
        people.naming(values, indexes, of_people=people.headed_as_people(heading))
        for heading, values in _values_of_files(log)
    )


def _values_of_files(log: ProcessLog) -> Iterator[tuple[str, set[str]]]:
    times = [log.columns[role] for role in _TIMES if role in log.columns]
    for path in log_files.uploads_of(log.public_id):
        try:
            yield from values_of_file(path, without=times)
        except ServLoopError:  # nobody can read it, and nobody will
            continue


def _drop_studies(log: ProcessLog, *, everything: bool) -> None:
    """Delete studies that tell customers' words or are of earlier events; all of them when cases left the log."""
    now = ProcessLog.objects.filter(pk=log.pk).first()
    if now is None:  # it went with its last case
        return
    studies = list(now.studies.only("pk", "kind", "key", "parameters"))
    kept = [
        one
        for one in studies
        if not everything and one.kind != _WITH_WORDS and one.key == key_of(now, one.kind, one.parameters)
    ]
    with guard.opening(_TABLE):
        now.studies.exclude(pk__in=[one.pk for one in kept]).delete()
    log_files.keep_study_rows(now.public_id, {one.key for one in kept})


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("process_logs", LoggedCases())
