"""`servloop plan`: how many people, on which shifts, and what would change if."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

# command → module that defines it as `command`
_COMMANDS = {
    "erlang": "servloop_app.cli.plan_erlang",
    "shifts": "servloop_app.cli.plan_shifts",
    "simulate": "servloop_app.cli.plan_simulate",
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Plan people, shifts and changes (规划)."""
