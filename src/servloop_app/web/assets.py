"""Which built file a template means: names carry a hash, the manifest of the build translates."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

DIST = Path(__file__).parent / "static" / "dist"


class Asset(NamedTuple):
    """A built file: its address below the static root, and the hash a browser checks."""

    path: str
    integrity: str


class PagesNotBuiltError(RuntimeError):
    """The scripts and styles are missing from the package."""

    def __init__(self) -> None:
        super().__init__(
            f"The pages' scripts and styles are missing: {DIST / 'manifest.json'} does not exist. "
            "In a checkout run `make frontend`; an installed wheel carries them."
        )


def asset(name: str) -> Asset:
    """The file behind a name such as ``app.js``.

    Raises:
        PagesNotBuiltError: nothing has been built.
        KeyError: the build knows no such name.
    """
    entry = (_read_manifest() if settings.DEBUG else _manifest())[name]
    return Asset(f"dist/{entry['file']}", entry["integrity"])


@cache
def _manifest() -> dict[str, dict[str, str]]:
    return _read_manifest()


def _read_manifest() -> dict[str, dict[str, str]]:
    try:
        manifest: dict[str, dict[str, str]] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PagesNotBuiltError from None
    return manifest
