"""One thread through the whole loop: from an imported record to the report, every object linked to its neighbours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import Server, installation
from tests.browser.sample_effect import WEEKS_AFTER, start
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

ID = "[0-9a-f-]{36}"
# Each walk watches another step of the series: a metric of a unit is watched once for each.
WALKS = [("zh-1440-light", "week", 0), ("en-390-light", "month", 1)]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own, with a year of ratings and a change that began some weeks ago."""
    place = tmp_path_factory.mktemp("loop")
    with installation(place, application="tests.browser.earlier:application") as running:
        running.command("-m", "tests.browser.sample_effect")
        yield running


@pytest.fixture
def visits(bank: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, bank.address)
    yield visits
    visits.close()


@pytest.mark.parametrize(("combination", "period", "place"), WALKS)
def test_every_object_links_to_the_one_before_and_after(
    visits: Visits, combination: str, period: str, place: int
) -> None:
    visit = visits.of("linwen", combination)
    path = {"import": _import(visit)}
    path["record"] = _record(visit, path["import"], place)
    path["ticket"] = _ticket(visit)
    path["finding"] = _finding(visit, path["ticket"])
    path["opportunity"] = _opportunity(visit, path["finding"])
    path["goal"] = _goal(visit)
    path["project"] = _project(visit)
    path["effect"] = _effect(visit, path["project"])
    path["monitor"] = _monitor(visit, path["effect"], period)
    path["alert"] = _alert(visit, path["monitor"])
    path["report"] = _report(visit)
    _linked(visit, path)


def _here(page: Page) -> str:
    return urlsplit(page.url).path


def _import(visit: Visit) -> str:
    page = visit.go("/collect/imports/")
    page.locator("main table a", has_text="survey.csv").first.click()
    page.wait_for_url(re.compile(f"/collect/imports/{ID}/"))
    return _here(page)


def _record(visit: Visit, came_with: str, place: int) -> str:
    page = visit.page
    records = page.locator("a[href*='/collect/feedback/?import=']").get_attribute("href")
    visit.go(f"{records}&unit=binjiang")
    page.locator("main tbody a.name").nth(place).click()
    page.wait_for_url(re.compile(f"/collect/feedback/{ID}/"))
    expect(page.locator(f".sl-chain a[href='{came_with}']")).to_have_count(1)
    return _here(page)


def _ticket(visit: Visit) -> str:
    page = visit.page
    page.locator("form[action$='/ticket/'] .btn-primary").click()
    page.wait_for_url(re.compile(f"/improve/tickets/{ID}/"))
    return _here(page)


def _finding(visit: Visit, ticket: str) -> str:
    """The ticket belongs to a finding about what customers in Binjiang say."""
    page = visit.page
    wanted = page.locator("#link_target option", has_text=re.compile("CSAT|满意"))
    page.select_option("#link_target", wanted.first.get_attribute("value"))
    visit.look("loop-ticket")
    page.locator("form[action$='/link/'] button").click()
    page.wait_for_selector(".sl-toasts .sl-note.good")
    page.locator(".sl-chain a[href^='/diagnose/findings/']").first.click()
    page.wait_for_url(re.compile(f"/diagnose/findings/{ID}/"))
    expect(page.locator(f".sl-chain a[href='{ticket}']")).to_have_count(1)
    assert "95%" in page.locator(".sl-head p").inner_text()
    visit.look("finding")
    found = _here(page)
    visit.go("/diagnose/findings/")
    visit.look("findings")
    visit.go(found)
    return found


def _opportunity(visit: Visit, finding: str) -> str:
    page = visit.page
    page.locator(".sl-chain a[href^='/plan/opportunities/']").first.click()
    page.wait_for_url(re.compile(f"/plan/opportunities/{ID}/"))
    expect(page.locator(f"main table a[href='{finding}']")).to_have_count(1)
    visit.look("opportunity")
    if page.locator("form[action$='/accept/'] button").count():
        page.locator("form[action$='/accept/'] button").click()
        page.wait_for_selector(".sl-toasts .sl-note.good")
    return _here(page)


def _goal(visit: Visit) -> str:
    page = visit.page
    page.locator("a[href*='/plan/goals/add/?opportunity=']").click()
    page.fill("#id_title", visit.say("滨江满意率提升", "Binjiang satisfaction up"))
    page.fill("#id_target", "92")
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(f"/plan/goals/{ID}/"))
    return _here(page)


def _project(visit: Visit) -> str:
    page = visit.page
    page.locator("a[href*='/improve/projects/add/']").click()
    page.fill("#id_title", visit.say("到店前手机预审材料", "Check documents before the visit"))
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(f"/improve/projects/{ID}/"))
    what = visit.say("上线预审表单", "Put the form online")
    if not page.locator("#id_action-what").is_visible():
        page.locator("#board .sl-add summary").click()
    page.fill("#id_action-what", what)
    page.fill("#id_action-due", (start() + dt.timedelta(days=365)).isoformat())
    page.locator("#board form .sl-actions button").click()
    page.wait_for_selector(f".sl-task:has-text('{what}')")
    return _here(page)


def _effect(visit: Visit, project: str) -> str:
    """Declared before the change, evaluated after it, judged with a reason."""
    page = visit.page
    page.locator("a[href$='/check/']").click()
    page.fill("#id_start", start().isoformat())
    page.fill("#id_after", str(WEEKS_AFTER))
    page.fill("#id_smallest", "5")
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(f"/verify/effects/{ID}/"))
    check = _here(page)
    page.wait_for_selector(".sl-card .sl-note .xs", timeout=60_000)
    page.locator("form[action$='/declare/'] button").click()
    page.wait_for_selector(".sl-hash")
    visit.go(project)
    page.locator("form[action$='/advance/'] button").click()
    page.wait_for_selector(".sl-stages li.here:nth-child(2)")
    visit.go(check)
    page.locator("form[action$='/evaluate/'] button").click()
    _until(page, check, ".sl-hero")
    page.fill("#verdict-reason", visit.say("效果稳定，推广到其余支行", "Steady effect: roll it out"))
    page.locator(".sl-judge .btn-primary").click()
    page.wait_for_selector("#main .sl-note.good")
    return check


def _monitor(visit: Visit, effect: str, period: str) -> str:
    """What was judged stays under watch; the bar is set so high that an alert follows."""
    page = visit.page
    page.locator("a[href*='/monitor/monitors/add/'][href*='origin=check']").first.click()
    page.select_option("#id_period", period)
    page.fill("#id_target_min", "97")
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(f"/monitor/monitors/{ID}/"))
    expect(page.locator(f".sl-chain a[href='{effect}']")).to_have_count(1)
    return _here(page)


def _alert(visit: Visit, monitor: str) -> str:
    page = visit.page
    _until(page, monitor, ".sl-chain a[href^='/monitor/alerts/']")
    page.locator(".sl-chain a[href^='/monitor/alerts/']").first.click()
    page.wait_for_url(re.compile(f"/monitor/alerts/{ID}/"))
    return _here(page)


def _report(visit: Visit) -> str:
    """This month's report for the person herself: on the page, as PDF and as a workbook."""
    page = visit.go("/monitor/reports/")
    before = page.locator("main tbody tr").count()
    if before:
        page.locator(".sl-add summary").click()
    month = page.locator("#month option").first.get_attribute("value")
    page.select_option("#month", month)
    for label in page.locator("form[action$='/make/'] label.sl-check").all():
        label.locator("input").set_checked(label.inner_text().strip() == "林文")
    visit.look("report-make")
    page.locator("form[action$='/make/'] .sl-actions button").click()
    for _each in range(120):
        if page.locator("main tbody tr").count() > before:
            break
        page.wait_for_timeout(500)
    visit.go("/monitor/reports/")
    visit.look("reports")
    page.locator("main tbody a.name").first.click()
    page.wait_for_url(re.compile(f"/monitor/reports/{ID}/"))
    report = _here(page)
    if not page.locator("a[href$='report.pdf']").count():
        button = page.locator(f"form[action='{report}file/'] button")
        if button.count():
            button.click()
        _until(page, report, "a[href$='report.pdf']")
    visit.look("report")
    pdf = page.request.get(f"{visit.address}{report}report.pdf")
    assert pdf.body().startswith(b"%PDF-")
    book = page.request.get(f"{visit.address}{report}report.xlsx")
    assert book.body().startswith(b"PK")
    text = page.locator(".rp").inner_text()
    assert visit.say("到店前手机预审材料", "Check documents before the visit") in text
    return report


def _until(page: Page, address: str, selector: str) -> None:
    """Open a page again until work in the background has left its mark there."""
    for _each in range(120):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
        page.goto(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{address}")
    pytest.fail(f"no {selector} on {address} within a minute")


def _linked(visit: Visit, path: dict[str, str]) -> None:
    """Each object's page leads to the one before and to the one after; an import leads to the list of its records."""
    for earlier, later in pairwise(path):
        page = visit.go(path[later])
        assert page.locator(f".sl-chain a[href='{path[earlier]}']").count() == 1, (later, earlier)
        page = visit.go(path[earlier])
        if earlier == "import":
            brought = path["import"].strip("/").rpartition("/")[2]
            expect(page.locator(f"a[href='/collect/feedback/?import={brought}']")).to_have_count(1)
        else:
            assert page.locator(f".sl-chain a[href='{path[later]}']").count() == 1, (earlier, later)
