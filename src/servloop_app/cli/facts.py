"""``servloop facts``: look after the fact tables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_table

if TYPE_CHECKING:
    from servloop.facts import FactStore


@click.group("facts")
def command() -> None:
    """Look after the fact tables. 事实表。"""


def _store() -> FactStore:
    from servloop_app.cli import platform

    platform.start_django()
    from servloop_app.collect import files

    return files.fact_store()


@command.command("check")
@common_options
def check(*, language: str, as_json: bool, **_options: Any) -> None:
    """Are all files there, every row once, every replaced row kept? Exit code 3 if not (检查)."""
    from servloop import facts

    store = _store()
    problems = facts.check(store)
    states = store.state() if not any(p.code == "facts.unsupported_table" for p in problems) else []
    if as_json:
        tables = {
            s.name: {"rows": s.rows, "files": s.files, "bytes": s.bytes, "version": s.version} for s in states
        }
        print_json({"tables": tables, "problems": [p.to_dict(language) for p in problems]}, language)
    else:
        rows = [(s.name, s.rows, s.files, s.bytes, s.version) for s in states]
        print_table("facts", ("table", "rows", "files", "bytes", "version"), rows)
        for problem in problems:
            click.echo(f"! {problem.message(language)}", err=True)
    if problems:
        sys.exit(EXIT_REJECTS)


@command.command("compact")
@common_options
def compact(*, language: str, as_json: bool, **_options: Any) -> None:
    """Join small files; readers and writers may go on (合并小文件)."""
    store = _store()
    _report(
        {table: store.compact(table) for table in store.tables()}, "files fewer", language, as_json=as_json
    )


@command.command("vacuum")
@common_options
def vacuum(*, language: str, as_json: bool, **_options: Any) -> None:
    """Delete files that no table uses any more; waits for readers and writers (清理)."""
    store = _store()
    _report(
        {table: store.vacuum(table) for table in store.tables()}, "files deleted", language, as_json=as_json
    )


@command.command("rebuild")
@common_options
def rebuild(*, language: str, as_json: bool, **_options: Any) -> None:
    """Make the facts that copy the work database (feedback) again from it (重建)."""
    _store()
    from servloop_app.collect.rebuild import rebuild_feedback

    _report({"feedback": rebuild_feedback()}, "rows", language, as_json=as_json)


def _report(figures: dict[str, int], what: str, language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(figures, language)
    else:
        print_table("facts", ("table", what), figures.items())
