"""The ECSI survey and the scorecard, as people meet them: golden figures on the index page, lights, ranks, benchmarks, advice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.combinations import EVERY
from tests.browser.conftest import Server, installation
from tests.browser.test_imports import confirm, take_in
from tests.browser.test_models import open_study, table
from tests.browser.visits import Visits

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, browser: Browser, reference: Path) -> Iterator[Server]:
    """An installation with two years of feedback, and the ECSI survey imported through the page."""
    with installation(tmp_path_factory.mktemp("index")) as running:
        running.command("-m", "tests.browser.sample_figures")
        visits = Visits(browser, running.address)
        visit = visits.of("linwen", "zh-1440-light")
        take_in(visit, reference / "data" / "survey" / "ecsi_mobi.csv")
        assert visit.page.locator("#id_target").input_value() == "answers"
        assert "250" in confirm(visit)
        page = visit.go("/measure/models/")
        page.wait_for_selector("tbody a.name", timeout=90_000)
        page.wait_for_function("() => !document.querySelector('[hx-trigger=\"every 2s\"]')", timeout=180_000)
        page = visit.go("/measure/scorecards/")
        visit.look("scorecards-empty")
        page.select_option("#starter", "bank")
        page.locator(".btn-primary", has_text="采用这张计分卡").click()
        page.wait_for_selector("#tree")
        visits.close()
        yield running


@pytest.fixture
def visits(bank: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, bank.address)
    yield visits
    visits.close()


@pytest.mark.parametrize("combination", EVERY)
def test_the_index_page_shows_the_golden_figures(visits: Visits, reference: Path, combination: str) -> None:
    golden = json.loads((reference / "golden/measure/acsi_index_mobi.json").read_text(encoding="utf-8"))
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("满意度指数", "Satisfaction index"))
    page.wait_for_selector("#index .sl-chart svg")
    assert "72.5" in page.locator("h1").inner_text()
    for construct, expected in golden["index"]["centroid"].items():
        shown = page.locator(f"[data-index={construct}]").inner_text().split()[0]
        assert float(shown) == pytest.approx(expected["mean"], abs=0.051), construct
    names = visit.say("感知质量 → 客户满意", "Perceived quality → Satisfaction")
    assert table(page, "paths")[names][0].startswith("0.51")
    diagram = page.locator("svg.sl-pd")
    expect(diagram.locator("g[data-source]")).to_have_count(12)
    drawn = diagram.text_content() or ""
    assert visit.say("客户满意", "Satisfaction") in drawn
    assert "R² 0.68" in drawn
    visit.look("satisfaction-index")
    # the table takes the drawing's place by keyboard, the picture can be taken away
    page.locator("#paths [data-shows-table]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#table-paths")).to_be_visible()
    page.locator("#paths .sl-tools summary").click()
    with page.expect_download() as waiting:
        page.locator("#paths [data-picture]").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("combination", EVERY)
def test_drivers_and_the_quality_of_the_sample(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("关键驱动因素", "Key drivers"))
    page.wait_for_selector("#shares .sl-chart svg")
    assert "44%" in page.locator("h1").inner_text()
    visit.look("key-drivers")
    page = open_study(visit, visit.say("样本质量", "Sampling quality"))
    page.wait_for_selector("#flags .sl-chart svg")
    assert "7.6%" in page.locator("h1").inner_text()
    visit.look("sampling-quality")


@pytest.mark.parametrize("combination", EVERY)
def test_a_scorecard_and_its_units(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    visit.go("/measure/scorecards/")
    visit.look("scorecards")
    visit.page.locator("tbody a.name").first.click()
    page = visit.page
    page.wait_for_selector("#attainment .sl-chart svg")
    assert (
        page.locator("#tree .sl-pill").count() == 18
    )  # four perspectives, fourteen indicators, each in words
    assert visit.say("不计入", "not counted") in page.locator("#tree").inner_text()
    visit.look("scorecard")
    before = page.locator("h1").inner_text()
    page.select_option(".sl-filter select[name=unit]", "hotline")
    page.wait_for_url("**unit=hotline**")
    page.wait_for_function("was => document.querySelector('h1').innerText !== was", arg=before)
    address = re.sub(r"\?.*", "", page.url).removeprefix(visit.address)
    page = visit.go(f"{address}units/")
    page.wait_for_selector("#units .sl-chart svg")
    assert visit.say("江南支行", "Jiangnan") in page.locator("h1").inner_text()
    visit.look("scorecard-units")
    visit.go(f"{address}change/")
    visit.look("scorecard-form")


@pytest.mark.parametrize("combination", EVERY)
def test_benchmarks_and_the_advisor(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/measure/benchmarks/add/")
    page.select_option("#id_metric", "csat")
    page.fill("#id_value", "72")
    page.fill("#id_subject", f"同业平均 {combination}")
    page.fill("#id_source", "行业年度客户体验报告 2025，第 14 页")
    page.fill("#id_published", "2025-06-30")
    page.locator("form .btn-primary").click()
    page.wait_for_selector("#standing .sl-chart svg")
    row = page.locator("tbody tr", has=page.locator(".acts"), has_text=f"同业平均 {combination}")
    assert visit.say("更差", "worse") in row.inner_text()
    visit.look("benchmarks")
    row.locator("button").click()
    page.wait_for_selector(".sl-toasts .sl-note.good")
    expect(page.locator("tbody tr", has_text=f"同业平均 {combination}")).to_have_count(0)

    page = visit.go("/measure/advisor/")
    page.locator("[name=purpose][value=satisfaction]").check()
    page.wait_for_url("**purpose=satisfaction**")
    page.locator("[name=survey_length][value=long]").check()
    page.wait_for_url("**survey_length=long**")
    page.wait_for_function(
        "word => document.querySelector('h1').innerText.includes(word)",
        arg=visit.say("满意度指数", "Satisfaction index"),
    )
    # the survey is there, so the model can be opened at once
    visit.look("advisor")
    page.locator(".sl-head .btn-primary").click()
    page.wait_for_selector("svg.sl-pd")
