"""`servloop measure efa|cfa`."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from servloop_app.cli.measure_input import TableRequest, column_list, spec_option, table_command


@click.command("efa")
@click.option("--items", required=True, callback=column_list, metavar="A,B,C", help="At least three columns.")
@click.option("--factors", type=click.IntRange(min=1), metavar="N", help="Default: by parallel analysis.")
@click.option("--extraction", type=click.Choice(["ml", "minres", "pca"]), default="ml", show_default=True)
@click.option(
    "--rotation",
    type=click.Choice(["none", "varimax", "promax", "oblimin"]),
    default="varimax",
    show_default=True,
)
@table_command
def efa(request: TableRequest, **options: Any) -> None:
    """Exploratory factor analysis with KMO and Bartlett's test (探索性因子分析)."""
    from servloop.measure.factor import factor_analysis

    file = request.read()
    result = factor_analysis(file.frame, options.pop("items"), seed=request.seed, **options)

    def show() -> None:
        if result.reason is not None:
            click.echo(result.reason.message(request.language))
            return
        request.table(
            "loadings",
            ("name", "communality"),
            result.to_frame().rows(),
            more=[f"F{number}" for number in range(1, result.factors + 1)],
        )

    request.report(result, file, show)


@click.command("cfa")
@spec_option
@table_command
def cfa(request: TableRequest, spec: Any) -> None:
    """Confirmatory factor analysis: fit, loadings, validity (验证性因子分析)."""
    from servloop.measure.confirmatory import confirmatory_factor_analysis, parse_spec

    factors = parse_spec(spec)
    file = request.read()
    result = confirmatory_factor_analysis(file.frame, factors)

    def show() -> None:
        if result.reason is not None or result.fit is None:
            click.echo(result.reason.message(request.language) if result.reason else "")
            return
        request.table(
            "fit",
            ("figure", "value"),
            [
                (request.text(f"figure_{name}"), value)
                for name, value in dataclasses.asdict(result.fit).items()
            ],
        )
        request.table(
            "loadings", ("construct", "name", "loading", "n", "low", "high"), result.to_frame().rows()
        )

    request.report(result, file, show)
