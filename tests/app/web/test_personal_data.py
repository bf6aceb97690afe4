"""The page of requests about personal data: looked up, handed over, erased; the identifiers stand nowhere in clear."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.app.collect.conftest import bring_in, carry_out, data_folder, take_in  # noqa: F401  # fixtures
from tests.app.collect.test_personal_data import FEEDBACK, MOBILE
from tests.app.organisation import SYSTEM

from servloop.facts import TABLES
from servloop_app.collect import personal_data
from servloop_app.collect.actions import ErasePeople, LookUpPeople
from servloop_app.collect.models import FeedbackRecord
from servloop_app.core import audit_log, guard
from servloop_app.core.actions import execute
from servloop_app.core.errors import NotAllowed
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.core.models import LogLeaf, Session
from servloop_app.core.permissions import ROLES
from servloop_app.core.policy import Policy
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import perform
from servloop_app.web.menu import menu_for
from servloop_app.web.trust.personal_data import KINDS, PARTS

pytestmark = pytest.mark.django_db
NUMBER = "KH-778899"
REASON = "客户来信要求"
ASKED = {"identifiers": f"kh 778899\r\n\r\n{MOBILE}", "reason": REASON}


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(organisation, client):
    return sign_in(client, organisation.person(("privacy_officer", "head")))


@pytest.fixture
def imported(bring_in, take_in):  # noqa: F811
    bring_in(FEEDBACK, target="feedback", timezone="UTC")
    bring_in(f"order id,date,customer id,amount\nO1,2026-03-01,{NUMBER},5\nO2,2026-03-01,KH-1,5\n")
    take_in(f"customer id,tier\n{NUMBER},silver\n", target="customers")


def everything_recorded() -> str:
    """What the log, the jobs and the sessions hold, details opened."""
    leaves = [(leaf.body, audit_log.read_payload(leaf.seq)) for leaf in LogLeaf.objects.all()]
    runs = list(Run.objects.filter(kind="personal_data.erase").values())
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return json.dumps([leaves, runs, sessions], default=str, ensure_ascii=False)


def erase(client, **more):
    return client.post(reverse("personal_data_erase"), {**ASKED, "sure": "on", **more})


def carried_out() -> None:
    perform(Run.objects.filter(kind="personal_data.erase").first().public_id)


def test_what_is_held_is_looked_up_handed_over_and_erased(
    officer, imported, django_capture_on_commit_callbacks
):
    start = officer.get(reverse("personal_data"))
    assert start.status_code == 200
    assert "no-store" in start["Cache-Control"]

    shown = officer.post(reverse("personal_data_held"), ASKED)
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    (part, kinds) = shown.context["rows"][0]
    assert part == PARTS["collect"]
    counted = dict(kinds)
    assert counted == {
        KINDS["feedback"]: 1,
        KINDS["fact.feedback"]: 1,
        KINDS["fact.transactions"]: 1,
        KINDS["row_set_aside"]: 1,
        KINDS["file_waiting"]: 1,
    }
    page = shown.content.decode()
    assert "请回电" in page
    assert page.count(MOBILE) == page.count("kh 778899") == 2, "in the two forms that go on, nowhere else"
    leaf = LogLeaf.objects.order_by("-seq").first()
    assert (leaf.action, leaf.object) == ("personal_data.look_up", "people:2")
    assert audit_log.read_payload(leaf.seq)["arguments"]["reason"] == REASON

    file = officer.post(reverse("personal_data_file"), ASKED)
    assert "attachment" in file["Content-Disposition"]
    document = json.loads(file.content)
    (order,) = [one["values"] for one in document["held"]["collect"] if one["kind"] == "fact.transactions"]
    assert (order["source_key"], order["amount"]) == ("O1", 5.0)
    assert MOBILE not in file.content.decode(), "texts are masked"
    assert audit_log.read_payload(LogLeaf.objects.order_by("-seq").first().seq)["arguments"]["handed_over"]

    begun = erase(officer)
    progress = officer.get(begun.url)
    assert begun.url.startswith("/trust/personal-data/")
    assert 'id="working"' in progress.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        carried_out()
    ended = officer.get(begun.url)
    assert 'id="working"' not in ended.content.decode()
    parts = dict(ended.context["parts"])
    assert set(parts) == set(PARTS.values())
    assert parts[PARTS["collect"]] >= 5
    assert list(FeedbackRecord.objects.values_list("source_key", flat=True)) == ["F2"]
    (row,) = officer.get(reverse("personal_data")).context["rows"]
    assert (row["erasure"].people, row["erasure"].reason, row["erasure"].state) == (2, REASON, "done")
    assert row["parts"] == [(PARTS[name], n) for name, n in row["erasure"].records.items()]

    again = officer.post(reverse("personal_data_held"), ASKED)
    assert again.context["found"].total == 0
    assert reverse("personal_data_erase") not in again.content.decode()
    second = erase(officer)
    with django_capture_on_commit_callbacks(execute=True):
        carried_out()
    assert officer.get(second.url).context["erasure"].total == 0
    assert [one["erasure"].total > 0 for one in officer.get(reverse("personal_data")).context["rows"]] == [
        False,
        True,
    ]

    said = everything_recorded()
    assert REASON in said
    for clear in (MOBILE, NUMBER, "kh 778899", "kh778899", "KH778899"):
        assert clear not in said
    assert audit_log.verify([]).intact


def test_who_is_unknown_is_told_so(officer, imported):
    shown = officer.post(reverse("personal_data_held"), {"identifiers": "KH-nobody", "reason": REASON})
    assert shown.status_code == 200
    assert shown.context["found"].total == 0
    assert LogLeaf.objects.filter(action="personal_data.look_up").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifiers": "", "reason": REASON},
        {"identifiers": "-- \r\n", "reason": REASON},
        {"identifiers": NUMBER, "reason": " "},
        {"identifiers": NUMBER, "reason": "KH 778899 要求"},
    ],
    ids=["nobody", "only separators", "no reason", "identifier in the reason"],
)
def test_an_incomplete_request_is_refused_in_words(officer, wrong):
    before = LogLeaf.objects.count()
    for name in ("personal_data_held", "personal_data_file", "personal_data_erase"):
        answer = officer.post(reverse(name), {**wrong, "sure": "on"})
        assert answer.status_code == 422, name
        assert answer.context["form"].errors, name
    assert LogLeaf.objects.count() == before
    assert not Run.objects.filter(kind="personal_data.erase").exists()


def test_nothing_is_erased_without_the_word_that_its_end_is_understood(officer, imported):
    answer = erase(officer, sure="")
    assert answer.status_code == 422
    assert "sure" in answer.context["form"].errors
    assert answer.context["found"].total
    assert not Run.objects.filter(kind="personal_data.erase").exists()


def test_an_erasure_that_fails_says_what_to_do(officer):
    begun = erase(officer)
    run = Run.objects.get(kind="personal_data.erase")
    with guard.maintaining():
        Run.objects.filter(pk=run.pk).update(state="failed", message_code="jobs.worker_died")
    assert officer.get(begun.url).context["meaning"] == "bad"
    with guard.maintaining():
        run.delete()  # as finished jobs are, after a while
    shown = officer.get(begun.url)
    assert (shown.status_code, shown.context["erasure"].state) == (200, personal_data.LOST)
    assert officer.get(reverse("personal_data")).status_code == 200


def test_only_a_privacy_officer_of_the_whole_organisation_may(organisation, client):
    for role in ROLES:
        for unit in ("head", "beijing"):
            person = organisation.person((role, unit))
            sign_in(client, person)
            allowed = (role, unit) == ("privacy_officer", "head")
            statuses = [client.get(reverse("personal_data")).status_code]
            statuses += [
                client.post(reverse(f"personal_data_{name}"), ASKED).status_code
                for name in ("held", "file", "erase")
            ]
            assert (403 not in statuses) if allowed else set(statuses) == {403}, (role, unit)
            pages = [page.route for page in menu_for(Policy(person), "/").trust.pages]
            assert ("personal_data" in pages) == allowed
            if not allowed:
                with pytest.raises(NotAllowed):
                    personal_data.erasures(Policy(person))


def test_handing_over_needs_the_right_to_export_as_well(organisation):
    actor = organisation.actor(("privacy_officer", "head"), ("analyst", "beijing"))
    narrowed = actor.policy.within(permissions={"personal_data.erase"})
    asking = replace(actor, policy=narrowed)
    execute(LookUpPeople(REASON, [NUMBER]), asking)
    with pytest.raises(NotAllowed):
        execute(LookUpPeople(REASON, [NUMBER], handed_over=True), asking)
    execute(LookUpPeople(REASON, [NUMBER], handed_over=True), actor)


def test_erasures_of_an_earlier_release_stay_on_record(organisation, officer):
    """They were named by how many people they were about, and their jobs by nothing."""
    done = execute(ErasePeople(REASON, [NUMBER]), SYSTEM)
    leaf = LogLeaf.objects.get(seq=done.seq)
    leaf.object = "people:1"
    asked = personal_data.erasures_of([leaf])[0]
    assert (asked.people, asked.records) == (1, None)


def test_parts_and_kinds_have_words():
    assert set(PARTS) == set(dict(personal_data_handlers.items()))
    assert {f"fact.{table}" for table in TABLES} <= set(KINDS)


def test_many_erasures_on_record_cost_no_query_each(officer):
    def counted() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(reverse("personal_data")).status_code == 200
        return len(asked)

    execute(ErasePeople(REASON, [NUMBER]), SYSTEM)
    few = counted()
    for _more in range(6):
        execute(ErasePeople(REASON, [NUMBER]), SYSTEM)
    assert counted() <= few
