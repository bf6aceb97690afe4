"""Tables of goals: what is to be reached, from where and until when; every revision stays."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Goal(models.Model):
    """A goal: a metric of a unit, its frozen baseline, a target and a deadline."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """How far it is."""

        ACTIVE = "active", pgettext_lazy("goal", "under way")
        REACHED = "reached", pgettext_lazy("goal", "reached")
        MISSED = "missed", pgettext_lazy("goal", "missed")
        DROPPED = "dropped", pgettext_lazy("goal", "given up")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    metric = models.ForeignKey("measure.Metric", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="parts")
    owner = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    strategy = models.CharField(_("strategy"), max_length=300, blank=True)
    # value, n, low, high, method, first, last, as_of, version, and the statistic, as they were when the goal was set
    baseline = models.JSONField()
    months = models.PositiveSmallIntegerField(default=3)  # over which baseline and progress are measured
    target = models.FloatField(_("target"))
    deadline = models.DateField(_("deadline"))
    feasibility = models.JSONField(default=dict)  # what history said when the target was last set
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    made_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=300, blank=True)
    closing = models.JSONField(default=dict)  # the figure at the end, as the baseline

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering: ClassVar[list[str]] = ["deadline", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def rising(self) -> bool:
        """Whether the target lies above the baseline."""
        return self.target > float(self.baseline["value"])

    @property
    def state_label(self) -> StrOrPromise:
        """The state as a word."""
        return self.State(self.state).label

    def met_by(self, value: float) -> bool:
        """Whether a value lies on the target's side."""
        return value >= self.target if self.rising else value <= self.target


class GoalVersion(models.Model):
    """A goal as it read from a moment on."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    target = models.FloatField()
    deadline = models.DateField()
    owner = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    strategy = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["goal", "version"], name="plan_goal_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.goal_id} v{self.version}"
