"""Tables of studies: which model is applied to which answers, and what came of it, unit by unit."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core.localized import LocalizedTextField, PinyinKeyField


class Study(models.Model):
    """One service-quality model applied to one source in the facts. Every change makes a new version.

    ``spec`` is the document that the command of the model takes, as JSON. ``labels`` gives names of the
    specification (items, dimensions, features) their words: name → {"zh-CN", "en"}.
    """

    UNIT_PATH = "unit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(_("model"), max_length=30)
    name = LocalizedTextField(_("name"))
    sort_key = PinyinKeyField(source="name")
    # Answers of this unit and all below it; of the organisation when empty.
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("unit")
    )
    source = models.JSONField(default=dict)  # {"survey": name}
    spec = models.JSONField(default=dict)
    labels = models.JSONField(default=dict)
    segments = models.JSONField(default=list)  # columns to break down by, besides units
    origin = models.CharField(max_length=60, blank=True)  # the layout it was recognised by; empty: a person's
    active = models.BooleanField(_("in use"), default=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("study")
        verbose_name_plural = _("studies")
        ordering: ClassVar[list[str]] = ["sort_key", "kind"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def survey(self) -> str:
        """The survey whose answers it reads; empty for studies of other sources."""
        return str(self.source.get("survey", ""))


class StudyVersion(models.Model):
    """A study as it was defined from a moment on."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "version"], name="measure_study_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.version}"


class StudyResult(models.Model):
    """One version of a study over the answers of a set of units, at one epoch of the facts. Never changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="results")
    version = models.PositiveIntegerField()
    epoch = models.CharField(max_length=64)
    scope = models.CharField(max_length=64)  # `studies.scope_key` of the units
    units = models.JSONField(null=True)  # their codes; null for everything
    as_of = models.DateTimeField()
    n = models.PositiveIntegerField(default=0)  # rows of the source within the scope
    document = models.JSONField(null=True)  # figures of everyone; see `study_documents`
    breakdowns = models.JSONField(default=list)  # what is said of each breakdown as a whole
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-as_of", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["study", "version", "epoch", "scope"], name="measure_study_result_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.version} at {self.as_of:%Y-%m-%d %H:%M}"


class StudyGroup(models.Model):
    """The same figures for one unit or one segment of a result; without figures when they may not be told."""

    result = models.ForeignKey(StudyResult, on_delete=models.CASCADE, related_name="groups")
    by = models.CharField(max_length=200)  # "@unit", "@channel", or a question
    label = models.CharField(max_length=200, blank=True)  # empty: rows that say nothing
    place = models.PositiveIntegerField()  # order within the breakdown
    n = models.PositiveIntegerField(null=True)  # null when hidden
    document = models.JSONField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["by", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["result", "by", "label"], name="measure_study_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.by}={self.label}"


class Survey(models.Model):
    """What the answers in the facts look like, survey by survey: for recognising layouts and for forms."""

    name = models.CharField(_("survey"), max_length=300, unique=True)
    epoch = models.CharField(max_length=64)
    responses = models.PositiveIntegerField(default=0)
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)
    columns = models.JSONField(default=list)  # `study_sources.SurveyColumn`s

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
