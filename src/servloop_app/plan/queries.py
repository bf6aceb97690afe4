"""Reading opportunities, and what home shows, limited to what a person may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy, scoped
from servloop_app.diagnose.findings_queries import findings
from servloop_app.diagnose.models import Finding
from servloop_app.measure import queries as measure
from servloop_app.measure.figures import Figure
from servloop_app.measure.selection import Selection
from servloop_app.plan.models import Opportunity

PERMISSION = "opportunities.view"
VOLUMES = ("feedback_volume", "case_volume")


def opportunities(policy: Policy) -> QuerySet[Opportunity]:
    """Opportunities of the units that a person may see, the most worthwhile first."""
    return scoped(Opportunity, policy, PERMISSION).select_related("unit", "decided_by")


def waiting(policy: Policy, today: dt.date | None = None) -> QuerySet[Opportunity]:
    """Those that wait for a decision: open ones, and ones put off until today or earlier."""
    today = today or timezone.localdate()
    due = Q(state=Opportunity.State.OPEN) | Q(state=Opportunity.State.SNOOZED, snoozed_until__lte=today)
    return opportunities(policy).filter(due, present=True)


def one_opportunity(policy: Policy, public_id: UUID) -> Opportunity:
    """One opportunity.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = opportunities(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("opportunity", public_id)
    return found


@dataclass(frozen=True)
class NeedsToday:
    """What waits for the person; None for what is not hers to do.

    Attributes:
        failed_imports: files that could not be imported.
        quarantined_rows: rows that wait for repair.
        opportunities: that wait for a decision.
    """

    failed_imports: int | None
    quarantined_rows: int | None
    opportunities: int | None


def needs_today(policy: Policy, today: dt.date | None = None) -> NeedsToday:
    """What the person should look at today, by what she may do."""
    imports = rows = decisions = None
    if policy.may("imports.edit"):
        imports = scoped(Import, policy, "imports.edit").filter(state=Import.State.FAILED).count()
        rows = scoped(QuarantinedRow, policy, "imports.edit").filter(state=QuarantinedRow.State.OPEN).count()
    if policy.may("opportunities.edit"):
        edited = policy.units("opportunities.edit")
        mine = Q(unit__in=edited)
        if policy.tree.root in edited:
            mine |= Q(unit=None)
        decisions = waiting(policy, today).filter(mine).count()
    return NeedsToday(imports, rows, decisions)


def clearest_changes(policy: Policy, limit: int = 3) -> list[Finding]:
    """The newest findings that are changes against the period before, new ones first."""
    found = findings(policy).filter(kind=Finding.Kind.CHANGE)
    return sorted(found, key=lambda one: (one.state != Finding.State.NEW, -one.last_seen.timestamp()))[:limit]


def volumes(policy: Policy) -> list[Figure]:
    """How much there was in the newest months."""
    metrics = [metric for metric in measure.metrics(computable=True) if metric.code in VOLUMES]
    cells = measure.cells_of(policy, metrics)
    selection = Selection.latest(measure.newest_month(cells))
    return [cells[code].figure(selection) for code in VOLUMES if code in cells]
