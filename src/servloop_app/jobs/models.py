"""Runs of background work and the schedules that start them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core.localized import LocalizedTextField


class Run(models.Model):
    """One piece of background work: what was asked, how far it is, how it ended."""

    class State(models.TextChoices):
        """Where a run stands."""

        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=80)
    arguments = models.JSONField(_("arguments"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    # progress: `done` of `total` `unit`s, with a message as code and parameters
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("total"), null=True)
    unit = models.CharField(max_length=30, blank=True)
    message_code = models.CharField(max_length=80, blank=True)
    message_params = models.JSONField(default=dict)
    # where a handler goes on after an interruption; written with the effect it stands for
    cursor = models.JSONField(null=True)
    result = models.JSONField(null=True)
    error_detail = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(default=1)
    lease_until = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    task_id = models.UUIDField(null=True)
    cause = models.CharField(_("cause"), max_length=120, blank=True)
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    run_after = models.DateTimeField()
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["state", "lease_until"], name="jobs_run_state"),
            models.Index(fields=["kind", "-id"], name="jobs_run_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def share(self) -> float | None:
        """How much is done, between 0 and 1; None while the total is not known."""
        if self.state == self.State.DONE:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None


class Schedule(models.Model):
    """Starts a run of a kind at times given as cron text."""

    class Days(models.TextChoices):
        """Which days count."""

        ALL = "all", _("every day")
        WORKING = "working", _("working days")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = LocalizedTextField(_("name"))
    kind = models.CharField(_("kind"), max_length=80)
    arguments = models.JSONField(_("arguments"), default=dict)
    cron = models.CharField(_("times"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=64)
    days = models.CharField(_("days"), max_length=10, choices=Days, default=Days.ALL)
    enabled = models.BooleanField(_("enabled"), default=True)
    next_at = models.DateTimeField(_("next"), null=True)
    last_run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering: ClassVar[list[str]] = ["code"]

    def __str__(self) -> str:
        return self.code
