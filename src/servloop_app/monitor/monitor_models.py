"""Tables of monitors: what is watched, since when by which yardstick, and how it looks now."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Monitor(models.Model):
    """A metric of a unit (and of all below it) on a control chart."""

    UNIT_PATH = "unit"

    class Chart(models.TextChoices):
        """Which chart."""

        INDIVIDUALS = "i", _("single values (XmR)")
        SHARES = "p", _("shares (p)")
        RATES = "u", _("counts a day (u)")

    class Period(models.TextChoices):
        """How long one point is."""

        DAY = "day", _("day")
        WEEK = "week", _("week")
        MONTH = "month", _("month")

    class Rules(models.TextChoices):
        """What counts as a signal."""

        WESTERN_ELECTRIC = "western_electric", _("Western Electric")
        ANHOEJ = "anhoej", _("runs and crossings (Anhøj)")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    metric = models.ForeignKey("measure.Metric", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("core.Unit", on_delete=models.CASCADE, related_name="+", verbose_name=_("unit"))
    chart = models.CharField(_("chart"), max_length=2, choices=Chart)
    period = models.CharField(_("one point for each"), max_length=5, choices=Period)
    rules = models.CharField(_("signals"), max_length=20, choices=Rules, default=Rules.WESTERN_ELECTRIC)
    # Besides unusual points: the target of the metric, or one of the monitor's own, is missed.
    target_min = models.FloatField(_("not below"), null=True)
    target_max = models.FloatField(_("not above"), null=True)
    ticket_for_serious = models.BooleanField(_("open a ticket for serious alerts"), default=False)
    owner = models.ForeignKey(
        "core.Person", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("owner")
    )
    origin = models.CharField(max_length=80, blank=True)  # reference of what asked to keep watching
    active = models.BooleanField(_("in use"), default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("monitor")
        verbose_name_plural = _("monitors")
        ordering: ClassVar[list[str]] = ["metric__sort_key", "unit__sort_key", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["metric", "unit", "period"], name="monitor_monitor_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} / {self.unit}"


class MonitorPhase(models.Model):
    """From a day on a monitor is judged by limits of its own, because something was changed on purpose."""

    UNIT_PATH = "monitor__unit"

    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="phases")
    starts = models.DateField(_("from"), null=True)  # null: from the first point
    baseline_until = models.DateField(_("limits from points up to"), null=True)  # null: all of the phase
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("phase of a monitor")
        verbose_name_plural = _("phases of monitors")
        ordering: ClassVar = [models.F("starts").asc(nulls_first=True), "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["monitor", "starts"], name="monitor_phase_once"),
        ]

    def __str__(self) -> str:
        return f"{self.monitor_id} from {self.starts}"


class MonitorResult(models.Model):
    """The chart of a monitor as last computed: points, limits, signals. Derived; one row for each monitor."""

    UNIT_PATH = "monitor__unit"

    monitor = models.OneToOneField(Monitor, on_delete=models.CASCADE, related_name="result")
    epoch = models.CharField(max_length=64)  # state of the facts
    as_of = models.DateTimeField()
    newest = models.DateField(null=True)  # first day of the newest point
    points = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=10, default="neutral"
    )  # bad, watch, good or neutral: the newest point
    document = models.JSONField(default=dict)
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.monitor_id} at {self.as_of:%Y-%m-%d %H:%M}"
