"""`servloop measure drivers`."""

from __future__ import annotations

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, column_list, table_command


@click.command("drivers")
@click.option(
    "--outcome", required=True, metavar="COLUMN", help="What is to be explained, such as satisfaction."
)
@click.option(
    "--drivers", "names", required=True, callback=column_list, metavar="A,B,C", help="What may explain it."
)
@click.option(
    "--method",
    type=click.Choice(["lmg", "johnson", "first", "last", "betasq", "pratt", "car"]),
    default="lmg",
    show_default=True,
    help="How the explained variance is divided.",
)
@click.option("--weights", metavar="COLUMN", help="Column of case weights.")
@click.option("--bootstrap", type=click.IntRange(min=0), default=500, show_default=True, metavar="N")
@table_command
def command(
    request: TableRequest,
    *,
    outcome: str,
    names: tuple[str, ...],
    method: str,
    weights: str | None,
    bootstrap: int,
) -> None:
    """Key drivers of an outcome: relative importance with intervals (关键驱动因素)."""
    from servloop.measure.drivers import drivers

    file = request.read()
    result = drivers(
        file.frame, outcome, names, method=method, weights=weights, bootstrap=bootstrap, seed=request.seed
    )

    def show() -> None:
        if result.r2.reason is not None:
            click.echo(result.r2.reason.message(request.language))
            return
        click.echo(f"R² = {result.r2.value:.4f}, n = {result.n}")
        show_frame(
            "drivers",
            result.to_frame().select("driver", "importance", "low", "high", "share", "correlation"),
            request.language,
        )

    request.report(result, file, show)
