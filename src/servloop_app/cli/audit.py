"""``servloop audit``: the tamper-evident log from the command line."""

from __future__ import annotations

import sys

import click

from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_table


@click.group("audit")
def command() -> None:
    """The audit log. 审计日志。"""


@command.command("verify")
@common_options
def verify(*, as_json: bool, language: str, seed: int, timezone: str | None) -> None:  # noqa: ARG001
    """Read the whole log again and hold it against its checkpoints; exit code 3 when it was changed."""
    from servloop_app.cli import platform

    platform.start_django()
    platform.require_database()
    from servloop_app.trust.queries import verify_log

    outcome = verify_log()
    if as_json:
        print_json(outcome.to_dict(language), language)
    else:
        rows = [
            ("size", outcome.size),
            ("verified_size", outcome.verified_size),
            ("root", outcome.root.hex()),
        ]
        print_table("intact" if outcome.intact else "NOT INTACT", ("", ""), rows)
        for notice in (*outcome.problems, *outcome.warnings):
            click.echo(f"! {notice.message(language)}", err=True)
    if not outcome.intact:
        sys.exit(EXIT_REJECTS)


@command.command("checkpoint")
def checkpoint() -> None:
    """Sign the present state of the log, keep it, and print it for safekeeping elsewhere."""
    from servloop_app.cli import platform

    platform.start_django()
    platform.require_database()
    from servloop_app.trust import checkpoints

    checkpoints.publish()
    found = checkpoints.newest()
    if found is not None:
        click.echo(found[0], nl=False)
        click.echo(checkpoints.verifier_key().to_text(), err=True)
