"""What is done to the metric catalogue and to its results."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from pydantic import TypeAdapter

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.jobs.runs import enqueue
from servloop_app.measure.definitions import Definition, shipped_definitions
from servloop_app.measure.models import Metric, MetricVersion, SavedView

REFRESH_JOB = "metric.refresh"
_DEFINITION = TypeAdapter(Definition)
_LONGEST_ADDRESS = 500


def find_metric(code: str) -> Metric:
    """The metric of a code.

    Raises:
        NotFound: there is none.
    """
    found = Metric.objects.filter(code=code).first()
    if found is None:
        raise NotFound("metric", code)
    return found


def _record_version(metric: Metric, definition: Definition, actor: Actor, reason: str) -> None:
    MetricVersion.objects.create(
        metric=metric,
        version=metric.version,
        definition=_DEFINITION.dump_python(definition, mode="json"),
        reason=reason,
        made_by=actor.person,
    )


@dataclass
class InstallCatalogue(Action[int]):
    """Add the metrics that ship and are not there yet; those there stay as people left them."""

    name = "metric.install"
    permission = "metrics.edit"

    def object(self) -> str:
        return "metric:catalogue"

    def perform(self, actor: Actor) -> int:
        present = set(Metric.objects.values_list("code", flat=True))
        added = 0
        for code, definition in shipped_definitions().items():
            if code in present:
                continue
            metric = Metric.objects.create(code=code, shipped=True, **definition.values())
            _record_version(metric, definition, actor, "")
            added += 1
        if added:
            enqueue(REFRESH_JOB, {}, "metric:catalogue")
        return added


@dataclass
class AddMetric(Action[Metric]):
    """Add a metric of one's own."""

    name = "metric.add"
    permission = "metrics.edit"
    code: str
    definition: Definition

    def object(self) -> str:
        return f"metric:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        try:
            validate_slug(self.code)
        except ValidationError as error:
            raise ActionError("core.code_invalid", received=self.code) from error
        if Metric.objects.filter(code=self.code).exists():
            raise Conflict("measure_app.code_taken", taken=self.code)
        self.definition.check()

    def perform(self, actor: Actor) -> Metric:
        metric = Metric.objects.create(code=self.code, owner=actor.person, **self.definition.values())
        _record_version(metric, self.definition, actor, "")
        enqueue(REFRESH_JOB, {"codes": [self.code]}, f"metric:{self.code}")
        return metric


@dataclass
class ChangeMetric(Action[Metric]):
    """Define a metric anew, with a reason; the earlier definition stays on record."""

    name = "metric.change"
    permission = "metrics.edit"
    code: str
    definition: Definition
    reason: str

    def object(self) -> str:
        return f"metric:{self.code}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        find_metric(self.code)
        if not self.reason.strip():
            raise ActionError("measure_app.reason_missing")
        self.definition.check()

    def perform(self, actor: Actor) -> Metric:
        metric = find_metric(self.code)
        for name, value in self.definition.values().items():
            setattr(metric, name, value)
        metric.version += 1
        metric.save()
        _record_version(metric, self.definition, actor, self.reason.strip())
        enqueue(REFRESH_JOB, {"codes": [self.code]}, f"metric:{self.code}")
        return metric


@dataclass
class UseMetric(Action[Metric]):
    """Take a metric into use, or out of use; its history stays."""

    name = "metric.use"
    permission = "metrics.edit"
    code: str
    active: bool

    def object(self) -> str:
        return f"metric:{self.code}"

    def perform(self, actor: Actor) -> Metric:  # noqa: ARG002
        metric = find_metric(self.code)
        metric.active = self.active
        metric.save(update_fields=["active"])
        return metric

    def undo(self) -> Action[Metric]:
        return UseMetric(self.code, not self.active)


@dataclass
class RefreshMetrics(Action[None]):
    """Compute figures again from the facts as they are now."""

    name = "metric.refresh"
    permission = "metrics.edit"
    codes: list[str] = field(default_factory=list)

    def object(self) -> str:
        return f"metric:{','.join(self.codes) or 'all'}"[:200]

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        enqueue(REFRESH_JOB, {"codes": self.codes}, "metric:refresh")


@dataclass
class SaveView(Action[SavedView]):
    """Keep a selection under a name."""

    name = "view.save"
    permission = ""
    title: str
    address: str

    def object(self) -> str:
        return "view:own"

    def validate(self, actor: Actor) -> None:
        if actor.person is None or not self.title.strip():
            raise ActionError("measure_app.name_missing")
        # Only a page of ours, never another site.
        if not self.address.startswith("/") or self.address.startswith(("//", "/\\")):
            raise ActionError("measure_app.address_foreign")
        if len(self.address) > _LONGEST_ADDRESS:
            raise ActionError("core.text_too_long", limit=_LONGEST_ADDRESS, received=len(self.address))

    def perform(self, actor: Actor) -> SavedView:
        assert actor.person is not None, "checked by validate"
        return SavedView.objects.create(
            person=actor.person, name=self.title.strip()[:80], address=self.address
        )
