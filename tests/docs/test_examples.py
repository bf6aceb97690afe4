"""The examples of the documentation run, and print what the pages say they print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import BLOCK, ROOT, carry_out

PAGES = [
    page
    for page in sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
    if BLOCK.search(page.read_text(encoding="utf-8"))
]
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def words(text: str) -> list[str]:
    """What is said, without the frames of tables, which depend on the width of the last digit."""
    return re.sub(r"[\s\u2500-\u257f]+", " ", NUMBER.sub("#", text)).split()


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path):
    for block in carry_out(page, tmp_path):
        where = (
            f"{page.name}, line {block.line}; `python -m tests.docs.pages {page.relative_to(ROOT)}` renews it"
        )
        assert words(block.real) == words(block.stated), where
        # The last digits of a result may differ between processors.
        assert numbers(block.real) == pytest.approx(numbers(block.stated), rel=2e-3, abs=2e-3), where


def test_both_languages_show_the_same_examples():
    commands = {
        page: re.findall(
            r"^servloop (?:process|measure|verify|text) \S+", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        for page in PAGES
    }
    for page in (ROOT / "docs" / "en").glob("*.md"):
        other = ROOT / "docs" / "zh" / page.name
        if page in commands and other.exists():
            assert set(commands[page]) == set(commands[other])
