"""A privacy officer finds what is held about a customer, takes it away as a file, erases it; the log still verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.test_imports import confirm, take_in
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

FEEDBACK = """id,date,rating,comment,branch,customer id
{run}-P1,2026-03-01 09:00,2,"等了四十分钟，请回电 13812345678",binjiang,{person}
{run}-P2,2026-03-04 11:00,4,Quick and friendly,jiangnan,{person}
{run}-P3,2026-03-04 11:00,5,很满意,binjiang,OTHER-{run}
"""


def ask(visit: Visit, identifiers: str) -> None:
    page = visit.go("/trust/personal-data/")
    page.fill("#id_identifiers", identifiers)
    page.fill("#id_reason", visit.say("客户来信，要求查询并删除", "Letter of the customer, 3 March"))
    page.locator("main .sl-form .btn-primary").click()
    page.wait_for_selector("h1")
    page.wait_for_url("**/trust/personal-data/held/")


@pytest.mark.parametrize("combination", EVERY)
def test_a_customer_is_found_handed_over_and_erased(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    person = f"KH-{combination}-778899"
    file = tmp_path / f"letters-{combination}.csv"
    file.write_text(FEEDBACK.format(run=combination, person=person), encoding="utf-8")
    take_in(visit, file)
    confirm(visit)

    page = visit.go("/trust/personal-data/")
    visit.look("personal-data")
    page.locator("#id_identifiers").focus()  # by keyboard alone
    page.keyboard.type(f"no-such-{combination}")
    page.keyboard.press("Tab")
    page.keyboard.type(visit.say("核对", "A check"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/trust/personal-data/held/")
    expect(page.locator("main .sl-empty")).to_be_visible()
    visit.look("personal-data-nothing")

    visit.expect_complaint("422")
    page = visit.go("/trust/personal-data/")
    page.fill("#id_identifiers", person)
    page.fill("#id_reason", f"{person} {visit.say('来信', 'wrote')}")
    page.locator("main .sl-form .btn-primary").click()
    expect(page.locator("main .sl-note.bad")).to_be_visible()
    visit.look("personal-data-refused")

    ask(visit, f"{person.lower()}\n13812345678")
    expect(page.locator("main")).to_contain_text("请回电")
    visit.look("personal-data-held")
    with page.expect_download() as taking:
        page.locator("form[action$='/file/'] button").click()
    held = json.loads(Path(taking.value.path()).read_text(encoding="utf-8"))["held"]
    assert [one["kind"] for one in held["collect"]].count("feedback") == 2

    page.locator("#id_sure").check()
    page.locator("#erase .btn-danger").click()
    page.wait_for_url("**/trust/personal-data/*-*/")
    page.wait_for_selector("main .sl-note.good", timeout=60_000)
    assert person.lower() not in page.content().lower()
    visit.look("personal-data-erased")

    page = visit.go("/trust/personal-data/")
    expect(page.locator("#erasures tbody tr .sl-pill.good").first).to_be_visible()
    visit.look("personal-data-record")
    ask(visit, person)
    expect(page.locator("main .sl-empty")).to_be_visible()
    page = visit.go("/trust/log/")
    page.locator(".sl-head .actions button").first.click()
    expect(page.locator("main .sl-note.good")).to_be_visible()
