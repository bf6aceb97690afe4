"""`servloop text`: what customers wrote."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

# command → module that defines it as `command`
_COMMANDS = {
    "pii": "servloop_app.cli.text_pii",
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Analyse what customers wrote (文本分析)."""
