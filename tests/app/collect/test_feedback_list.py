"""The list of feedback: complete and in order, part by part, for whoever sees some units, and never sorted by the database."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import pytest
from django.db import connection

from servloop_app.collect import feedback_list
from servloop_app.collect.feedback_list import counted, part
from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.collect.queries import Asked, feedback
from servloop_app.core import guard
from servloop_app.core.policy import Policy
from servloop_app.web.collect.totals import Total, total_of

ROWS = 240
UNITS = ("beijing", "tianjin", "shanghai", None)
START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def records(organisation) -> list[FeedbackRecord]:
    """Records of four places, several of each moment, one in five replaced by a later revision."""
    chance = random.Random(7)
    with guard.maintaining():
        imports = [
            Import.objects.create(file_name=f"{n}.csv", file_size=1, unit_id=organisation.id("head"))
            for n in range(2)
        ]
        return FeedbackRecord.objects.bulk_create(
            FeedbackRecord(
                id=uuid.UUID(int=chance.getrandbits(128)),
                record_id=f"{number:032x}",
                unit_id=unit and organisation.id(unit),
                brought_by=imports[number % 2],
                current=number % 5 > 0,
                occurred_at=START + dt.timedelta(hours=chance.randrange(40)),
                channel=("app", "电话")[number % 3 == 0],
                masked_text="等待太久 slow" if number % 7 == 0 else "很好 fine",
            )
            for number in range(ROWS)
            for unit in [UNITS[number % len(UNITS)]]
        )


@pytest.fixture
def small(monkeypatch):
    """Parts of seven records, words in twelve at a time."""
    monkeypatch.setattr(feedback_list, "ROWS", 7)
    monkeypatch.setattr(feedback_list, "SEARCHED", 12)


def walked(policy: Policy, asked: Asked) -> tuple[list[uuid.UUID], int]:
    """All records of the list, and how many parts it has."""
    found, parts, begin = [], 0, ""
    while True:
        one = part(policy, asked, begin)
        found += [record.pk for record in one.rows]
        parts += 1
        assert parts < ROWS
        begin = one.older
        if not begin:
            return found, parts


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("units", [("head",), ("north",), ("beijing", "shanghai"), ("counter",), ()])
@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"channel": "app"},
        {"channel": "电话", "unit": "beijing"},
        {"channel": "电话", "source": True},
        {"unit": "beijing"},
        {"unit": "nowhere"},
        {"text": "SLOW"},
        {"text": "久"},
    ],
)
def test_the_parts_together_are_the_list(organisation, records, units, limits):
    policy = Policy(organisation.person(*(("analyst", unit) for unit in units)))
    if "source" in limits:
        limits = limits | {"source": Import.objects.first().public_id}
    asked = Asked(**limits)
    wanted = [record.pk for record in feedback(policy, asked)]
    sees = units not in {("counter",), ()} and "nowhere" not in limits.values()
    assert bool(wanted) == sees or "source" in limits  # one import is of some of the units only
    assert walked(policy, asked)[0] == wanted


@pytest.mark.usefixtures("small")
def test_who_sees_the_root_but_not_all_units_sees_records_without_a_unit(organisation, records):
    policy = Policy(organisation.person(("analyst", "head"), ("analyst", "south", "deny")))
    found, _parts = walked(policy, Asked())
    units = {record.pk: record.unit_id for record in records}
    assert {units[pk] for pk in found} == {organisation.id("beijing"), organisation.id("tianjin"), None}
    assert found == [record.pk for record in feedback(policy)]


@pytest.mark.usefixtures("small")
def test_words_are_looked_for_in_so_many_records_at_a_time(organisation, records):
    policy = Policy(organisation.person(("analyst", "head")))
    listed = list(feedback(policy))
    first = part(policy, Asked("nowhere to be found"))
    assert (first.rows, first.searched_to) == ([], listed[11].occurred_at)
    found, parts = walked(policy, Asked("nowhere to be found"))
    assert found == []
    assert 5 < parts <= len(listed) // 12 + 1  # the records of one moment are looked through together
    assert part(policy, Asked("slow", unit="counter")) == feedback_list.Part([])


def test_a_place_that_is_none_is_the_beginning(organisation, records):
    policy = Policy(organisation.person(("analyst", "head")))
    for begin in ("nonsense", "12-zz", f"{10**30}-{uuid.uuid4().hex}", f"-{uuid.uuid4().hex}"):
        assert part(policy, Asked(), begin) == part(policy, Asked())


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the plan of the other depends on its statistics")
@pytest.mark.parametrize("units", [("head",), ("north",)])
@pytest.mark.parametrize("limits", [{}, {"channel": "app"}, {"unit": "beijing"}, {"source": True}])
def test_no_list_is_sorted_by_the_database(organisation, records, units, limits):
    if "source" in limits:
        limits = {"source": Import.objects.first().public_id}
    policy = Policy(organisation.person(*(("analyst", unit) for unit in units)))
    begin = part(policy, Asked()).older
    mark = feedback_list._Mark.read(begin)
    asked = Asked(**limits)
    for stream in feedback_list._streams(policy, asked, feedback_list.held_by_index(policy, asked)):
        for begun in (stream, feedback_list._behind(stream, mark)):
            plan = begun[:51].explain()
            assert "USING" in plan
            # Records of one moment are put in order among themselves; all records of a limit never.
            assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_it_is_counted_so_far_only(organisation, records, monkeypatch):
    policy = Policy(organisation.person(("analyst", "head")))
    current = sum(record.current for record in records)
    assert (counted(policy, Asked()), total_of(policy, Asked())) == (current, Total(current))
    monkeypatch.setattr(feedback_list, "COUNTED", 50)
    monkeypatch.setattr("servloop_app.web.collect.totals.COUNTED", 50)
    assert counted(policy, Asked()) == 51
    assert total_of(policy, Asked()) == Total(50, more=True)
    assert total_of(policy, Asked(unit="counter")) == Total(0)


def test_the_page_leads_from_part_to_part(organisation, records, client):
    person = organisation.person(("analyst", "head"))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    first = client.get("/collect/feedback/", {"channel": "app"}).content.decode()
    wanted = [record.pk for record in feedback(Policy(person), Asked(channel="app"))]
    assert f"{len(wanted)} feedback records" in first
    older = feedback_list.part(Policy(person), Asked(channel="app")).older
    assert f"after={older}" in first
    second = client.get("/collect/feedback/", {"channel": "app", "after": older}).content.decode()
    assert 'rel="prev"' in second
    assert [pk for pk in wanted if f"/collect/feedback/{pk}/" in second] == wanted[50:100]
    with connection.execute_wrapper(_no_counting):
        client.get("/collect/feedback/", {"text": "slow"})


def _no_counting(execute, sql, params, many, context):
    assert "COUNT(" not in sql, sql
    return execute(sql, params, many, context)
