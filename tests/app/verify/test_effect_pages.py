"""Pages of goals, projects and checks: what a person may not see is not on them."""

from __future__ import annotations

import json

import pytest
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute
from servloop_app.verify.actions import DeclareCheck, PlanCheck

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(organisation, client):
    """``browser(role, unit)``: a signed-in browser of a person with that role there."""

    def sign_in(*role):
        person = organisation.person(role)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def charts_of(answer):
    return [
        json.loads(card.options)
        for key in ("card", "parallel")
        if (card := answer.context.get(key)) is not None
    ]


def test_an_effect_page_holds_back_what_other_units_did(browser, project, design, clock, later):
    made = execute(PlanCheck(project.public_id, design()), SYSTEM).outcome
    execute(DeclareCheck(made.public_id), SYSTEM)
    later(0.22)
    address = f"/verify/effects/{made.public_id}/"
    whole = browser("quality_manager", "head").get(address)
    assert whole.status_code == 200
    assert len(charts_of(whole)) == 2
    assert len(whole.context["shown"].methods) == 4
    assert b"data-chart" in whole.content
    assert whole.context["check"].declaration_hash in whole.content.decode()

    north = browser("quality_manager", "north").get(address)  # may not see Shanghai
    assert north.status_code == 200
    assert len(charts_of(north)) == 1
    assert len(north.context["shown"].methods) == 3
    assert north.context["shown"].chart.comparison == ()
    api = browser("quality_manager", "north").get(f"/api/v1/checks/{made.public_id}").json()
    assert "others" not in {one["key"] for one in api["methods"]}
    assert browser("quality_manager", "south").get(address).status_code == 404
    for chart, status in (("effect", 200), ("differences", 404), ("nothing", 404)):
        taken = browser("quality_manager", "north").get(f"{address}{chart}.csv")
        assert taken.status_code == status, chart


def test_who_only_reads_gets_no_buttons(browser, project):
    page = browser("executive", "head").get(f"/improve/projects/{project.public_id}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "预审材料" in text
    assert "/step/advance/" not in text
    assert (
        browser("executive", "head").post(f"/improve/projects/{project.public_id}/step/advance/").status_code
        == 403
    )
    assert browser("agent", "head").get("/improve/projects/").status_code == 403


def test_lists_and_forms_open(browser, project):
    window = browser("quality_manager", "head")
    for address in (
        "/plan/goals/",
        "/plan/goals/add/?metric=happy&unit=beijing",
        "/plan/goals/check/?metric=happy&unit=beijing&target=90&deadline=2099-01-01",
        "/improve/projects/",
        "/improve/projects/add/",
        f"/improve/projects/{project.public_id}/change/",
        f"/improve/projects/{project.public_id}/check/",
        "/verify/effects/",
    ):
        assert window.get(address).status_code == 200, address
