"""Tables of what is worked out from process logs, and of what people say about a process."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop.messages import message


class ProcessStudy(models.Model):
    """One analysis of one log with its parameters: asked for, worked out by a job, kept.

    It is derived: the log, the definitions and the parameters give it again. Long lists lie in a file beside the log.
    """

    UNIT_PATH = "log__unit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    log = models.ForeignKey("diagnose.ProcessLog", on_delete=models.CASCADE, related_name="studies")
    kind = models.CharField(_("kind"), max_length=20)
    key = models.CharField(max_length=64, unique=True)  # of log, version, kind and parameters
    parameters = models.JSONField(default=dict)
    run = models.ForeignKey("jobs.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    as_of = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("process analysis")
        verbose_name_plural = _("process analyses")
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:8]}"

    @property
    def done(self) -> bool:
        """Whether there is a result, or a reason why there is none."""
        return self.as_of is not None

    def why_not(self, language: str) -> str:
        """Why it could not be worked out, as a sentence; empty when it could."""
        return message(self.error_code, self.error_params, language) if self.error_code else ""


class ProcessDefinition(models.Model):
    """What people say about the process of a log; every change is a new version.

    ``standard``: BPMN and rules that cases are held against; ``weights``: of the sources of key steps; ``experts``: one
    person's scores of the steps; ``benchmark``: times of others; ``journey``: stages and lanes.
    """

    UNIT_PATH = "log__unit"

    class Kind(models.TextChoices):
        """What is defined."""

        STANDARD = "standard", _("standard of a process")
        WEIGHTS = "weights", _("weights of the sources")
        EXPERTS = "experts", _("scores of an expert")
        BENCHMARK = "benchmark", _("benchmark times")
        JOURNEY = "journey", _("stages of the journey")

    log = models.ForeignKey("diagnose.ProcessLog", on_delete=models.CASCADE, related_name="definitions")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    version = models.PositiveIntegerField()
    content = models.JSONField(null=True)  # None: taken back
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("definition of a process")
        verbose_name_plural = _("definitions of processes")
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["log", "kind", "version"], name="process_definition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
