"""What is done to benchmarks: one is entered, or taken away."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.measure.benchmark_models import OwnBenchmark
from servloop_app.measure.models import Metric

_LONGEST = {"value_unit": 40, "subject": 120, "source": 300, "practice": 1000}


@dataclass
class AddBenchmark(Action[OwnBenchmark]):
    """Enter a figure of others, with its source and date."""

    name = "benchmark.add"
    permission = "metrics.edit"
    metric: str
    value: float
    source: str
    published: dt.date
    subject: str = ""
    value_unit: str = ""
    practice: str = ""
    verified: bool = False
    low: float | None = None
    high: float | None = None

    def object(self) -> str:
        return f"benchmark:{self._made.public_id}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not Metric.objects.filter(code=self.metric).exists():
            raise NotFound("metric", self.metric)
        if not self.source.strip():
            raise ActionError("benchmarks.source_missing")
        if not math.isfinite(self.value):
            raise ActionError("scorecards.number_unreadable", received=str(self.value))
        if self.published > timezone.localdate():
            raise ActionError("benchmarks.date_ahead", received=self.published.isoformat())
        for name, limit in _LONGEST.items():
            if len(getattr(self, name)) > limit:
                raise ActionError("core.text_too_long", limit=limit, received=len(getattr(self, name)))

    def perform(self, actor: Actor) -> OwnBenchmark:
        self._made = OwnBenchmark.objects.create(
            metric=self.metric,
            value=self.value,
            low=self.low,
            high=self.high,
            unit=self.value_unit.strip(),
            subject=self.subject.strip(),
            source=self.source.strip(),
            published=self.published,
            practice=self.practice.strip(),
            verified=self.verified,
            made_by=actor.person,
        )
        return self._made

    def undo(self) -> Action[OwnBenchmark]:
        return RemoveBenchmark(self._made.public_id)


@dataclass
class RemoveBenchmark(Action[OwnBenchmark]):
    """Take a benchmark away that a person entered; those of an import go with it."""

    name = "benchmark.remove"
    permission = "metrics.edit"
    benchmark: UUID

    def object(self) -> str:
        return f"benchmark:{self.benchmark}"

    def _found(self) -> OwnBenchmark:
        found = OwnBenchmark.objects.filter(public_id=self.benchmark).first()
        if found is None:
            raise NotFound("benchmark", self.benchmark)
        return found

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self._found().imported:
            raise Conflict("benchmarks.of_an_import")

    def perform(self, actor: Actor) -> OwnBenchmark:  # noqa: ARG002
        self._removed = self._found()
        self._removed.delete()
        return self._removed

    def undo(self) -> Action[OwnBenchmark]:
        was = self._removed
        return AddBenchmark(
            was.metric,
            was.value,
            was.source,
            was.published,
            was.subject,
            was.unit,
            was.practice,
            was.verified,
            was.low,
            was.high,
        )
