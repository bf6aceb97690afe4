"""`servloop measure servqual|servqual-zone|servqual-gaps|servqual-template`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_input import TableRequest, by_option, share, spec_option, table_command
from servloop_app.cli.output import common_options, print_json, print_table


@click.command("servqual")
@spec_option
@by_option
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Resamples for intervals.",
)
@table_command
def servqual(request: TableRequest, spec: Any, by: str | None, bootstrap: int) -> None:
    """SERVQUAL or SERVPERF: gaps between perception and expectation (服务质量差距)."""
    from servloop.measure.servqual import servqual as compute
    from servloop.measure.servqual_spec import parse_spec

    parsed = parse_spec(spec)
    file = request.read()
    result = compute(file.frame, parsed, by=by, samples=bootstrap, seed=request.seed)
    request.report(result, file, lambda: _show(request, result))


def _show(request: TableRequest, result: Any) -> None:
    overall = ("gap", "item_mean_gap", "servperf", "weighted_gap", "weighted_servperf")
    for label, figures in ((None, result.figures), *result.groups.items()):
        request.table(
            "servqual",
            ("figure", "value", "n", "low", "high", "note"),
            [
                (
                    request.text(f"figure_{name}"),
                    e.value,
                    e.n,
                    e.low,
                    e.high,
                    request.reason(e) or label or "",
                )
                for name, e in ((name, getattr(figures, name)) for name in overall)
            ],
        )
        for kind, named in (("dimensions", figures.dimensions), ("items", figures.items)):
            if label is not None and kind == "items":
                continue
            request.table(
                kind,
                ("name", "expectation", "perception", "gap", "n", "low", "high", "p_adjusted"),
                [
                    (
                        name,
                        f.expectation.value if f.expectation else None,
                        f.perception.value,
                        f.gap.value,
                        f.gap.n,
                        f.gap.low,
                        f.gap.high,
                        f.p_adjusted,
                    )
                    for name, f in named.items()
                ],
            )


@click.command("servqual-zone")
@spec_option
@table_command
def zone(request: TableRequest, spec: Any) -> None:
    """Zone of tolerance: perception between the minimum and the desired level (容忍区间)."""
    from servloop.measure.servqual_spec import parse_spec
    from servloop.measure.servqual_zone import zone_of_tolerance

    parsed = parse_spec(spec)
    file = request.read()
    result = zone_of_tolerance(file.frame, parsed)

    def show() -> None:
        for kind, zones in (("dimensions", result.dimensions), ("items", result.items)):
            request.table(
                kind,
                ("name", "minimum", "desired", "perception", "adequacy", "superiority", "n", "below"),
                [
                    (
                        name,
                        z.minimum,
                        z.desired,
                        z.perception,
                        z.adequacy.value,
                        z.superiority.value,
                        z.adequacy.n,
                        share(z.below),
                    )
                    for name, z in zones.items()
                ],
            )

    request.report(result, file, show)


@click.command("servqual-gaps")
@spec_option
@click.option("--staff", required=True, metavar="FILE", help="Answers of managers and staff.")
@table_command
def gaps(request: TableRequest, spec: Any, staff: str) -> None:
    """Gaps 1 to 4, from the customers' answers in FILE and the staff form (内部差距)."""
    from servloop.measure.servqual_gaps import internal_gaps
    from servloop.measure.servqual_spec import parse_spec

    parsed = parse_spec(spec)
    file = request.read()
    result = internal_gaps(request.read(staff).frame, file.frame, parsed)
    request.report(
        result,
        file,
        lambda: request.table(
            "internal_gaps", ("dimension", "number", "gap", "n", "low", "high"), result.to_frame().rows()
        ),
    )


@click.command("servqual-template")
@common_options
def template(*, language: str, as_json: bool, **_: Any) -> None:
    """The ready questionnaire: 22 statements in Chinese and English (现成问卷)."""
    from servloop.measure.servqual_spec import template as questionnaire

    document = questionnaire()
    if as_json:
        print_json(document, language)
        return
    from servloop.messages import message

    print_table(
        message("measure.title_questionnaire", language=language),
        [
            message(f"measure.column_{name}", language=language)
            for name in ("number", "dimension", "expectation", "perception")
        ],
        [
            (item["number"], item["dimension"], item["expectation"][language], item["perception"][language])
            for item in document["items"]
        ],
    )
