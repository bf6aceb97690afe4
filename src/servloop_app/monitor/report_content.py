"""What a monthly report says to one person: computed once, under that person's rights, as plain JSON.

Names and sentences of objects lie in it in both languages, figures as numbers with their intervals, n, method,
version and the state of the facts that they were computed from. Pages and files are written from it alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from servloop import __version__
from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.monitor.report_changes import changes, seen_in
from servloop_app.monitor.report_codec import Frozen, freeze_figure, freeze_row
from servloop_app.monitor.report_figures import HEAD_FIGURES, measured
from servloop_app.monitor.report_objects import freeze_finding, freeze_opportunity, name_in_both
from servloop_app.monitor.report_quotes import freeze_quote
from servloop_app.monitor.report_work import alerts_of, promises_of, work_of
from servloop_app.plan import queries as planned

VERSION = 2  # 2: quotes are sealed
PERMISSION = "reports.view"
_MOST_FINDINGS = 12
_MOST_OPPORTUNITIES = 5


class ReportPolicy(Policy):
    """A person's rights, in just those units of which they may read reports."""

    def units(self, permission: str) -> frozenset[int]:
        """The units in which both hold."""
        allowed = super().units(permission)
        return allowed if permission == PERMISSION else allowed & super().units(PERMISSION)


def content_of(person: Person, month: dt.date, quoted: Sequence[FeedbackRecord]) -> Frozen:
    """The report of a month for a person.

    Args:
        person: whose rights decide what it says.
        month: first day of it.
        quoted: whose words it tells.
    """
    policy = ReportPolicy(person)
    seen = seen_in(policy, month)
    found = measured(policy, month, seen[0].finding.subject.get("metric", "") if seen else "")
    figures = found.figures if found else ()
    subjects = Subjects.of(policy, [one.finding for one in seen])
    opportunities = (
        list(planned.waiting(policy)[:_MOST_OPPORTUNITIES]) if policy.may(planned.PERMISSION) else []
    )
    work = work_of(policy, month)
    waiting = [freeze_opportunity(policy, one) for one in opportunities]
    return {
        "version": VERSION,
        "engine": __version__,
        "month": month.isoformat(),
        "made_at": timezone.now().isoformat(),
        "recipient": {"id": str(person.public_id), "name": str(person)},
        "organisation": _organisation(policy),
        "scope": scope_of(policy),
        "units": _unit_names(policy),
        "figures": [freeze_figure(figure) for figure in figures],
        "heads": HEAD_FIGURES,
        "subject": freeze_figure(found.subject) if found else None,
        "trend": freeze_figure(found.trend) if found else None,
        "rows": [freeze_row(row) for row in found.rows] if found else [],
        "changes": changes(policy, seen, figures, work["checks"]),
        "findings": [freeze_finding(one.finding, subjects, one.observation) for one in seen[:_MOST_FINDINGS]],
        "findings_total": len(seen),
        "quotes": [freeze_quote(policy, row) for row in quoted],
        "opportunities": waiting,
        "decision": waiting[0] if waiting else None,
        "promises": promises_of(policy, month),
        "alerts": alerts_of(policy, month),
        **work,
    }


def scope_of(policy: Policy) -> Frozen:
    """The units that a report speaks of: those in which the person may read reports."""
    tree = policy.tree
    allowed = policy.units(PERMISSION)
    tops = [unit for unit in allowed if tree.parents.get(unit) not in allowed]
    rows = Unit.objects.in_bulk(tops)
    names = [name_in_both(rows[unit].name) for unit in tops if unit in rows]
    return {
        "whole": bool(allowed) and len(allowed) == len(tree.codes),
        "tops": names,
        "units": sorted(tree.codes[unit] for unit in allowed),
        "leaves": sum(1 for unit in allowed if not tree.children.get(unit)),
    }


def common_unit(policy: Policy) -> int | None:
    """The lowest unit above everything that a report speaks of."""
    allowed = policy.units(PERMISSION)
    paths = [policy.tree.path(unit) for unit in allowed]
    if not paths:
        return None
    common = None
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        common = level[0]
    return common


def _organisation(policy: Policy) -> dict[str, str]:
    root = Unit.objects.filter(pk=policy.tree.root).first() if policy.tree.root else None
    return name_in_both(root.name) if root else {"zh-CN": "", "en": ""}


def _unit_names(policy: Policy) -> dict[str, dict[str, str]]:
    """Code → name of the units that figures and findings of this person can name."""
    allowed = policy.units(PERMISSION) | policy.units("metrics.view") | policy.units("findings.view")
    return {unit.code: name_in_both(unit.name) for unit in Unit.objects.filter(pk__in=allowed)}
