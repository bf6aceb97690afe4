"""Leaves, the check of a whole log, signed checkpoints, receipts and webhooks."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import InputError
from servloop.trust.transparency_log import (
    Checkpoint,
    CompactRange,
    Receipt,
    SigningKey,
    StoredLeaf,
    TrustedRoot,
    VerifierKey,
    canonical_json,
    check_log,
    complete_subtrees,
    encode_leaf,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    open_note,
    payload_mac,
    payload_matches,
    sign_checkpoint,
    sign_note,
)
from servloop.trust.webhooks import sign_webhook, verify_webhook

ORIGIN = "log.example.org/审计"
SALT = bytes(range(16))


def key(number: int, name: str = ORIGIN) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def body(seq: int) -> bytes:
    return encode_leaf(
        seq=seq,
        time=datetime(2026, 3, 1, 8, 0, seq, 5, tzinfo=timezone(timedelta(hours=8))),
        actor="person:7",
        action="工单.关闭",
        object="ticket:FB-2026-000123",
        payload_mac=payload_mac({"seq": seq}, SALT),
    )


def log(count: int) -> list[StoredLeaf]:
    return [StoredLeaf(seq, body(seq), leaf_hash(body(seq))) for seq in range(count)]


def root_at(size: int) -> TrustedRoot:
    return TrustedRoot(size, CompactRange().extend(leaf.hash for leaf in log(size)).root())


def codes(leaves: list[StoredLeaf], *trusted: TrustedRoot) -> list[str]:
    return [problem.code for problem in check_log(leaves, trusted).problems]


def test_a_leaf_is_canonical_json_in_utc() -> None:
    expected = (
        '{"action":"工单.关闭","actor":"person:7","object":"ticket:FB-2026-000123","payload_mac":"'
        + payload_mac({"seq": 0}, SALT)
        + '","seq":0,"time":"2026-03-01T00:00:00.000005Z"}'
    )
    assert body(0).decode() == expected


def test_canonical_json_of_rfc_8785() -> None:
    # the sorting and number examples of RFC 8785, sections 3.2.2 and 3.2.3
    assert canonical_json(
        {"\u20ac": 1, "\r": 2, "1": 3, "\U0001f600": 4, "\u0080": 5, "\u00f6": 6}
    ).decode() == ('{"\\r":2,"1":3,"\u0080":5,"\u00f6":6,"\u20ac":1,"\U0001f600":4}')
    assert canonical_json([333333333.33333329, 1e30, 4.50, 2e-3, 1e-27]) == (
        b"[333333333.3333333,1e+30,4.5,0.002,1e-27]"
    )
    for bad in (float("nan"), 2**60, {1: "x"}, {"a": object()}, "\ud800"):
        with pytest.raises(InputError):
            canonical_json(bad)


def test_a_payload_is_bound_to_its_own_salt() -> None:
    mac = payload_mac({"text": "很满意"}, SALT)
    assert payload_matches({"text": "很满意"}, SALT, mac)
    assert not payload_matches({"text": "不满意"}, SALT, mac)
    assert not payload_matches({"text": "很满意"}, bytes(16), mac)
    with pytest.raises(InputError, match="at least 16"):
        payload_mac({}, b"short")
    with pytest.raises(InputError, match="time zone"):
        encode_leaf(
            seq=0,
            time=datetime(2026, 1, 1),
            actor="a",
            action="b",
            object="c",
            payload_mac=mac,
        )


def test_an_untouched_log_passes() -> None:
    check = check_log(log(9), [root_at(9), root_at(4)])
    assert (check.intact, check.size, check.verified_size, check.warnings) == (True, 9, 9, ())
    assert check.to_dict()["root"] == root_at(9).root.hex()
    later = check_log(log(9), [root_at(4)])
    assert (later.intact, later.verified_size, later.warnings[0].count) == (True, 4, 5)
    assert check_log([], []).intact


def test_every_kind_of_tampering_is_found() -> None:
    trusted = root_at(9)
    flipped = log(9)
    changed = bytes([flipped[3].body[0] ^ 1]) + flipped[3].body[1:]
    flipped[3] = dataclasses.replace(flipped[3], body=changed)
    assert codes(flipped, trusted) == ["trust.leaf_changed", "trust.root_differs"]

    rehashed = log(9)
    rehashed[3] = StoredLeaf(3, changed, leaf_hash(changed))
    assert codes(rehashed, trusted) == ["trust.root_differs"]

    swapped = log(9)
    swapped[2], swapped[3] = swapped[3], swapped[2]
    assert codes(swapped, trusted) == ["trust.leaf_out_of_place"] * 2 + ["trust.root_differs"]

    renumbered = log(9)
    renumbered[2], renumbered[3] = (
        dataclasses.replace(renumbered[3], seq=2),
        dataclasses.replace(renumbered[2], seq=3),
    )
    assert codes(renumbered, trusted) == ["trust.root_differs"]

    assert codes(log(8), trusted) == ["trust.log_too_short"]
    inserted = log(9)
    inserted.insert(4, inserted[4])
    assert "trust.root_differs" in codes(inserted, trusted)
    assert codes(log(0), trusted) == ["trust.log_too_short"]


def test_a_checkpoint_signs_and_opens() -> None:
    checkpoint = Checkpoint(ORIGIN, 9, root_at(9).root, ("note",))
    signed = sign_checkpoint(checkpoint, [key(1), key(2, "witness.example")])
    trusted = [key(1).verifier()]
    assert open_checkpoint(signed, ORIGIN, trusted) == checkpoint
    assert open_note(signed, [*trusted, key(2, "witness.example").verifier()])[1] == (
        ORIGIN,
        "witness.example",
    )
    assert signed.splitlines()[5].startswith(f"— {ORIGIN} ")
    refused = {
        "trust.signature_wrong": signed.replace("\n9\n", "\n8\n"),
        "trust.note_not_trusted": sign_checkpoint(checkpoint, [key(3)]),
        "trust.note_invalid": checkpoint.to_text(),
        "trust.other_log": sign_checkpoint(dataclasses.replace(checkpoint, origin="b"), [key(1)]),
        "trust.checkpoint_invalid": sign_note(f"{ORIGIN}\n09\n{'A' * 43}=\n", [key(1)]),
    }
    for code, note in refused.items():
        with pytest.raises(InputError) as caught:
            open_checkpoint(note, ORIGIN, trusted)
        assert caught.value.code == code


def test_the_published_key_form_is_that_of_the_specification() -> None:
    # The example key of the Go module checksum database, as printed in its documentation.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    published = VerifierKey.from_text(text)
    assert published.to_text() == text
    assert open_note(note, [published])[1] == ("PeterNeumann",)
    for bad in ("", "a+b", text.replace("c74f", "c74e"), text.replace("+AR", "+BR"), "a b" + text):
        with pytest.raises(InputError):
            VerifierKey.from_text(bad)


def test_a_receipt_proves_one_leaf_offline() -> None:
    leaves = [leaf.hash for leaf in log(9)]
    signed = sign_checkpoint(Checkpoint(ORIGIN, 9, root_at(9).root), [key(1)])
    proof = inclusion_proof(5, 9, complete_subtrees(leaves))
    text = Receipt(5, proof, signed, extra=b"salt").to_text()
    receipt = Receipt.from_text(text)
    assert receipt.to_text() == text
    assert receipt.extra == b"salt"
    assert receipt.verify(leaves[5], ORIGIN, [key(1).verifier()]).size == 9
    with pytest.raises(InputError) as caught:
        receipt.verify(leaves[4], ORIGIN, [key(1).verifier()])
    assert caught.value.code == "trust.leaf_not_proven"
    for bad in (
        "",
        "x\n\ny",
        text.replace("index 5", "index 05"),
        text.replace("tlog-proof@v1", "tlog-proof@v2"),
    ):
        with pytest.raises(InputError):
            Receipt.from_text(bad)


@given(st.text(max_size=300))
def test_no_text_crashes_the_parsers(text: str) -> None:
    for parse in (
        Receipt.from_text,
        Checkpoint.from_text,
        VerifierKey.from_text,
        lambda note: open_note(note, [key(1).verifier()]),
        lambda tail: Receipt.from_text(f"c2sp.org/tlog-proof@v1\nindex 1\n{tail}"),
    ):
        try:
            parse(text)
        except InputError as error:
            assert error.message("zh-CN") != error.code  # noqa: PT017  # any text may be refused, with a sentence


def test_webhooks_of_the_published_example(reference: Path) -> None:
    case = json.loads((reference / "golden/audit/standard_webhooks.json").read_text())
    text = case["body"].encode()
    signature = sign_webhook(case["secret"], case["id"], case["timestamp"], text)
    assert signature == case["signature"]
    now = datetime.fromtimestamp(case["timestamp"] + 200, UTC)
    stamp = str(case["timestamp"])

    def verify(
        *,
        message_id: str = case["id"],
        stamp: str = stamp,
        sign: str = signature,
        body: bytes = text,
        now: datetime = now,
    ) -> bool:
        return verify_webhook(case["secret"], message_id, stamp, sign, body, now=now)

    assert verify()
    assert verify(sign=f"v1,AAAA v1a,BBBB {signature}")
    assert not verify(body=text + b" ")
    assert not verify(message_id="msg_other")
    assert not verify(stamp=str(case["timestamp"] + 1))
    assert not verify(stamp="１６１４２６５３３０")
    assert not verify(sign="v1,")
    assert not verify(now=now + timedelta(minutes=5))
    assert not verify(now=now - timedelta(minutes=10))
    with pytest.raises(InputError):
        sign_webhook("whsec_c2hvcnQ=", "id", 1, b"")
    with pytest.raises(InputError):
        sign_webhook(case["secret"], "a.b", 1, b"")
