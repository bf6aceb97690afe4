"""What is done to alerts: raised, seen to, silenced, made a ticket, closed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.chain import reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Person
from servloop_app.core.policy import Policy
from servloop_app.improve.models import Level, Ticket
from servloop_app.improve.ticket_writing import Opening, check_level, open_ticket
from servloop_app.monitor.alert_writing import add_entry, find_alert, ticket_title
from servloop_app.monitor.models import Alert, AlertEntry

PERMISSION = "alerts.edit"
_LONGEST_REASON = 300
_LONGEST_SILENCE = dt.timedelta(days=90)
Kind = AlertEntry.Kind


class OnAlert(Action[Alert]):
    """An action on one alert."""

    permission = PERMISSION
    alert: UUID

    def unit(self) -> int:
        return find_alert(self.alert).unit_id

    def object(self) -> str:
        return reference("alert", self.alert)


def _check_open(alert: UUID) -> Alert:
    found = find_alert(alert)
    if found.state == Alert.State.CLOSED:
        raise Conflict("monitor_app.alert_closed", alert=found.number)
    return found


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionError("monitor_app.reason_missing")
    if len(reason) > _LONGEST_REASON:
        raise ActionError("core.text_too_long", limit=_LONGEST_REASON, received=len(reason))


@dataclass
class AcknowledgeAlert(OnAlert):
    """Say that one sees to it; who has none yet becomes its owner."""

    name = "alert.acknowledge"
    alert: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_open(self.alert)

    def perform(self, actor: Actor) -> Alert:
        found = find_alert(self.alert)
        found.state, found.silenced_until = Alert.State.ACKNOWLEDGED, None
        found.owner = actor.person or found.owner
        add_entry(found, Kind.ACKNOWLEDGED, actor.person)
        return found


@dataclass
class AssignAlert(OnAlert):
    """Give an alert to somebody."""

    name = "alert.assign"
    alert: UUID
    person: UUID

    def _person(self) -> Person:
        found = Person.objects.filter(public_id=self.person, is_active=True).first()
        if found is None:
            raise NotFound("person", self.person)
        return found

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        alert = _check_open(self.alert)
        person = self._person()
        if not Policy(person).may("alerts.view", alert.unit_id):
            raise ActionError("monitor_app.owner_without_right", person=str(person), unit=str(alert.unit))

    def perform(self, actor: Actor) -> Alert:
        found, person = find_alert(self.alert), self._person()
        found.owner = person
        add_entry(found, Kind.ASSIGNED, actor.person, detail={"to": str(person.public_id)})
        return found


@dataclass
class SilenceAlert(OnAlert):
    """Hear nothing of it until a moment; further runs of the same monitor stay silent as well."""

    name = "alert.silence"
    alert: UUID
    until: dt.datetime
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_open(self.alert)
        _check_reason(self.reason)
        now = timezone.now()
        if timezone.is_naive(self.until):
            raise ActionError("monitor_app.silence_out_of_range", most=_LONGEST_SILENCE.days)
        if not now < self.until <= now + _LONGEST_SILENCE:
            raise ActionError("monitor_app.silence_out_of_range", most=_LONGEST_SILENCE.days)

    def perform(self, actor: Actor) -> Alert:
        found = find_alert(self.alert)
        found.state, found.silenced_until = Alert.State.SILENCED, self.until
        detail = {"until": self.until.isoformat()}
        add_entry(found, Kind.SILENCED, actor.person, self.reason, detail=detail)
        return found


@dataclass
class CloseAlert(OnAlert):
    """It needs nothing more, and why."""

    name = "alert.close"
    alert: UUID
    reason: str

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_open(self.alert)
        _check_reason(self.reason)

    def perform(self, actor: Actor) -> Alert:
        found = find_alert(self.alert)
        found.state, found.closed_at = Alert.State.CLOSED, timezone.now()
        found.reason, found.silenced_until = self.reason.strip(), None
        add_entry(found, Kind.CLOSED, actor.person, found.reason)
        return found

    def undo(self) -> Action[Alert]:
        return ReopenAlert(self.alert)


@dataclass
class ReopenAlert(OnAlert):
    """Take the closing back."""

    name = "alert.reopen"
    alert: UUID

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_alert(self.alert)
        if found.state != Alert.State.CLOSED:
            raise Conflict("monitor_app.alert_not_closed", alert=found.number)

    def perform(self, actor: Actor) -> Alert:
        found = find_alert(self.alert)
        found.state, found.closed_at, found.reason = Alert.State.OPEN, None, ""
        add_entry(found, Kind.REOPENED, actor.person)
        return found


@dataclass
class TicketFromAlert(Action[Ticket]):
    """Make an alert a ticket of its unit."""

    name = "alert.ticket"
    permission = "tickets.edit"
    alert: UUID
    level: str = Level.GENERAL.value

    def unit(self) -> int:
        return find_alert(self.alert).unit_id

    def object(self) -> str:
        return reference("ticket", self._opened.public_id)

    def validate(self, actor: Actor) -> None:
        found = _check_open(self.alert)
        actor.policy.require("alerts.view", found.unit_id)
        check_level(self.level)
        taken = Ticket.objects.filter(source=reference("alert", found.public_id)).first()
        if taken is not None:
            raise Conflict("monitor_app.already_a_ticket", alert=found.number, ticket=taken.number)

    def perform(self, actor: Actor) -> Ticket:
        found = find_alert(self.alert)
        self._opened = ticket_for(found, self.level, actor.person)
        return self._opened


def ticket_for(alert: Alert, level: str, author: Person | None) -> Ticket:
    """Open the ticket of an alert; only inside an action."""
    ticket = open_ticket(
        Opening(ticket_title(alert), alert.unit, level, source=reference("alert", alert.public_id)),
        author,
    )
    if alert.state != Alert.State.ACKNOWLEDGED:
        alert.state, alert.silenced_until = Alert.State.ACKNOWLEDGED, None
    detail = {"ticket": str(ticket.public_id), "number": ticket.number}
    add_entry(alert, Kind.TICKET, author, detail=detail)
    return ticket


@dataclass
class CloseSettledAlerts(Action[int]):
    """Close alerts about overdue tickets whose ticket is settled by now."""

    name = "alert.close_settled"
    permission = PERMISSION

    def object(self) -> str:
        return "alert:overdue"

    def perform(self, actor: Actor) -> int:
        found = settled_alerts()
        for alert in found:
            alert.state, alert.closed_at = Alert.State.CLOSED, timezone.now()
            alert.silenced_until = None
            add_entry(alert, Kind.CLOSED, actor.person, detail={"because": "settled"})
        return len(found)


def settled_alerts() -> list[Alert]:
    """Alerts about overdue tickets, not closed, whose ticket nobody has to see to any more."""
    waiting = Alert.objects.filter(~Q(state=Alert.State.CLOSED), kind=Alert.Kind.OVERDUE).select_related(
        "unit"
    )
    ids = {alert.source.partition(":")[2]: alert for alert in waiting}
    done = Ticket.objects.filter(
        public_id__in=list(ids), state__in=[Ticket.State.ANSWERED, Ticket.State.CLOSED]
    )
    settled: set[Any] = {reference("ticket", ticket.public_id) for ticket in done}
    return [alert for alert in waiting if alert.source in settled]
