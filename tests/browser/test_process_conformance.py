"""Deviations put into a real log are found exactly, through the page; one case and its events."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.injected_log import inject
from tests.browser.process_walks import found, listed_cases, upload
from tests.browser.visits import Visits

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("combination", EVERY)
def test_injected_deviations_are_found_exactly(
    visits: Visits, reference: Path, tmp_path: Path, combination: str
) -> None:
    log = inject(reference, tmp_path)
    visit = visits.of("linwen", combination)
    address = upload(visit, log.path)
    page = visit.go(address + "conformance/")
    visit.look("process-conformance-none")
    page.set_input_files("#bpmn", log.model)
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_load_state()
    found(page)
    visit.look("process-conformance")
    assert "80" in page.locator("h1").inner_text()
    assert listed_cases(page) == log.dropped | log.swapped

    # a number opens its cases: those in which the first step is missing and nothing else
    page.goto(visit.address + address + "conformance/")
    row = page.locator("tr", has=page.locator(".sl-deviation.missing"), has_text=log.first_step).first
    row.locator("a.sl-ev").click()
    page.wait_for_url("**kind=missing**")
    expect(page.locator("#deviating .sl-chip.on")).to_be_visible()
    assert listed_cases(page) >= log.dropped

    # the file holds the same
    with page.expect_download() as download:
        page.locator("a[href*='deviations.csv']").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
    kinds: dict[str, list[str]] = {}
    for line in rows:
        kinds.setdefault(line["case"], []).append(line["kind"])
    assert {case for case, of_case in kinds.items() if of_case == ["missing"]} == log.dropped
    assert {case for case, of_case in kinds.items() if "unexpected" in of_case} == log.swapped
    assert set(kinds) == log.dropped | log.swapped

    # one case, with the place where it parts from the standard
    page.goto(visit.address + address + "conformance/?kind=unexpected")
    page.locator("tr[data-case] a").first.click()
    page.wait_for_url("**/case/?case=**")
    expect(page.locator("tbody tr .sl-deviation.unexpected")).not_to_have_count(0)
    visit.look("process-case")


@pytest.mark.parametrize("combination", ["zh-1440-light", "en-390-light"])
def test_rules_are_checked_and_their_cases_listed(
    visits: Visits, reference: Path, tmp_path: Path, combination: str
) -> None:
    log = inject(reference, tmp_path)
    visit = visits.of("linwen", combination)
    address = upload(visit, log.path)
    page = visit.go(address + "conformance/")
    page.fill("#rules_text", "rules: [{template: nonsense, activity: A}]")
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_selector(".sl-toast, .toast, [role=alert], [role=status]")
    assert "nonsense" in page.locator("body").inner_text()
    page.locator(".sl-toasts .close").first.click()  # read; on a phone it lies over the form
    page.fill("#rules_text", f"rules:\n  - {{template: init, activity: {log.first_step}}}")
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_load_state()
    found(page)
    visit.look("process-rules")
    page.locator("tr a[href*='rule=0']").click()
    page.wait_for_url("**rule=0**")
    assert listed_cases(page) >= log.dropped | log.swapped

    # cases behind the log's number
    page.goto(visit.address + address + "cases/?order=newest")
    visit.look("process-cases")
    page.fill("#find", next(iter(log.dropped)))
    page.locator("form button", has_text=visit.say("查找", "Find")).click()
    page.wait_for_url("**find=**")
    expect(page.locator("tbody tr")).not_to_have_count(0)
