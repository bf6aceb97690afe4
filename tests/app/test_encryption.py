"""Sealed values open in their own place, with their own key, and nowhere else."""

import secrets

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from tests.app.organisation import SYSTEM

from servloop_app.core import audit_log, guard
from servloop_app.core.actions import (
    CreatePerson,
    RetireKeys,
    UpdateUnit,
    execute,
)
from servloop_app.core.actions.keys import rotate_keys
from servloop_app.core.encryption import (
    KeyRing,
    blind_index,
    key_ring,
    key_ring_path,
    place_of,
    sealed_fields,
)
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.core.masking import masked
from servloop_app.core.models import LogPayload

CANARY = "金丝雀13800138000"


@given(plain=st.binary(max_size=300), place=st.text(max_size=40))
def test_what_is_sealed_opens(plain, place):
    ring = KeyRing.create()
    assert ring.open(ring.seal(plain, place), place) == plain


def test_no_nonce_is_used_twice():
    ring = KeyRing.create()
    sealed = [ring.seal(b"same", "same") for _time in range(5000)]
    assert len({value[4:16] for value in sealed}) == 5000
    assert len(set(sealed)) == 5000


def test_a_value_belongs_to_its_place_and_its_key():
    ring = KeyRing.create()
    sealed = ring.seal(b"text", "core.x:1:note")
    for place in ("core.x:2:note", "core.x:1:other", "core.y:1:note"):
        with pytest.raises(ActionError) as error:
            ring.open(sealed, place)
        assert error.value.code == "core.sealed_value_damaged"
    for position in range(4, len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(ActionError):
            ring.open(bytes(broken), "core.x:1:note")
    with pytest.raises(ActionError) as error:
        KeyRing.create().open(sealed, "core.x:1:note")
    assert error.value.code == "core.key_missing"


def test_a_ring_is_written_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "keys" / "ring.json"
    ring = KeyRing.create().with_new_key()
    ring.write(path)
    assert KeyRing.read(path) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    for wrong in (
        "",
        "[]",
        '{"keys": []}',
        '{"keys": [{"id": "x", "key": "AAAA"}], "index_key": "", "log_key": ""}',
    ):
        path.write_text(wrong)
        with pytest.raises(ActionError) as error:
            KeyRing.read(path)
        assert error.value.code == "core.key_ring_unreadable"


def test_the_blind_index_finds_the_same_value_however_it_is_written():
    assert blind_index("138 0013-8000", "phone") == blind_index("１３８００１３８０００", "phone")
    assert blind_index("A@Example.com ", "email") == blind_index("a@example.com", "email")
    assert blind_index("13800138000", "phone") != blind_index("13800138001", "phone")
    assert blind_index("13800138000", "phone") != blind_index("13800138000", "order")


@pytest.mark.django_db
def test_rotation_seals_everything_anew_and_old_keys_can_go(organisation, tmp_path, settings):
    settings.DATA_FOLDER = tmp_path
    with guard.maintaining():
        LogPayload.objects.all().delete()
    first = key_ring().current
    done = execute(UpdateUnit("north", LocalizedText(CANARY), "division"), SYSTEM)
    assert rotate_keys(SYSTEM) >= 1
    second = key_ring().current
    assert second != first
    assert {bytes(row.sealed)[:4].hex() for row in LogPayload.objects.all()} == {second}
    assert execute(RetireKeys(), SYSTEM).outcome == 1
    assert list(key_ring().keys) == [second]
    assert audit_log.read_payload(done.seq)["arguments"]["title"]["zh"] == CANARY
    assert audit_log.verify([]).intact


@pytest.mark.django_db
def test_keys_in_use_cannot_go(organisation, tmp_path, settings):
    settings.DATA_FOLDER = tmp_path
    with guard.maintaining():
        LogPayload.objects.all().delete()
    execute(UpdateUnit("north", LocalizedText("x"), "division"), SYSTEM)
    key_ring().with_new_key().write(key_ring_path())
    with pytest.raises(ActionError) as error:
        execute(RetireKeys(), SYSTEM)
    assert error.value.params == {"values": 1}


@pytest.mark.django_db
def test_clear_text_is_not_in_the_tables(organisation):
    execute(CreatePerson("canary", "head", full_name="x", email="", password=secrets.token_hex(20)), SYSTEM)
    execute(UpdateUnit("north", LocalizedText("north"), "division"), SYSTEM)
    done = execute(UpdateUnit("north", LocalizedText(CANARY), "division"), SYSTEM)
    execute(UpdateUnit("north", LocalizedText("north"), "division"), SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM core_logleaf")
        bodies = "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT sealed FROM core_logpayload")
        sealed = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert CANARY not in bodies
    assert CANARY.encode() not in sealed
    assert audit_log.read_payload(done.seq)["arguments"]["title"]["zh"] == CANARY


@pytest.mark.django_db
def test_sealed_fields_are_known_and_bound_to_their_place(organisation):
    seq = execute(UpdateUnit("north", LocalizedText(CANARY), "division"), SYSTEM).seq
    assert (LogPayload, "sealed") in sealed_fields()
    assert place_of(LogPayload(leaf_id=seq), "sealed") == f"core.logpayload:{seq}:sealed"


def test_masked_text_shows_no_number():
    assert "13800138000" not in masked("请致电 13800138000，谢谢")
    assert masked("服务很好") == "服务很好"
