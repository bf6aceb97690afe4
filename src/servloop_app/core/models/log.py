"""The audit log: leaves, what they speak of, and where the tree stands."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from servloop_app.core.encryption import EncryptedTextField


class LogLeaf(models.Model):
    """One leaf of the RFC 6962 tree: ``body`` is what is hashed, the other columns repeat it for searching."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)
    body = models.TextField()
    time = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    object = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["actor", "-seq"], name="core_log_actor"),
            models.Index(fields=["action", "-seq"], name="core_log_action"),
            models.Index(fields=["object", "-seq"], name="core_log_object"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class LogPayload(models.Model):
    """The details of a leaf, encrypted, with the salt of their keyed hash. Deleting the row makes them gone."""

    leaf = models.OneToOneField(LogLeaf, on_delete=models.CASCADE, primary_key=True, related_name="payload")
    salt = models.BinaryField(max_length=32)
    sealed = EncryptedTextField()

    def __str__(self) -> str:
        return f"payload of {self.leaf_id}"


class LogState(models.Model):
    """The compact range: the tree's size and one hash for each of its bits. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    hashes = models.BinaryField(default=b"")

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="core_log_one_state")]

    def __str__(self) -> str:
        return f"{self.size} leaves"
