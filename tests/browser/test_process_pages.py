"""The pages of one log: work and waiting, comparison, key steps, journey; numbers that open their cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.process_walks import found, upload
from tests.browser.sample_logs import worked_hours
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser


def _log(visit: Visit, folder: Path) -> str:
    file = folder / "worked.csv"
    file.write_text(worked_hours(cases=240), encoding="utf-8")
    return upload(visit, file)


@pytest.mark.parametrize("combination", EVERY)
def test_work_and_comparison(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    address = _log(visit, tmp_path)

    # work and waiting: the matrix of hands opens the cases behind a cell
    page = visit.go(address + "work-and-waiting/")
    found(page)
    visit.look("process-work")
    expect(page.locator("table.sl-heat.week tbody tr")).to_have_count(7)
    cell = page.locator("#handovers td a").first
    shown = cell.get_attribute("title") or ""
    cell.click()
    page.wait_for_url("**/cases/?hand=**")
    assert shown in page.locator(".sl-chip.on").inner_text()
    visit.look("process-cases-of-hands")

    # the planted change is found: checks take longer since June
    page = visit.go(address + "compare/?on=2026-06-01")
    found(page)
    visit.look("process-compare")
    slower = page.locator("tr[data-verdict=slower]")
    expect(slower).to_have_count(1)
    assert slower.get_attribute("data-way-target") == "Check"
    expect(page.locator("svg.sl-pm .sl-pm-slower")).to_have_count(1)
    # one click makes it an opportunity
    slower.locator("form button").click()
    page.wait_for_load_state()
    page = visit.go("/plan/opportunities/")
    assert "Receive → Check" in page.locator("main").inner_text()

    # two groups
    page = visit.go(address + "compare/?by=channel")
    found(page)
    expect(page.locator("#first option")).to_have_count(2)
    visit.look("process-compare-groups")
    cases = page.locator(".sl-reach a").last
    shown = cases.inner_text()
    cases.click()
    page.wait_for_url("**/cases/?is=channel**")
    assert shown in page.locator("h1").inner_text()
    expect(page.locator(".sl-chip.on")).to_have_count(2)
    visit.look("process-cases-of-a-group")


@pytest.mark.parametrize("combination", EVERY)
def test_key_steps_and_journey(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    address = _log(visit, tmp_path)
    page = visit.go(address + "key-steps/")
    found(page)
    first = page.locator("tr.sel th a").inner_text()
    visit.look("process-key-steps")

    # somebody who knows the process sees it differently, and only that counts
    other = page.locator("#experts tbody tr", has_not_text=first).last
    for select in page.locator("#experts select").all():
        select.select_option("1")
    other.locator("select").select_option("5")
    name = other.locator("th").inner_text()
    page.locator("#experts button.btn-primary").click()
    page.wait_for_load_state()
    found(page)
    for source in ("process", "kpi", "feedback", "benchmark"):
        page.fill(f"#w-{source}", "0")
    page.locator("form[action*=weights] button").click()
    page.wait_for_load_state()
    found(page)
    assert page.locator("tr.sel th a").inner_text() == name
    visit.look("process-key-steps-experts")

    # the journey proposes stages; people name them
    page = visit.go(address + "journey/")
    found(page)
    expect(page.locator("svg.sl-jy")).to_have_count(2)
    visit.look("process-journey")
    details = page.locator("details#define:not([open]) > summary")
    if details.count():
        details.click()
    page.fill("input[name=stage-0]", visit.say("提出", "Ask"))
    page.locator("#define button.btn-primary").click()
    page.wait_for_load_state()
    found(page)
    assert visit.say("提出", "Ask") in (page.locator("svg.sl-jy").first.text_content() or "")
    with page.expect_download() as download:
        page.locator(".sl-head details.sl-menu summary").click()
        page.locator("a[href*='blueprint.svg']").click()
    assert download.value.path().read_text().startswith("<svg")


@pytest.mark.parametrize("combination", EVERY)
def test_times_running_cases_and_what_if(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    address = _log(visit, tmp_path)
    page = visit.go(address + "times/")
    found(page)
    visit.look("process-times")
    assert page.locator("svg.sl-dotted .dots").count() >= 4
    elapsed = page.locator("h1").inner_text()
    page.locator(".sl-head .sl-seg a").last.click()
    page.wait_for_url("**time=working**")
    found(page)
    assert page.locator("h1").inner_text() != elapsed
    page.goto(visit.address + address + "times/?dots=since")
    found(page)
    bar = page.locator("svg.sl-bars a").first
    bar.dispatch_event("click")
    page.wait_for_url("**/cases/?**")

    page = visit.go(address + "running/?limit=24")
    found(page)
    visit.look("process-running")
    running = page.locator("#running tbody tr").count()
    assert running >= 1
    page.locator("table a.sl-ev[href*='step=']").first.click()
    page.wait_for_url("**step=**")
    assert 1 <= page.locator("#running tbody tr").count() <= running

    page = visit.go(address + "what-if/")
    found(page)
    visit.look("process-what-if")
    page.select_option("#automate", "Check")
    page.fill("#minutes", "1")
    page.fill("#arrivals", "120")
    page.locator("form .btn-primary").click()
    page.wait_for_url("**automate=Check**")
    found(page)
    visit.look("process-what-if-changed")
    refused = page.locator(".sl-note.watch").count()
    if not refused:
        expect(page.locator("tr[data-figure=mean_seconds] td")).to_have_count(4)
