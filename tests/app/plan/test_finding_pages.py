"""Pages of a finding and of an opportunity: what, where, how sure, and the chain from record to opportunity."""

import pytest

from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.policy import Policy
from servloop_app.diagnose.models import Finding
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(organisation, client):
    """``caller((role, unit))``: a signed-in browser of a person with that role there, speaking English."""

    def sign_in(*roles):
        person = organisation.person(*roles)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        client.person = person
        return client

    return sign_in


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_finding_says_what_where_and_how_sure(organisation, found, caller):
    pages = caller(("quality_manager", "head"))
    one = Finding.objects.get(kind="change", unit__code="beijing")
    listed = text_of(pages.get("/diagnose/findings/"))
    assert f"/diagnose/findings/{one.public_id}/" in listed
    page = text_of(pages.get(f"/diagnose/findings/{one.public_id}/"))
    seen = one.newest
    assert "got worse" in page
    assert f"n = {seen.n}" in page
    assert f"{seen.value:.1f}%" in page
    assert "from=2026-04&amp;to=2026-06&amp;unit=beijing" in page
    assert "/measure/metrics/happy/records/" in page
    opportunity = one.opportunities.get()
    assert f"/plan/opportunities/{opportunity.public_id}/" in page


def test_a_finding_is_dismissed_with_a_reason_and_taken_up_again(organisation, found, caller):
    pages = caller(("quality_manager", "north"))
    one = Finding.objects.get(kind="change", unit__code="beijing")
    address = f"/diagnose/findings/{one.public_id}/"
    refused = text_of(pages.post(f"{address}dismiss/", {"reason": " "}, follow=True))
    assert "reason" in refused
    one.refresh_from_db()
    assert one.active
    page = text_of(pages.post(f"{address}dismiss/", {"reason": "系统切换"}, follow=True))
    assert "系统切换" in page
    assert f"{one.public_id}" in text_of(pages.get("/diagnose/findings/?state=dismissed"))
    pages.post(f"{address}reopen/")
    one.refresh_from_db()
    assert one.active


def test_other_units_findings_and_opportunities_are_not_there(organisation, found, caller):
    pages = caller(("quality_manager", "south"))
    one = Finding.objects.get(kind="change", unit__code="beijing")
    opportunity = Opportunity.objects.get(unit__code="beijing")
    assert pages.get(f"/diagnose/findings/{one.public_id}/").status_code == 404
    assert pages.post(f"/diagnose/findings/{one.public_id}/dismiss/", {"reason": "x"}).status_code == 404
    assert pages.get(f"/plan/opportunities/{opportunity.public_id}/").status_code == 404
    assert str(one.public_id) not in text_of(pages.get("/diagnose/findings/"))


def test_an_opportunity_shows_the_parts_of_its_score_and_is_decided_on_its_page(organisation, found, caller):
    pages = caller(("quality_manager", "head"))
    one = Opportunity.objects.get(unit__code="beijing")
    address = f"/plan/opportunities/{one.public_id}/"
    assert address in text_of(pages.get("/plan/opportunities/"))
    page = text_of(pages.get(address))
    assert f"{one.score:.1f}" in page
    assert "short of the target" in page
    for finding in one.findings.all():
        assert f"/diagnose/findings/{finding.public_id}/" in page
    done = pages.post(f"{address}accept/", {"stay": "1"})
    assert done["Location"] == address
    assert "accepted" in text_of(pages.get(address))


def test_the_chain_runs_from_the_import_to_the_record_and_from_findings_to_the_opportunity(
    organisation, found, caller
):
    pages = caller(("quality_manager", "head"))
    rights = Policy(pages.person)
    record = FeedbackRecord.objects.first()
    brought = Import.objects.get()
    before = chain_of(rights, reference("feedback", record.pk)).before
    assert [item.reference for item in before] == [reference("import", brought.public_id)]
    assert chain_of(rights, reference("import", brought.public_id)).after == ()  # a list instead of thousands
    assert f"/collect/imports/{brought.public_id}/" in text_of(pages.get(f"/collect/feedback/{record.pk}/"))
    assert f"?import={brought.public_id}" in text_of(pages.get(f"/collect/imports/{brought.public_id}/"))
    listed = text_of(pages.get(f"/collect/feedback/?import={brought.public_id}"))
    assert "1,800 feedback records" in listed
    assert pages.get("/collect/feedback/?import=nonsense").status_code == 404

    one = Opportunity.objects.get(unit__code="beijing")
    chain = chain_of(rights, reference("opportunity", one.public_id))
    assert {item.reference for item in chain.before} == {
        reference("finding", finding.public_id) for finding in one.findings.all()
    }
    finding = one.findings.first()
    after = chain_of(rights, reference("finding", finding.public_id)).after
    assert [item.reference for item in after] == [reference("opportunity", one.public_id)]


def test_a_branch_sees_its_own_part_of_the_chain_only(organisation, found):
    one = Opportunity.objects.get(unit__code="beijing")
    finding = one.findings.first()
    south = Policy(organisation.person(("quality_manager", "south")))
    assert chain_of(south, reference("finding", finding.public_id)).after == ()
    agent = Policy(organisation.person(("agent", "beijing")))  # no right to opportunities
    assert chain_of(agent, reference("finding", finding.public_id)).after == ()


def test_findings_over_http(organisation, found, caller):
    api = caller(("quality_manager", "north"))
    listed = api.get("/api/v1/findings").json()
    one = Finding.objects.get(kind="change", unit__code="beijing")
    assert str(one.public_id) in {item["id"] for item in listed["items"]}
    read = api.get(f"/api/v1/findings/{one.public_id}").json()
    assert len(read["observations"]) == one.observations.count()
    assert read["observations"][0]["q"] < 0.05
    body = {"decision": "dismiss", "reason": "已知"}
    assert api.post(f"/api/v1/findings/{one.public_id}/decision", body, "application/json").status_code == 200
    again = api.post(f"/api/v1/findings/{one.public_id}/decision", body, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "findings.dismissed")
    assert (
        api.post(
            f"/api/v1/findings/{one.public_id}/decision", {"decision": "reopen"}, "application/json"
        ).status_code
        == 200
    )
    south = caller(("quality_manager", "south"))
    assert south.get(f"/api/v1/findings/{one.public_id}").status_code == 404
