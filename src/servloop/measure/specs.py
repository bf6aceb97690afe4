"""Specifications: the YAML files in which users name their columns, checked against JSON Schema.

Each schema is a file of ``servloop/measure/schemas``; `servloop schema NAME` prints it, so an editor can
complete and check a specification while it is being written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from servloop.errors import SpecError


def schema_names() -> list[str]:
    """The names of all schemas of this package."""
    folder = resources.files("servloop.measure") / "schemas"
    return sorted(
        entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")
    )


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one specification.

    Raises:
        SpecError: ``measure.spec_unknown`` lists the names that exist.
    """
    if name not in schema_names():
        raise SpecError("measure.spec_unknown", name=name, available=schema_names())
    text = (resources.files("servloop.measure") / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def validated(name: str, document: Any) -> dict[str, Any]:
    """The document, when it fits the schema, with the schema's defaults filled in at the top level.

    Raises:
        SpecError: ``measure.spec_invalid`` names the place, what was found and what was expected.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if not isinstance(document, Mapping):
        raise SpecError("measure.spec_not_a_mapping", name=name, received=type(document).__name__)
    rules = schema(name)
    error = best_match(Draft202012Validator(rules).iter_errors(dict(document)))
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "/"
        raise SpecError("measure.spec_invalid", name=name, place=place, problem=error.message)
    defaults = {key: part["default"] for key, part in rules["properties"].items() if "default" in part}
    return {**defaults, **document}
