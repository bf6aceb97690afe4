"""`servloop measure weights-of-criteria`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, spec_option
from servloop_app.cli.output import common_options, print_result


@click.command("weights-of-criteria")
@common_options
@click.option("--sheet", metavar="NAME", help="Sheet of a spreadsheet (default: the first).")
@click.argument("file", metavar="[FILE]", required=False)
@spec_option
def command(
    *, file: str | None, sheet: str | None, spec: Any, seed: int, language: str, as_json: bool, **_: Any
) -> None:
    """Weights of criteria (AHP, entropy) and what they add up to (准则权重与综合评价)."""
    from servloop.measure.composite_spec import criteria_from_spec
    from servloop.measure.specs import validated

    checked = validated("weights-of-criteria", spec)
    table = TableRequest(file, sheet, (), seed, language, as_json).read() if file else None
    result = criteria_from_spec(table.frame if table else None, checked, seed=seed)
    print_result(
        result,
        as_json=as_json,
        language=language,
        table=lambda: show_frame("criteria", result.to_frame(), language),
        warnings=table.warnings if table else (),
    )
