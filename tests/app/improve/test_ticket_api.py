"""Tickets over HTTP: the same steps as on pages, for the caller's units, problems with a code."""

import uuid

import pytest

pytestmark = pytest.mark.django_db
BASE = "/api/v1/tickets"
JSON = "application/json"


@pytest.fixture
def caller(organisation, client):
    def sign_in(*role):
        person = organisation.person(role)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def test_a_ticket_is_opened_answered_handed_over_and_closed(organisation, records, caller):
    api = caller("agent", "north")
    opened = api.post(BASE, {"record": str(records["F1"].id), "level": "serious"}, JSON)
    assert opened.status_code == 201
    one = f"{BASE}/{opened.json()['id']}"
    read = api.get(one).json()
    assert (read["unit"], read["level"], read["state"], read["source"]) == (
        "beijing",
        "serious",
        "new",
        f"feedback:{records['F1'].id}",
    )
    assert read["reply"]["state"] in {"running", "overdue"}
    assert api.post(f"{one}/take", {}, JSON).status_code == 200
    assert api.post(f"{one}/notes", {"text": "回电 13812345678"}, JSON).status_code == 200
    early = api.post(f"{one}/close", {"cause": "process", "result": "solved", "text": "x"}, JSON)
    assert (early.status_code, early.json()["code"]) == (409, "tickets.customer_not_told")
    ask = {"text": "请补充", "channel": "phone", "then": "ask"}
    assert api.post(f"{one}/replies", ask, JSON).status_code == 200
    assert api.get(one).json()["resolution"]["state"] == "paused"
    assert api.post(f"{one}/resume", {"words": "好"}, JSON).status_code == 200
    handed = api.post(f"{one}/hand-over", {"reason": "属于天津", "unit": "tianjin"}, JSON)
    assert handed.status_code == 200
    assert api.put(f"{one}/level", {"level": "minor", "reason": "已安抚"}, JSON).status_code == 200
    assert api.post(f"{one}/replies", {"text": "好了", "channel": "sms"}, JSON).status_code == 200
    done = api.post(f"{one}/close", {"cause": "process", "result": "solved", "text": "x"}, JSON)
    assert done.status_code == 200
    assert api.post(f"{one}/reopen", {"reason": "不满意"}, JSON).status_code == 200
    read = api.get(one).json()
    assert [entry["kind"] for entry in read["entries"]] == [
        "reopened", "closed", "reply", "level", "handed_over", "resumed", "words", "reply", "note", "taken", "opened",
    ]  # fmt: skip
    note = next(entry for entry in read["entries"] if entry["kind"] == "note")
    assert (note["masked"], "13812345678" in note["text"]) == (True, False)


def test_only_the_callers_units_exist(organisation, records, caller):
    opened = caller("agent", "beijing").post(BASE, {"title": "等候太久", "unit": "beijing"}, JSON).json()
    api = caller("agent", "shanghai")
    assert api.get(BASE).json() == {"items": [], "total": 0}
    assert api.get(f"{BASE}/{opened['id']}").status_code == 404
    for path, body in (
        ("take", {}),
        ("notes", {"text": "x"}),
        ("hand-over", {"reason": "x", "unit": "shanghai"}),
    ):
        assert api.post(f"{BASE}/{opened['id']}/{path}", body, JSON).status_code == 404
    refused = api.post(BASE, {"title": "x", "unit": "beijing"}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "core.not_allowed_in_unit")
    assert api.post(BASE, {"record": str(records["F1"].id)}, JSON).status_code == 403
    assert caller("executive", "head").get(BASE).status_code == 403


def test_the_list_is_filtered(organisation, caller):
    api = caller("supervisor", "head")
    for title, unit, level in (("一", "beijing", "minor"), ("二", "shanghai", "serious")):
        api.post(BASE, {"title": title, "unit": unit, "level": level}, JSON)
    titles = lambda **asked: [row["title"] for row in api.get(BASE, asked).json()["items"]]
    assert titles(state="open") == ["二", "一"]
    assert titles(unit="north") == ["一"]
    assert titles(level="serious") == ["二"]
    assert titles(state="overdue", owner="me") == []
    assert api.get(BASE, {"limit": 1}).json()["total"] == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"title": " ", "unit": "beijing"}, 422, "tickets.title_missing"),
        ({"title": "x", "unit": "nowhere"}, 404, "core.not_found"),
        ({"title": "x", "unit": "beijing", "level": "grave"}, 422, "core.request_invalid"),
        ({"record": str(uuid.uuid4())}, 404, "core.not_found"),
        ({"title": "x", "unit": "beijing", "colour": "red"}, 422, "core.request_invalid"),
    ],
)
def test_what_cannot_be_opened_is_a_problem(organisation, caller, body, status, code):
    answer = caller("supervisor", "head").post(BASE, body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
