"""Reading monitors and alerts, limited to what a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy, scoped
from servloop_app.monitor.models import Alert, AlertEntry, Monitor

MONITORS, ALERTS = "monitors.view", "alerts.view"
_WORST_FIRST = {"bad": 0, "watch": 1, "neutral": 3}


def monitors(policy: Policy) -> QuerySet[Monitor]:
    """Monitors of the units that a person may see, those that show something first."""
    order = Case(
        *(When(result__state=state, then=Value(place)) for state, place in _WORST_FIRST.items()),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = scoped(Monitor, policy, MONITORS).select_related("metric", "unit", "owner", "result")
    return found.order_by("-active", order, "metric__sort_key", "unit__sort_key", "pk")


def one_monitor(policy: Policy, public_id: UUID) -> Monitor:
    """One monitor.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = monitors(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("monitor", public_id)
    return found


@dataclass(frozen=True)
class AlertFilter:
    """What a list of alerts shows.

    Attributes:
        state: ``"waiting"`` for what somebody has to look at, ``"all"``, or a state.
        unit: code of a unit, with all below it; empty for all.
        owner: ``"me"``, or empty for all.
        grade: a grade, or empty for all.
    """

    state: str = "waiting"
    unit: str = ""
    owner: str = ""
    grade: str = ""


def waits(now: datetime) -> Q:
    """Alerts that somebody has to look at: open ones, and silenced ones whose time is over."""
    return Q(state=Alert.State.OPEN) | Q(state=Alert.State.SILENCED, silenced_until__lte=now)


def alerts(policy: Policy, asked: AlertFilter | None = None) -> QuerySet[Alert]:
    """Alerts of the units that a person may see, serious ones first, then the newest."""
    found = scoped(Alert, policy, ALERTS).select_related("unit", "owner", "monitor__metric", "monitor__unit")
    asked = asked or AlertFilter("all")
    if asked.state == "waiting":
        found = found.filter(waits(timezone.now()))
    elif asked.state in Alert.State.values:
        found = found.filter(state=asked.state)
    if asked.unit:
        ids = {code: unit for unit, code in policy.tree.codes.items()}
        found = found.filter(unit__in=list(policy.tree.subtree(ids[asked.unit])) if asked.unit in ids else [])
    if asked.owner == "me":
        found = found.filter(owner=policy.person) if policy.person else found.none()
    if asked.grade in Alert.Grade.values:
        found = found.filter(grade=asked.grade)
    if asked.state == "waiting":
        serious = Case(
            When(grade=Alert.Grade.SERIOUS, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        return found.order_by(serious, "-raised_at", "-pk")
    return found


def one_alert(policy: Policy, public_id: UUID) -> Alert:
    """One alert.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = alerts(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("alert", public_id)
    return found


def history(alert: Alert) -> list[AlertEntry]:
    """Everything that happened to an alert, the newest first."""
    return list(alert.entries.select_related("author"))
