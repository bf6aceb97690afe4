"""The walk of a quality manager from an opportunity to a verdict: goal, project, declared check, effect, closing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.combinations import EVERY
from tests.browser.conftest import Server, installation
from tests.browser.sample_effect import WEEKS_AFTER, start
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own, with a year of ratings and a change that began some weeks ago."""
    place = tmp_path_factory.mktemp("effects")
    with installation(place, application="tests.browser.earlier:application") as running:
        running.command("-m", "tests.browser.sample_effect")
        yield running


@pytest.fixture
def visits(bank: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, bank.address)
    yield visits
    visits.close()


@pytest.mark.parametrize("combination", EVERY)
def test_from_opportunity_to_verdict(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    visit.expect_complaint("422")  # the target that is worse than the baseline
    page = visit.go("/plan/opportunities/")
    named = page.locator("tbody th a", has_text=re.compile("CSAT|满意"))
    if not named.count():  # another language of this walk has accepted it
        visit.go("/plan/opportunities/?state=accepted")
    named.first.click()
    page.wait_for_url("**/plan/opportunities/*/")
    page.locator("a[href*='/plan/goals/add/']").click()

    # the goal: its baseline is there, history judges the target while it is typed
    page.wait_for_url("**/plan/goals/add/**")
    page.fill("#id_title", visit.say("滨江满意率提升到 70%", "Binjiang satisfaction up to 70%"))
    page.fill("#id_target", "40")
    page.locator("form .btn-primary").click()
    page.wait_for_selector(".sl-note.bad")  # worse than the baseline
    page.fill("#id_target", "92")
    page.wait_for_selector("#goal-check .sl-note")
    visit.look("goal-form")
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(r"/plan/goals/[0-9a-f-]{36}/"))
    goal = page.url
    page.wait_for_selector(".sl-chart svg")
    assert page.locator(".sl-chain li").count() >= 3  # finding, opportunity, goal
    visit.look("goal")

    # the project: actions, a gate that asks for a declared check
    page.locator("a[href*='/improve/projects/add/']").click()
    page.fill("#id_title", visit.say("到店前手机预审材料", "Check documents before the visit"))
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(r"/improve/projects/[0-9a-f-]{36}/"))
    project = page.url
    for what in (
        visit.say("上线预审表单", "Put the form online"),
        visit.say("培训柜员", "Train the tellers"),
    ):
        if not page.locator("#id_action-what").is_visible():
            page.locator("#board .sl-add summary").click()
        page.fill("#id_action-what", what)
        page.fill("#id_action-due", (start() + dt.timedelta(days=365)).isoformat())
        page.locator("#board form .sl-actions button").click()
        page.wait_for_selector(f".sl-task:has-text('{what}')")
    page.locator("#ledger .sl-add summary").click()
    page.fill("#id_cost-what", visit.say("表单开发", "Building the form"))
    page.fill("#id_cost-planned", "60000")
    page.locator("#ledger form .sl-actions button").click()
    page.wait_for_selector("#ledger tbody tr")
    page.locator("form[action$='/advance/'] button").click()
    page.wait_for_selector(".sl-toasts .sl-note.bad")
    visit.look("project-planned")

    # the check: planned, its power told, declared, locked
    page.locator("a[href$='/check/']").click()
    page.fill("#id_start", start().isoformat())
    page.fill("#id_after", str(WEEKS_AFTER))
    page.fill("#id_smallest", "5")
    page.fill("#id_gain", "1500")
    visit.look("effect-plan")
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(r"/verify/effects/[0-9a-f-]{36}/"))
    check = page.url
    page.wait_for_selector(".sl-card .sl-note .xs", timeout=60_000)
    visit.look("effect-draft")
    page.locator("form[action$='/declare/'] button").click()
    page.wait_for_selector(".sl-hash")
    assert len(page.locator(".sl-hash").inner_text()) == 64
    visit.look("effect-declared")

    # the project begins; the effect is computed
    page.goto(project)
    page.locator("form[action$='/advance/'] button").click()
    page.wait_for_selector(".sl-stages li.here:nth-child(2)")
    page.goto(check)
    page.locator("form[action$='/evaluate/'] button").click()
    _wait_for_result(page, check)
    assert "CSAT" in page.locator("h1").inner_text() or "满意" in page.locator("h1").inner_text()
    hero = page.locator(".sl-hero").inner_text()
    assert 10 < float(re.sub(r"[^\d.]", "", hero.split()[0])) < 30
    assert hero.startswith("+")
    assert page.locator(".sl-forest tbody tr").count() >= 4
    visit.look("effect")

    # the verdict needs a reason; the project ends with it
    page.fill("#verdict-reason", visit.say("效果稳定，推广到其余支行", "Steady effect: roll it out"))
    page.locator(".sl-judge .btn-primary").click()
    page.wait_for_selector("#main .sl-note.good")
    visit.look("effect-judged")
    page.goto(project)
    for _each in range(2):
        page.locator(".sl-board > section").first.locator("summary").first.click()
        page.locator(".sl-board > section").first.locator("button[value=done]").first.click()
        page.wait_for_load_state()
    for _each in range(2):
        page.locator("form[action$='/advance/'] button").click()
        page.wait_for_selector(".sl-toasts .sl-note.good")
    page.locator("form[action$='/close/'] button").click()
    page.wait_for_selector(".sl-stages li.past:last-child")
    visit.look("project-closed")
    page.goto(goal)
    assert page.locator(".sl-chain li").count() >= 5  # … project and check as well
    visit.go("/plan/goals/")
    visit.look("goals")
    visit.go("/improve/projects/?state=closed")
    visit.look("projects")
    visit.go("/verify/effects/?state=judged")
    visit.look("effects")


def _wait_for_result(page: Page, address: str) -> None:
    for _each in range(60):
        if page.locator(".sl-hero").count():
            page.wait_for_selector(".sl-chart svg")
            return
        page.wait_for_timeout(500)
        page.goto(address)
    pytest.fail("no result within half a minute")


@pytest.mark.parametrize(
    "combination", ["zh-1440-light", pytest.param("en-390-dark", marks=pytest.mark.slow)]
)
def test_empty_lists_teach_the_next_step(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    for address, name in (
        ("/plan/goals/?state=missed", "goals-empty"),
        ("/improve/projects/?state=cancelled", "projects-empty"),
        ("/verify/effects/?state=voided", "effects-empty"),
    ):
        page = visit.go(address)
        expect(page.locator(".sl-empty h2")).to_have_count(1)
        visit.look(name)


def test_a_branch_sees_its_own_projects_only(visits: Visits) -> None:
    visit: Visit = visits.of("wangmin", "zh-1440-light")
    visit.expect_complaint("403")
    page = visit.go("/improve/projects/")
    expect(page.locator("table")).to_have_count(0)
