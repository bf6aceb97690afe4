"""Figures and opportunities over HTTP: the same as on pages, for the caller's units, problems with a code."""

import pytest

from servloop_app.core.policy import Policy
from servloop_app.plan import queries
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db
BASE = "/api/v1"
JSON = "application/json"


@pytest.fixture
def caller(organisation, client):
    """``caller(role, unit)``: a signed-in browser of a person with that role there."""

    def sign_in(*role):
        person = organisation.person(*([role] if role else []))
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def test_a_figure_comes_with_n_interval_method_change_and_months(organisation, found, caller):
    api = caller("analyst", "head")
    listed = api.get(f"{BASE}/metrics").json()
    assert [metric["code"] for metric in listed["items"]] == ["happy"]
    assert api.get(f"{BASE}/metrics/happy").json()["formula"] == "share(rating >= 4)"
    got = api.get(f"{BASE}/metrics/happy/figure", {"from": "2026-04", "to": "2026-06"}).json()
    assert got["estimate"]["method"] == "wilson"
    assert got["estimate"]["low"] < got["estimate"]["value"] < got["estimate"]["high"]
    assert got["change"]["test"] == "z, pooled"
    assert got["change"]["clear"] is True
    assert (got["verdict"], got["left_out"]) == ("bad", 0)
    assert [month["month"] for month in got["months"]] == ["2026-04-01", "2026-05-01", "2026-06-01"]
    assert sum(month["estimate"]["n"] for month in got["months"]) == got["estimate"]["n"]


def test_only_the_callers_units_are_in_figures_breakdowns_and_records(organisation, found, caller):
    api = caller("analyst", "north")
    rows = api.get(f"{BASE}/metrics/happy/breakdown").json()
    assert {row["key"] for row in rows} == {"beijing", "tianjin"}
    figure = api.get(f"{BASE}/metrics/happy/figure").json()
    assert figure["estimate"]["n"] == sum(row["estimate"]["n"] for row in rows)
    page = api.get(f"{BASE}/metrics/happy/records", {"page": 1}).json()
    assert len(page["items"]) == 50
    assert page["more"] is True
    assert {record["unit_id"] for record in page["items"]} <= {"beijing", "tianjin"}
    elsewhere = api.get(f"{BASE}/metrics/happy/figure", {"unit": "shanghai"}).json()
    assert (elsewhere["estimate"]["n"], elsewhere["estimate"]["reason"]["code"]) == (0, "figures.no_rows")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("metrics/nothing", 404, "core.not_found"),
        ("metrics/happy/figure?from=May", 422, "measure_app.month_unreadable"),
        ("metrics/happy/figure?from=2026-06&to=2026-01", 422, "measure_app.period_reversed"),
        ("metrics/happy/breakdown?by=colour", 422, "core.request_invalid"),
        ("metrics/later/figure", 422, "measure_app.not_computed"),
        ("opportunities/7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f", 404, "core.not_found"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(organisation, found, caller, add_metric, path, status, code):
    add_metric("feedback", "count()", code="later", unit="count")
    answer = caller("analyst", "head").get(f"{BASE}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_without_a_right_there_is_nothing(organisation, found, caller):
    api = caller()
    for path in (
        "metrics",
        "metrics/happy",
        "metrics/happy/figure",
        "metrics/happy/records",
        "opportunities",
    ):
        assert api.get(f"{BASE}/{path}").status_code == 403, path


def test_opportunities_are_listed_and_decided(organisation, found, caller):
    one = Opportunity.objects.get(unit__code="beijing")
    south = caller("quality_manager", "south")
    assert south.get(f"{BASE}/opportunities").json() == {"items": [], "total": 0}
    decision = f"{BASE}/opportunities/{one.public_id}/decision"
    assert south.post(decision, {"decision": "accept"}, JSON).status_code == 404

    api = caller("quality_manager", "north")
    assert api.get(f"{BASE}/opportunities", {"waiting": True}).json()["total"] == 1
    read = api.get(f"{BASE}/opportunities/{one.public_id}").json()
    assert {finding["kind"] for finding in read["findings"]} == {"change", "unit", "target"}
    assert read["score"] == pytest.approx(read["loss"] * read["confidence"] / read["effort"])
    refused = api.post(decision, {"decision": "reject"}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (422, "plan_app.reason_missing")
    past = api.post(decision, {"decision": "snooze", "until": "2020-01-01"}, JSON)
    assert past.json()["code"] == "plan_app.snooze_past"
    assert api.put(f"{BASE}/opportunities/{one.public_id}/effort", {"effort": 1}, JSON).status_code == 200
    done = api.post(decision, {"decision": "accept"}, JSON).json()
    assert done["undoable"] is True
    again = api.post(decision, {"decision": "accept"}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "plan_app.already_decided")
    assert api.post(decision, {"decision": "reopen"}, JSON).status_code == 200
    assert one in queries.waiting(Policy(organisation.person(("executive", "head"))))
