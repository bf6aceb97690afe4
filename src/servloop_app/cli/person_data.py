"""``servloop person export`` and ``servloop person erase``: what is held about customers, handed over or erased.

Identifiers come from a file or standard input, never as arguments: those are seen in lists of processes.
"""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING, Any

import click

from servloop.errors import InputError
from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_table

if TYPE_CHECKING:
    from servloop_app.collect.personal_data import Erasure

_POLL_SECONDS = 0.2
_identifiers = click.argument("identifiers", type=click.File("r", encoding="utf-8"), default="-")
_reason = click.option("--reason", required=True, help="On whose request and why; it is put on record.")


def _named(given: IO[str]) -> list[str]:
    return [line.strip() for line in given if line.strip()]


def _ready() -> None:
    from servloop_app.cli import platform

    platform.start_django()
    platform.require_database()


@click.command("export")
@_identifiers
@_reason
@common_options
def export(identifiers: IO[str], reason: str, *, language: str, as_json: bool, **_options: Any) -> None:
    """What is held about customers: counts, or with --json everything, texts masked (查询并提供个人信息).

    IDENTIFIERS is a file with one customer number, phone number … per line; default: standard input.
    """
    _ready()
    from servloop_app.cli.platform import machine_owner
    from servloop_app.collect import personal_data
    from servloop_app.collect.actions import LookUpPeople
    from servloop_app.core.actions import execute

    asked = LookUpPeople(reason, _named(identifiers), handed_over=as_json)
    found = personal_data.held_about(execute(asked, machine_owner()).outcome)
    if as_json:
        print_json({"total": found.total, "counts": found.counts(), "held": found.parts}, language)
        return
    rows = [(part, kind, n) for part, kinds in found.counts().items() for kind, n in kinds.items()]
    print_table(f"{found.total:,}", ("part", "kind", "records"), rows)


@click.command("erase")
@_identifiers
@_reason
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until everything is erased.")
@common_options
def erase(
    identifiers: IO[str], reason: str, *, wait: bool, language: str, as_json: bool, **_options: Any
) -> None:
    """Erase customers from everything that holds something about them; it cannot be taken back (清除个人信息).

    IDENTIFIERS is a file with one customer number, phone number … per line; default: standard input.
    Exit code 3 when the job was cancelled.
    """
    _ready()
    from servloop_app.cli.platform import machine_owner
    from servloop_app.collect import personal_data
    from servloop_app.collect.actions import ErasePeople
    from servloop_app.core.actions import execute

    action = ErasePeople(reason, _named(identifiers))
    run = execute(action, machine_owner()).outcome
    if wait:
        _carry_out(run)
    found = personal_data.one_erasure(machine_owner().policy, action.erasure)
    _show(found, str(run.public_id), as_json=as_json, language=language)
    if found.state == "cancelled":
        sys.exit(EXIT_REJECTS)


def _carry_out(run: Any) -> None:
    """Carry the job out here, unless a worker was quicker, and wait for its end; also when it has to try again.

    Raises:
        InputError: it failed.
    """
    from servloop_app.jobs.runs import perform

    while True:
        perform(run.public_id)
        run.refresh_from_db()
        if run.finished:
            break
        time.sleep(_POLL_SECONDS)
    if run.state == "failed":
        raise InputError(run.message_code, **run.message_params)


def _show(found: Erasure, run: str, *, as_json: bool, language: str) -> None:
    records = None if found.records is None else dict(found.records)
    if as_json:
        document = {
            "erasure": str(found.public_id),
            "run": run,
            "state": found.state,
            "people": found.people,
            "records": records,
        }
        print_json(document, language)
    elif records is None:
        click.echo(f"{found.public_id}: {found.state} ({run})")
    else:
        print_table(f"{found.public_id}  {found.state}", ("part", "records"), sorted(records.items()))
