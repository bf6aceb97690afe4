"""Compile every gettext catalogue of the source tree (``*.po`` to ``*.mo``) that is older than its source."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def compile_catalogues(source: Path) -> int:
    """Compile stale catalogues under ``source`` and return how many were written."""
    written = 0
    for po in sorted(source.rglob("LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as handle:
            catalogue = read_po(handle, locale=po.parent.parent.name, abort_invalid=True)
        with mo.open("wb") as handle:
            write_mo(handle, catalogue)
        written += 1
    return written


if __name__ == "__main__":
    print(f"{compile_catalogues(ROOT / 'src')} catalogues compiled", file=sys.stderr)
