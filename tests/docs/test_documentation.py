"""The documentation says what is true: links lead somewhere, settings and decisions are all listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_exist(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^"]+)"', text)
    missing = [
        target
        for target in targets
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert not missing


def test_every_decision_is_listed():
    listed = (ROOT / "docs/adr/index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs/adr").glob("0*.md"):
        assert f"({page.name})" in listed


def test_every_page_of_the_menu_exists_and_every_page_is_in_the_menu():
    import tomllib

    menu = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    tomllib.loads(menu)
    named = set(re.findall(r'"((?:\w|/|-)+\.md)"', menu))
    present = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert named <= present
    assert {page for page in present if not page.startswith("adr/0")} <= named


def test_every_setting_is_documented():
    from servloop_app.config.environment import VARIABLES

    page = (ROOT / "docs/en/settings.md").read_text(encoding="utf-8")
    assert {name for name in VARIABLES if f"`{name}`" not in page} == set()
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == set(VARIABLES)


def test_the_project_names_no_machine_and_no_registry():
    """Paths of a developer's machine and hosts of registries must not reach the repository."""
    import subprocess

    pattern = r"/wor[k]/(main|shared)|/roo[t]/|pypi\.or[g]|registry\.npmj[s]|files\.pythonhoste[d]"
    found = subprocess.run(
        ["git", "grep", "-nE", pattern, "--", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
