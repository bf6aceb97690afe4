"""Reading scorecards, limited to what a person may see: a card of the whole shows each reader her own units' figures."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.measure import queries
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.measure.scorecard_definitions import CardDefinition
from servloop_app.measure.scorecard_models import BalancedScorecard

PERMISSION = "models.view"


@dataclass(frozen=True)
class CardData:
    """What a page needs of a card.

    Attributes:
        card: the row.
        definition: what is on it.
        metrics: by code, those still in use.
        cells: of the metrics that were computed, as far as the person may see them.
        units: codes of the card's units with all below; None for the organisation as a whole.
    """

    card: BalancedScorecard
    definition: CardDefinition
    metrics: dict[str, Metric]
    cells: dict[str, Cells]
    units: frozenset[str] | None


def scorecards(policy: Policy, *, active: bool | None = True) -> QuerySet[BalancedScorecard]:
    """Cards that concern some unit of the person; figures on them are limited to her units."""
    found = BalancedScorecard.objects.select_related("unit", "made_by")
    if active is not None:
        found = found.filter(active=active)
    allowed = policy.units(PERMISSION)
    if not allowed:
        return found.none()
    concerned = [
        one.pk
        for one in found
        if one.unit_id is None or not allowed.isdisjoint(policy.tree.subtree(one.unit_id))
    ]
    return found.filter(pk__in=concerned)


def one_scorecard(policy: Policy, public_id: UUID) -> BalancedScorecard:
    """One card, in use or not.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = scorecards(policy, active=None).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("scorecard", public_id)
    return found


def data_of(policy: Policy, card: BalancedScorecard) -> CardData:
    """A card with its metrics and their cells."""
    definition = CardDefinition.of(card)
    codes = [one.metric for part in definition.perspectives for one in part.indicators]
    metrics = {metric.code: metric for metric in Metric.objects.filter(code__in=codes, active=True)}
    cells = queries.cells_of(policy, [one for one in metrics.values() if one.computable])
    units = None
    if card.unit_id is not None:
        tree = policy.tree
        units = frozenset(tree.codes[unit] for unit in tree.subtree(card.unit_id))
    return CardData(card, definition, metrics, cells, units)
