"""What was done in a month, as it lies in a frozen report: promises, goals, projects, checks, alerts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from servloop_app.core.chain import chain_kinds
from servloop_app.core.models import Person
from servloop_app.core.policy import Policy, scoped
from servloop_app.improve import project_queries, ticket_queries
from servloop_app.improve.project_models import Project, ProjectAction
from servloop_app.improve.ticket_models import Ticket
from servloop_app.measure.selection import add_months
from servloop_app.monitor.alert_models import Alert
from servloop_app.monitor.report_codec import Frozen, freeze_metric
from servloop_app.monitor.report_objects import freeze_items
from servloop_app.plan import goal_queries
from servloop_app.plan.goal_models import Goal
from servloop_app.verify import queries as effect_queries
from servloop_app.verify.models import EffectCheck

MOST = 8


def span_of(month: dt.date) -> tuple[datetime, datetime]:
    """The moments between which a month lies, the end not included."""
    start, end = (datetime(day.year, day.month, 1) for day in (month, add_months(month, 1)))  # noqa: DTZ001
    return timezone.make_aware(start), timezone.make_aware(end)


def items_of(policy: Policy, kind: str, ids: Collection[UUID]) -> list[Frozen]:
    """Objects of a kind as a report lists them, those that the person may see."""
    if kind not in chain_kinds or not ids or not policy.may(chain_kinds[kind].permission):
        return []
    return freeze_items(lambda: chain_kinds[kind].items(policy, list(ids)))


def promises_of(policy: Policy, month: dt.date) -> Frozen:
    """What was due in the month, and whether it was done: steps of projects one by one, tickets as counts."""
    return {"steps": _steps(policy, month), "tickets": _tickets(policy, month)}


def _steps(policy: Policy, month: dt.date) -> list[Frozen]:
    if not policy.may(project_queries.PERMISSION):
        return []
    last = add_months(month, 1)
    due = (
        scoped(ProjectAction, policy, project_queries.PERMISSION)
        .filter(due__gte=month, due__lt=min(last, timezone.localdate()))
        .exclude(state=ProjectAction.State.DROPPED)
        .select_related("project", "who")
    )
    return [
        {
            "title": one.what,
            "owner": str(one.who) if one.who else "",
            "due": one.due.isoformat(),
            "done": one.state == ProjectAction.State.DONE,
            "late": bool(one.done_at and timezone.localtime(one.done_at).date() > one.due),
            "project": one.project.number,
            "project_id": str(one.project.public_id),
        }
        for one in due[:MOST]
    ]


def _tickets(policy: Policy, month: dt.date) -> Frozen | None:
    if not policy.may(ticket_queries.PERMISSION):
        return None
    start, end = span_of(month)
    due = scoped(Ticket, policy, ticket_queries.PERMISSION).filter(
        resolution_due__gte=start, resolution_due__lt=min(end, timezone.now())
    )
    total = due.count()
    if not total:
        return None
    kept = Q(answered_at__lte=F("resolution_due")) | Q(closed_at__lte=F("resolution_due"))
    return {
        "due": total,
        "kept": due.filter(kept).count(),
        "open": due.filter(state__in=ticket_queries.OPEN).count(),
    }


def alerts_of(policy: Policy, month: dt.date) -> list[Frozen]:
    """Alerts that were raised in the month, the serious ones first."""
    if not policy.may("alerts.view"):
        return []
    start, end = span_of(month)
    raised = scoped(Alert, policy, "alerts.view").filter(raised_at__gte=start, raised_at__lt=end)
    rows = list(raised.select_related("owner").order_by("grade", "-raised_at")[:MOST])
    owners = {one.public_id: one.owner for one in rows}
    return owned(items_of(policy, "alert", list(owners)), owners)


def work_of(policy: Policy, month: dt.date) -> dict[str, list[Frozen]]:
    """Goals that are pursued, projects that ran, and checks of effect that were judged in the month."""
    return {
        "goals": _goals(policy, month),
        "projects": _projects(policy, month),
        "checks": checks_of(policy, month),
    }


def _goals(policy: Policy, month: dt.date) -> list[Frozen]:
    if not policy.may(goal_queries.PERMISSION):
        return []
    start, end = span_of(month)
    pursued = Q(state=Goal.State.ACTIVE) | Q(closed_at__gte=start, closed_at__lt=end)
    rows = list(goal_queries.goals(policy).filter(pursued).filter(made_at__lt=_known_until(end))[:MOST])
    items = owned(
        items_of(policy, "goal", [one.public_id for one in rows]), {one.public_id: one.owner for one in rows}
    )
    due = {str(one.public_id): one.deadline.isoformat() for one in rows}
    return [item | {"due": due[item["reference"].partition(":")[2]]} for item in items]


def _projects(policy: Policy, month: dt.date) -> list[Frozen]:
    if not policy.may(project_queries.PERMISSION):
        return []
    start, end = span_of(month)
    ran = Q(state=Project.State.ACTIVE) | Q(closed_at__gte=start, closed_at__lt=end)
    rows = list(project_queries.projects(policy).filter(ran).filter(made_at__lt=_known_until(end))[:MOST])
    return owned(
        items_of(policy, "project", [one.public_id for one in rows]),
        {one.public_id: one.owner for one in rows},
    )


def _known_until(end: datetime) -> datetime:
    """Work is told as it stands when the report is frozen: what began after a month that is over can answer to it."""
    return max(end, timezone.now())


def checks_of(policy: Policy, month: dt.date) -> list[Frozen]:
    """Checks that were judged in the month, or whose result has come in and waits for a verdict."""
    if not policy.may(effect_queries.PERMISSION):
        return []
    start, end = span_of(month)
    seen = effect_queries.checks(policy)
    judged = list(
        seen.filter(verdict__made_at__gte=start, verdict__made_at__lt=end).values_list(
            "public_id", flat=True
        )[:MOST]
    )
    waiting = list(
        seen.filter(results__final=True, verdict=None, state="declared")
        .distinct()
        .values_list("public_id", flat=True)[:MOST]
    )
    rows = {one.public_id: one for one in seen.filter(public_id__in=[*judged, *waiting])}
    items = items_of(policy, effect_queries.KIND.name, list(rows))
    return [item | _judged(rows[UUID(item["reference"].partition(":")[2])]) for item in items]


def _judged(check: EffectCheck) -> Frozen:
    verdict = effect_queries.verdict_of(check)
    return {
        "metric": freeze_metric(check.metric),
        "start": check.start.isoformat(),
        "project": check.project.title,
        "owner": str(check.project.owner) if check.project.owner else "",
        "decision": verdict.decision if verdict else "",
        "effect": (verdict.figures or None) if verdict else None,
    }


def owned(items: list[Frozen], owners: Mapping[UUID, Person | None]) -> list[Frozen]:
    """Objects with the names of those who answer for them."""
    return [
        item | {"owner": str(owners.get(UUID(item["reference"].partition(":")[2])) or "")} for item in items
    ]
