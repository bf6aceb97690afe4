"""`servloop measure nps|csat|ces|loyalty-index`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_input import TableRequest, by_option, column_list, share, table_command


def _scale(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, float] | None:
    """``MIN:MAX`` as two numbers."""
    if value is None:
        return None
    low, _, high = value.partition(":")
    try:
        return float(low), float(high)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not MIN:MAX, for example 1:7", context, parameter) from None


def _metric_command(name: str, help_text: str) -> click.Command:
    from servloop.measure.loyalty_scoring import DEFAULTS, scorings

    scoring, (low, high) = DEFAULTS[name]

    @click.option("--scoring", type=click.Choice(scorings(name)), default=scoring, show_default=True)
    @click.option(
        "--scale",
        callback=_scale,
        metavar="MIN:MAX",
        help=f"Lowest and highest answer (default {low:g}:{high:g}).",
    )
    @by_option
    @click.option("--column", required=True, metavar="COLUMN", help="The answers.")
    @table_command
    def run(request: TableRequest, **options: Any) -> None:
        from servloop.measure.loyalty import score

        file = request.read()
        result = score(file.frame, options.pop("column"), name, **options)
        request.report(result, file, lambda: _show(request, result))

    run.__doc__ = help_text
    return click.command(name)(run)


nps = _metric_command("nps", "Net promoter score® with its interval (净推荐值).")
csat = _metric_command("csat", "Customer satisfaction: top boxes or mean (满意度).")
ces = _metric_command("ces", "Customer effort score: how easy it was (费力度).")


@click.command("loyalty-index")
@click.option(
    "--items",
    required=True,
    callback=column_list,
    metavar="A,B,C",
    help="Columns of the intention questions.",
)
@click.option("--worst", type=float, default=6.0, show_default=True, help="The answer that counts 0.")
@click.option("--best", type=float, default=1.0, show_default=True, help="The answer that counts 100.")
@by_option
@table_command
def loyalty_index(
    request: TableRequest, items: tuple[str, ...], worst: float, best: float, by: str | None
) -> None:
    """Customer-loyalty index from 0 to 100; its definition is part of the figure (忠诚度指数)."""
    from servloop.measure.loyalty_index import LoyaltyIndexDefinition
    from servloop.measure.loyalty_index import loyalty_index as compute

    file = request.read()
    result = compute(file.frame, LoyaltyIndexDefinition(items, worst, best), by=by)

    def show() -> None:
        groups = [(None, result.estimate), *((g.group, g.estimate) for g in result.groups)]
        _show_estimates(request, "loyalty_index", groups)
        _show_differences(request, result.differences)

    request.report(result, file, show)


def _show(request: TableRequest, result: Any) -> None:
    groups = [(None, result.estimate), *((g.group, g.estimate) for g in result.groups)]
    _show_estimates(request, result.metric, groups)
    request.table(
        "shares",
        ("class", "share"),
        [(request.text(f"class_{name}"), share(value)) for name, value in result.shares.items()],
    )
    _show_differences(request, result.differences)


def _show_estimates(request: TableRequest, title: str, groups: list[tuple[str | None, Any]]) -> None:
    request.table(
        title,
        ("group", "value", "n", "low", "high", "method"),
        [
            ("*" if group is None else group, e.value, e.n, e.low, e.high, request.reason(e) or e.method)
            for group, e in groups
        ],
    )


def _show_differences(request: TableRequest, differences: Any) -> None:
    if differences:
        request.table(
            "differences",
            ("first", "second", "difference", "low", "high", "p_adjusted"),
            [
                (d.first, d.second, d.estimate.value, d.estimate.low, d.estimate.high, d.p_adjusted)
                for d in differences
            ],
        )
