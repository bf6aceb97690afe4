"""`servloop plan simulate`: what a change would do to the process in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from servloop.messages import message
from servloop_app.cli.output import print_table
from servloop_app.cli.process_log import LogRequest, log_command
from servloop_app.cli.process_tables import duration

if TYPE_CHECKING:
    from servloop.plan.simulation import Compared, WhatIf


@click.command()
@log_command
@click.option(
    "--change",
    "changes",
    multiple=True,
    required=True,
    metavar="CHANGE",
    help="staff:GROUP:+2 (or +2@mon,tue), remove:ACTIVITY, merge:FIRST+SECOND, automate:ACTIVITY:SECONDS, arrivals:1.2; "
    "repeatable, all are made together.",
)
@click.option("--weeks", type=float, default=4.0, show_default=True, help="Simulated time.")
@click.option("--replications", type=int, default=30, show_default=True, help="Independent runs.")
@click.option(
    "--bound", type=float, default=0.25, show_default=True, help="Largest distance to weeks held out."
)
@click.option("--limit", type=float, metavar="S", help="Promised case time in seconds.")
@click.option("--price", "prices", multiple=True, metavar="GROUP=N", help="Price of an hour; repeatable.")
def command(
    request: LogRequest,
    *,
    changes: tuple[str, ...],
    weeks: float,
    replications: int,
    bound: float,
    limit: float | None,
    prices: tuple[str, ...],
) -> None:
    """What would change if: staffing, steps, arrivals (假设分析)."""
    from servloop.plan.simulation import what_if

    costs = {}
    for price in prices:
        pool, _, value = price.rpartition("=")
        try:
            costs[pool] = float(value)
        except ValueError as error:
            raise click.UsageError(f"--price GROUP=N: {price}") from error
    loaded = request.read()
    result = what_if(
        loaded.log,
        changes,
        timezone=request.timezone or "UTC",
        weeks=weeks,
        replications=replications,
        bound=bound,
        limit_seconds=limit,
        hourly_cost=costs,
        seed=request.seed,
    )
    loaded.report(result, lambda: _table(result, request.language))


def _table(result: WhatIf, language: str) -> None:
    if result.reason is not None:
        click.echo(f"! {result.reason.message(language)}", err=True)
        return
    names = ("figure", "before", "after", "difference", "interval")
    columns = [message(f"plan.column_{name}", language=language) for name in names]
    title = message("plan.title_what_if", language=language)
    distance = {"distance": f"{result.validation.distance.value:.2f}", "bound": result.validation.bound}
    fit = message("plan.title_validation", distance, language)
    rows = [_row(item, language) for item in result.figures]
    print_table(f"{title}: {', '.join(result.changes)} ({fit})", columns, rows)


def _row(item: Compared, language: str) -> tuple[str, ...]:
    """A figure as people read it: times in their unit, shares in per cent."""
    kind, _, pool = item.name.partition(": ")
    name = message("plan.figure_busy", {"pool": pool}, language)
    if not pool:
        name = message(f"plan.figure_{kind}", language=language)

    def text(value: float | None) -> str:
        if value is None:
            return "—"
        if kind.endswith("_seconds"):
            return duration(value, language) or "—"
        return f"{value:,.0f}" if kind == "cost_per_week" else f"{value:.1%}"

    change = item.difference
    interval = f"{text(change.low)} – {text(change.high)}"
    return (name, text(item.before.value), text(item.after.value), text(change.value), interval)
