"""Tables of the verify stage: checks declared before the change, their frozen results, the verdicts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class EffectCheck(models.Model):
    """How it will be judged whether a project helped: planned, then declared and locked, then judged."""

    UNIT_PATH = "project__unit"

    class State(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", pgettext_lazy("effect check", "planned")
        DECLARED = "declared", pgettext_lazy("effect check", "declared")
        EXPLORATORY = "exploratory", pgettext_lazy("effect check", "looked at afterwards")
        VOIDED = "voided", pgettext_lazy("effect check", "voided")
        JUDGED = "judged", pgettext_lazy("effect check", "judged")

    class Method(models.TextChoices):
        """What the changed units are held against."""

        BEFORE_AFTER = "its", _("their own course before")
        COMPARISON = "did", _("units without the change")

    class Grain(models.TextChoices):
        """Step of the series."""

        WEEK = "week", pgettext_lazy("grain", "weeks")
        MONTH = "month", pgettext_lazy("grain", "months")

    class Direction(models.TextChoices):
        """Which way is better."""

        INCREASE = "increase", _("rise")
        DECREASE = "decrease", _("fall")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    project = models.ForeignKey("improve.Project", on_delete=models.PROTECT, related_name="checks")
    metric = models.ForeignKey("measure.Metric", on_delete=models.PROTECT, related_name="+")
    metric_version = models.PositiveIntegerField()
    source = models.CharField(
        max_length=40
    )  # the definition as declared: later versions do not change the check
    formula = models.TextField()
    units = models.JSONField()  # codes of the changed units, each with all below it
    comparison = models.JSONField(default=list)
    method = models.CharField(_("held against"), max_length=4, choices=Method)
    grain = models.CharField(_("step"), max_length=5, choices=Grain)
    start = models.DateField(_("start of the change"))
    after = models.PositiveSmallIntegerField(_("periods until it is judged"))
    smallest = models.FloatField(_("smallest effect worth having"))
    direction = models.CharField(_("wished direction"), max_length=8, choices=Direction)
    alpha = models.FloatField(default=0.05)
    gain = models.FloatField(null=True)  # money that one unit of the metric is worth a month
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    power = models.JSONField(default=dict)  # what the data can see, computed while it is planned
    declaration = models.JSONField(default=dict)  # what was declared, as it went into the log
    declaration_hash = models.CharField(max_length=64, blank=True)
    declared_at = models.DateTimeField(null=True)
    declared_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    voided_reason = models.CharField(max_length=300, blank=True)
    voided_at = models.DateTimeField(null=True)
    payback = models.JSONField(default=dict)  # of the newest result and the ledger

    class Meta:
        verbose_name = _("effect check")
        verbose_name_plural = _("effect checks")
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def locked(self) -> bool:
        """Whether it can no longer be changed."""
        return self.state != self.State.DRAFT

    @property
    def state_label(self) -> StrOrPromise:
        """The state as a word."""
        return self.State(self.state).label


class EffectResult(models.Model):
    """What came of a check at one state of the facts; never changed, the newest counts."""

    UNIT_PATH = "check_of__project__unit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    check_of = models.ForeignKey(EffectCheck, on_delete=models.CASCADE, related_name="results")
    epoch = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    evaluation = models.JSONField(null=True)  # an `Evaluation`; null when it could not be computed
    final = models.BooleanField(default=False)  # all declared periods are in
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-as_of", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["check_of", "epoch"], name="verify_result_once")
        ]

    def __str__(self) -> str:
        return f"{self.check_of_id} at {self.as_of:%Y-%m-%d %H:%M}"


class EffectVerdict(models.Model):
    """What people decided about a change, beside what the rule suggested."""

    UNIT_PATH = "project__unit"

    class Decision(models.TextChoices):
        """What becomes of the change."""

        ADOPT = "adopt", pgettext_lazy("verdict", "adopt")
        ADJUST = "adjust", pgettext_lazy("verdict", "adjust")
        STOP = "stop", pgettext_lazy("verdict", "stop")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("improve.Project", on_delete=models.PROTECT, related_name="verdicts")
    check_of = models.OneToOneField(EffectCheck, on_delete=models.PROTECT, null=True, related_name="verdict")
    result = models.ForeignKey(EffectResult, on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(_("verdict"), max_length=6, choices=Decision)
    suggested = models.CharField(max_length=6, blank=True)
    reason = models.CharField(_("reason"), max_length=1000)
    figures = models.JSONField(default=dict)  # effect, interval, n as judged
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.decision}"

    @property
    def decision_label(self) -> StrOrPromise:
        """The decision as a word."""
        return self.Decision(self.decision).label
