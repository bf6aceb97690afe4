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
@click.option(
    "--bootstrap", type=click.IntRange(min=0), default=200, show_default=True, help="Resamples for intervals."
)
@table_command
def reliability(
    request: TableRequest, items: tuple[str, ...], reverse: tuple[str, ...], bootstrap: int
) -> None:
    """Reliability of a scale: alpha, omega, item–rest correlations (信度)."""
    from servloop.measure.reliability import reliability as compute

    file = request.read()
    result = compute(file.frame, items, reverse=reverse, samples=bootstrap, seed=request.seed)

    def show() -> None:
        alpha = result.alpha
        standardised = result.alpha_standardised
        names = {name: f"omega_{name}" for name in result.omega} | {
            "ave": "ave",
            "composite_reliability": "composite_reliability",
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
                (request.text("figure_alpha_standardised"), standardised, result.n, None, None, ""),
                *(
                    (request.text(f"figure_{names[name]}"), e.value, e.n, e.low, e.high, "")
                    for name, e in result.estimates.items()
                ),
            ],
        )
        request.table("items", ("name", "item_rest", "alpha_if_dropped", "loading"), result.to_frame().rows())

    request.report(result, file, show)
