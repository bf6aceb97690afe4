"""The audit log: append a leaf in the action's transaction, read it, verify it.

Leaves are ordered by whoever holds the right to write: on SQLite the one writer (transactions begin
IMMEDIATE), on PostgreSQL the holder of an advisory lock until the end of the transaction.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from servloop.results import Notice
from servloop.trust.transparency_log import (
    CompactRange,
    LogCheck,
    StoredLeaf,
    TrustedRoot,
    canonical_json,
    check_log,
    encode_leaf,
    leaf_hash,
    payload_mac,
    payload_matches,
)
from servloop_app.core import guard
from servloop_app.core.encryption import key_ring
from servloop_app.core.models import LogLeaf, LogPayload, LogState

_LOCK = 0x5E_4C00_10  # the advisory lock of appending, any number no one else uses
_SALT_BYTES = 32
_HASH_BYTES = 32
_ASKED_AT_ONCE = 500


def _place(seq: int) -> str:
    return f"core.logpayload:{seq}:sealed"


# Plain SQL: a leaf is written with every action, and the object mapper would take most of the millisecond.
_STATE = "SELECT size, hashes FROM core_logstate WHERE id = 1"
_ADD_LEAF = "INSERT INTO core_logleaf (seq, hash, body, time, actor, action, object) VALUES (%s, %s, %s, %s, %s, %s, %s)"
_ADD_PAYLOAD = "INSERT INTO core_logpayload (leaf_id, salt, sealed) VALUES (%s, %s, %s)"
_ADD_STATE = "INSERT INTO core_logstate (size, hashes, id) VALUES (%s, %s, 1)"
_MOVE_STATE = "UPDATE core_logstate SET size = %s, hashes = %s WHERE id = 1"


def append(*, actor: str, action: str, object_: str, payload: dict[str, Any]) -> int:
    """Add one leaf and return its number. Only inside a transaction that is an action's."""
    salt = secrets.token_bytes(_SALT_BYTES)
    mac = payload_mac(payload, salt)
    plain = canonical_json(payload)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_STATE)
        state = cursor.fetchone()
        tree = _range(state[0], bytes(state[1])) if state else CompactRange()
        seq, now = tree.size, timezone.now()
        body = encode_leaf(seq=seq, time=now, actor=actor, action=action, object=object_, payload_mac=mac)
        digest = leaf_hash(body)
        grown, _nodes = tree.append(digest)
        stored_time = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(_ADD_LEAF, [seq, digest, body.decode(), stored_time, actor, action, object_])
        cursor.execute(_ADD_PAYLOAD, [seq, salt, key_ring().seal(plain, _place(seq))])
        cursor.execute(_MOVE_STATE if state else _ADD_STATE, [grown.size, b"".join(grown.hashes)])
    return seq


def _range(size: int, hashes: bytes) -> CompactRange:
    return CompactRange(
        size, tuple(hashes[start : start + _HASH_BYTES] for start in range(0, len(hashes), _HASH_BYTES))
    )


def current_root() -> TrustedRoot:
    """The size and root that the database claims."""
    state = LogState.objects.first()
    tree = CompactRange() if state is None else _range(state.size, bytes(state.hashes))
    return TrustedRoot(tree.size, tree.root())


def read_payload(seq: int) -> dict[str, Any] | None:
    """The details of a leaf; None when they were erased."""
    return read_payloads([seq]).get(seq)


def read_payloads(seqs: Collection[int]) -> dict[int, dict[str, Any]]:
    """The details of leaves by their number, without those that were erased."""
    ring = key_ring()
    rows = LogPayload.objects.filter(pk__in=list(seqs))
    return {row.pk: json.loads(ring.open(bytes(row.sealed), _place(row.pk))) for row in rows}


def forget(objects: Collection[str], actions: Collection[str]) -> int:
    """Erase the details of what was done to objects by some actions; that it was done, when and by whom stays.

    The log verifies as before: of the details only a keyed hash lies in the tree.

    Args:
        objects: references of the objects, as leaves name them.
        actions: names of the actions whose details hold personal data.

    Returns:
        How many leaves lost their details.
    """
    named = list(objects)
    gone = 0
    with guard.opening(LogPayload._meta.db_table):
        for start in range(0, len(named), _ASKED_AT_ONCE):
            part = named[start : start + _ASKED_AT_ONCE]
            rows = LogPayload.objects.filter(leaf__object__in=part, leaf__action__in=list(actions))
            gone += rows.delete()[0]
    return gone


@dataclass
class _Columns:
    """Compares the searchable columns with the hashed body while leaves stream by."""

    problems: list[Notice]

    def check(self, leaf: LogLeaf) -> None:
        try:
            body = json.loads(leaf.body)
            same = (
                body["actor"] == leaf.actor
                and body["action"] == leaf.action
                and body["object"] == leaf.object
                and datetime.fromisoformat(body["time"]) == leaf.time
            )
        except (ValueError, KeyError, TypeError):
            same = False
        if not same:
            self.problems.append(Notice("core.log_columns_differ", params={"seq": leaf.seq}))


def _stored_leaves(columns: _Columns) -> Iterator[StoredLeaf]:
    for leaf in LogLeaf.objects.order_by("seq").iterator(chunk_size=2000):
        columns.check(leaf)
        yield StoredLeaf(leaf.seq, leaf.body.encode(), bytes(leaf.hash))


def verify(trusted: list[TrustedRoot]) -> LogCheck:
    """Read the whole log again and hold it against the database's own state and given roots.

    Args:
        trusted: roots from checkpoints kept outside the database (`checkpoints.published_roots`).
    """
    columns = _Columns([])
    claimed = current_root()
    outcome = check_log(_stored_leaves(columns), [claimed, *trusted])
    if outcome.size > claimed.size:
        columns.problems.append(
            Notice("core.log_longer_than_state", params={"expected": claimed.size, "received": outcome.size})
        )
    columns.problems.extend(_payload_problems())
    covered = max((item.size for item in trusted), default=0)
    warnings = (
        (Notice("trust.leaves_not_covered", count=outcome.size - covered),) if outcome.size > covered else ()
    )
    problems = (*outcome.problems, *columns.problems)
    return replace(
        outcome,
        problems=problems,
        intact=not problems,
        verified_size=min(outcome.verified_size, covered),
        warnings=warnings,
    )


def _payload_problems() -> Iterator[Notice]:
    ring = key_ring()
    for row in LogPayload.objects.select_related("leaf").order_by("pk").iterator(chunk_size=2000):
        try:
            payload = json.loads(ring.open(bytes(row.sealed), _place(row.leaf_id)))
            fits = payload_matches(payload, bytes(row.salt), json.loads(row.leaf.body)["payload_mac"])
        except Exception:  # noqa: BLE001  # whatever is wrong with a tampered row, it is a finding
            fits = False
        if not fits:
            yield Notice("core.log_payload_differs", params={"seq": row.leaf_id})
