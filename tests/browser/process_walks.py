"""Steps that walks through the process pages share."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page
from tests.browser.visits import Visit

# An analysis is worked out by the worker.
WORK_MS = 60_000


def upload(visit: Visit, path: Path, title: str = "") -> str:
    """Take a log in, and give the address of its page (without the host)."""
    page = visit.go("/diagnose/process/")
    folded = page.locator("details.sl-add:not([open]) summary")  # open already while there is no log yet
    if folded.count():
        folded.click()
    page.set_input_files("input[type=file]", path)
    if title:
        page.fill("#id_title", title)
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_selector("svg.sl-pm", timeout=WORK_MS)
    return page.url.removeprefix(visit.address).partition("?")[0]


def found(page: Page) -> None:
    """Wait until the analysis of a page is there."""
    page.wait_for_selector(".sl-asof, .sl-note .code", timeout=WORK_MS)


def listed_cases(page: Page) -> set[str]:
    """The cases of a list, over all its pages."""
    cases: set[str] = set()
    while True:
        cases |= set(page.locator("tr[data-case]").evaluate_all("rows => rows.map(r => r.dataset.case)"))
        following = page.locator("#deviating a[rel=next]")
        if not following.count():
            return cases
        following.click()
        page.wait_for_load_state()
