"""Tables of balanced scorecards: what is on a card, and how it was before."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core.localized import LocalizedTextField, PinyinKeyField


class BalancedScorecard(models.Model):
    """Perspectives with weighted indicators and targets, fed by the metrics. Every change makes a new version."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    name = LocalizedTextField(_("name"))
    sort_key = PinyinKeyField(source="name")
    # Figures of this unit and all below it; of the organisation when empty.
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("unit")
    )
    perspectives = models.JSONField(default=list)  # `scorecard_definitions.CardPerspective`s
    judgements = models.JSONField(default=dict)  # pairwise comparisons: "code:code" → 1/9 … 9
    starter = models.CharField(max_length=40, blank=True)  # the card that ships it was made from
    active = models.BooleanField(_("in use"), default=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering: ClassVar[list[str]] = ["sort_key", "pk"]

    def __str__(self) -> str:
        return str(self.name)


class ScorecardVersion(models.Model):
    """A scorecard as it was defined from a moment on."""

    card = models.ForeignKey(BalancedScorecard, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["card", "version"], name="measure_scorecard_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} v{self.version}"
