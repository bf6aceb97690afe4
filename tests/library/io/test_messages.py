"""Every code that the readers raise has its sentence in both languages, over the same parameters."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import servloop.io
from servloop.io.columns import REQUIRED

PACKAGE = Path(servloop.io.__file__).parent


def catalogue(language: str) -> Catalog:
    with (PACKAGE.parent / "locale" / language / "LC_MESSAGES/io.po").open("rb") as handle:
        return read_po(handle, abort_invalid=True)


def sentences(language: str) -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in catalogue(language) if entry.id}


def test_both_catalogues_hold_every_code() -> None:
    source = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    codes = set(re.findall(r'"(io\.[a-z_]+)"', source))
    codes |= {f"io.{kind}_{role}_column" for kind in ("missing", "ambiguous") for role in REQUIRED}
    codes |= {"io.missing_case", "io.missing_activity", "io.missing_time", "io.unreadable_time"}
    assert codes <= sentences("en").keys()
    assert sentences("en").keys() == sentences("zh_CN").keys()


@pytest.mark.parametrize("code", sentences("en"))
def test_translations_use_the_same_parameters(code: str) -> None:
    used = [
        {name for _, name, _, _ in Formatter().parse(sentences(language)[code]) if name}
        for language in ("en", "zh_CN")
    ]
    assert used[0] == used[1]
    assert all(sentences(language)[code].endswith((".", "。")) for language in ("en", "zh_CN"))
