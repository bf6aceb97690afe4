"""What raises alerts: signals and missed targets of monitors, and tickets past their limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.chain import reference
from servloop_app.improve.actions_tickets import find_ticket
from servloop_app.improve.models import Level
from servloop_app.monitor.actions_alerts import PERMISSION, ticket_for
from servloop_app.monitor.actions_monitors import find_monitor
from servloop_app.monitor.alert_rules import Run, due_from, runs_of
from servloop_app.monitor.alert_writing import add_entry, raise_alert, supervisor_of
from servloop_app.monitor.models import Alert, AlertEntry, Monitor

_KEPT = ("start", "value", "low", "high", "n", "center", "lower", "upper")
_RANK = {Alert.Grade.WATCH.value: 0, Alert.Grade.SERIOUS.value: 1}


@dataclass
class RaiseAlerts(Action[int]):
    """Raise alerts for what is new on a monitor's chart: one for each run of signals, however often it is looked at."""

    name = "alert.raise"
    permission = PERMISSION
    monitor: UUID
    looked_until: dt.date | None = None

    def unit(self) -> int:
        return find_monitor(self.monitor).unit_id

    def object(self) -> str:
        return reference("monitor", self.monitor)

    def perform(self, actor: Actor) -> int:
        monitor = find_monitor(self.monitor)
        return sum(self._take(monitor, run, actor) for run in new_runs(monitor, self.looked_until))

    def _take(self, monitor: Monitor, run: Run, actor: Actor) -> int:
        known = known_alert(monitor, run)
        facts = facts_of(run)
        if known is not None:
            return _go_on(known, run, facts)
        alert = raise_alert(
            {
                "kind": run.kind,
                "grade": run.grade,
                "unit": monitor.unit,
                "monitor": monitor,
                "fingerprint": f"{run.kind}:{monitor.public_id}:{run.side}:{run.first.isoformat()}",
                "owner": monitor.owner or supervisor_of(monitor.unit_id),
                "first": run.first,
                "last": run.last,
                "facts": facts,
                **_silence(monitor),
            },
            reference("monitor", monitor.public_id),
        )
        if monitor.ticket_for_serious and run.grade == Alert.Grade.SERIOUS:
            ticket_for(alert, Level.SERIOUS.value, actor.person)
        return 1


def new_runs(monitor: Monitor, looked_until: dt.date | None) -> list[Run]:
    """Runs on a monitor's chart that reach into what was not looked at before."""
    points = monitor.result.document.get("points", []) if hasattr(monitor, "result") else []
    since = due_from(points, looked_until)
    if since is None:
        return []
    return [run for run in runs_of(points, monitor.metric.direction) if run.last >= since]


def changes_anything(monitor: Monitor, looked_until: dt.date | None) -> bool:
    """Whether raising alerts would change anything: nothing is put on record for looking alone."""
    for run in new_runs(monitor, looked_until):
        known = known_alert(monitor, run)
        if known is None or _differs(known, run):
            return True
    return False


def known_alert(monitor: Monitor, run: Run) -> Alert | None:
    """The alert that a run belongs to: one of its kind and side that it overlaps."""
    return (
        Alert.objects.filter(
            monitor=monitor, kind=run.kind, facts__side=run.side, first__lte=run.last, last__gte=run.first
        )
        .select_related("unit")
        .order_by("-last")
        .first()
    )


def _differs(known: Alert, run: Run) -> bool:
    return known.last is None or run.last > known.last or _RANK[run.grade] > _RANK[known.grade]


def _go_on(known: Alert, run: Run, facts: dict[str, Any]) -> int:
    """An alert whose run goes on; a closed one opens again only when it has become serious."""
    if not _differs(known, run):
        return 0
    worse = _RANK[run.grade] > _RANK[known.grade]
    known.first = min(known.first, run.first) if known.first else run.first
    known.last, known.facts = run.last, facts
    if worse:
        known.grade = run.grade
        if known.state == Alert.State.CLOSED:
            known.state, known.closed_at, known.reason = Alert.State.OPEN, None, ""
    kind = AlertEntry.Kind.GRADED if worse else AlertEntry.Kind.WENT_ON
    add_entry(known, kind, None, detail={"grade": known.grade, "last": run.last.isoformat()})
    return 1


def facts_of(run: Run) -> dict[str, Any]:
    """What the sentence of an alert is made of."""
    return {
        "side": run.side,
        "rules": list(run.rules),
        "points": run.points,
        **{name: run.newest[name] for name in _KEPT},
    }


def _silence(monitor: Monitor) -> dict[str, Any]:
    """The state in which a new alert begins: silent while an earlier one of the monitor is."""
    silent = (
        monitor.alerts.filter(state=Alert.State.SILENCED, silenced_until__gt=timezone.now())
        .order_by("-silenced_until")
        .first()
    )
    if silent is None:
        return {}
    return {"state": Alert.State.SILENCED, "silenced_until": silent.silenced_until}


@dataclass
class RaiseOverdue(Action[Alert | None]):
    """Tell the supervisor that a ticket passed a time limit; once for each limit."""

    name = "alert.overdue"
    permission = PERMISSION
    ticket: UUID
    clock: str

    def unit(self) -> int:
        return find_ticket(self.ticket).unit_id

    def object(self) -> str:
        return reference("ticket", self.ticket)

    def perform(self, actor: Actor) -> Alert | None:  # noqa: ARG002
        ticket = find_ticket(self.ticket)
        due = ticket.reply_due if self.clock == "reply" else ticket.resolution_due
        fingerprint = f"overdue:{ticket.public_id}:{self.clock}:{due:%Y%m%dT%H%M%S}"
        if Alert.objects.filter(fingerprint=fingerprint).exists():
            return None
        serious = ticket.level == Level.SERIOUS or self.clock == "resolution"
        grade = Alert.Grade.SERIOUS if serious else Alert.Grade.WATCH
        source = reference("ticket", ticket.public_id)
        return raise_alert(
            {
                "kind": Alert.Kind.OVERDUE,
                "grade": grade,
                "unit": ticket.unit,
                "source": source,
                "fingerprint": fingerprint,
                "owner": supervisor_of(ticket.unit_id),
                "facts": {
                    "clock": self.clock,
                    "due": due.isoformat(),
                    "number": ticket.number,
                },
            },
            source,
        )
