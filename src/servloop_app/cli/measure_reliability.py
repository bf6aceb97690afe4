"""`servloop measure reliability`."""

from __future__ import annotations

import click

from servloop_app.cli.measure_input import TableRequest, column_list, table_command


@click.command("reliability")
@click.option("--items", required=True, callback=column_list, metavar="A,B,C", help="Columns of the scale.")
@click.option(
    "--reverse",
    default="",
    callback=column_list,
    metavar="A,B",
    help="Those that are worded the other way round.",
)
@table_command
def reliability(request: TableRequest, items: tuple[str, ...], reverse: tuple[str, ...]) -> None:
    """Reliability of a scale: alpha, omega, item–rest correlations (信度)."""
    from servloop.measure.reliability import reliability as compute

    file = request.read()
    result = compute(file.frame, items, reverse=reverse)

    def show() -> None:
        alpha = result.alpha
        figures = {
            "alpha_standardised": result.alpha_standardised,
            **{f"omega_{name}": value for name, value in result.omega.items()},
            "ave": result.ave,
            "composite_reliability": result.composite_reliability,
        }
        request.table(
            "reliability",
            ("figure", "value", "n", "low", "high", "note"),
            [
                (
                    request.text("figure_alpha"),
                    alpha.value,
                    alpha.n,
                    alpha.low,
                    alpha.high,
                    request.reason(alpha) or "",
                ),
                *(
                    (request.text(f"figure_{name}"), value, result.n, None, None, "")
                    for name, value in figures.items()
                ),
            ],
        )
        request.table("items", ("name", "item_rest", "alpha_if_dropped", "loading"), result.to_frame().rows())

    request.report(result, file, show)
