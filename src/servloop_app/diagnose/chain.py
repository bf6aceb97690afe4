"""Findings in the chain of custody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import ChainItem, ChainKind, Pairs, reference
from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects, number_of, title_of
from servloop_app.diagnose.findings_models import Finding
from servloop_app.diagnose.findings_queries import PERMISSION, findings

FINDING = "finding"
STATE_MEANINGS = {
    Finding.State.NEW.value: "bad",
    Finding.State.PERSISTING.value: "watch",
    Finding.State.GONE.value: "good",
    Finding.State.DISMISSED.value: "neutral",
}


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    found = list(findings(policy, active=False).filter(public_id__in=ids))
    subjects = Subjects.of(policy, found)
    for one in found:
        yield ChainItem(
            reference(FINDING, one.public_id),
            number_of(one),
            title_of(one, subjects),
            "finding",
            (one.public_id,),
            str(one.get_state_display()),
            STATE_MEANINGS[one.state],
        )


def _kept(ids: Sequence[UUID]) -> Pairs:
    """Findings lead to the opportunities that rest on them; these keep the link."""
    rows = Finding.objects.filter(public_id__in=ids, opportunities__isnull=False)
    return [
        (reference(FINDING, finding), reference("opportunity", opportunity))
        for finding, opportunity in rows.values_list("public_id", "opportunities__public_id")
    ]


KIND = ChainKind(FINDING, _("Finding"), 20, PERMISSION, _items, _kept)
