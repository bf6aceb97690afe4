"""`servloop schema NAME`: the JSON Schema of a YAML specification, for editors and for people."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import click

from servloop.errors import SpecError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# Packages of the library that may ship schemas, each in its folder `schemas`.
_PACKAGES = ("collect", "measure", "diagnose", "plan", "verify", "monitor")


def _schemas() -> dict[str, Traversable]:
    found: dict[str, Traversable] = {}
    for package in _PACKAGES:
        folder = resources.files("servloop") / package / "schemas"
        if folder.is_dir():
            found |= {
                entry.name.removesuffix(".json"): entry
                for entry in folder.iterdir()
                if entry.name.endswith(".json")
            }
    return dict(sorted(found.items()))


@click.command("schema")
@click.argument("name", required=False)
@click.option("--lang", metavar="zh|en", expose_value=False, help="Language of messages.")
def command(name: str | None) -> None:
    """Print the JSON Schema of a specification; without NAME, the names (规格模式)."""
    schemas = _schemas()
    if name is None:
        click.echo("\n".join(schemas))
        return
    if name not in schemas:
        raise SpecError("measure.spec_unknown", name=name, available=list(schemas))
    document = json.loads(schemas[name].read_text(encoding="utf-8"))
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
