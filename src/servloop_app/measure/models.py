"""Tables of the measure stage: what is measured, and what was found when."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop.measure.figures.formula import AGGREGATES
from servloop_app.core.localized import LocalizedTextField, PinyinKeyField
from servloop_app.measure.benchmark_models import OwnBenchmark
from servloop_app.measure.scorecard_models import BalancedScorecard, ScorecardVersion
from servloop_app.measure.study_models import Study, StudyGroup, StudyResult, StudyVersion, Survey

if TYPE_CHECKING:
    from servloop.measure.figures.formula import Kept

__all__ = [
    "BalancedScorecard",
    "Metric",
    "MetricResult",
    "MetricVersion",
    "OwnBenchmark",
    "SavedView",
    "ScorecardVersion",
    "Study",
    "StudyGroup",
    "StudyResult",
    "StudyVersion",
    "Survey",
]


class Metric(models.Model):
    """A metric of the organisation: one that ships, or one of its own. Every change makes a new version."""

    class Direction(models.TextChoices):
        """Which way is better."""

        HIGHER = "higher", _("higher is better")
        LOWER = "lower", _("lower is better")
        BAND = "band", _("within a band")

    code = models.SlugField(_("code"), max_length=60, unique=True)
    version = models.PositiveIntegerField(default=1)
    name = LocalizedTextField(_("name"))
    definition = LocalizedTextField(_("definition"))
    sort_key = PinyinKeyField(source="name")
    group = models.CharField(_("group"), max_length=20)
    source = models.CharField(_("source"), max_length=40, blank=True)
    formula = models.TextField(_("formula"), blank=True)
    segment = models.CharField(_("split by"), max_length=60, blank=True)
    scoring = models.CharField(_("scoring"), max_length=20, blank=True)  # how answers become points
    unit = models.CharField(_("unit of the value"), max_length=20)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction)
    classes = models.JSONField(default=dict)
    stakeholders = models.JSONField(default=list)
    needs = models.JSONField(default=list)  # fact tables it needs
    owner = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    target_min = models.FloatField(_("target from"), null=True, blank=True)
    target_max = models.FloatField(_("target to"), null=True, blank=True)
    shipped = models.BooleanField(default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering: ClassVar[list[str]] = ["sort_key"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def computable(self) -> bool:
        """Whether it has a formula over the facts."""
        return bool(self.formula)

    @property
    def aggregate(self) -> str:
        """Name of the formula's aggregate."""
        return self.formula.partition("(")[0].strip()

    @property
    def plain_count(self) -> bool:
        """Whether it only says how many rows there are, of whatever content."""
        return "".join(self.formula.split()) == "count()"

    @property
    def kept(self) -> Kept:
        """The statistic that is kept for it."""
        return AGGREGATES[self.aggregate].kept


class MetricVersion(models.Model):
    """A metric as it was defined from a moment on."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["metric", "version"], name="measure_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} v{self.version}"


class MetricResult(models.Model):
    """The cells of one metric's version at one epoch of the facts. Pages show the newest that is complete."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="results")
    version = models.PositiveIntegerField()
    epoch = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    complete = models.BooleanField(default=False)
    cells = models.PositiveIntegerField(default=0)
    table = models.BinaryField(null=True)  # a `CellTable`; null when the formula could not be computed
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-as_of", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["metric", "version", "epoch"], name="measure_result_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} v{self.version} at {self.as_of:%Y-%m-%d %H:%M}"


class SavedView(models.Model):
    """A selection that somebody wants to come back to."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("core.Person", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
