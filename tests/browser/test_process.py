"""The walk of an analyst: a file in, a map out, filters, marks, files to take away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.sample_logs import STEPS, account_opening
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser


def _name(visit: Visit, step: str) -> str:
    return STEPS[step][0 if visit.language == "zh" else 1]


def _upload(visit: Visit, path: Path, title: str = "") -> None:
    page = visit.go("/diagnose/process/")
    folded = page.locator("details.sl-add:not([open]) summary")  # open already while there is no log yet
    if folded.count():
        folded.click()
    page.set_input_files("input[type=file]", path)
    if title:
        page.fill("#id_title", title)
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("combination", EVERY)
def test_from_file_to_finding(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/diagnose/process/")
    visit.look("process-logs")
    file = tmp_path / "account-opening.csv"
    file.write_bytes(account_opening(visit.language))
    _upload(visit, file, visit.say("对公开户", "Business account opening"))

    # the finding is the title, and the map shows the bottleneck
    diligence = _name(visit, "diligence")
    assert diligence in page.locator("h1").inner_text()
    expect(page.locator("svg.sl-pm .sl-pm-call-out")).not_to_have_count(0)
    page.wait_for_selector("#rework")
    visit.look("process-map")

    # frequency, total, P90: the same places
    before = page.locator(f'[data-activity="{diligence}"] rect').first.get_attribute("x")
    page.locator("#mode-1").click()
    page.wait_for_selector('svg.sl-pm[data-mode="frequency"]')
    assert "mode=frequency" in page.url
    assert page.locator(f'[data-activity="{diligence}"] rect').first.get_attribute("x") == before
    visit.look("process-frequency")
    page.locator("#mode-2").click()
    page.wait_for_selector('svg.sl-pm[data-mode="median"]')

    # the slider hides rare ways and says what is left
    page.locator("#share").evaluate(
        "e => { e.value = 30; e.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.wait_for_url("**share=30**")
    assert "30%" in page.locator(".sl-reach output[for=share]").inner_text()
    visit.look("process-share-30")

    # a step opens the drawer; only its cases
    page.locator(f'[data-activity="{_name(visit, "check")}"]').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog#drawer[open] h2")
    visit.look("process-drawer")
    page.keyboard.press("Escape")
    page.locator(f'[data-activity="{diligence}"]').first.dispatch_event("click")
    page.wait_for_selector("dialog#drawer[open] h2")
    page.locator("dialog#drawer a.btn-primary").click()
    page.wait_for_selector(".sl-chip.on")
    assert "with=" in page.url
    page.locator(".sl-chip.on").first.click()
    page.wait_for_selector(".sl-chip.on", state="detached")

    # a path, then nothing waits before the approval any more
    page.locator("a.path").first.click()
    page.wait_for_url("**variant=**")
    visit.look("process-one-path")
    page.goto(page.url.partition("?")[0])
    row = page.locator("tr[data-way-target]", has_text=diligence).first
    row.locator("button[name=activity]").click()
    page.wait_for_selector("#waits footer .sl-chip")
    assert diligence not in page.locator("h1").inner_text()
    visit.look("process-not-waiting")


@pytest.mark.parametrize("combination", EVERY)
def test_columns_that_nobody_knows_are_named(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.page
    file = tmp_path / "export.csv"
    heads, rows = account_opening(visit.language, cases=40).decode("utf-8-sig").split("\r\n", 1)
    file.write_text(
        "\r\n".join([",".join(f"c{i}" for i in range(len(heads.split(",")))), rows]), encoding="utf-8"
    )
    _upload(visit, file)
    page.wait_for_url("**/columns/")
    visit.look("process-columns")
    for place, role in enumerate(("case", "activity", "timestamp")):
        page.select_option(f"#id_{role}", f"c{place}")
    page.locator("form.sl-card .btn-primary").click()
    page.wait_for_selector("svg.sl-pm")
    # and the log goes again, after a question
    page.locator(".sl-head details.sl-menu").last.locator("summary").click()
    page.locator("[data-opens=delete-log]").first.click()
    page.wait_for_selector("dialog#delete-log[open]")
    visit.look("process-delete")
    page.locator("dialog#delete-log .btn-danger").click()
    page.wait_for_url("**/diagnose/process/")


@pytest.mark.parametrize("combination", ["zh-1440-light"])
def test_what_is_no_log_is_said_so(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    file = tmp_path / "损坏.csv.gz"
    file.write_bytes(b"\x1f\x8b\x08\x00broken")
    _upload(visit, file)
    assert "损坏.csv.gz" in visit.page.locator(".sl-note.bad").inner_text()
    visit.look("process-unreadable")


@pytest.mark.parametrize("combination", ["zh-1440-light"])
def test_a_large_log_is_read_by_the_worker(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    file = tmp_path / "large.csv"
    file.write_bytes(account_opening("zh", cases=28_000))
    assert file.stat().st_size > 8_000_000
    _upload(visit, file)
    visit.look("process-reading")
    visit.page.wait_for_selector("svg.sl-pm", timeout=60_000)
    visit.page.goto(visit.address + "/trust/jobs/")
    assert "读取流程日志" in visit.page.locator("#runs").inner_text()
    visit.look("jobs-done")


@pytest.mark.parametrize("combination", ["en-390-light"])
def test_sample_data_is_marked(visits: Visits, combination: str) -> None:
    visit = visits.stranger(combination)
    visit.sign_in("zhouqian")
    visit.go("/diagnose/process/")
    visit.page.locator("form.sl-empty button").click()
    visit.page.wait_for_selector("svg.sl-pm")
    expect(visit.page.locator(".sl-filter .sl-sample")).to_be_visible()
    visit.look("process-sample")
