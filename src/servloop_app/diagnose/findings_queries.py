"""Reading findings, limited to what a person may see."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy, scoped
from servloop_app.diagnose.findings_models import Finding

PERMISSION = "findings.view"


def findings(policy: Policy, *, active: bool = True) -> QuerySet[Finding]:
    """Findings of the units that a person may see, newest first; those of the whole need the right in the root."""
    found = scoped(Finding, policy, PERMISSION).select_related("unit").prefetch_related("observations")
    return found.filter(state__in=[Finding.State.NEW, Finding.State.PERSISTING]) if active else found


def finding(policy: Policy, public_id: UUID) -> Finding:
    """One finding.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = findings(policy, active=False).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("finding", public_id)
    return found
