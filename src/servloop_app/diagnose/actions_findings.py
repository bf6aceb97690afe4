"""What is done to findings: put on record what a run saw, and dismiss what is known."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.hooks import Event, emit
from servloop_app.core.models import Unit
from servloop_app.core.units import UnitTree
from servloop_app.diagnose.findings import Observed
from servloop_app.diagnose.findings_models import Finding, FindingObservation

_LONGEST_REASON = 300


@dataclass(frozen=True)
class FindingsRecorded(Event):
    """A run has looked for findings.

    Attributes:
        run_key: of the run.
    """

    name = "findings.recorded"
    run_key: str


@dataclass
class RecordFindings(Action[int]):
    """Put on record what a run saw; findings that it did not see are gone. A run recorded twice counts once."""

    name = "finding.record"
    permission = "findings.edit"
    run_key: str
    observed: list[Observed]

    def object(self) -> str:
        return "finding:all"

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        now = timezone.now()
        units = {unit.code: unit for unit in Unit.objects.all()}
        seen = set()
        for one in self.observed:
            finding, new = Finding.objects.get_or_create(
                fingerprint=one.fingerprint,
                defaults={
                    "kind": one.kind,
                    "family": one.family,
                    "subject": one.subject,
                    "unit": units.get(one.unit),
                    "last_seen": now,
                },
            )
            seen.add(finding.pk)
            _observation, first_time = FindingObservation.objects.get_or_create(
                finding=finding, run_key=self.run_key, defaults=_columns(one)
            )
            if not new and first_time:
                _seen_again(finding)
        Finding.objects.filter(state__in=[Finding.State.NEW, Finding.State.PERSISTING]).exclude(
            pk__in=seen
        ).update(state=Finding.State.GONE)
        emit(FindingsRecorded(self.run_key))
        return len(seen)


def _columns(one: Observed) -> dict[str, object]:
    apart = {"kind", "family", "subject", "unit", "worse"}
    return {name: value for name, value in vars(one).items() if name not in apart}


def _seen_again(finding: Finding) -> None:
    finding.last_seen = timezone.now()
    if finding.state == Finding.State.GONE:
        finding.state = Finding.State.NEW
    elif finding.state == Finding.State.NEW:
        finding.state = Finding.State.PERSISTING
    finding.save(update_fields=["last_seen", "state"])


class OnFinding(Action[Finding]):
    """An action on one finding."""

    permission = "findings.edit"
    finding: UUID

    def _found(self) -> Finding:
        found = _findings().filter(public_id=self.finding).first()
        if found is None:
            raise NotFound("finding", self.finding)
        return found

    def unit(self) -> int | None:
        return self._found().unit_id or UnitTree.load(timezone.localdate()).root

    def object(self) -> str:
        return f"finding:{self.finding}"


def _findings() -> QuerySet[Finding]:
    return Finding.objects.select_related("unit")


@dataclass
class DismissFinding(OnFinding):
    """Say that a finding is known or no problem, and why; it stays dismissed when it is seen again."""

    name = "finding.dismiss"
    finding: UUID
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.reason.strip():
            raise ActionError("findings.reason_missing")
        if self._found().state == Finding.State.DISMISSED:
            raise Conflict("findings.dismissed", finding=str(self.finding))

    def perform(self, actor: Actor) -> Finding:  # noqa: ARG002
        found = self._found()
        found.state = Finding.State.DISMISSED
        found.reason = self.reason.strip()[:_LONGEST_REASON]
        found.save(update_fields=["state", "reason"])
        return found

    def undo(self) -> Action[Finding]:
        return ReopenFinding(self.finding)


@dataclass
class ReopenFinding(OnFinding):
    """Take a dismissed finding up again."""

    name = "finding.reopen"
    finding: UUID

    def perform(self, actor: Actor) -> Finding:  # noqa: ARG002
        found = self._found()
        found.state, found.reason = Finding.State.PERSISTING, ""
        found.save(update_fields=["state", "reason"])
        return found
