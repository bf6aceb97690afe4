"""Tables of findings: what is clearly worse than it should be, run by run."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop.results import Estimate


class Finding(models.Model):
    """Something that is clearly worse than before, than elsewhere, or than the target. It lives on from run to run."""

    UNIT_PATH = "unit"

    class Kind(models.TextChoices):
        """What it is worse than."""

        CHANGE = "change", _("worse than the period before")
        UNIT = "unit", _("worse than the other units")
        CHANNEL = "channel", _("worse than the other channels")
        TARGET = "target", _("off the target")
        BOTTLENECK = "bottleneck", _("bottleneck of a process")
        REWORK = "rework", _("work done again")
        SLOWER = "slower", _("step slower than before")
        WEEKDAY = "weekday", _("worse on one day of the week")

    class State(models.TextChoices):
        """Where it stands after the last run."""

        NEW = "new", _("new")
        PERSISTING = "persisting", _("persisting")
        GONE = "gone", _("gone")
        DISMISSED = "dismissed", _("dismissed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    family = models.CharField(max_length=20)  # of methods: figures, process
    subject = models.JSONField()  # metric with channel or weekday, or process log and step
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("unit")
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.NEW)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of dismissing it
    first_seen = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering: ClassVar[list[str]] = ["-last_seen", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def active(self) -> bool:
        """Whether it is there and nobody dismissed it."""
        return self.state in {self.State.NEW, self.State.PERSISTING}

    @property
    def newest(self) -> FindingObservation | None:
        """What the last run that saw it observed."""
        return self.observations.first()


class FindingObservation(models.Model):
    """What one run observed of a finding."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="observations")
    run_key = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)
    result = models.CharField(
        max_length=40
    )  # public id of the metric's result, or of the log with its version
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    value = models.FloatField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.BigIntegerField()
    method = models.CharField(max_length=60)
    compared_with = models.FloatField(null=True)
    difference = models.FloatField(null=True)
    test = models.CharField(max_length=40, blank=True)
    p = models.FloatField(null=True)
    q = models.FloatField(null=True)  # corrected over all comparisons of the run
    # loss in dissatisfied-customer equivalents a month: share × volume
    loss = models.FloatField(null=True)
    loss_share = models.FloatField(null=True)
    loss_volume = models.FloatField(null=True)
    loss_basis = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["finding", "run_key"], name="diagnose_observation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} at {self.made_at:%Y-%m-%d}"

    @property
    def estimate(self) -> Estimate:
        """The figure that was observed."""
        return Estimate(self.value, self.n, self.low, self.high, self.method)
