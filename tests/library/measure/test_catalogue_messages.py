"""Every code of the assessment models has its sentence in both languages, and no sentence is left over."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import servloop
import servloop_app
from servloop.measure.advisor import QUESTIONS

LOCALE = Path(servloop.__file__).parent / "locale"
CODE = re.compile(r'"(assess\.[a-z0-9_]+)"')


def sentences(language: str) -> dict[str, str]:
    with (LOCALE / language / "LC_MESSAGES/assess.po").open("rb") as handle:
        return {str(m.id): str(m.string) for m in read_po(handle) if m.id}


def codes_in_sources() -> set[str]:
    found: set[str] = set()
    for package in (servloop, servloop_app):
        for source in Path(package.__file__).parent.rglob("*.py"):
            found |= set(CODE.findall(source.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_code_has_a_sentence(language: str) -> None:
    texts = sentences(language)
    assert codes_in_sources() <= set(texts)
    assert all(text.strip() for text in texts.values())


def test_no_sentence_is_left_over() -> None:
    made = {
        f"assess.advice_{side}_{q}_{a}"
        for side in ("for", "against")
        for q, c in QUESTIONS.items()
        for a in c
    }
    shown = {code for code in sentences("en") if re.match(r"assess\.(title|column)_", code)}
    assert set(sentences("en")) <= codes_in_sources() | made | shown


def test_translations_have_the_same_parameters() -> None:
    english, chinese = sentences("en"), sentences("zh_CN")
    assert set(english) == set(chinese)
    for code, text in english.items():
        names = [{field for _, field, _, _ in Formatter().parse(t) if field} for t in (text, chinese[code])]
        assert names[0] == names[1], code
        assert re.search(r"[\u4e00-\u9fff]", chinese[code]), code
