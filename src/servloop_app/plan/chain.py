"""Opportunities in the chain of custody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import pgettext_lazy

from servloop_app.core.chain import ChainItem, ChainKind, Pairs, reference
from servloop_app.core.policy import Policy
from servloop_app.plan.models import Opportunity
from servloop_app.plan.queries import PERMISSION, opportunities
from servloop_app.plan.words import number_of, subjects_of, title_of

OPPORTUNITY = "opportunity"
STATE_MEANINGS = {
    Opportunity.State.OPEN.value: "watch",
    Opportunity.State.ACCEPTED.value: "good",
    Opportunity.State.REJECTED.value: "neutral",
    Opportunity.State.SNOOZED.value: "neutral",
}


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    found = list(opportunities(policy).filter(public_id__in=ids))
    subjects = subjects_of(policy, found)
    for one in found:
        yield ChainItem(
            reference(OPPORTUNITY, one.public_id),
            number_of(one),
            title_of(one, subjects),
            "opportunity",
            (one.public_id,),
            str(one.get_state_display()),
            STATE_MEANINGS[one.state],
        )


def _kept(ids: Sequence[UUID]) -> Pairs:
    rows = Opportunity.objects.filter(public_id__in=ids, findings__isnull=False)
    return [
        (reference("finding", finding), reference(OPPORTUNITY, opportunity))
        for opportunity, finding in rows.values_list("public_id", "findings__public_id")
    ]


KIND = ChainKind(OPPORTUNITY, pgettext_lazy("chain", "Opportunity"), 25, PERMISSION, _items, _kept)
