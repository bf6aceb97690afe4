"""Every code that the process kernels and commands use has its sentence, in both languages, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3] / "src"
KERNELS = sorted((ROOT / "servloop" / "diagnose" / "process").glob("*.py"))
COMMANDS = sorted((ROOT / "servloop_app" / "cli").glob("process*.py"))
# Codes that are put together at run time, by the place that does it.
COMPOSED = {"process.no_resources", "process.no_groups"}
COMPOSED |= {f"process.events_without_{by}" for by in ("resource", "group")}
COMPOSED |= {f"process.kind_{kind}" for kind in ("missing", "unexpected")}
COMPOSED |= {f"process.duration_{unit}" for unit in ("days", "hours", "minutes", "seconds")}


def catalogue(language: str) -> dict[str, str]:
    path = ROOT / "servloop" / "locale" / language / "LC_MESSAGES" / "process.po"
    with path.open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file) if entry.id}


def used() -> set[str]:
    source = "".join(path.read_text(encoding="utf-8") for path in (*KERNELS, *COMMANDS))
    codes = set(re.findall(r'"(process\.[a-z0-9_]+[a-z0-9])"', source)) | COMPOSED
    tables = (ROOT / "servloop_app" / "cli" / "process_tables.py").read_text(encoding="utf-8")
    titles = re.findall(r'_table\(\s*"([a-z_]+)"', tables)
    return codes | {f"process.title_{title}" for title in titles}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_code_has_a_sentence(language: str) -> None:
    sentences = catalogue(language)
    assert used() - set(sentences) == set()
    assert all(sentences.values())
    unused = {code for code in set(sentences) - used() if not code.startswith("process.column_")}
    assert unused == set()


def test_both_languages_speak_of_the_same_things() -> None:
    english, chinese = catalogue("en"), catalogue("zh_CN")
    assert set(english) == set(chinese)
    for code, sentence in english.items():
        places = [set(re.findall(r"{(\w+)}", text)) for text in (sentence, chinese[code])]
        assert places[0] == places[1], code
