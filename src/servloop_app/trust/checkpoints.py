"""Checkpoints: the state of the audit log, signed and kept outside the database.

A whole database put back to an older copy is consistent in itself; only a checkpoint published elsewhere shows
that something is missing. They lie in the data folder as text files (C2SP tlog-checkpoint) and can be copied
anywhere: whoever has one and the public key can hold the log against it.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone

from servloop.errors import InputError
from servloop.results import Notice
from servloop.trust.transparency_log import (
    Checkpoint,
    SigningKey,
    TrustedRoot,
    VerifierKey,
    open_checkpoint,
    sign_checkpoint,
)
from servloop_app.core import audit_log
from servloop_app.core.encryption import key_ring

ORIGIN = "servloop-audit-log"


def signing_key() -> SigningKey:
    """The installation's key, from its key ring."""
    return SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(key_ring().log_key))


def verifier_key() -> VerifierKey:
    """The public half, for whoever checks from outside."""
    return signing_key().verifier()


def folder() -> Path:
    """Where checkpoints lie."""
    return Path(settings.DATA_FOLDER) / "checkpoints"


def publish() -> Checkpoint:
    """Sign the present state and keep it; nothing new is written for a state that is published."""
    state = audit_log.current_root()
    checkpoint = Checkpoint(ORIGIN, state.size, state.root)
    path = folder() / f"{state.size:015d}.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with beside.open("w", encoding="utf-8") as handle:
            handle.write(sign_checkpoint(checkpoint, [signing_key()]))
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    return checkpoint


def newest() -> tuple[str, datetime] | None:
    """The text of the newest checkpoint and when it was published."""
    files = sorted(folder().glob("*.txt"))
    if not files:
        return None
    written = datetime.fromtimestamp(files[-1].stat().st_mtime, tz=timezone.get_default_timezone())
    return files[-1].read_text(encoding="utf-8"), written


def published_roots() -> tuple[list[TrustedRoot], list[Notice]]:
    """The roots of all checkpoints with a valid signature, and a finding for each file without."""
    roots: list[TrustedRoot] = []
    problems: list[Notice] = []
    trusted = [verifier_key()]
    for path in sorted(folder().glob("*.txt")):
        try:
            checkpoint = open_checkpoint(path.read_text(encoding="utf-8"), ORIGIN, trusted)
        except (InputError, UnicodeDecodeError):
            problems.append(Notice("core.checkpoint_invalid", params={"file": path.name}))
        else:
            roots.append(TrustedRoot(checkpoint.size, checkpoint.root))
    return roots, problems
