"""The pages of trust: people, roles, units, the audit log, jobs, settings, one's own account."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.organisation import PASSWORD
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

PAGES = (
    ("people", "/trust/people/"),
    ("person-add", "/trust/people/add/"),
    ("roles", "/trust/roles/"),
    ("units", "/trust/units/"),
    ("unit", "/trust/units/binjiang/"),
    ("audit-log", "/trust/log/"),
    ("audit-record", "/trust/log/1/"),
    ("jobs", "/trust/jobs/"),
    ("settings", "/trust/settings/"),
    ("account", "/account/"),
    ("second-factor", "/accounts/2fa/"),
    ("password", "/accounts/password/change/"),
)


@pytest.mark.parametrize("combination", EVERY)
def test_every_page_shows(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    for name, path in PAGES:
        visit.go(path)
        visit.look(name)


def _add_person(visit: Visit, username: str, name: str) -> None:
    page = visit.go("/trust/people/add/")
    page.fill("#id_username", username)
    page.fill("#id_full_name", name)
    page.select_option("#id_unit", "jiangnan")
    page.fill("#id_password", PASSWORD)
    page.locator("main .sl-form .btn-primary").click()
    page.wait_for_url("**/trust/people/*-*/")


@pytest.mark.parametrize("combination", ["zh-1440-light"])
def test_person_gets_a_role_and_is_seen_through(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.page
    _add_person(visit, "sunli", "孙丽")
    assert page.locator("h1").inner_text() == "孙丽"
    page.select_option("#id_role", "analyst")
    page.select_option("form.sl-below #id_unit", "jiangnan")
    page.locator("form.sl-below .btn-primary").click()
    page.wait_for_selector("table td b:has-text('分析师')")
    visit.look("person")

    # through her eyes: the process page, but no audit log, and nothing can be changed
    page.locator(".sl-head .actions button").first.click()
    page.wait_for_selector("text=您正以“孙丽”的视角查看")
    expect(page.locator(".sl-nav .trust a", has_text="审计日志")).to_have_count(0)
    visit.look("preview")
    visit.expect_complaint("403")
    visit.go("/trust/log/")
    assert page.locator("h1").inner_text() == "没有权限"
    visit.look("no-permission")
    visit.go("/")
    page.get_by_role("button", name="结束预览").click()
    page.wait_for_url("**/trust/people/*-*/")
    expect(page.locator("text=的视角查看")).to_have_count(0)

    # it is on record, and the record holds
    visit.go("/trust/log/?q=linwen&action=role.assign")
    expect(page.locator("tbody tr")).not_to_have_count(0)
    assert "林文" in page.locator("tbody tr").first.inner_text()
    page.get_by_role("button", name="校验日志").click()
    page.wait_for_selector("h1:has-text('没有发现任何改动')")
    visit.look("verified")


@pytest.mark.parametrize("combination", ["en-390-light"])
def test_unit_is_added_moved_and_closed(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/trust/units/add/?parent=binjiang")
    page.fill("#id_code", "counter")
    page.fill("#id_title_0", "柜面组")
    page.fill("#id_title_1", "Counter")
    page.select_option("#id_kind", "team")
    page.locator("main .sl-form .btn-primary").click()
    page.wait_for_url("**/trust/units/")
    page.get_by_role("link", name="Counter", exact=True).click()
    page.select_option("#id_parent", "jiangnan")
    page.locator("main .sl-form .btn-primary").click()
    page.wait_for_selector("text=belongs to “Jiangnan branch”")
    visit.look("units-moved")
    # a code exists once: the refusal stands in the form, in words
    visit.expect_complaint("422")
    visit.go("/trust/units/add/")
    page.fill("#id_code", "counter")
    page.fill("#id_title_1", "Counter again")
    page.locator("main .sl-form .btn-primary").click()
    assert "counter" in page.locator(".sl-note.bad").inner_text()
    visit.look("unit-refused")


@pytest.mark.parametrize("combination", ["zh-1440-light"])
def test_own_account(visits: Visits, combination: str) -> None:
    visit = visits.stranger(combination)
    visit.sign_in("zhouqian")
    page = visit.go("/account/")
    page.locator("details.sl-add summary").click()
    page.fill("#id_title", "报表程序")
    page.locator("input[name=scopes]").first.check()
    page.locator("details.sl-add .btn-primary").click()
    assert page.locator("#new-token").inner_text().startswith("slt_")
    visit.look("token")
    page.locator("form[action$='/account/language/'] button", has_text="English").click()
    page.wait_for_selector("html[lang=en]")
    page.locator(".sl-top details.sl-menu summary").click()
    visit.look("account-menu")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize("combination", EVERY)
def test_who_may_not_does_not_see(visits: Visits, combination: str) -> None:
    visit = visits.stranger(combination)
    visit.sign_in("chenhao")
    visit.look("no-role")
    visit.expect_complaint("40[34]")
    visit.go("/trust/people/")
    visit.look("forbidden")
    visit.go("/there/is/nothing/")
    visit.look("not-found")
