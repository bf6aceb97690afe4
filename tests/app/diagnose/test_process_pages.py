"""Every page of a log: asks for its analysis, shows it when it is there, opens the cases behind its numbers."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse
from tests.app.diagnose.test_process_logs import add
from tests.browser.sample_logs import worked_hours

from servloop_app.core.actions import Actor, execute
from servloop_app.diagnose import tasks
from servloop_app.diagnose.actions_standard import DefineStandard
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.jobs import runs
from servloop_app.jobs.models import Run
from servloop_app.plan.actions import RankOpportunities
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db

ROUTES = (
    "process_work_page",
    "process_compare",
    "process_key_steps",
    "process_journey",
    "process_conformance",
    "process_times",
    "process_live",
    "process_what_if",
)


@pytest.fixture
def analyst(organisation):
    return organisation.actor(("analyst", "north"))


@pytest.fixture
def log(analyst):
    read = tasks.read_now(add(analyst, worked_hours(cases=160)), analyst)
    rules = "rules: [{template: init, activity: Receive}, {template: response, activity: Check, other: Decide, within: 4h}]"
    execute(DefineStandard(read.public_id, rules=rules), analyst)
    return read


def work_off():
    """Carry out what is queued."""
    for run in Run.objects.filter(state=Run.State.QUEUED, kind="process_log.study"):
        runs.perform(run.public_id)
        run.refresh_from_db()
        assert run.state == Run.State.DONE, run.error_detail


def opened(client, address):
    """The page with its analysis worked out, as text."""
    first = client.get(address)
    assert first.status_code == 200, address
    assert "asking" in first.content.decode()
    assert client.post(address).status_code == 302
    assert 'id="working"' in client.get(address).content.decode()
    work_off()
    page = client.get(address)
    assert page.status_code == 200
    text = page.content.decode()
    assert "sl-asof" in text, re.findall(r"<h1>.*?</h1>", text, re.DOTALL)
    return text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("route", ROUTES)
def test_a_page_asks_shows_and_opens_cases(client, analyst, log, route, language):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse(route, args=[log.public_id])
    text = opened(client, address) if language == "en" else _in_chinese(client, address)
    assert ProcessStudy.objects.count() == 1
    links = [unescape(link) for link in re.findall(r'href="([^"]*/cases/\?[^"]*)"', text)]
    for link in links[:6]:
        listed = client.get(link)
        assert listed.status_code == 200, link
        assert f"/diagnose/process/{log.public_id}/case/" in listed.content.decode(), link


def _in_chinese(client, address):
    client.post(address)
    work_off()
    return client.get(address, headers={"accept-language": "zh-CN"}).content.decode()


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_of_a_selection_without_cases_says_so(client, analyst, log, route):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse(route, args=[log.public_id]) + "?longer=999999999"
    client.post(address)
    work_off()
    assert "diagnose.no_cases_selected" in client.get(address).content.decode()


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_is_not_there_for_others(client, organisation, log, route):
    client.force_login(
        organisation.person(("analyst", "south")), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(reverse(route, args=[log.public_id])).status_code == 404


def test_a_number_of_cases_opens_exactly_these(client, analyst, log):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    text = opened(client, reverse("process_work_page", args=[log.public_id]))
    found = re.findall(r'<a class="sl-ev" href="([^"]*/cases/\?[^"]*)">([\d,]+)</a>', text)
    assert len(found) > 4
    for link, number in found:
        assert client.get(unescape(link)).context["basis"]["cases"] == int(number.replace(",", "")), link


@pytest.mark.parametrize(
    "chosen",
    [
        "?on=2026-06-01",
        "?on=2026-06-01&since=2026-05-01&until=2026-07-10",
        "?by=channel",
        "?by=resource&first=D0&second=D1&edge=0-1",
    ],
)
def test_the_numbers_of_a_comparison_open_the_cases_of_their_part(client, analyst, log, chosen):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    text = opened(client, reverse("process_compare", args=[log.public_id]) + chosen)
    found = ProcessStudy.objects.get().result
    assert found["first_n"] > 5 < found["second_n"]

    def listed(link):
        return client.get(unescape(link)).context["basis"]["cases"]

    whole = re.findall(r'<a class="sl-ev" href="([^"]*)">(\d+)</a> 个案例', text)
    assert [int(number) for _link, number in whole] == [found["first_n"], found["second_n"]]
    again = re.findall(r'\(n = <a class="sl-ev" href="([^"]*)">(\d+)</a>\)', text)
    assert [link for link, _number in again] == [link for link, _number in whole]
    assert [listed(link) for link, _number in whole] == [found["first_n"], found["second_n"]]
    rows = re.findall(r'<tr data-verdict="[^"]*".*?</th>', text)
    assert len(rows) == min(len(found["steps"]), 15) > 2
    for row, step in zip(rows, found["steps"], strict=False):
        links = re.findall(r'href="([^"]*)">(\d+)</a>', row)
        times = [step["time"]["first_n"], step["time"]["second_n"]]
        assert [int(number) for _link, number in links] == [number for number in times if number]
        cases = [step["first_cases"], step["second_cases"]]
        assert [listed(link) for link, _number in links] == [number for number in cases if number]
    chips = [one["text"] for one in client.get(unescape(whole[1][0])).context["conditions"]]
    if "resource" in chosen:
        assert {"经办人: D1", "经办人: D0"} <= set(map(str, chips))


def test_bars_of_the_distribution_hold_every_case_once(client, analyst, log):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    text = opened(client, reverse("process_times", args=[log.public_id]))
    bars = re.findall(r'<a href="([^"]*/cases/\?[^"]*)"><title>[^:]*: ([\d,]+) ', text)
    for link, number in bars:
        assert client.get(unescape(link)).context["basis"]["cases"] == int(number.replace(",", "")), link
    assert sum(int(number.replace(",", "")) for _link, number in bars) == 160


def test_a_step_becomes_an_opportunity_with_one_click(client, organisation, log):
    person = organisation.person(("quality_manager", "north"))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("process_raise", args=[log.public_id])
    back = reverse("process_compare", args=[log.public_id])
    given = {"kind": "slower", "step": "Check", "source": "Receive", "back": back}
    for _twice in range(2):
        assert client.post(address, given).url == back
    made = Opportunity.objects.get()
    assert (made.subject["source"], made.subject["step"]) == ("Receive", "Check")
    execute(RankOpportunities(), Actor.system("tests"))
    assert Opportunity.objects.get().present
    assert "Receive → Check" in client.get(reverse("opportunities")).content.decode()
    assert client.post(address, given | {"step": "Nothing", "back": "//elsewhere"}).url.startswith(
        "/diagnose/"
    )
    assert Opportunity.objects.count() == 1


def test_staffing_covers_the_need_of_every_hour(client, analyst, log):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("process_staffing", args=[log.public_id])
    assert 'name="step"' in client.get(address).content.decode()
    opened(client, address + "?step=Check&minutes=10&part=90")
    found = ProcessStudy.objects.get().result
    assert found["step"] == "Check"
    for needed, there in zip(found["needed"], found["scheduled"], strict=True):
        assert all(n <= people for n, people in zip(needed, there, strict=True))
    assert sum(map(sum, found["calls"])) * found["weeks"] == pytest.approx(found["n"], rel=0.01)
    assert found["shortfall"] == 0
