"""Tables of the diagnose stage."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop.results import Notice
from servloop_app.diagnose.findings_models import Finding, FindingObservation
from servloop_app.diagnose.models_process import ProcessDefinition, ProcessStudy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = ["Finding", "FindingObservation", "ProcessDefinition", "ProcessLog", "ProcessStudy"]


class ProcessLog(models.Model):
    """An event log that someone gave us, and what is known about it. Its events lie in a Parquet file."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """How far reading has come."""

        READING = "reading", _("being read")
        COLUMNS = "columns", _("columns to be named")
        READY = "ready", _("ready")
        FAILED = "failed", _("not readable")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    uploaded_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    file_name = models.CharField(max_length=255)
    file_size = models.BigIntegerField()
    sample = models.BooleanField(default=False)
    options = models.JSONField(default=dict)  # how to read: roles → columns, time zone, lifecycle…
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    run = models.ForeignKey("jobs.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)
    # what reading found; empty until then
    version = models.PositiveIntegerField(default=0)
    format = models.CharField(max_length=20, blank=True)
    columns = models.JSONField(default=dict)
    cases = models.BigIntegerField(null=True)
    events = models.BigIntegerField(null=True)
    activities = models.IntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    rejected = models.BigIntegerField(default=0)
    warnings = models.JSONField(default=list)
    not_waiting = models.JSONField(default=list)

    class Meta:
        verbose_name = _("process log")
        verbose_name_plural = _("process logs")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def ready(self) -> bool:
        """Whether there is something to look at."""
        return self.state == self.State.READY

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was noticed while reading."""
        return tuple(Notice(item["code"], item["count"], item["params"]) for item in self.warnings)

    @property
    def state_label(self) -> StrOrPromise:
        """The state as a word."""
        return self.State(self.state).label
