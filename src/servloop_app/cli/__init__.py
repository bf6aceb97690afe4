"""The command line. Commands load what they need when they run, so that it starts at once."""

from __future__ import annotations

import importlib
import sys

import click

from servloop import __version__
from servloop.errors import ServLoopError
from servloop_app.cli.output import EXIT_USAGE, language_of

# command → module that defines it as `command`
_COMMANDS = {
    "audit": "servloop_app.cli.audit",
    "demo": "servloop_app.cli.demo",
    "doctor": "servloop_app.cli.doctor",
    "facts": "servloop_app.cli.facts",
    "import": "servloop_app.cli.imports",
    "keys": "servloop_app.cli.keys",
    "measure": "servloop_app.cli.measure",
    "monitor": "servloop_app.cli.monitor",
    "person": "servloop_app.cli.person",
    "plan": "servloop_app.cli.plan",
    "process": "servloop_app.cli.process",
    "schema": "servloop_app.cli.schema",
    "text": "servloop_app.cli.text",
    "up": "servloop_app.cli.up",
    "verify": "servloop_app.cli.verify",
    "worker": "servloop_app.cli.worker",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported only when they are called.

    Args:
        modules: command name → module, which defines a click command named ``command``; or ``module:name``
            where one module defines several.
        **options: what `click.Group` takes.
    """

    def __init__(self, *args: object, modules: dict[str, str] | None = None, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed through to click
        self._modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, without importing anything."""
        return sorted(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command."""
        if cmd_name not in self._modules:
            return None
        module, _, name = self._modules[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name or "command")
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=LazyGroup,
    modules=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="servloop")
def cli() -> None:
    """ServLoop: closed-loop service quality. 服务质量闭环平台。"""


def main() -> None:
    """Entry point: an error of ours is one clear sentence on standard error and exit code 2."""
    try:
        cli()
    except ServLoopError as error:
        click.echo(error.message(language_of(sys.argv)), err=True)
        sys.exit(EXIT_USAGE)
