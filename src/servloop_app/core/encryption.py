"""Personal data at rest: sealed with AES-256-GCM under a key that is not in the database.

The key ring is a file in the data folder: a list of keys, the last of which seals, all of which open. What is
sealed is bound to its place (model, row, field) and to its key by the associated data, so a ciphertext moved
to another row does not open. Equality search on sealed values goes through a blind index: HMAC-SHA256 of the
normalised value under a key of its own that never rotates silently.

Sources: NIST SP 800-38D (AES-GCM, random 96-bit nonces), RFC 2104 (HMAC).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from servloop_app.core.errors import ActionError

_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_SEPARATORS = str.maketrans(dict.fromkeys(" -()\u3000\t."))


@dataclass(frozen=True)
class KeyRing:
    """The keys of an installation.

    Attributes:
        keys: key id (8 hexadecimal digits) → 32 bytes, oldest first; the last one seals.
        index_key: keys the blind indexes.
        log_key: the Ed25519 seed that signs checkpoints of the audit log.
    """

    keys: dict[str, bytes]
    index_key: bytes
    log_key: bytes

    @classmethod
    def create(cls) -> KeyRing:
        """A fresh ring with one key."""
        return cls(
            {secrets.token_hex(_KEY_ID_BYTES): secrets.token_bytes(32)},
            secrets.token_bytes(32),
            secrets.token_bytes(32),
        )

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """The ring of a file.

        Raises:
            ActionError: the file is not a key ring.
        """
        try:
            stored = json.loads(path.read_text(encoding="ascii"))
            keys = {key["id"]: base64.b64decode(key["key"], validate=True) for key in stored["keys"]}
            ring = cls(keys, base64.b64decode(stored["index_key"]), base64.b64decode(stored["log_key"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ActionError("core.key_ring_unreadable", path=str(path)) from error
        if not keys or any(len(key) != 32 for key in keys.values()):
            raise ActionError("core.key_ring_unreadable", path=str(path))
        return ring

    def write(self, path: Path) -> None:
        """Replace the file in one step, readable by its owner alone, on disk before it counts."""
        text = json.dumps(
            {
                "keys": [
                    {"id": name, "key": base64.b64encode(key).decode()} for name, key in self.keys.items()
                ],
                "index_key": base64.b64encode(self.index_key).decode(),
                "log_key": base64.b64encode(self.log_key).decode(),
            },
            indent=1,
        )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return next(reversed(self.keys))

    def with_new_key(self) -> KeyRing:
        """The ring with one more key, which seals from now on."""
        return KeyRing(
            {**self.keys, secrets.token_hex(_KEY_ID_BYTES): secrets.token_bytes(32)},
            self.index_key,
            self.log_key,
        )

    def with_current_only(self) -> KeyRing:
        """The ring without its old keys, once nothing is sealed with them any more."""
        return KeyRing({self.current: self.keys[self.current]}, self.index_key, self.log_key)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Key id, nonce and ciphertext of a value that belongs to ``place``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, plain, _bound(place, self.current))
        return bytes.fromhex(self.current) + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value that was sealed for ``place``.

        Raises:
            ActionError: the key is not in the ring, or the bytes were changed or belong to another place.
        """
        name = sealed[:_KEY_ID_BYTES].hex()
        if name not in self.keys:
            raise ActionError("core.key_missing", key=name)
        nonce, body = (
            sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES],
            sealed[_KEY_ID_BYTES + _NONCE_BYTES :],
        )
        try:
            return AESGCM(self.keys[name]).decrypt(nonce, body, _bound(place, name))
        except (InvalidTag, ValueError) as error:
            raise ActionError("core.sealed_value_damaged", place=place) from error

    def index(self, value: str, kind: str) -> bytes:
        """See `blind_index`."""
        if kind == "email":
            text = unicodedata.normalize("NFKC", value).casefold().strip()
        else:
            text = normalized(value)
        return hmac.digest(self.index_key, f"{kind}:{text}".encode(), hashlib.sha256)

    def is_current(self, sealed: bytes) -> bool:
        """Whether a value is sealed with the newest key."""
        return sealed[:_KEY_ID_BYTES].hex() == self.current


def _bound(place: str, key_id: str) -> bytes:
    return f"{place}:{key_id}".encode()


def key_ring_path() -> Path:
    """Where the key ring lies: outside the database, so that a copy of the database alone opens nothing."""
    return Path(settings.DATA_FOLDER) / "keys" / "ring.json"


@cache
def _ring_of(path: Path, stamp: int) -> KeyRing:  # noqa: ARG001  # the stamp makes a changed file count
    return KeyRing.read(path)


def key_ring() -> KeyRing:
    """The installation's key ring, made at first use; a rotation in another process is seen at once."""
    path = key_ring_path()
    try:
        return _ring_of(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return _create_ring(path)


def _create_ring(path: Path) -> KeyRing:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"ring.{secrets.token_hex(4)}")
    KeyRing.create().write(fresh)
    try:
        os.link(fresh, path)  # fails when another process was first: its ring counts
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return _ring_of(path, path.stat().st_mtime_ns)


def normalized(value: str) -> str:
    """A value as the blind index compares it: NFKC, lower case, without spaces and the usual separators."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return folded.translate(_SEPARATORS)


def blind_index(value: str, kind: str) -> bytes:
    """The keyed hash by which a sealed value of a kind (``"phone"``, ``"email"``…) is found again."""
    return key_ring().index(value, kind)


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A text that is sealed before it reaches the database and opened only by `open_text`.

    A read gives the sealed bytes: clear text never appears by accident in a list, a log or a form. Writing
    takes two steps, since the row's key is part of what binds the value: save the row, then `seal_text`.
    """

    description = "sealed text"


def place_of(row: models.Model, field: str) -> str:
    """``model:pk:field``, the place a sealed value is bound to.

    Raises:
        ValueError: the row has no key yet.
    """
    if row.pk is None:
        msg = f"save the {row._meta.label} before sealing its {field}"
        raise ValueError(msg)
    return place_in(type(row), row.pk, field)


def place_in(model: type[models.Model], key: object, field: str) -> str:
    """The same for a row that is known by its key."""
    return f"{model._meta.label_lower}:{key}:{field}"


def seal_text(row: models.Model, field: str, text: str) -> None:
    """Put a sealed text into a field of a saved row (the caller saves it again)."""
    setattr(row, field, key_ring().seal(text.encode(), place_of(row, field)))


def open_text(row: models.Model, field: str) -> str:
    """The clear text of a sealed field; for use inside an audited action."""
    return key_ring().open(bytes(getattr(row, field)), place_of(row, field)).decode()


def sealed_fields() -> list[tuple[type[models.Model], str]]:
    """Every sealed field of the installed models, for the rotation of keys."""
    from django.apps import apps  # noqa: PLC0415  # ready only after start

    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def reseal(row: models.Model, field: str) -> bool:
    """Seal a field again with the newest key; whether that was needed."""
    sealed: Any = getattr(row, field)
    ring = key_ring()
    if not sealed or ring.is_current(bytes(sealed)):
        return False
    place = place_of(row, field)
    setattr(row, field, ring.seal(ring.open(bytes(sealed), place), place))
    return True
