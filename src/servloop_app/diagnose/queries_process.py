"""Reading analyses of process logs, and what people said about a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from servloop_app.diagnose import log_files
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog, ProcessStudy
from servloop_app.diagnose.studies.base import key_of

if TYPE_CHECKING:
    import polars as pl


def study(log: ProcessLog, kind: str, parameters: Mapping[str, Any]) -> ProcessStudy | None:
    """An analysis of a log that the person may see (`queries.process_log`); None when nobody asked for it yet."""
    return ProcessStudy.objects.select_related("run").filter(key=key_of(log, kind, parameters)).first()


def study_rows(found: ProcessStudy) -> pl.LazyFrame:
    """The long list of a study."""
    import polars as pl  # noqa: PLC0415  # pages without such a list do without

    return pl.scan_parquet(log_files.study_rows_of(found.log.public_id, found.key))


def definition(log: ProcessLog, kind: str) -> ProcessDefinition | None:
    """What was said last; None when nothing was, or when it was taken back."""
    found = ProcessDefinition.objects.select_related("made_by").filter(log=log, kind=kind).first()
    return None if found is None or found.content is None else found


def expert_scores(log: ProcessLog) -> list[ProcessDefinition]:
    """The newest scores of each expert."""
    newest: dict[int | None, ProcessDefinition] = {}
    kind = ProcessDefinition.Kind.EXPERTS
    for one in ProcessDefinition.objects.select_related("made_by").filter(log=log, kind=kind):
        newest.setdefault(one.made_by_id, one)
    return list(newest.values())


def activities(log: ProcessLog) -> tuple[str, ...]:
    """The names of a log's activities by their code."""
    return _activities(log.public_id, log.version)


@lru_cache(maxsize=64)
def _activities(public_id: UUID, version: int) -> tuple[str, ...]:  # noqa: ARG001  # a new reading has others
    import polars as pl  # noqa: PLC0415  # pages that show no log do without

    from servloop.diagnose.process.ordering import encode  # noqa: PLC0415

    column = pl.read_parquet(log_files.events_of(public_id), columns=["activity"])["activity"]
    return tuple(encode(column)[1].to_list())


def splits(log: ProcessLog) -> dict[str, tuple[str, ...]]:
    """Columns by which the cases of a log can be told apart, with their values, the most frequent first."""
    return _splits(log.public_id, log.version)


_NOT_SPLITS = {"case_id", "activity", "time", "start_time", "seq", "lifecycle"}
_FEWEST_VALUES, _MOST_VALUES = 2, 60


@lru_cache(maxsize=64)
def _splits(public_id: UUID, version: int) -> dict[str, tuple[str, ...]]:  # noqa: ARG001
    import polars as pl  # noqa: PLC0415

    events = pl.scan_parquet(log_files.events_of(public_id))
    schema = events.collect_schema()
    texts = [name for name, kind in schema.items() if kind == pl.String and name not in _NOT_SPLITS]
    counts = events.select(pl.col(texts).approx_n_unique()).collect().row(0, named=True) if texts else {}
    found = {}
    for name in texts:
        if not _FEWEST_VALUES <= counts[name] <= _MOST_VALUES:
            continue
        held = events.select(pl.col(name).drop_nulls().value_counts(sort=True)).unnest(name).collect()
        if _FEWEST_VALUES <= held.height <= _MOST_VALUES:
            found[name] = tuple(held[name].to_list())
    return found


def columns(log: ProcessLog) -> frozenset[str]:
    """The columns of a log's events."""
    return _columns(log.public_id, log.version)


@lru_cache(maxsize=64)
def _columns(public_id: UUID, version: int) -> frozenset[str]:  # noqa: ARG001
    import polars as pl  # noqa: PLC0415

    return frozenset(pl.read_parquet_schema(log_files.events_of(public_id)))
