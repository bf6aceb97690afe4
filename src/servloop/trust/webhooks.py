"""Standard Webhooks: sign what we send, verify what we receive (HMAC-SHA256, scheme ``v1``).

Source: the Standard Webhooks specification. The signed content is ``id.timestamp.body`` over the raw bytes of
the body, so a receiver never has to serialize JSON again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

from servloop.errors import InputError

_SECRET_PREFIX = "whsec_"  # noqa: S105  # the prefix that marks a secret, not a secret
_SCHEME = "v1,"
TOLERANCE_SECONDS = 300


def sign_webhook(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature`` for one message.

    Args:
        secret: ``whsec_`` and 24 to 64 bytes in base64.
        message_id: value of ``webhook-id``, the same for each attempt to deliver.
        timestamp: value of ``webhook-timestamp``, seconds since 1970 of this attempt.
        body: the raw bytes sent.

    Raises:
        InputError: the secret is malformed, or the id is empty or holds a dot.
    """
    if not message_id or "." in message_id:
        raise InputError("trust.webhook_id_invalid", id=message_id)
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(_key(secret), content, "sha256")
    return _SCHEME + base64.b64encode(digest).decode()


def verify_webhook(
    secret: str, message_id: str, timestamp: str, signatures: str, body: bytes, *, now: datetime
) -> bool:
    """Whether a received message is authentic and recent.

    Args:
        secret: the shared secret.
        message_id: the header ``webhook-id`` as received.
        timestamp: the header ``webhook-timestamp`` as received.
        signatures: the header ``webhook-signature`` as received; several signatures are separated by spaces
            (rotation of secrets), other schemes than ``v1`` are passed over.
        body: the raw bytes received.
        now: the receiver's time, with zone; older or newer than five minutes is refused.

    Raises:
        InputError: our own secret is malformed. Anything wrong in the message is False.
    """
    if now.tzinfo is None:
        raise InputError("trust.time_without_zone", time=now.isoformat())
    plain = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    if not plain or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    if not message_id or "." in message_id:
        return False
    expected = sign_webhook(secret, message_id, int(timestamp), body).encode()
    return any(
        hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected)
        for given in signatures.split(" ")
    )


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("trust.webhook_secret_invalid") from error
    if not 24 <= len(key) <= 64:
        raise InputError("trust.webhook_secret_invalid")
    return key
