"""`servloop measure quality`."""

from __future__ import annotations

import click

from servloop.errors import SpecError
from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, column_list, table_command


@click.command("quality")
@click.option(
    "--items", required=True, callback=column_list, metavar="A,B,C", help="Columns in the order asked."
)
@click.option(
    "--factors", metavar="5,5,4", help="How many consecutive items each scale has, for the even–odd index."
)
@click.option("--duration", metavar="COLUMN", help="Column of seconds spent.")
@click.option(
    "--synonym-r", type=float, default=0.6, show_default=True, help="Items correlated above are synonyms."
)
@click.option(
    "--at-least", type=click.IntRange(min=1), default=2, show_default=True, help="Flags that make careless."
)
@table_command
def command(
    request: TableRequest,
    *,
    items: tuple[str, ...],
    factors: str | None,
    duration: str | None,
    synonym_r: float,
    at_least: int,
) -> None:
    """Careless answers: indices and flags; nothing is deleted (作答质量)."""
    from servloop.measure.response_quality import Thresholds, response_quality

    scales = _scales(items, factors)
    file = request.read()
    limits = Thresholds(synonym_r=synonym_r, antonym_r=-synonym_r, at_least=at_least)
    result = response_quality(file.frame, items, factors=scales, duration=duration, thresholds=limits)

    def show() -> None:
        import polars as pl

        counts = pl.DataFrame({"flag": list(result.counts()), "count": list(result.counts().values())})
        show_frame("flags", counts, request.language)
        figures = pl.DataFrame(
            [
                (f.name, f.everybody.value, f.everybody.n, f.unflagged.value, f.unflagged.n, f.difference)
                for f in result.figures
            ],
            schema=["name", "everybody", "n", "unflagged", "n_unflagged", "difference"],
            orient="row",
        )
        show_frame("with_and_without", figures, request.language)

    request.report(result, file, show)


def _scales(items: tuple[str, ...], factors: str | None) -> list[tuple[str, ...]] | None:
    if factors is None:
        return None
    sizes = [int(part) if part.strip().isdigit() else 0 for part in factors.split(",")]
    if min(sizes) < 1 or sum(sizes) != len(items):
        raise SpecError("assess.factor_sizes", received=factors, items=len(items))
    starts = [sum(sizes[:position]) for position in range(len(sizes))]
    return [items[start : start + size] for start, size in zip(starts, sizes, strict=True)]
