"""Keys of people: identifiers go in, random surrogates come out, and the facts see only these."""

from __future__ import annotations

import secrets

import polars as pl
from django.db import transaction
from django.utils import timezone

from servloop_app.collect.models import PersonKey
from servloop_app.core import guard
from servloop_app.core.bulk import insert_new
from servloop_app.core.encryption import blind_index, key_ring

_ASKED_AT_ONCE = 500
_MADE_AT_ONCE = 5_000
IDENTIFIER = "customer"
TABLE = PersonKey._meta.db_table


def index_of(identifier: str) -> bytes:
    """The blind index of an identifier as files write it (a customer number, a phone number…)."""
    return blind_index(identifier, IDENTIFIER)


def keys_of(identifiers: list[str]) -> dict[str, str]:
    """Identifier → key; those that have none get one. Two imports at once agree on the first."""
    ring = key_ring()
    indexes = {identifier: ring.index(identifier, IDENTIFIER) for identifier in identifiers}
    wanted = set(indexes.values())  # several notations of one number have the same index
    keys = _known(wanted)
    unknown = wanted - keys.keys()
    if unknown:
        now = timezone.now()
        new = [(index, secrets.token_hex(16), now) for index in unknown]
        # Surrogates say nothing by themselves; what they are made for is on record as the import.
        with guard.opening(TABLE):
            for start in range(0, len(new), _MADE_AT_ONCE):
                with transaction.atomic():
                    insert_new(PersonKey, ("index", "key", "created_at"), new[start : start + _MADE_AT_ONCE])
        keys |= _known(unknown)
    return {identifier: keys[index] for identifier, index in indexes.items()}


def _known(indexes: set[bytes]) -> dict[bytes, str]:
    keys: dict[bytes, str] = {}
    asked = list(indexes)
    for start in range(0, len(asked), _ASKED_AT_ONCE):
        rows = PersonKey.objects.filter(index__in=asked[start : start + _ASKED_AT_ONCE])
        keys.update({bytes(index): key for index, key in rows.values_list("index", "key")})
    return keys


def keyed(identifiers: pl.Series, keys: dict[str, str]) -> pl.Series:
    """Identifiers replaced by their keys; unknown ones become missing."""
    if not keys:
        return pl.Series([None] * len(identifiers), dtype=pl.String)
    return identifiers.replace_strict(keys, default=None, return_dtype=pl.String)
