"""What is done to opportunities: rank them anew, and decide about them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.hooks import emit
from servloop_app.core.units import UnitTree
from servloop_app.diagnose.models import Finding
from servloop_app.plan.actions_from_process import RAISED
from servloop_app.plan.events import OpportunitiesRanked
from servloop_app.plan.models import Opportunity
from servloop_app.plan.ranking import key_of, score_of

_LONGEST_REASON = 300
EFFORTS = (1, 5)


@dataclass
class RankOpportunities(Action[int]):
    """Bring opportunities up to date with the findings; what people decided stays."""

    name = "opportunity.rank"
    permission = "opportunities.edit"

    def object(self) -> str:
        return "opportunity:all"

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        groups: defaultdict[str, list[Finding]] = defaultdict(list)
        active = Finding.objects.filter(state__in=[Finding.State.NEW, Finding.State.PERSISTING])
        for finding in active.select_related("unit").prefetch_related("observations"):
            groups[key_of(finding)[0]].append(finding)
        for key, findings in groups.items():
            made, _new = Opportunity.objects.get_or_create(
                key=key, defaults={"subject": key_of(findings[0])[1], "unit": findings[0].unit}
            )
            made.findings.add(*findings)
            newest = [finding.observations.all()[0] for finding in findings]
            score = score_of(newest)
            made.loss, made.confidence, made.present = score.loss, score.confidence, True
            made.score = score.value(made.effort)
            made.save(update_fields=["loss", "confidence", "score", "present"])
        Opportunity.objects.exclude(key__in=groups).exclude(key__startswith=RAISED).update(present=False)
        emit(OpportunitiesRanked(len(groups)))
        return len(groups)


class OnOpportunity(Action[Opportunity]):
    """An action on one opportunity."""

    permission = "opportunities.edit"
    opportunity: UUID

    def _found(self) -> Opportunity:
        found = Opportunity.objects.select_related("unit").filter(public_id=self.opportunity).first()
        if found is None:
            raise NotFound("opportunity", self.opportunity)
        return found

    def unit(self) -> int | None:
        # One of the organisation as a whole is for who decides about the whole.
        return self._found().unit_id or UnitTree.load(timezone.localdate()).root

    def object(self) -> str:
        return f"opportunity:{self.opportunity}"


class Decision(OnOpportunity):
    """A decision about an opportunity that waits for one; it can be taken back."""

    state: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = self._found()
        if found.state in {Opportunity.State.ACCEPTED, Opportunity.State.REJECTED}:
            raise Conflict("plan_app.already_decided", state=found.state)

    def perform(self, actor: Actor) -> Opportunity:
        found = self._found()
        self._before = ReopenOpportunity(self.opportunity, found.state, found.reason, found.snoozed_until)
        found.state, found.reason, found.snoozed_until = self.state, "", None
        self._fill(found)
        found.decided_by, found.decided_at = actor.person, timezone.now()
        found.save()
        return found

    def _fill(self, found: Opportunity) -> None:
        """Set what only this decision knows."""

    def undo(self) -> Action[Opportunity]:
        return self._before


@dataclass
class AcceptOpportunity(Decision):
    """Take an opportunity on."""

    name = "opportunity.accept"
    state = Opportunity.State.ACCEPTED
    opportunity: UUID


@dataclass
class RejectOpportunity(Decision):
    """Turn an opportunity down, and say why."""

    name = "opportunity.reject"
    state = Opportunity.State.REJECTED
    opportunity: UUID
    reason: str

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        if not self.reason.strip():
            raise ActionError("plan_app.reason_missing")

    def _fill(self, found: Opportunity) -> None:
        found.reason = self.reason.strip()[:_LONGEST_REASON]


@dataclass
class SnoozeOpportunity(Decision):
    """Put an opportunity off until a day."""

    name = "opportunity.snooze"
    state = Opportunity.State.SNOOZED
    opportunity: UUID
    until: dt.date

    def validate(self, actor: Actor) -> None:
        super().validate(actor)
        today = timezone.localdate()
        if self.until <= today:
            raise ActionError(
                "plan_app.snooze_past", received=self.until.isoformat(), today=today.isoformat()
            )

    def _fill(self, found: Opportunity) -> None:
        found.snoozed_until = self.until


@dataclass
class ReopenOpportunity(OnOpportunity):
    """Take a decision back; what was before holds again."""

    name = "opportunity.reopen"
    opportunity: UUID
    state: str = Opportunity.State.OPEN.value
    reason: str = ""
    snoozed_until: dt.date | None = None

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self.state not in Opportunity.State.values:
            raise ActionError("core.choice_unknown", value=self.state, choices=list(Opportunity.State.values))

    def perform(self, actor: Actor) -> Opportunity:  # noqa: ARG002
        found = self._found()
        found.state, found.reason, found.snoozed_until = self.state, self.reason, self.snoozed_until
        found.decided_by, found.decided_at = None, None
        found.save()
        return found


@dataclass
class EstimateEffort(OnOpportunity):
    """Say how much an opportunity would take, from 1 (small) to 5 (large); the score follows."""

    name = "opportunity.estimate"
    opportunity: UUID
    effort: int

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        low, high = EFFORTS
        if not low <= self.effort <= high:
            raise ActionError("plan_app.effort_out_of_range", low=low, high=high, received=self.effort)

    def perform(self, actor: Actor) -> Opportunity:  # noqa: ARG002
        found = self._found()
        self._before = EstimateEffort(self.opportunity, found.effort)
        found.effort = self.effort
        found.score = None if found.loss is None else found.loss * found.confidence / self.effort
        found.save(update_fields=["effort", "score"])
        return found

    def undo(self) -> Action[Opportunity]:
        return self._before
