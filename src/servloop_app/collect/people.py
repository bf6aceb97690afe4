"""Keys of people: identifiers go in, random surrogates come out, and the facts see only these."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable

import polars as pl
from django.db import transaction
from django.utils import timezone

from servloop.io.columns import plain_name
from servloop.io.imports import TARGETS
from servloop_app.collect.models import PersonKey
from servloop_app.core import guard
from servloop_app.core.bulk import insert_new
from servloop_app.core.encryption import blind_index, key_ring, normalized

_ASKED_AT_ONCE = 500
_MADE_AT_ONCE = 5_000
_TELLING_DIGITS = 8
_HEADINGS = frozenset(
    plain_name(name)
    for group in TARGETS["customers"].field("person").names.split("/")
    for name in group.split("|")
)
IDENTIFIER = "customer"
TABLE = PersonKey._meta.db_table


def index_of(identifier: str) -> bytes:
    """The blind index of an identifier as files write it (a customer number, a phone number…)."""
    return blind_index(identifier, IDENTIFIER)


def naming(values: Iterable[str], indexes: Collection[bytes], *, of_people: bool = False) -> set[str]:
    """Those of some values that are identifiers of the people with these blind indexes, however they are written.

    Args:
        values: distinct values of a column.
        indexes: blind indexes of identifiers.
        of_people: the column is one of customers' identifiers. In any other a number of fewer than eight digits says
            nothing: it may as well be an amount, or the number of somebody else's case.
    """
    ring = key_ring()
    asked = values if of_people else (value for value in values if _telling(value))
    return {value for value in asked if ring.index(value, IDENTIFIER) in indexes}


def _telling(value: str) -> bool:
    return (
        len(value) >= _TELLING_DIGITS
        or not (plain := normalized(value)).isdigit()
        or len(plain) >= _TELLING_DIGITS
    )


def headed_as_people(heading: str) -> bool:
    """Whether a column's heading says that it holds customers' identifiers."""
    return plain_name(heading) in _HEADINGS


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
