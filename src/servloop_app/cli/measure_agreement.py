"""`servloop measure agreement`."""

from __future__ import annotations

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, column_list, table_command


@click.command("agreement")
@click.option(
    "--ratings", default="", callback=column_list, metavar="A,B,C", help="Columns of raters (default: all)."
)
@click.option(
    "--categories", default="", callback=column_list, metavar="A,B,C", help="All categories in their order."
)
@click.option("--bootstrap", type=click.IntRange(min=0), default=500, show_default=True, metavar="N")
@table_command
def command(
    request: TableRequest, ratings: tuple[str, ...], categories: tuple[str, ...], bootstrap: int
) -> None:
    """Agreement of mystery shoppers, auditors or coders (评分者一致性)."""
    import polars as pl

    from servloop.measure.agreement import agreement

    file = request.read()
    result = agreement(
        file.frame, ratings or None, categories=categories or None, bootstrap=bootstrap, seed=request.seed
    )

    def show() -> None:
        frame = result.to_frame().filter(pl.col("value").is_not_null()).drop("method", "reason")
        show_frame("agreement", frame, request.language)
        # Several coefficients are missing for one reason: say it once.
        for sentence, names in result.gaps(request.language).items():
            click.echo(f"{', '.join(names)}: {sentence}")

    request.report(result, file, show)
