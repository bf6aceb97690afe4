"""All pages of a real log of 262,200 events, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.process_walks import found, upload
from tests.browser.visits import Visits

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "times/",
    "work-and-waiting/",
    "compare/",
    "key-steps/",
    "journey/",
    "running/",
    "what-if/",
    "cases/",
)


@pytest.mark.parametrize("combination", ["zh-1440-light", "en-390-dark"])
def test_every_page_of_a_real_log(visits: Visits, reference: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    visit.page.context.set_default_timeout(120_000)
    address = upload(visit, reference / "data" / "process" / "bpic2012.xes.gz", "BPIC 2012")
    visit.page.wait_for_selector("#rework")
    visit.look("bpic-map")
    for name in PAGES:
        page = visit.go(address + name)
        if name != "cases/":
            found(page)
        assert page.locator(".sl-note.bad").count() == 0, name
        visit.look(f"bpic-{name.strip('/')}")
    # conformance by rules
    page = visit.go(address + "conformance/")
    page.fill(
        "#rules_text",
        "rules: [{template: init, activity: A_SUBMITTED}, {template: response, activity: A_SUBMITTED, other: A_PARTLYSUBMITTED, within: 1h}]",
    )
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_load_state()
    found(page)
    assert "13,087" in page.locator("main").inner_text()
    visit.look("bpic-conformance")
