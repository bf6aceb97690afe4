"""`servloop measure value|retention`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, table_command


@click.command("value")
@click.option("--frequency", required=True, metavar="COLUMN", help="Repeat purchases.")
@click.option(
    "--recency", required=True, metavar="COLUMN", help="Time of the last one since the first purchase."
)
@click.option("--age", required=True, metavar="COLUMN", help="Time since the first purchase, same unit.")
@click.option("--spend", metavar="COLUMN", help="Mean spend per repeat purchase.")
@click.option(
    "--periods", type=click.IntRange(min=1), default=12, show_default=True, help="Time units ahead."
)
@click.option("--discount", type=float, default=0.0, show_default=True, help="Rate per time unit.")
@table_command
def value(
    request: TableRequest, frequency: str, recency: str, age: str, spend: str | None, **options: Any
) -> None:
    """Customer lifetime value: purchases to come and what they bring (客户终身价值)."""
    from servloop.measure.value_report import value_report

    file = request.read()
    result = value_report(file.frame, frequency, recency, age, spend=spend, **options)

    def show() -> None:
        for reason in result.reasons():
            click.echo(reason.message(request.language))
        show_frame("value", result.purchases.to_frame(), request.language)
        if result.spend is not None:
            show_frame("spend", result.spend.to_frame(), request.language)
        show_frame("customers", result.to_frame().head(20), request.language)

    request.report(result, file, show)


@click.command("retention")
@click.option("--customer", required=True, metavar="COLUMN", help="Column of customer ids.")
@click.option("--period", required=True, metavar="COLUMN", help="Column that counts periods: 0, 1, 2 …")
@table_command
def retention(request: TableRequest, customer: str, period: str) -> None:
    """Retention and churn of customer cohorts (客户留存)."""
    from servloop.measure.value import cohort_retention

    file = request.read()
    result = cohort_retention(file.frame, customer, period)

    def show() -> None:
        import polars as pl

        rates = [
            (name, e.value, e.low, e.high, e.n, request.reason(e) or "")
            for name, e in (("retention", result.next_period), ("churn", result.churn))
        ]
        columns = ["name", "value", "low", "high", "n", "reason"]
        show_frame("retention", pl.DataFrame(rates, schema=columns, orient="row"), request.language)
        if result.cells:
            show_frame("cohorts", result.to_frame(), request.language)

    request.report(result, file, show)
