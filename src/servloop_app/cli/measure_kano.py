"""`servloop measure kano`."""

from __future__ import annotations

from typing import Any

import click

from servloop_app.cli.measure_input import TableRequest, by_option, spec_option, table_command


@click.command("kano")
@spec_option
@by_option
@table_command
def kano(request: TableRequest, spec: Any, by: str | None) -> None:
    """Kano: which features delight, satisfy, or are taken for granted (卡诺模型)."""
    from servloop.measure.kano import kano as compute
    from servloop.measure.kano import parse_spec

    parsed = parse_spec(spec)
    file = request.read()
    result = compute(file.frame, parsed, by=by)

    def show() -> None:
        for label, features in ((None, result.features), *result.segments.items()):
            request.table(
                "kano",
                ("group", "name", "n", "category", "better", "worse", "total_strength", "category_strength"),
                [
                    (
                        label or "*",
                        f.name,
                        f.n,
                        f.category,
                        f.better.value,
                        f.worse.value,
                        f.total_strength,
                        f.category_strength,
                    )
                    for f in features
                ],
            )

    request.report(result, file, show)
