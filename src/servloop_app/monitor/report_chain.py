"""Reports in the chain of custody: what stood in them led to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servloop_app.core.chain import ChainItem, ChainKind, chain_kinds, reference
from servloop_app.core.policy import Policy
from servloop_app.monitor.report_queries import VIEW, reports

REPORT = "report"
ORDER = 90


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    for one in reports(policy).filter(public_id__in=ids):
        said = {"month": one.run.month.strftime("%Y-%m"), "person": str(one.person)}
        yield ChainItem(
            reference(REPORT, one.public_id),
            one.run.number,
            _("Report of %(month)s for %(person)s") % said,
            "report",
            (one.public_id,),
        )


def register() -> None:
    """Make the kind known."""
    chain_kinds.add(REPORT, ChainKind(REPORT, gettext_lazy("Report"), ORDER, VIEW, _items))
