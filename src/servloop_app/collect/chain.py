"""Imports and feedback records in the chain of custody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.collect.queries import imports
from servloop_app.core.chain import ChainItem, ChainKind, Pairs, reference
from servloop_app.core.policy import Policy, scoped

IMPORT = "import"
FEEDBACK = "feedback"
_TITLE = 60
_MEANINGS = {Import.State.DONE.value: "good", Import.State.FAILED.value: "bad"}


def _imports(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    for one in imports(policy).filter(public_id__in=ids):
        yield ChainItem(
            reference(IMPORT, one.public_id),
            "",
            one.file_name,
            "import",
            (one.public_id,),
            one.state_label,
            _MEANINGS.get(one.state, "neutral"),
        )


def _records(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    for one in scoped(FeedbackRecord, policy, "feedback.view").filter(id__in=ids):
        yield ChainItem(
            reference(FEEDBACK, one.pk),
            one.source_key,
            Truncator(one.masked_title or one.masked_text or one.source_key).chars(_TITLE),
            "feedback_record",
            (one.pk,),
        )


def _brought_by(ids: Sequence[UUID]) -> Pairs:
    """Which import brought a record. Only backwards: an import has a list of its thousands of records."""
    rows = FeedbackRecord.objects.filter(id__in=ids).values_list("brought_by__public_id", "id")
    return [(reference(IMPORT, brought), reference(FEEDBACK, record)) for brought, record in rows]


IMPORT_KIND = ChainKind(IMPORT, _("Import"), 5, "imports.view", _imports)
FEEDBACK_KIND = ChainKind(FEEDBACK, _("Feedback"), 10, "feedback.view", _records, _brought_by)
