"""`servloop measure value`."""

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
def command(
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
