"""Tables of the plan stage: opportunities to serve better, and what was decided about them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.plan.goal_models import Goal, GoalVersion

__all__ = ["Goal", "GoalVersion", "Opportunity"]


class Opportunity(models.Model):
    """Something worth doing about findings that belong together. It survives every recomputation."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """What was decided."""

        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        SNOOZED = "snoozed", _("put off")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=160, unique=True)  # what its findings have in common
    subject = models.JSONField()  # {metric} or {log}
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("unit")
    )
    findings = models.ManyToManyField("diagnose.Finding", related_name="opportunities")
    present = models.BooleanField(default=True)  # whether the last run still saw one of its findings
    made_at = models.DateTimeField(auto_now_add=True)
    # score = loss × confidence ÷ effort
    score = models.FloatField(_("score"), null=True)
    loss = models.FloatField(_("loss"), null=True)  # dissatisfied-customer equivalents a month
    confidence = models.FloatField(_("confidence"), default=0)
    effort = models.PositiveSmallIntegerField(_("effort"), default=3)  # 1 small … 5 large
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    snoozed_until = models.DateField(null=True)
    decided_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering: ClassVar = [models.F("score").desc(nulls_last=True), "pk"]

    def __str__(self) -> str:
        return self.key
