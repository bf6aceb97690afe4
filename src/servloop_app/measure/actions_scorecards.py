"""What is done to scorecards: make one, define it anew, judge its weights, take it out of use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone

from servloop.measure.scorecard_templates import starter_cards
from servloop_app.core.actions import Action, Actor, find_unit
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.units import UnitTree
from servloop_app.measure.scorecard_definitions import CardDefinition
from servloop_app.measure.scorecard_models import BalancedScorecard, ScorecardVersion


def _place(unit: int | None) -> int | None:
    """Where the permission must hold: a card of the organisation as a whole is for who decides about the whole."""
    return unit or UnitTree.load(timezone.localdate()).root


def _unit_id(code: str) -> int | None:
    return find_unit(code).pk if code else None


def _record(card: BalancedScorecard, definition: CardDefinition, actor: Actor, reason: str) -> None:
    ScorecardVersion.objects.create(
        card=card, version=card.version, definition=definition.stored(), reason=reason, made_by=actor.person
    )


@dataclass
class AddScorecard(Action[BalancedScorecard]):
    """Make a scorecard."""

    name = "scorecard.add"
    permission = "models.edit"
    definition: CardDefinition
    starter: str = ""

    def unit(self) -> int | None:
        return _place(_unit_id(self.definition.unit))

    def object(self) -> str:
        return f"scorecard:{self._made.public_id}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self.starter and self.starter not in starter_cards():
            raise ActionError(
                "core.choice_unknown", value=self.starter, choices=list(starter_cards()), entry="starter"
            )
        self.definition.check()

    def perform(self, actor: Actor) -> BalancedScorecard:
        stored = self.definition.stored()
        self._made = BalancedScorecard.objects.create(
            name=self.definition.name,
            unit_id=_unit_id(self.definition.unit),
            perspectives=stored["perspectives"],
            judgements=stored["judgements"],
            starter=self.starter,
            made_by=actor.person,
        )
        _record(self._made, self.definition, actor, "")
        return self._made


class OnScorecard(Action[BalancedScorecard]):
    """An action on one scorecard."""

    permission = "models.edit"
    card: UUID

    def _found(self) -> BalancedScorecard:
        found = BalancedScorecard.objects.select_related("unit").filter(public_id=self.card).first()
        if found is None:
            raise NotFound("scorecard", self.card)
        return found

    def unit(self) -> int | None:
        return _place(self._found().unit_id)

    def object(self) -> str:
        return f"scorecard:{self.card}"


@dataclass
class ChangeScorecard(OnScorecard):
    """Define a scorecard anew, with a reason; the earlier definition stays on record. Its unit stays."""

    name = "scorecard.change"
    card: UUID
    definition: CardDefinition
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        self._found()
        if not self.reason.strip():
            raise ActionError("measure_app.reason_missing")
        self.definition.check()

    def perform(self, actor: Actor) -> BalancedScorecard:
        card = self._found()
        own_unit = card.unit.code if card.unit else ""
        definition = replace(self.definition, unit=own_unit)
        stored = definition.stored()
        card.name = definition.name
        card.perspectives, card.judgements = stored["perspectives"], stored["judgements"]
        card.version += 1
        card.save()
        _record(card, definition, actor, self.reason.strip()[:300])
        return card


@dataclass
class JudgeScorecard(OnScorecard):
    """Compare indicators in pairs: how many times more important the first is than the second, 1/9 to 9."""

    name = "scorecard.judge"
    card: UUID
    judgements: dict[str, float]

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        replace(CardDefinition.of(self._found()), judgements=self.judgements).check()

    def perform(self, actor: Actor) -> BalancedScorecard:
        card = self._found()
        self._before = JudgeScorecard(self.card, dict(card.judgements))
        card.judgements = dict(self.judgements)
        card.version += 1
        card.save()
        _record(card, CardDefinition.of(card), actor, "")
        return card

    def undo(self) -> Action[BalancedScorecard]:
        return self._before


@dataclass
class UseScorecard(OnScorecard):
    """Take a scorecard out of use, or back into use; its history stays."""

    name = "scorecard.use"
    card: UUID
    active: bool

    def perform(self, actor: Actor) -> BalancedScorecard:  # noqa: ARG002
        card = self._found()
        card.active = self.active
        card.save(update_fields=["active"])
        return card

    def undo(self) -> Action[BalancedScorecard]:
        return UseScorecard(self.card, not self.active)
