"""`servloop text pii`: where personal data stands in a column of texts."""

from __future__ import annotations

import click

from servloop_app.cli.output import common_options, print_json, print_table


@click.command()
@click.argument("file", type=click.Path())
@click.option("--column", required=True, metavar="C", help="The column that holds the texts.")
@common_options
def command(file: str, column: str, *, as_json: bool, language: str, seed: int, timezone: str | None) -> None:  # noqa: ARG001  # options that all commands take
    """Find personal data: rows from 0, offsets in code points (个人信息识别)."""
    import polars as pl

    from servloop.errors import InputError
    from servloop.io import read_table
    from servloop.trust.pii import detect_many

    table = read_table(file, infer=False)
    if column not in table.frame.columns:
        raise InputError("trust.column_missing", column=column, columns=table.frame.columns)
    texts = table.frame[column].cast(pl.String)
    found = [
        {"row": row, "kind": span.kind, "start": span.start, "end": span.end, "check": span.check}
        for row, spans in enumerate(detect_many(texts))
        for span in spans
    ]
    for notice in table.warnings:
        click.echo(f"! {notice.message(language)}", err=True)
    if as_json:
        print_json(found, language)
        return
    columns = ("row", "kind", "start", "end", "check")
    print_table(f"{column}: {len(found):,}", columns, ([item[name] for name in columns] for item in found))
