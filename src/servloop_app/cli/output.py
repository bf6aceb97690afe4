"""What commands print: one JSON document for scripts, a table for people; and the options all commands share.

Exit codes: 0 done, 2 wrong usage or unreadable input, 3 done with rejected rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from servloop.messages import normalize_language
from servloop.results import Notice, Result, plain

EXIT_USAGE = 2
EXIT_REJECTS = 3

Command = TypeVar("Command", bound=Callable[..., Any])


def language_of(arguments: Sequence[str]) -> str:
    """The language asked for by ``--lang``, else the one of the environment."""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            return normalize_language(arguments[position + 1])
        if argument.startswith("--lang="):
            return normalize_language(argument.partition("=")[2])
    return normalize_language(os.environ.get("LC_ALL") or os.environ.get("LANG"))


def _language_option(context: click.Context, parameter: click.Parameter, value: str | None) -> str:  # noqa: ARG001
    return normalize_language(value) if value else language_of(())


def common_options(command: Command) -> Command:
    """``--json``, ``--lang``, ``--seed`` and ``--timezone``, the same on every command that reads data."""
    for option in (
        click.option(
            "--timezone", metavar="ZONE", help="IANA zone of naive times (default UTC, with a warning)."
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random."),
        click.option(
            "--lang",
            "language",
            callback=_language_option,
            metavar="zh|en",
            help="Language of texts and messages.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
    ):
        command = option(command)
    return command


def print_json(document: Any, language: str) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(plain(document, language), ensure_ascii=False, allow_nan=False))


def print_result(
    result: Result,
    *,
    as_json: bool,
    language: str,
    table: Callable[[], None],
    warnings: Iterable[Notice] = (),
) -> None:
    """Print a result for a script or for a person.

    Args:
        result: what was computed.
        as_json: print the result's dictionary as JSON.
        language: of messages.
        table: prints the result for people (only called without ``as_json``).
        warnings: those of the reader, shown before the result's own.
    """
    every = (*warnings, *result.warnings)
    if as_json:
        document = result.to_dict(language)
        document["warnings"] = [notice.to_dict(language) for notice in every]
        print_json(document, language)
        return
    table()
    for notice in every:
        click.echo(f"! {notice.message(language)}", err=True)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; numbers are right-aligned."""
    from rich.console import Console
    from rich.table import Table

    rows = [tuple(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold")
    for position, column in enumerate(columns):
        numeric = any(isinstance(row[position], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return (
            f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) >= 0.001 or value == 0 else f"{value:.2e}"
        )
    return str(value)
