"""Requests about personal data by the API: looked up, handed over, erased; and by whom they are not."""

from __future__ import annotations

import json

import pytest
from tests.api.test_api import Caller
from tests.app.collect.conftest import bring_in, carry_out, data_folder, take_in  # noqa: F401  # fixtures
from tests.app.collect.test_personal_data import FEEDBACK, MOBILE

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core import audit_log
from servloop_app.core.models import LogLeaf
from servloop_app.core.permissions import PERMISSIONS, ROLES
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import perform

pytestmark = pytest.mark.django_db
NUMBER = "KH-778899"
ASKED = {"identifiers": ["kh 778899", MOBILE], "reason": "客户来信要求"}


@pytest.fixture
def officer(organisation):
    return Caller(organisation.person(("privacy_officer", "head")))


def test_held_handed_over_erased_and_erased_again(
    officer,
    bring_in,  # noqa: F811
    django_capture_on_commit_callbacks,
):
    bring_in(FEEDBACK, target="feedback", timezone="UTC")
    found = officer("post", "/personal-data/lookups", ASKED)
    assert officer.status == 200
    assert found["counts"] == {"collect": {"feedback": 1, "fact.feedback": 1, "row_set_aside": 1}}
    assert (found["total"], found["held"]) == (3, None)
    held = officer("post", "/personal-data/lookups", {**ASKED, "hand_over": True})["held"]
    assert "请回电" in held["collect"][0]["text"]
    assert MOBILE not in json.dumps(held)

    states = []
    for erased in (3, 0):
        begun = officer("post", "/personal-data/erasures", ASKED)
        assert (officer.status, begun["state"], begun["people"], begun["records"]) == (202, "queued", 2, None)
        with django_capture_on_commit_callbacks(execute=True):
            perform(begun["run"])
        done = officer("get", f"/personal-data/erasures/{begun['id']}")
        assert (done["state"], done["records"]["collect"]) == ("done", erased)
        states.append(done)
    listed = officer("get", "/personal-data/erasures?limit=1")
    assert (listed["total"], listed["items"]) == (2, states[-1:])
    assert list(FeedbackRecord.objects.values_list("source_key", flat=True)) == ["F2"]
    assert officer("post", "/personal-data/lookups", ASKED)["total"] == 0

    leaves = [(leaf.body, audit_log.read_payload(leaf.seq)) for leaf in LogLeaf.objects.all()]
    said = json.dumps([leaves, list(Run.objects.values())], default=str, ensure_ascii=False)
    assert ASKED["reason"] in said
    for clear in (MOBILE, NUMBER, "kh 778899", "kh778899"):
        assert clear not in said
    assert audit_log.verify([]).intact


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"identifiers": [], "reason": "x"}, "core.request_invalid"),
        ({"identifiers": [" - "], "reason": "x"}, "collect.nobody_named"),
        ({"identifiers": [NUMBER], "reason": " "}, "collect.request_reason_missing"),
        ({"identifiers": [NUMBER], "reason": "for kh778899"}, "collect.reason_names_person"),
    ],
)
def test_what_is_refused_says_why_without_the_identifier(officer, wrong, code):
    for address in ("lookups", "erasures"):
        answer = officer("post", f"/personal-data/{address}", wrong)
        assert (officer.status, answer["code"]) == (422, code)
        assert NUMBER not in json.dumps(answer)
    assert not Run.objects.filter(kind="personal_data.erase").exists()


def test_nobody_else_may(organisation):
    for role in ROLES:
        for unit in ("head", "beijing"):
            if (role, unit) == ("privacy_officer", "head"):
                continue
            call = Caller(organisation.person((role, unit)))
            for verb, address, body in (
                ("post", "lookups", ASKED),
                ("post", "erasures", ASKED),
                ("get", "erasures", None),
            ):
                call(verb, f"/personal-data/{address}", body)
                assert call.status == 403, (role, unit, verb, address)


def test_a_token_does_no_more_than_its_scopes(organisation):
    person = organisation.person(("privacy_officer", "head"))
    call = Caller(person, PERMISSIONS - {"personal_data.erase"})
    call("post", "/personal-data/lookups", ASKED)
    assert call.status == 403
    call = Caller(person, ["personal_data.erase"])
    assert call("post", "/personal-data/lookups", ASKED)["total"] == 0
    refused = call("post", "/personal-data/lookups", {**ASKED, "hand_over": True})
    assert (call.status, refused["params"]["permission"]) == (403, "data.export")


def test_an_unknown_erasure_is_not_found(officer):
    officer("get", "/personal-data/erasures/00000000-0000-0000-0000-000000000000")
    assert officer.status == 404
