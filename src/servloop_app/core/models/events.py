"""Domain events on their way to those who wait for them."""

from __future__ import annotations

import uuid

from django.db import models


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction in which it happened; jobs carry it on."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, db_index=True)
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} {self.public_id}"
