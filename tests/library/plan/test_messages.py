"""Every code of planning has its sentence, in both languages, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3] / "src"
SOURCES = [*(ROOT / "servloop" / "plan").glob("*.py"), *(ROOT / "servloop_app" / "cli").glob("plan*.py")]


def catalogue(language: str) -> dict[str, str]:
    path = ROOT / "servloop" / "locale" / language / "LC_MESSAGES" / "plan.po"
    with path.open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file) if entry.id}


def test_the_texts_are_those_that_are_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    used = set(re.findall(r"[\"'](plan\.[a-z0-9_]+[a-z0-9])[\"']", source))
    sentences = catalogue("en")
    assert used - set(sentences) == set()
    spare = {code for code in set(sentences) - used if not re.match(r"plan\.(figure|column)_", code)}
    assert spare == set()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_text_is_empty_and_all_take_the_same_parameters(language: str) -> None:
    sentences, english = catalogue(language), catalogue("en")
    assert set(sentences) == set(english)
    for code, sentence in sentences.items():
        assert sentence
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", english[code])), code
