"""Tables of reports: runs, what each recipient's report says once and for all, and its files."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReportRun(models.Model):
    """The reports of one month for several people, made at one time."""

    class State(models.TextChoices):
        """How far it has come."""

        MAKING = "making", pgettext_lazy("report", "being made")
        DONE = "done", pgettext_lazy("report", "done")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=24, unique=True)
    month = models.DateField(_("month"))  # its first day
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MAKING)
    people = models.JSONField(default=list)  # public ids of the recipients
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey("jobs.Run", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("report run")
        verbose_name_plural = _("report runs")
        ordering: ClassVar[list[str]] = ["-month", "-pk"]

    def __str__(self) -> str:
        return self.number


class Report(models.Model):
    """One recipient's report of a month: frozen when it is made, and the same ever after."""

    UNIT_PATH = "unit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+")  # above all its units
    units = models.JSONField()  # codes of all units that it speaks of
    content = models.JSONField()
    digest = models.CharField(max_length=64)  # `report_codec.digest_of` the content, also in the audit log
    leaf = models.BigIntegerField(null=True)  # of its freezing in the audit log
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering: ClassVar[list[str]] = ["-run__month", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "person"], name="monitor_report_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} for {self.person_id}"


class QuotedRecord(models.Model):
    """Whose words a report quotes: kept beside the frozen content, shown nowhere, there for an erasure to find them."""

    UNIT_PATH = "report__unit"

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="quoted")
    place = models.PositiveSmallIntegerField()  # of the quote in the content
    record = models.UUIDField()  # of the feedback record
    brought_by = models.ForeignKey("collect.Import", on_delete=models.SET_NULL, null=True, related_name="+")
    person_key = models.CharField(max_length=32, blank=True, db_index=True)  # as in the facts

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "place", "record"], name="monitor_quoted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.place}"


class ReportFile(models.Model):
    """A report as a file in one language, or the reason why there is none. Derived from the frozen content."""

    UNIT_PATH = "report__unit"

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    language = models.CharField(max_length=10)  # zh-CN or en
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField(default=0)
    pages = models.PositiveSmallIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField(null=True)  # that it took
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "language"], name="monitor_report_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.language}"
