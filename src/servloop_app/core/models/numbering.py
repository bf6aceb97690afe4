"""Number series without gaps."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class NumberSeries(models.Model):
    """The last number given in a year, for one prefix."""

    prefix = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["prefix", "year"], name="core_series_once")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"
