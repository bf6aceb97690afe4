"""Every code of the measure domain has its sentence in both languages, with the same parameters."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import servloop
import servloop_app

ROOTS = (Path(servloop.__file__).parent, Path(servloop_app.__file__).parent / "cli")
CODE = re.compile(r'"(measure\.[a-z]\w+)"')


def catalogue(language: str) -> dict[str, str]:
    path = ROOTS[0] / "locale" / language / "LC_MESSAGES" / "measure.po"
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def used() -> set[str]:
    return {
        code
        for root in ROOTS
        for file in root.rglob("*.py")
        for code in CODE.findall(file.read_text("utf-8"))
    }


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_code_without_a_sentence(language: str) -> None:
    entries = catalogue(language)
    assert used() - {code for code, text in entries.items() if text} == set()


def test_both_languages_have_the_same_entries_and_parameters() -> None:
    english, chinese = catalogue("en"), catalogue("zh_CN")
    assert english.keys() == chinese.keys()
    for code, sentence in english.items():
        assert parameters(sentence) >= parameters(chinese[code]), code
        assert not re.search("[\u4e00-\u9fff]", sentence), code
