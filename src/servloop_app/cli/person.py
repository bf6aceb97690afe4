"""``servloop person``: people from the command line: who signs in, and customers who ask for their data."""

from __future__ import annotations

import secrets
import sys

import click

from servloop_app.cli import person_data


@click.group("person")
def command() -> None:
    """People who sign in, and what is held about customers. 登录人员与客户的个人信息。"""


command.add_command(person_data.export)
command.add_command(person_data.erase)


@command.command("create")
@click.argument("username")
@click.option("--role", default="administrator", show_default=True, help="Role in the unit and below it.")
@click.option("--unit", "unit_code", default="", help="Code of the unit; default: the whole organisation.")
@click.option("--name", "full_name", default="", help="Name as shown.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(username: str, role: str, unit_code: str, full_name: str, *, password_stdin: bool) -> None:
    """Add somebody with a role; without --password-stdin a password is made up and printed once."""
    from servloop_app.cli import platform

    platform.start_django()
    platform.prepare_database()
    from django.db import transaction

    from servloop_app.core.actions import AssignRole, CreatePerson, execute
    from servloop_app.core.policy import Policy

    actor = platform.machine_owner()
    tree = Policy(None).tree
    where = unit_code or tree.codes[tree.root or 0]
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(15)
    with transaction.atomic():
        done = execute(CreatePerson(username, where, full_name, password=password), actor)
        execute(AssignRole(done.outcome.public_id, role, where), actor)
    if password_stdin:
        click.echo(f"{username}: {role} @ {where}")
    else:
        click.echo(f"{username}: {role} @ {where}\n{password}")
