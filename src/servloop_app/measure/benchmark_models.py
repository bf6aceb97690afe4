"""The table of benchmarks: figures of others, entered by people or copied from imported files."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class OwnBenchmark(models.Model):
    """A figure of others with its source and date; those of imports follow the facts and are only read here."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    metric = models.CharField(_("metric"), max_length=60, db_index=True)  # its code
    value = models.FloatField(_("value"))
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    unit = models.CharField(max_length=40, blank=True)  # empty: that of the metric
    subject = models.CharField(max_length=120, blank=True)  # industry or competitor
    source = models.CharField(_("source"), max_length=300)
    published = models.DateField()
    practice = models.CharField(max_length=1000, blank=True)
    verified = models.BooleanField(default=False)  # somebody read the original source
    imported = models.BooleanField(default=False)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["metric", "-published", "pk"]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value:g}"
