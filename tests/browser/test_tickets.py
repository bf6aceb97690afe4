"""The walks record → ticket → reply → hand-over → closed, and monitor → alert → ticket, as people take them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.combinations import EVERY
from tests.browser.conftest import Server, installation
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own with forty weeks of feedback, and the proposed monitors set up."""
    with installation(tmp_path_factory.mktemp("tickets")) as running:
        running.command("-m", "tests.browser.sample_alerts")
        yield running


@pytest.fixture
def visits(bank: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, bank.address)
    yield visits
    visits.close()


def act(page: Page, name: str) -> None:
    """Press the button of that name that is in sight."""
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


@pytest.mark.parametrize("combination", EVERY)
def test_from_record_to_closed_ticket(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    say = visit.say
    page = visit.go("/collect/feedback/?unit=binjiang&text=转账")
    # Each combination takes a record of its own.
    place = EVERY.index(next(one for one in EVERY if one.values[0] == combination))
    page.locator("tbody tr th a.name").nth(place).click()
    visit.look("record-to-ticket")
    page.get_by_label(say("级别", "Level")).select_option("serious")
    act(page, say("转为工单", "Make it a ticket"))
    expect(page.locator(".sl-chain")).to_be_visible()
    assert "13800138000" not in page.content()
    number = page.locator(".sl-crumb .mono").inner_text()
    visit.look("ticket-new")

    act(page, say("受理", "Take it on"))
    page.get_by_label(say("答复内容", "Reply"), exact=True).fill("请提供转账日期，回电 13800138000")
    page.get_by_label(say("后续安排", "What follows")).select_option("ask")
    act(page, say("登记答复", "Put the reply on record"))
    expect(
        page.get_by_role("heading", name=say("等待客户回复", "The customer has to answer"))
    ).to_be_visible()
    visit.look("ticket-waiting")
    page.get_by_label(say("客户的回复", "What the customer answered")).fill("11 月 3 日")
    act(page, say("继续处理", "Go on"))

    page.goto(page.url.split("?")[0] + "?write=note")
    page.locator("#id_text").fill("已查到，退回原因是户名不符")
    act(page, say("保存备注", "Keep the note"))
    act(page, say("移交", "Hand over"))
    dialog = page.locator("#dialog-hand_over")
    dialog.get_by_label(say("单位", "Unit"), exact=True).select_option("jiangnan")
    dialog.get_by_label(say("原因", "Reason")).fill("由江南支行开户")
    visit.look("ticket-hand-over")
    dialog.get_by_role("button", name=say("移交", "Hand over"), exact=True).click()
    expect(page.locator(".sl-heads")).to_contain_text(say("江南支行", "Jiangnan branch"))

    page.get_by_label(say("答复内容", "Reply"), exact=True).fill("款项已重新入账")
    act(page, say("登记答复", "Put the reply on record"))
    act(page, say("办结", "Close"))
    dialog = page.locator("#dialog-close")
    dialog.get_by_label(say("原因", "Cause")).select_option("information")
    dialog.locator("textarea").fill("户名登记有误，已更正")
    dialog.get_by_role("button", name=say("办结工单", "Close the ticket"), exact=True).click()
    expect(page.locator("main .sl-note.good")).to_be_visible()
    kinds = page.locator(".sl-time .hd .ink2")
    expect(kinds).to_have_count(9)
    visit.look("ticket-closed")

    visit.go("/improve/tickets/?state=closed")
    expect(page.get_by_text(number, exact=True)).to_have_count(1)
    visit.look("tickets-closed")
    visit.go("/improve/tickets/settings/")
    visit.look("ticket-settings")
    visit.go("/improve/tickets/open/")
    visit.look("ticket-open")


def test_an_agent_of_another_unit_finds_nothing(visits: Visits) -> None:
    manager = visits.of("linwen", "zh-1440-light")
    page = manager.go("/improve/tickets/open/")
    page.locator("#id_title").fill("客户来电查询")
    page.locator("#id_unit").select_option("jiangnan")
    act(page, "登记工单")
    expect(page.locator(".sl-crumb .mono")).to_be_visible()
    address = page.url
    agent = visits.of("wangmin", "zh-1440-light")
    agent.expect_complaint("404")
    shown = agent.go(address.removeprefix(agent.address))
    expect(shown.get_by_text("客户来电查询")).to_have_count(0)
    shown = agent.go("/improve/tickets/")
    expect(shown.get_by_text("客户来电查询")).to_have_count(0)


@pytest.mark.parametrize("combination", EVERY)
def test_from_monitor_to_alert_to_ticket(visits: Visits, combination: str) -> None:
    visit = visits.of("linwen", combination)
    say = visit.say
    page = visit.go("/monitor/monitors/")
    if not page.locator("tbody tr").count():
        visit.look("monitors-empty")
        act(page, say("启用推荐监控项", "Set up the proposed monitors"))
    _wait_for_charts(visit)
    visit.look("monitors")
    name = say("投诉率", "Complaint rate")
    row = page.locator(
        "tbody tr", has_text=say("滨江支行", "Binjiang branch"), has=page.get_by_text(name, exact=True)
    )
    row.first.locator("a.name").click()
    expect(page.locator("h1")).to_contain_text(say("高于控制上限", "above its upper limit"))
    expect(page.locator(".sl-chart svg").first).to_be_visible()
    visit.look("monitor")
    page.locator("[data-shows-table]").first.click()
    expect(page.locator("#table-control tbody tr")).to_have_count(40)
    act(page, say("开始新阶段", "Start a new phase"))
    visit.look("monitor-phase")
    page.keyboard.press("Escape")

    visit.go("/monitor/alerts/?state=all")
    visit.look("alerts")
    page.locator("tbody tr", has_text=say("高于控制上限", "above the upper limit")).first.locator(
        "a.name"
    ).click()
    visit.look("alert")
    if page.get_by_role("button", name=say("转为工单", "Make it a ticket"), exact=True).count():
        act(page, say("转为工单", "Make it a ticket"))
    else:
        page.get_by_role("link", name=re.compile(say("工单 TK-", "Ticket TK-"))).first.click()
    expect(page.locator(".sl-chain")).to_contain_text("AL-")
    visit.look("ticket-of-alert")
    visit.go("/monitor/monitors/add/?metric=csat&unit=binjiang")
    assert page.locator("#id_unit").input_value() == "binjiang"
    visit.look("monitor-add")
    visit.go("/improve/tickets/")
    visit.look("tickets")
    visit.go("/home/")
    visit.look("home-with-work")


def _wait_for_charts(visit: Visit) -> None:
    for _round in range(60):
        if visit.page.locator("tbody .sl-pill.bad").count():
            return
        visit.page.wait_for_timeout(500)
        visit.page.reload()
    pytest.fail("the charts were not computed within half a minute")
