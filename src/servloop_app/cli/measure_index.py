"""`servloop measure index`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_input import TableRequest, by_option, spec_option, table_command


@click.command("index")
@spec_option
@by_option
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    metavar="N",
    help="Resamples (default: as in the specification).",
)
@table_command
def index(request: TableRequest, spec: Any, by: str | None, bootstrap: int | None) -> None:
    """Satisfaction index of the ACSI and ECSI type, by PLS path modelling (满意度指数)."""
    from servloop.measure.pls import path_model
    from servloop.measure.pls_spec import parse_spec
    from servloop.measure.satisfaction_index import index_by_group

    parsed = parse_spec(spec)
    file = request.read()
    samples = parsed.bootstrap if bootstrap is None else bootstrap
    if by is None:
        model = path_model(file.frame, parsed, samples=samples, seed=request.seed)
        request.report(model, file, lambda: _show(request, model))
        return
    groups = index_by_group(file.frame, parsed, by, samples=samples, seed=request.seed)

    def show() -> None:
        _show(request, groups.model)
        request.table(
            "index_groups", ("group", "construct", "value", "n", "low", "high"), groups.to_frame().rows()
        )

    request.report(groups, file, show)


def _show(request: TableRequest, model: Any) -> None:
    if model.reason is not None:
        click.echo(model.reason.message(request.language))
        return
    for family in ("index", "paths", "r2", "outer_weights", "loadings"):
        estimates = getattr(model, family)
        if estimates:
            request.table(
                family,
                ("name", "value", "n", "low", "high", "note"),
                [
                    (name, e.value, e.n, e.low, e.high, request.reason(e) or "")
                    for name, e in estimates.items()
                ],
            )
