"""Every code has its sentence in both languages over the same parameters, and no sentence is left over."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import servloop
import servloop_app

LIBRARY, APPLICATION = Path(servloop.__file__).parent, Path(servloop_app.__file__).parent
LOCALE = LIBRARY / "locale"
DOMAINS = sorted(path.stem for path in (LOCALE / "en" / "LC_MESSAGES").glob("*.po"))
OFFERED = "imports.reason_"  # words for the reasons of `ImportReport`, for those who show one
HAN = re.compile(r"[\u4e00-\u9fff]")


def sentences(domain: str, language: str) -> dict[str, str]:
    with (LOCALE / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, abort_invalid=True) if entry.id}


def text_of(*folders: Path) -> str:
    files = (path for folder in folders for ending in ("py", "html") for path in folder.rglob(f"*.{ending}"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


SOURCE = text_of(LIBRARY, APPLICATION / "cli")
EVERYTHING = text_of(LIBRARY, APPLICATION)
WORDS = set(re.findall(r"\w+", EVERYTHING))
LITERALS = set(re.findall(r"[\"']([\w.]+)[\"']", EVERYTHING))
# Codes that are put together: f"reason_{kind}", f"io.{kind}_{role}_column", "process.events_without_" + by.
_TOGETHER = re.findall(r"f[\"']([\w.]*{[\w.{}]*)[\"']", EVERYTHING)
_TOGETHER += [f"{start}{{}}" for start in re.findall(r"[\"']([\w.]+_)[\"'] \+", EVERYTHING)]
PATTERNS = [
    re.compile(r"(\w+)".join(map(re.escape, parts)))
    for parts in {tuple(re.split(r"{[^}]*}", pattern)) for pattern in _TOGETHER}
    if any(part.strip("._") for part in parts)
]


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def is_used(code: str) -> bool:
    """Whether a code stands in the sources, or is put together there from words that stand there."""
    name = code.partition(".")[2]
    return bool({code, name} & LITERALS) or stands_together(code) or stands_together(name)


def stands_together(name: str) -> bool:
    """Whether a name fits a pattern: of several parts, or of one that is a word or fits a pattern itself."""
    found = [match.groups() for pattern in PATTERNS if (match := pattern.fullmatch(name))]
    return any(len(parts) > 1 or parts[0] in WORDS or stands_together(parts[0]) for parts in found)


def test_both_languages_have_the_same_catalogues() -> None:
    assert {path.stem for path in (LOCALE / "zh_CN" / "LC_MESSAGES").glob("*.po")} == set(DOMAINS)


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_say_the_same(domain: str) -> None:
    english, chinese = sentences(domain, "en"), sentences(domain, "zh_CN")
    assert english.keys() == chinese.keys()
    for code, sentence in english.items():
        assert sentence.strip(), code
        assert chinese[code].strip(), code
        assert not HAN.search(sentence), code
        assert parameters(sentence) == parameters(chinese[code]), code


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_code_has_a_sentence(domain: str) -> None:
    found = re.findall(rf'"({domain}\.[a-z][a-z0-9_]*[a-z0-9])"', SOURCE)
    codes = {code for code in found if not code.endswith(".yaml")}  # files of that name
    assert codes - sentences(domain, "en").keys() == set()


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_sentence_is_left_over(domain: str) -> None:
    spare = [code for code in sentences(domain, "en") if not is_used(code)]
    assert [code for code in spare if not code.startswith(OFFERED)] == []


def test_what_readers_say_is_whole_sentences() -> None:
    for language, end in (("en", "."), ("zh_CN", "。")):
        assert [code for code, text in sentences("io", language).items() if not text.endswith(end)] == []
