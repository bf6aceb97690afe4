"""``servloop keys``: the keys that seal personal data."""

from __future__ import annotations

import click


@click.group("keys")
def command() -> None:
    """Keys that seal personal data. 加密个人信息的密钥。"""


@command.command("rotate")
def rotate() -> None:
    """Add a key and seal everything with it; old keys stay until `servloop keys retire`."""
    from servloop_app.cli import platform

    platform.start_django()
    platform.require_database()
    from servloop_app.core.actions.keys import rotate_keys

    click.echo(f"{rotate_keys(platform.machine_owner()):,}")


@command.command("retire")
def retire() -> None:
    """Drop the old keys, once nothing is sealed with them any more."""
    from servloop_app.cli import platform

    platform.start_django()
    platform.require_database()
    from servloop_app.core.actions import RetireKeys, execute

    click.echo(f"{execute(RetireKeys(), platform.machine_owner()).outcome:,}")
