"""The API end to end: tokens, problems, scope, sign-in and sessions."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.app.organisation import PASSWORD, SYSTEM

from servloop_app.core import guard
from servloop_app.core.actions import Actor, IssueToken, RevokeToken, SetPersonActive, execute
from servloop_app.core.models import ApiToken, LogLeaf, Person, Session, Unit
from servloop_app.core.permissions import PERMISSIONS
from servloop_app.trust import checkpoints

pytestmark = pytest.mark.django_db


class Caller:
    """A program with a token."""

    def __init__(self, person, scopes=None):
        done = execute(IssueToken("t", sorted(scopes or PERMISSIONS)), Actor.of_person(person, "page"))
        self.token = done.outcome
        self.client = Client()

    def __call__(self, verb, address, body=None, **headers):
        answer = getattr(self.client, verb)(
            f"/api/v1{address}",
            data=None if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )
        self.status = answer.status_code
        return answer.json()


@pytest.fixture
def administrator(organisation):
    return Caller(organisation.person(("administrator", "head")))


def test_who_am_i(organisation):
    person = organisation.person(("auditor", "head"))
    call = Caller(person, ["audit.view", "units.view", "people.edit"])
    me = call("get", "/me")
    assert (me["username"], me["unit"], me["permissions"]) == (
        person.username,
        "head",
        ["audit.view", "units.view"],
    )


def test_a_unit_is_made_changed_moved_and_removed(administrator):
    call = administrator
    name = {"zh-CN": "武汉", "en": "Wuhan"}
    made = call("post", "/units", {"code": "wuhan", "name": name, "kind": "branch", "parent": "south"})
    assert (call.status, made["id"], made["undoable"]) == (201, "wuhan", True)
    again = call("post", "/units", {"code": "wuhan", "name": name, "kind": "branch", "parent": "south"})
    assert (call.status, again["code"]) == (409, "core.code_taken")
    call("put", "/units/wuhan/parent", {"parent": "north"})
    assert next(unit for unit in call("get", "/units") if unit["code"] == "wuhan") == {
        "code": "wuhan",
        "name": name,
        "kind": "branch",
        "parent": "north",
        "depth": 2,
        "time_zone": "",
    }
    call("put", "/units/wuhan", {"name": {"zh-CN": "汉"}, "kind": "team"})
    assert Unit.objects.get(code="wuhan").name.zh == "汉"
    taken_back = call("post", f"/audit/{LogLeaf.objects.order_by('-seq').first().seq}/undo")
    assert call.status == 200
    assert taken_back["seq"] == LogLeaf.objects.order_by("-seq").first().seq
    assert Unit.objects.get(code="wuhan").name.zh == "武汉"
    call("delete", "/units/wuhan")
    assert call.status == 200


def test_people_are_added_changed_locked_and_given_roles(administrator):
    call = administrator
    made = call("post", "/people", {"username": "li.na", "unit": "beijing", "name": "李娜"})
    assert call.status == 201
    person = made["id"]
    change = {"name": "李娜娜", "email": "li@example.com", "language": "zh-CN", "unit": "tianjin"}
    call("put", f"/people/{person}", change)
    shown = call("get", f"/people/{person}")
    assert {key: shown[key] for key in change} == change
    given = call("post", f"/people/{person}/roles", {"role": "agent", "unit": "tianjin"})
    assert call.status == 201
    call("post", f"/people/{person}/roles", {"role": "agent", "unit": "tianjin"})
    assert call.status == 409
    assert [row["role"] for row in call("get", f"/people/{person}/roles")] == ["agent"]
    call("delete", f"/people/{person}/roles/{given['id']}")
    assert call("get", f"/people/{person}/roles") == []
    call("put", f"/people/{person}/active", {"active": False})
    assert not Person.objects.get(username="li.na").is_active
    found = call("get", "/people?search=李娜")
    assert (found["total"], found["items"][0]["username"]) == (1, "li.na")


def test_what_is_not_visible_does_not_exist(organisation):
    there = organisation.person(home="shanghai")
    call = Caller(organisation.person(("administrator", "north"), home="north"))
    for verb, address, body in (
        ("get", f"/people/{there.public_id}", None),
        ("put", f"/people/{there.public_id}/active", {"active": False}),
        ("get", f"/people/{there.public_id}/roles", None),
        ("put", "/units/shanghai", {"name": {"en": "x"}, "kind": "team"}),
        ("delete", "/units/shanghai", None),
    ):
        assert call(verb, address, body)["code"] == "core.not_found", address
        assert call.status == 404
    assert {unit["code"] for unit in call("get", "/units")} == {"north", "beijing", "tianjin", "counter"}
    call("get", "/audit")
    assert call.status == 403


def test_fields_that_are_not_asked_for_are_refused(administrator):
    for extra in ("id", "public_id", "is_active", "is_superuser", "created_at", "password"):
        answer = administrator("post", "/people", {"username": "x", "unit": "head", extra: "1"})
        assert (administrator.status, answer["code"]) == (422, "core.request_invalid")


def test_problems_speak_the_callers_language(administrator):
    for language, start in (("zh-CN", "代码“north”已被使用"), ("en", "The code north is in use")):
        body = {"code": "north", "name": {"en": "x"}, "kind": "team", "parent": "head"}
        answer = administrator("post", "/units", body, **{"Accept-Language": language})
        assert answer["detail"].startswith(start)
        assert answer["type"] == "urn:servloop:problem:core.code_taken"


def test_tokens_expire_end_and_stay_within_their_scopes(organisation):
    person = organisation.person(("administrator", "head"))
    call = Caller(person, ["units.view"])
    call("get", "/units")
    assert call.status == 200
    assert call("get", "/people")["code"] == "core.not_allowed"
    call("post", "/units", {"code": "x", "name": {"en": "x"}, "kind": "team", "parent": "head"})
    assert call.status == 403
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    assert call.token.encode() not in bytes(token.digest)
    for verb, address, body in (
        ("post", "/me/tokens", {"name": "more", "scopes": ["people.edit"]}),
        ("delete", f"/me/tokens/{token.public_id}", None),
    ):
        call(verb, address, body)
        assert call.status == 403  # a leaked token cannot renew itself
    with guard.maintaining():
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert call("get", "/units")["code"] == "core.not_signed_in"
    other = Caller(person)
    execute(RevokeToken(ApiToken.objects.order_by("-pk").first().public_id), Actor.of_person(person, "page"))
    other("get", "/units")
    assert other.status == 401
    third = Caller(person)
    execute(SetPersonActive(person.public_id, active=False), SYSTEM)
    third("get", "/me")
    assert third.status == 401


@pytest.mark.parametrize("forged", ["", "slt_", "slt_x", "Bearer", "slt_" + "A" * 43, "\x00", "é"])
def test_forged_tokens_are_nobody(organisation, client, forged):
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "core.not_signed_in")


def test_the_log_is_searched_verified_and_published(administrator, tmp_path, settings):
    call = administrator
    page = call("get", "/audit?action=unit.create&limit=2")
    assert (len(page["items"]), page["total"]) == (2, 6)
    assert call("get", "/audit/checkpoint")["code"] == "core.not_found" or call.status == 200
    checkpoints.publish()
    note = call("get", "/audit/checkpoint")
    assert note["note"].startswith("servloop-audit-log\n")
    assert note["verifier_key"].startswith("servloop-audit-log+")
    assert call("get", "/audit/verification")["size"] == LogLeaf.objects.count()


def test_jobs_and_schedules(administrator):
    call = administrator
    body = {"name": {"en": "Tidy"}, "kind": "jobs.tidy", "cron": "0 3 * * *", "days": "working"}
    call("put", "/schedules/tidy", body)
    assert call.status == 200
    assert [schedule["code"] for schedule in call("get", "/schedules")] == ["tidy"]
    from servloop_app.jobs import runs

    with guard.opening("jobs_run"):
        run = runs.enqueue("jobs.tidy")
    assert call("get", f"/jobs/{run.public_id}")["state"] == "queued"
    call("post", f"/jobs/{run.public_id}/cancel")
    assert call("get", "/jobs?state=cancelled")["total"] == 1
    call("post", f"/jobs/{run.public_id}/cancel")
    assert call.status == 409
    assert call("post", f"/jobs/{run.public_id}/retry")["id"] != str(run.public_id)
    call("delete", "/schedules/tidy")
    assert call("get", "/schedules") == []


def sign_in(client, person, password=PASSWORD):
    return client.post("/accounts/login/", {"login": person.username, "password": password})


def test_signing_in_is_on_record_and_sessions_can_be_ended(organisation):
    person = organisation.person(("agent", "north"))
    phone, desk = Client(headers={"User-Agent": "Phone"}), Client()
    assert sign_in(phone, person).status_code == 302
    assert sign_in(desk, person).status_code == 302
    assert LogLeaf.objects.filter(action="session.start", object=f"person:{person.public_id}").count() == 2
    sessions = desk.get("/api/v1/me/sessions").json()
    assert {(session["user_agent"], session["current"]) for session in sessions} == {
        ("Phone", False),
        ("", True),
    }
    lost = next(session["id"] for session in sessions if not session["current"])
    assert desk.delete(f"/api/v1/me/sessions/{lost}").status_code == 200
    assert phone.get("/api/v1/me").status_code == 401
    assert desk.get("/api/v1/me").status_code == 200
    other = organisation.person(("agent", "north"))
    theirs = Client()
    sign_in(theirs, other)
    stranger = Session.objects.get(person=other).public_id
    assert desk.delete(f"/api/v1/me/sessions/{stranger}").status_code == 404


def test_a_page_cannot_be_made_to_call_the_api(organisation):
    person = organisation.person(("administrator", "head"))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = strict.post("/api/v1/units", data="{}", content_type="application/json")
    assert answer.status_code == 403


def test_the_door_closes_after_five_wrong_passwords(organisation, client):
    person = organisation.person()
    known = [sign_in(client, person, "wrong") for _time in range(4)]
    unknown = client.post("/accounts/login/", {"login": "nobody", "password": "wrong"})
    assert {answer.status_code for answer in [*known, unknown]} == {200}
    assert sign_in(client, person, "wrong").status_code == 429
    assert sign_in(client, person).status_code == 429  # also with the right one, for a while
    assert not Session.objects.filter(person=person).exists()


def test_own_password_is_changed_by_an_action(organisation, client):
    person = organisation.person(("agent", "north"))
    sign_in(client, person)
    new = "Another-horse-8"
    body = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", body).status_code == 302
    assert LogLeaf.objects.filter(action="person.change_own_password").count() == 1
    assert client.get("/api/v1/me").status_code == 200  # this session goes on
    assert sign_in(Client(), person, new).status_code == 302


def test_the_rest_of_the_sign_in_package_is_closed(client):
    for place in ("signup", "email", "password/set", "password/reset", "confirm-email"):
        assert client.get(f"/accounts/{place}/").status_code == 404


def test_headers_of_answers(organisation, client):
    answer = client.get("/accounts/login/")
    policy = answer["Content-Security-Policy"]
    for directive in (
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400


def test_health(organisation, client):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert LogLeaf.objects.exists()
