"""When people work: hours of units, and the public holidays of regions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models.units import Unit


class UnitCalendar(models.Model):
    """Working hours of a unit and of everything below it that has none of its own."""

    UNIT_PATH = "unit"

    unit = models.OneToOneField(
        Unit, on_delete=models.CASCADE, related_name="calendar", verbose_name=_("unit")
    )
    time_zone = models.CharField(_("time zone"), max_length=64)
    hours = models.JSONField(_("hours"))  # {"0": [["09:00", "12:00"], …], …}, 0 = Monday
    region = models.CharField(_("public holidays of"), max_length=2, blank=True)

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return f"hours of {self.unit_id}"


class HolidayTable(models.Model):
    """Public holidays and make-up working days of a region, newer than those that the release brings."""

    region = models.CharField(_("region"), max_length=2, unique=True)
    document = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.region
