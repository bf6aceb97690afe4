"""`servloop measure balanced-scorecard|efqm|self-assessment`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, spec_option, table_command
from servloop_app.cli.output import common_options, print_result


@click.command("balanced-scorecard")
@common_options
@click.option("--sheet", metavar="NAME", help="Sheet of a spreadsheet (default: the first).")
@click.argument("file", metavar="[FILE]", required=False)
@spec_option
def balanced_scorecard(
    *, file: str | None, sheet: str | None, spec: Any, seed: int, language: str, as_json: bool, **_: Any
) -> None:
    """Balanced scorecard: attainment, weights, traffic lights (平衡计分卡)."""
    from servloop.measure.scorecard import actuals_from_frame, scorecard_from_spec
    from servloop.measure.specs import validated

    checked = validated("balanced-scorecard", spec)
    table = TableRequest(file, sheet, (), seed, language, as_json).read() if file else None
    result = scorecard_from_spec(checked, actuals_from_frame(table.frame, checked) if table else None)

    def show() -> None:
        if result.reason is not None:
            click.echo(result.reason.message(language))
        else:
            click.echo(f"{result.score:.1f} / 100, {result.light}")
        show_frame("scorecard", result.to_frame().drop("kind", "effective_weight"), language)

    warnings = table.warnings if table else ()
    print_result(result, as_json=as_json, language=language, table=show, warnings=warnings)


@click.command("efqm")
@common_options
@spec_option
def efqm(*, spec: Any, language: str, as_json: bool, **_: Any) -> None:
    """EFQM points from marks in per cent (EFQM 自评)."""
    from servloop.measure.efqm import assess
    from servloop.measure.specs import validated

    checked = validated("efqm", spec)
    result = assess({str(key): mark for key, mark in checked["marks"].items()}, model=checked["model"])

    def show() -> None:
        if result.reason is not None:
            click.echo(result.reason.message(language))
        click.echo(f"{result.low:.0f} – {result.high:.0f} / 1000")
        frame = result.to_frame().drop("en" if language == "zh-CN" else "zh", "area")
        show_frame("efqm", frame.rename({frame.columns[1]: "name"}), language)

    print_result(result, as_json=as_json, language=language, table=show)


@click.command("self-assessment")
@click.option(
    "--form",
    type=click.Choice(["excellence", "five-aspects"]),
    default="excellence",
    show_default=True,
    help="Columns are named by the codes of the form's statements.",
)
@table_command
def self_assessment(request: TableRequest, form: str) -> None:
    """Operational excellence, or the five-aspect satisfaction form (自评问卷)."""
    from servloop.measure import excellence, five_aspects

    file = request.read()
    score = excellence.self_assessment if form == "excellence" else five_aspects.satisfaction_form
    result = score(file.frame)

    def show() -> None:
        frame = result.to_frame()
        names = [a.zh if request.language == "zh-CN" else a.en for a in result.areas]
        show_frame(
            "self_assessment",
            frame.with_columns(area=frame["area"].replace(dict(zip(frame["area"], names, strict=True)))),
            request.language,
        )

    request.report(result, file, show)
