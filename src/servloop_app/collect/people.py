"""Keys of people: identifiers go in, random surrogates come out, and the facts see only these."""

from __future__ import annotations

import secrets

import polars as pl

from servloop_app.collect.models import PersonKey
from servloop_app.core.encryption import blind_index

_AT_ONCE = 500
IDENTIFIER = "customer"
TABLE = PersonKey._meta.db_table


def index_of(identifier: str) -> bytes:
    """The blind index of an identifier as files write it (a customer number, a phone number…)."""
    return blind_index(identifier, IDENTIFIER)


def known_keys(identifiers: list[str]) -> dict[str, str]:
    """Identifier → key, for those that have one."""
    indexes = {identifier: index_of(identifier) for identifier in identifiers}
    wanted = list(set(indexes.values()))  # several notations of one number have the same index
    keys: dict[bytes, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = PersonKey.objects.filter(index__in=wanted[start : start + _AT_ONCE])
        keys.update({bytes(index): key for index, key in rows.values_list("index", "key")})
    return {identifier: keys[index] for identifier, index in indexes.items() if index in keys}


def make_keys(identifiers: list[str]) -> None:
    """Give keys to identifiers that have none. Two imports at once agree on the first."""
    PersonKey.objects.bulk_create(
        [PersonKey(index=index, key=secrets.token_hex(16)) for index in {index_of(i) for i in identifiers}],
        batch_size=_AT_ONCE,
        ignore_conflicts=True,
    )


def keyed(identifiers: pl.Series, keys: dict[str, str]) -> pl.Series:
    """Identifiers replaced by their keys; unknown ones become missing."""
    if not keys:
        return pl.Series([None] * len(identifiers), dtype=pl.String)
    return identifiers.replace_strict(keys, default=None, return_dtype=pl.String)
