"""Tables of alerts: what was noticed, who sees to it, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Alert(models.Model):
    """Something went wrong that somebody should look at: one for a whole run of signals."""

    UNIT_PATH = "unit"

    class Kind(models.TextChoices):
        """What raised it."""

        SIGNAL = "signal", _("unusual on its control chart")
        TARGET = "target", _("target missed")
        OVERDUE = "overdue", _("time limit of a ticket passed")

    class Grade(models.TextChoices):
        """How much it matters."""

        WATCH = "watch", pgettext_lazy("alert", "watch")
        SERIOUS = "serious", pgettext_lazy("alert", "serious")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", pgettext_lazy("alert", "open")
        ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "being handled")
        SILENCED = "silenced", pgettext_lazy("alert", "silenced")
        CLOSED = "closed", pgettext_lazy("alert", "closed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=24, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    grade = models.CharField(_("grade"), max_length=10, choices=Grade)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    monitor = models.ForeignKey("monitor.Monitor", on_delete=models.CASCADE, null=True, related_name="alerts")
    source = models.CharField(max_length=80, blank=True)  # reference of the ticket, for `OVERDUE`
    fingerprint = models.CharField(max_length=120, unique=True)
    owner = models.ForeignKey(
        "core.Person", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("owner")
    )
    raised_at = models.DateTimeField(_("raised"))
    first = models.DateField(null=True)  # first and last point of the run of signals
    last = models.DateField(null=True)
    facts = models.JSONField(default=dict)  # value, limits, rules, direction: what its sentence is made of
    silenced_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering: ClassVar[list[str]] = ["-raised_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "-raised_at"], name="monitor_alert_state")]

    def __str__(self) -> str:
        return self.number


class AlertEntry(models.Model):
    """One line of an alert's history; only ever added."""

    UNIT_PATH = "alert__unit"

    class Kind(models.TextChoices):
        """What happened."""

        RAISED = "raised", pgettext_lazy("alert", "raised")
        WENT_ON = "went_on", _("further signals")
        GRADED = "graded", _("grade raised")
        ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "being handled")
        ASSIGNED = "assigned", pgettext_lazy("alert", "owner changed")
        SILENCED = "silenced", pgettext_lazy("alert", "silenced")
        TICKET = "ticket", _("ticket opened")
        CLOSED = "closed", pgettext_lazy("alert", "closed")
        REOPENED = "reopened", _("opened again")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    author = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.kind}"
