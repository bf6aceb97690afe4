"""The chain of custody: what led to what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Link(models.Model):
    """One object led to another; both are named as in the audit log, ``"<kind>:<public id>"``."""

    source = models.CharField(max_length=80)
    target = models.CharField(max_length=80, db_index=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "target"], name="core_link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
