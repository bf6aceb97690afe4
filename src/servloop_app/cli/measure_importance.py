"""`servloop measure importance|penalty-reward`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, column_list, spec_option, table_command


@click.command("importance")
@spec_option
@table_command
def importance(request: TableRequest, spec: Any) -> None:
    """Importance–performance analysis: where to concentrate (重要性—绩效分析)."""
    from servloop.measure.importance import importance_from_spec
    from servloop.measure.specs import validated

    checked = validated("importance", spec)
    file = request.read()
    result = importance_from_spec(file.frame, checked, seed=request.seed)

    def show() -> None:
        frame = result.to_frame().select("name", "importance", "performance", "gap", "n", "quadrant")
        show_frame("importance", frame, request.language)

    request.report(result, file, show)


@click.command("penalty-reward")
@click.option("--outcome", required=True, metavar="COLUMN", help="Overall satisfaction, higher is better.")
@click.option("--attributes", required=True, callback=column_list, metavar="A,B,C", help="Columns of marks.")
@click.option("--low", type=float, required=True, help="Marks up to this are low.")
@click.option("--high", type=float, required=True, help="Marks from this on are high.")
@click.option(
    "--not-applicable", type=float, multiple=True, metavar="CODE", help="A code that is no mark. Repeatable."
)
@click.option(
    "--cut", type=float, default=0.1, show_default=True, help="Asymmetry up to this is a performance factor."
)
@table_command
def penalty_reward(request: TableRequest, outcome: str, attributes: tuple[str, ...], **options: Any) -> None:
    """Basic, performance and excitement factors from a regression (惩罚—奖励对比分析)."""
    from servloop.measure.importance_contrast import penalty_reward as compute

    file = request.read()
    result = compute(file.frame, outcome, attributes, **options)

    def show() -> None:
        if result.r2.reason is not None:
            click.echo(result.r2.reason.message(request.language))
            return
        columns = ["name", "penalty", "reward", "asymmetry", "factor", "inconsistent"]
        show_frame("penalty_reward", result.to_frame().select(columns), request.language)

    request.report(result, file, show)
