"""Aggregates of large logs by the engine that the installation names, kept beside the events."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings

from servloop.diagnose.process.aggregates import ProcessAggregates
from servloop_app.diagnose import log_files
from servloop_app.diagnose.reading import ReadingOptions


def renew_aggregates(public_id: UUID, options: ReadingOptions) -> bool:
    """Compute the aggregates of a log anew; without an engine there are none, and pages compute from the events.

    Args:
        public_id: of a log whose events have been read.
        options: with which they were read.

    Returns:
        Whether there are aggregates now.

    Raises:
        SpecError: ``engine.unknown``. InputError: ``engine.not_installed``.
    """
    target = log_files.aggregates_of(public_id)
    if not settings.PROCESS_ENGINE:
        target.unlink(missing_ok=True)
        return False
    import polars as pl  # noqa: PLC0415  # jobs of large logs only

    from servloop.facts.engines import Engine, aggregate_files  # noqa: PLC0415

    events = log_files.events_of(public_id)
    found = aggregate_files(
        Engine.parse(settings.PROCESS_ENGINE, folder=target.parent),
        [events],
        lifecycle="all" if options.lifecycle == "all" else "complete",
        seq_supplied=pl.read_parquet_metadata(events).get("seq_supplied") == "1",
    )
    half = target.with_suffix(".half")
    half.write_text(json.dumps(found.to_dict(), ensure_ascii=False), encoding="utf-8")
    half.replace(target)
    return True


def stored_aggregates(public_id: UUID) -> ProcessAggregates | None:
    """The aggregates of a log; None where no engine made any."""
    path = log_files.aggregates_of(public_id)
    if not path.exists():
        return None
    return ProcessAggregates.from_dict(json.loads(path.read_text(encoding="utf-8")))
