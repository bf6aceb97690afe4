"""Signed checkpoints and receipts as text: C2SP signed-note, tlog-checkpoint and tlog-proof.

A checkpoint says "at this size the log had this root" under an Ed25519 signature. A receipt holds a
checkpoint and the inclusion proof of one leaf, so that its owner can prove offline that the leaf was there.
Keys are arguments: nothing here stores or finds one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from servloop.errors import InputError
from servloop.trust.transparency_log.merkle import HASH_SIZE, verify_inclusion

_ED25519 = b"\x01"
_SIGNATURE_PREFIX = "— "
_KEY_ID_SIZE = 4
_RECEIPT_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_NOTE_CHARACTERS = 1_000_000


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise InputError("trust.key_name_invalid", name=name)


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_SIZE]


@dataclass(frozen=True)
class VerifierKey:
    """A trusted name and its Ed25519 public key (32 bytes)."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != HASH_SIZE:
            raise InputError("trust.verifier_key_invalid", key=self.name)

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name the key."""
        return _key_id(self.name, self.public)

    def to_text(self) -> str:
        """``name+hex(key id)+base64(0x01 || key)``, the form in which keys are published."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(_ED25519 + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> VerifierKey:
        """Read the published form; the key id must fit the key.

        Raises:
            InputError: another form, another algorithm, or a key id of another key.
        """
        name, _, rest = text.strip().partition("+")
        hint, _, encoded = rest.partition("+")
        material = _decode(encoded, "trust.verifier_key_invalid", key=text)
        if material[:1] != _ED25519:
            raise InputError("trust.verifier_key_invalid", key=text)
        key = cls(name, material[1:])
        if key.key_id.hex() != hint:
            raise InputError("trust.verifier_key_invalid", key=text)
        return key


@dataclass(frozen=True)
class SigningKey:
    """A name and its Ed25519 private key."""

    name: str
    private: Ed25519PrivateKey

    def __post_init__(self) -> None:
        _check_name(self.name)

    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signature line over a note's text (its last newline included)."""
        signature = self.verifier().key_id + self.private.sign(text.encode())
        return f"{_SIGNATURE_PREFIX}{self.name} {_encode(signature)}\n"


def sign_note(text: str, keys: Iterable[SigningKey]) -> str:
    """A signed note: the text, an empty line, one signature line for each key (C2SP signed-note).

    Raises:
        InputError: the text does not end with a newline, holds control characters, or no key is given.
    """
    lines = [key.sign(text) for key in keys]
    if not text.endswith("\n") or not lines or any(ord(c) < 32 and c != "\n" for c in text):
        raise InputError("trust.note_invalid")
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, trusted: Sequence[VerifierKey]) -> tuple[str, tuple[str, ...]]:
    """The text of a note and the names of the trusted keys that signed it.

    Signatures by unknown keys are ignored; a signature that claims a trusted key and does not verify makes
    the whole note invalid, and so does the absence of any trusted signature.

    Raises:
        InputError: the note is malformed, forged, or not signed by a trusted key.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if len(note) > _MAX_NOTE_CHARACTERS or not separator or not text or not signatures.endswith("\n"):
        raise InputError("trust.note_invalid")
    text += "\n"
    keys = {(key.name, key.key_id): key for key in trusted}
    signers: list[str] = []
    for line in signatures[:-1].split("\n"):
        name, gap, encoded = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
        if not line.startswith(_SIGNATURE_PREFIX) or not gap or not name:
            raise InputError("trust.note_invalid")
        material = _decode(encoded, "trust.note_invalid")
        key = keys.get((name, material[:_KEY_ID_SIZE]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(material[_KEY_ID_SIZE:], text.encode())
        except InvalidSignature as error:
            raise InputError("trust.signature_wrong", name=name) from error
        if name not in signers:
            signers.append(name)
    if not signers:
        raise InputError("trust.note_not_trusted")
    return text, tuple(signers)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log at one size (C2SP tlog-checkpoint).

    Attributes:
        origin: the log's name, unique and stable.
        size: leaves.
        root: Merkle tree hash.
        extensions: further lines, without meaning here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The note's text: origin, size, root and extensions, a line each.

        Raises:
            InputError: a line is empty or broken, the size negative, or the root not 32 bytes.
        """
        texts = (self.origin, *self.extensions)
        if any(not line or "\n" in line for line in texts) or self.size < 0 or len(self.root) != HASH_SIZE:
            raise InputError("trust.checkpoint_invalid")
        return "".join(
            f"{line}\n" for line in (self.origin, str(self.size), _encode(self.root), *self.extensions)
        )

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note's text.

        Raises:
            InputError: it is not a checkpoint.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not text.endswith("\n") or not all(lines):
            raise InputError("trust.checkpoint_invalid")
        origin, size, root, *extensions = lines
        checkpoint = cls(
            origin,
            _decimal(size, "trust.checkpoint_invalid"),
            _decode(root, "trust.checkpoint_invalid"),
            tuple(extensions),
        )
        if len(checkpoint.root) != HASH_SIZE:
            raise InputError("trust.checkpoint_invalid")
        return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, keys: Iterable[SigningKey]) -> str:
    """A checkpoint as a signed note."""
    return sign_note(checkpoint.to_text(), keys)


def open_checkpoint(note: str, origin: str, trusted: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint of a signed note, after its signature and its origin were verified.

    Raises:
        InputError: malformed, forged, not signed by a trusted key, or of another log.
    """
    text, _ = open_note(note, trusted)
    checkpoint = Checkpoint.from_text(text)
    if checkpoint.origin != origin:
        raise InputError("trust.other_log", expected=origin, received=checkpoint.origin)
    return checkpoint


@dataclass(frozen=True)
class Receipt:
    """Proof that one leaf is in a log (C2SP tlog-proof).

    Attributes:
        index: the leaf's place.
        proof: inclusion proof in the tree of the checkpoint.
        checkpoint: the signed note, as it was issued.
        extra: bytes for the application; they are not covered by the proof.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def to_text(self) -> str:
        """The receipt as text, to be kept under the extension ``.tlog-proof``."""
        lines = [_RECEIPT_HEADER]
        if self.extra is not None:
            lines.append(f"extra {_encode(self.extra)}")
        lines += [f"index {self.index}", *map(_encode, self.proof)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def from_text(cls, text: str) -> Receipt:
        """Read a receipt.

        Raises:
            InputError: it is not one.
        """
        code = "trust.receipt_invalid"
        head, separator, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if len(text) > _MAX_NOTE_CHARACTERS or not separator or header != _RECEIPT_HEADER or not lines:
            raise InputError(code)
        extra = None
        if lines[0].startswith("extra "):
            extra = _decode(lines.pop(0).removeprefix("extra "), code)
        if not lines or not lines[0].startswith("index "):
            raise InputError(code)
        index = _decimal(lines.pop(0).removeprefix("index "), code)
        proof = tuple(_decode(line, code) for line in lines)
        if any(len(item) != HASH_SIZE for item in proof):
            raise InputError(code)
        return cls(index, proof, checkpoint, extra)

    def verify(self, leaf: bytes, origin: str, trusted: Sequence[VerifierKey]) -> Checkpoint:
        """Prove that a leaf (its hash) was in the log, and return the state of the log that says so.

        Raises:
            InputError: the checkpoint is not trusted, or the leaf is not under its root at that place.
        """
        checkpoint = open_checkpoint(self.checkpoint, origin, trusted)
        if not verify_inclusion(self.index, checkpoint.size, leaf, self.proof, checkpoint.root):
            raise InputError("trust.leaf_not_proven", index=self.index, size=checkpoint.size)
        return checkpoint


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str, code: str, **params: object) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(code, **params) from error
    if _encode(data) != text:  # one text for one value: stray bits in the last character are refused
        raise InputError(code, **params)
    return data


def _decimal(text: str, code: str) -> int:
    if len(text) > 19 or not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0"):
        raise InputError(code)
    return int(text)
