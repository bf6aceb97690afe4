"""What stands in a leaf: who did what to which object when, and a keyed hash of the details.

The details themselves (the payload) never enter the log. The leaf carries HMAC-SHA256 of the payload under
a salt of that record alone; deleting payload and salt makes the record unreadable and unguessable while the
tree still verifies.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from servloop.errors import InputError
from servloop.results import Notice, Result
from servloop.trust.transparency_log.merkle import CompactRange, leaf_hash

MIN_SALT_BYTES = 16


def canonical_json(value: object) -> bytes:
    """The one byte form of a JSON value (RFC 8785).

    Raises:
        InputError: the value has no canonical form (NaN, integers beyond 2^53, other types).
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # checked by the call itself
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise InputError("trust.not_canonical_json", problem=str(error)) from error


def payload_mac(payload: object, salt: bytes) -> str:
    """HMAC-SHA256 of a payload's canonical JSON under the record's own random salt, in hexadecimal.

    Raises:
        InputError: the salt has fewer than 16 bytes, or the payload has no canonical form.
    """
    if len(salt) < MIN_SALT_BYTES:
        raise InputError("trust.salt_too_short", expected=MIN_SALT_BYTES, received=len(salt))
    return hmac.digest(salt, canonical_json(payload), "sha256").hex()


def payload_matches(payload: object, salt: bytes, mac: str) -> bool:
    """Whether a payload is the one that a leaf speaks of; compared in constant time."""
    return hmac.compare_digest(payload_mac(payload, salt), mac)


def encode_leaf(*, seq: int, time: datetime, actor: str, action: str, object: str, payload_mac: str) -> bytes:  # noqa: A002  # the field's name in the leaf
    """The bytes of one leaf: canonical JSON of its six fields.

    Args:
        seq: place in the log, from 0.
        time: when it was committed; must carry a zone, written in UTC with microseconds.
        actor: who acted (an identifier, not a name).
        action: what was done, for example ``"ticket.close"``.
        object: to what, for example ``"ticket:FB-2026-000123"``.
        payload_mac: from `payload_mac`.

    Raises:
        InputError: ``time`` has no zone, or a value has no canonical form.
    """
    if time.tzinfo is None:
        raise InputError("trust.time_without_zone", time=time.isoformat())
    return canonical_json(
        {
            "seq": seq,
            "time": time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor": actor,
            "action": action,
            "object": object,
            "payload_mac": payload_mac,
        }
    )


@dataclass(frozen=True)
class StoredLeaf:
    """A leaf as the store returns it: its place, its bytes and the hash kept beside them."""

    seq: int
    body: bytes
    hash: bytes


@dataclass(frozen=True)
class TrustedRoot:
    """A root that was published before, against which the store is held."""

    size: int
    root: bytes


@dataclass(frozen=True, kw_only=True)
class LogCheck(Result):
    """The outcome of reading a whole log again.

    Attributes:
        size: leaves read.
        root: Merkle tree hash over what was read.
        intact: nothing was changed, removed, added or moved, as far as the trusted roots reach.
        verified_size: leaves that a trusted root covers; later leaves are only consistent in themselves.
        problems: what was found, with the places.
    """

    size: int
    root: bytes
    intact: bool
    verified_size: int
    problems: tuple[Notice, ...]

    def to_dict(self, language: str = "en") -> dict[str, object]:
        """JSON-ready values; the root in hexadecimal."""
        return {
            "size": self.size,
            "root": self.root.hex(),
            "intact": self.intact,
            "verified_size": self.verified_size,
            "problems": [problem.to_dict(language) for problem in self.problems],
            "warnings": [warning.to_dict(language) for warning in self.warnings],
        }


def check_log(leaves: Iterable[StoredLeaf], trusted: Iterable[TrustedRoot]) -> LogCheck:
    """Read a log from its first leaf and hold it against roots that were published earlier.

    A changed leaf shows as a hash that does not fit its bytes or, when the hash was changed too, as another
    root; a removed tail as a log shorter than a trusted root; a removed, inserted or moved leaf as a break in
    the numbering or another root.

    Args:
        leaves: all leaves in the order of their numbers.
        trusted: roots from checkpoints outside the database, in any order.
    """
    due = sorted(trusted, key=lambda item: item.size)
    problems: list[Notice] = []
    tree = CompactRange()
    verified = position = 0

    def hold_against_roots() -> None:
        nonlocal verified, position
        while position < len(due) and due[position].size == tree.size:
            if due[position].root == tree.root():
                verified = tree.size
            else:
                problems.append(Notice("trust.root_differs", params={"size": tree.size}))
            position += 1

    hold_against_roots()
    for leaf in leaves:
        if leaf.seq != tree.size:
            problems.append(
                Notice("trust.leaf_out_of_place", params={"expected": tree.size, "received": leaf.seq})
            )
        computed = leaf_hash(leaf.body)
        if computed != leaf.hash:
            problems.append(Notice("trust.leaf_changed", params={"seq": leaf.seq}))
        tree, _ = tree.append(computed)
        hold_against_roots()
    problems.extend(
        Notice("trust.log_too_short", params={"expected": item.size, "received": tree.size})
        for item in due[position:]
    )
    uncovered = tree.size - (due[-1].size if due else 0)
    warnings = (Notice("trust.leaves_not_covered", count=uncovered),) if uncovered > 0 else ()
    return LogCheck(
        size=tree.size,
        root=tree.root(),
        intact=not problems,
        verified_size=verified,
        problems=tuple(problems),
        warnings=warnings,
    )
