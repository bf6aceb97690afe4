"""The walks of a quality manager and of a branch's analyst: figures, what changed, why; and only their own units."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.conftest import Server, installation
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

FAST = ("zh-1440-light", "en-390-dark")
EVERY = [
    pytest.param(combination, marks=() if combination in FAST else pytest.mark.slow)
    for combination in (
        f"{language}-{width}-{theme}"
        for language in ("zh", "en")
        for width in (1440, 390)
        for theme in ("light", "dark")
    )
]


@pytest.fixture(scope="module")
def empty_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own: other tests' imports are not in its figures."""
    with installation(tmp_path_factory.mktemp("figures")) as running:
        yield running


@pytest.fixture(scope="module")
def full_bank(empty_bank: Server) -> Server:
    """The same with two years of feedback."""
    empty_bank.command("-m", "tests.browser.sample_figures")
    return empty_bank


@pytest.fixture
def visits(empty_bank: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, empty_bank.address)
    yield visits
    visits.close()


@pytest.mark.parametrize("combination", EVERY)
def test_an_empty_home_teaches_the_first_steps(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/")
    assert page.url.endswith("/home/")
    expect(page.locator(".sl-steps .btn")).to_have_count(3)
    visit.look("home-empty")
    visit.go("/measure/metrics/")
    visit.look("metrics-empty")
    visit.go("/measure/compare/")
    visit.look("compare-empty")


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", EVERY)
def test_home_says_what_changed_and_leads_to_the_records(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/")
    page.wait_for_selector(".sl-chart svg")
    assert page.locator(".sl-figure").count() >= 4
    visit.look("home")

    # the filter stays in the address, and the figures follow it
    before = page.locator(".sl-figure .sl-ev").first.inner_text()
    page.select_option(".sl-filter select[name=unit]", "hotline")
    page.wait_for_url("**unit=hotline**")
    page.wait_for_selector(".sl-chip.on")
    assert page.locator(".sl-figure .sl-ev").first.inner_text() != before
    visit.look("home-one-unit")

    # a card opens its metric; n opens the records, masked
    page.locator(".sl-figure .label a").first.click()
    page.wait_for_url("**/measure/metrics/**unit=hotline**")
    page.wait_for_selector(".sl-chart svg")
    page.locator(".sl-kv .sl-ev").click(timeout=30_000)  # the first reading of facts wakes the engine
    page.wait_for_url("**/records/**unit=hotline**")
    text = page.locator("table").inner_text()
    assert "13800138000" not in text
    assert visit.say("客服热线", "Hotline") in text
    visit.look("metric-records")


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", EVERY)
def test_a_metric_by_unit_and_channel(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/measure/metrics/csat/?from=2024-11&to=2026-10")
    page.wait_for_selector("#units .sl-chart svg")
    visit.look("metric")
    # the table takes the chart's place, by keyboard
    toggle = page.locator("#units [data-shows-table]")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#table-units")).to_be_visible()
    assert visit.say("滨江支行", "Binjiang branch") in page.locator("#table-units").inner_text()
    visit.look("metric-table")
    # three letters are not told
    assert visit.say("少于", "fewer than").lower() in page.locator("#channels").inner_text().lower()
    # colours follow the theme
    if not visit.phone:
        line = page.locator("section.c8 .sl-chart svg path[stroke]").last.get_attribute("stroke")
        page.locator("[data-theme-switch]").click()
        page.wait_for_function(
            "was => [...document.querySelectorAll('section.c8 .sl-chart svg path[stroke]')].at(-1).getAttribute('stroke') !== was",
            arg=line,
        )


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", EVERY)
def test_two_selections_side_by_side(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/measure/compare/?metric=csat&a-unit=binjiang&b-unit=hotline")
    page.wait_for_selector(".sl-chart svg")
    assert re.search(r"q\s[=<]", page.locator(".sl-head p").inner_text())
    assert "95%" in page.locator(".sl-head p").inner_text()
    visit.look("compare")


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", EVERY)
def test_the_catalogue_and_a_metric_of_ones_own(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/measure/metrics/")
    visit.look("metrics")
    page.fill("input[type=search]", "NPS")
    page.locator(".sl-filter form button").click()
    expect(page.locator(".sl-catalogue tbody tr")).not_to_have_count(0)
    visit.go("/measure/metrics/add/")
    page.fill("#id_formula", "share(stars >= 4)")
    page.wait_for_selector("#formula-check .sl-note.bad")
    assert "stars" in page.locator("#formula-check").inner_text()
    visit.look("metric-form-wrong")
    page.fill("#id_formula", "share(rating == 5, where=present(rating))")
    page.wait_for_selector("#formula-check .sl-note.good")
    page.fill("#id_name_0", "满分率")
    page.fill("#id_name_1", "Full marks")
    page.fill("#id_code", f"full-marks-{combination}")
    page.locator("form .btn-primary").click()
    page.wait_for_url(f"**/measure/metrics/full-marks-{combination}/")
    page.wait_for_selector(".sl-chart svg", timeout=30_000)
    visit.look("metric-own")


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", EVERY)
def test_opportunities_are_decided_with_a_reason(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/plan/opportunities/")
    visit.look("opportunities")
    rows = page.locator("tbody tr")
    before = rows.count()
    last = rows.last
    title = last.locator("th b").inner_text()
    last.locator("details summary").click()
    last.locator("input[name=reason]").fill("已由热线改造项目处理")
    last.locator(".btn.danger").click()
    page.wait_for_selector(".sl-toasts .sl-note.good")
    expect(page.locator("tbody tr")).to_have_count(before - 1)
    page = visit.go("/plan/opportunities/?state=rejected")
    row = page.locator("tbody tr", has_text=title)
    assert "已由热线改造项目处理" in row.inner_text()
    row.locator(".acts button").click()
    page.wait_for_selector(".sl-toasts .sl-note.good")
    expect(page.locator("tbody tr")).to_have_count(before)


@pytest.mark.usefixtures("full_bank")
def test_a_view_is_kept(visits: Visits) -> None:
    visit = visits.of("linwen", "zh-1440-light")
    page = visit.go("/home/?unit=jiangnan")
    page.locator(".sl-filter details summary").click()
    page.fill("#view-title", "江南")
    page.locator(".sl-filter details form button").click()
    page.wait_for_load_state()
    visit.go("/home/")
    page.locator(".sl-filter details summary").click()
    page.locator(".sl-filter .item", has_text="江南").click()
    page.wait_for_url("**unit=jiangnan**")


@pytest.mark.usefixtures("full_bank")
@pytest.mark.parametrize("combination", FAST)
def test_a_branch_sees_its_own_figures_only(visits: Visits, combination: str) -> None:
    visit = visits.of("zhouqian", combination)
    others = ("江南支行", "Jiangnan", "客服热线", "Hotline")
    whole = _n(visits.of("linwen", combination), "/measure/metrics/feedback_volume/")
    page = visit.go("/measure/metrics/feedback_volume/")
    page.wait_for_selector(".sl-chart svg")
    own = _n(visit, "/measure/metrics/feedback_volume/")
    assert 0 < own < whole
    # asking for another unit by the address gives nothing of it
    assert _n(visit, "/measure/metrics/feedback_volume/?unit=hotline") == 0
    for address in (
        "/home/",
        "/measure/metrics/csat/",
        "/measure/metrics/csat/records/",
        "/measure/compare/",
    ):
        page = visit.go(address)
        text = page.locator("main").inner_text()
        assert not [name for name in others if name in text], address
    visit.look("records-of-one-branch")
    for ending in ("csv", "svg", "xlsx"):
        answer = page.request.get(f"{visit.address}/measure/metrics/csat/units.{ending}")
        assert answer.ok
        text = _text(answer.body(), ending)
        assert "滨江支行" in text or "Binjiang" in text
        assert not [name for name in others if name in text], ending


@pytest.mark.usefixtures("full_bank")
def test_files_to_take_away(visits: Visits) -> None:
    visit = visits.of("linwen", "zh-1440-light")
    page = visit.go("/measure/metrics/csat/")
    page.wait_for_selector("#units .sl-chart svg")
    page.locator("#units .sl-tools summary").click()
    with page.expect_download() as waiting:
        page.locator("#units [data-picture]").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
    answer = page.request.get(f"{visit.address}/measure/metrics/csat/trend.csv")
    assert answer.body().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.body().decode("utf-8-sig"))))
    assert len(rows) > 12


@pytest.mark.usefixtures("full_bank")
def test_who_has_no_role_sees_no_figures(visits: Visits) -> None:
    visit = visits.of("chenhao", "zh-1440-light")
    visit.expect_complaint("403")
    page = visit.go("/measure/metrics/")
    expect(page.locator("table")).to_have_count(0)


def _n(visit: Visit, address: str) -> int:
    """The n that a metric's page states."""
    page = visit.go(address)
    found = page.locator("main .sl-kv dd .sl-ev")
    return int(re.sub(r"\D", "", found.first.inner_text())) if found.count() else 0


def _text(content: bytes, ending: str) -> str:
    if ending != "xlsx":
        return content.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/sharedStrings.xml").decode()
