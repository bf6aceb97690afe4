"""`servloop measure balanced-scorecard`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, spec_option
from servloop_app.cli.output import common_options, print_result


@click.command("balanced-scorecard")
@common_options
@click.option("--sheet", metavar="NAME", help="Sheet of a spreadsheet (default: the first).")
@click.argument("file", metavar="[FILE]", required=False)
@spec_option
def command(
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
