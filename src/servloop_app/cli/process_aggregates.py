"""`servloop process aggregates`: a log too large for memory, by DuckDB on disk or on a Spark cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from servloop_app.cli.output import common_options, print_json

if TYPE_CHECKING:
    from servloop.diagnose.process.aggregates import ProcessAggregates

_LISTED = 1_000  # variants in the document; all are counted
_SHOWN = 5  # rows of a table for people


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE.parquet…")
@click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    metavar="ENGINE",
    help="duckdb[:MEMORY] or spark[:MASTER].",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    help="How a column is called in the files, such as case_id=request; repeatable.",
)
@click.option(
    "--lifecycle",
    type=click.Choice(["complete", "all"]),
    default="complete",
    show_default=True,
    help="Which rows count: completions, or every transition.",
)
@common_options
def command(
    files: tuple[str, ...],
    *,
    engine: str,
    columns: tuple[str, ...],
    lifecycle: str,
    timezone: str | None,  # noqa: ARG001  # times in Parquet carry their zone
    seed: int,  # noqa: ARG001  # nothing here is random
    language: str,
    as_json: bool,
) -> None:
    """Map, variants, rework, hand-overs and bottlenecks of Parquet files of any size (大日志)."""
    from servloop.facts.engines import Engine, aggregate_files

    names = dict(pair.partition("=")[::2] for pair in columns)
    if not all(names.values()):
        raise click.UsageError("--column NAME=COLUMN")
    found = aggregate_files(Engine.parse(engine), files, columns=names, lifecycle=lifecycle)
    if as_json:
        print_json(_document(found, language), language)
        return
    for notice in found.warnings:
        click.echo(f"! {notice.message(language)}", err=True)
    _tables(found, language)


def _document(found: ProcessAggregates, language: str) -> dict[str, object]:
    """The documents of the single commands, by their names."""
    sides = {by: found.handover(by) for by in ("resource", "group") if by in found.handovers}
    parts = {
        "summary": found.summary(),
        "map": found.directly_follows(),
        "variants": found.variants(top=_LISTED),
        "rework": found.rework(),
        "bottlenecks": found.bottlenecks(),
    }
    return {
        **{name: result.to_dict(language) for name, result in parts.items()},
        "handovers": {by: result.to_dict(language) for by, result in sides.items()},
    }


def _tables(found: ProcessAggregates, language: str) -> None:
    from servloop_app.cli import process_tables as tables

    tables.summary_table(found.summary(), language)
    waits = found.bottlenecks()
    tables.bottlenecks_table(replace(waits, steps=waits.steps[:_SHOWN]), language)
    tables.variants_table(found.variants(top=_SHOWN), language)
