"""Rotation of the keys that seal personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import models, transaction

from servloop_app.core import guard
from servloop_app.core.actions.base import Action, Actor, execute
from servloop_app.core.encryption import key_ring, key_ring_path, reseal, sealed_fields
from servloop_app.core.errors import Conflict

_BATCH = 500


@dataclass
class AddKey(Action[str]):
    """Add a key to the ring, which seals from now on; the outcome is its id."""

    name = "keys.add"
    permission = "settings.edit"

    def object(self) -> str:
        return "key_ring"

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        ring = key_ring().with_new_key()
        ring.write(key_ring_path())
        return ring.current


@dataclass
class RetireKeys(Action[int]):
    """Drop the old keys, once nothing is sealed with them; the outcome is how many."""

    name = "keys.retire"
    permission = "settings.edit"

    def object(self) -> str:
        return "key_ring"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        left = sum(len(batch) for model, field in sealed_fields() for batch in _outdated(model, field))
        if left:
            raise Conflict("core.keys_in_use", values=left)

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        ring = key_ring()
        ring.with_current_only().write(key_ring_path())
        return len(ring.keys) - 1


def _outdated(model: type[models.Model], field: str) -> Iterator[list[models.Model]]:
    """Rows whose field is sealed with an old key, batch by batch in the order of their keys."""
    ring = key_ring()
    rows = model._default_manager.only("pk", field).order_by("pk")
    batch = list(rows[:_BATCH])
    while batch:
        yield [
            row for row in batch if getattr(row, field) and not ring.is_current(bytes(getattr(row, field)))
        ]
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:_BATCH])


def rotate_keys(actor: Actor, told: Callable[[int], None] = lambda _count: None) -> int:
    """Add a key and seal everything with it, in batches; how many values. Old keys stay until `RetireKeys`.

    An interrupted rotation is finished by the next one.
    """
    execute(AddKey(), actor)
    sealed = 0
    for model, field in sealed_fields():
        for batch in _outdated(model, field):
            with transaction.atomic(), guard.opening(model._meta.db_table):
                for row in batch:
                    reseal(row, field)
                    model._default_manager.filter(pk=row.pk).update(**{field: getattr(row, field)})
                    sealed += 1
            told(sealed)
    return sealed
