"""Rows by the ten thousand: each once, typed as the models say, and seen by the guard."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord, Import, PersonKey
from servloop_app.core import guard
from servloop_app.core.bulk import insert_new, room_for_indexes
from servloop_app.core.errors import WriteOutsideAction
from servloop_app.core.models import Unit

pytestmark = pytest.mark.django_db
KEYS = ("index", "key", "created_at")


def test_rows_that_are_there_stay_as_they_are():
    now = timezone.now()
    with guard.opening(PersonKey._meta.db_table):
        insert_new(PersonKey, KEYS, [(b"\x00" * 32, "a", now), (b"\x01" * 32, "b", now)])
        insert_new(PersonKey, KEYS, [(b"\x00" * 32, "c", now), (b"\x02" * 32, "d", now)])
        insert_new(PersonKey, KEYS, [])
    assert sorted(PersonKey.objects.values_list("key", flat=True)) == ["a", "b", "d"]


def test_values_come_back_as_the_model_has_them(organisation):
    with guard.maintaining():
        brought = Import.objects.create(file_name="x", file_size=1, unit=Unit.objects.get(code="beijing"))
    key, moment = uuid.uuid4(), datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
    names = (
        *(
            "id",
            "record_id",
            "revision",
            "brought_by",
            "unit",
            "current",
            "occurred_at",
            "rating",
            "sealed_text",
        ),
        *(
            "fact",
            "source_key",
            "channel",
            "kind",
            "status",
            "person_key",
            "masked_title",
            "masked_text",
            "attributes",
        ),
    )
    values = (
        key,
        "r",
        0,
        brought.pk,
        None,
        True,
        moment,
        4.5,
        b"\x00\xff",
        '{"tz": "UTC", "n": 1}',
        *[""] * 8,
    )
    with guard.opening(FeedbackRecord._meta.db_table):
        insert_new(FeedbackRecord, names, [values])
    found = FeedbackRecord.objects.get(pk=key)
    assert (found.occurred_at, found.rating, found.current, found.unit) == (moment, 4.5, True, None)
    assert (bytes(found.sealed_text), found.fact) == (b"\x00\xff", {"tz": "UTC", "n": 1})


def test_the_guard_sees_it():
    with pytest.raises(WriteOutsideAction):
        insert_new(PersonKey, KEYS, [(b"\x00" * 32, "a", timezone.now())])


@pytest.mark.django_db
def test_the_room_for_indexes_is_given_back():
    def room() -> int:
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA cache_size").fetchone()[0] if connection.vendor == "sqlite" else 0

    before = room()
    with pytest.raises(ZeroDivisionError), room_for_indexes(FeedbackRecord):
        assert connection.vendor != "sqlite" or room() < 4 * before
        1 / 0  # noqa: B018  # an import that breaks off
    assert room() == before
