"""Monitors and alerts: read, set up, seen to, closed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from servloop_app.api.changes import Window, carry_out
from servloop_app.api.schemas import Code, Page, Recorded, Strict, Text
from servloop_app.core.routes import policy, policy_of
from servloop_app.monitor import monitor_queries as queries
from servloop_app.monitor.actions_alerts import (
    AcknowledgeAlert,
    AssignAlert,
    CloseAlert,
    ReopenAlert,
    SilenceAlert,
    TicketFromAlert,
)
from servloop_app.monitor.actions_monitors import CreateMonitor, StartPhase, UseMonitor
from servloop_app.monitor.models import Alert, AlertEntry, Monitor
from servloop_app.monitor.monitor_queries import AlertFilter

router = Router()
alert_router = Router()


class MonitorOut(Schema):
    """A monitor; ``state`` says how its newest point stands."""

    id: UUID
    metric: str = Field(examples=["complaint_rate"])
    unit: str = Field(examples=["beijing"])
    chart: str = Field(examples=["p"])
    period: str = Field(examples=["week"])
    rules: str = Field(examples=["western_electric"])
    target_min: float | None
    target_max: float | None
    ticket_for_serious: bool
    owner: UUID | None
    origin: str
    active: bool
    state: str = Field(examples=["good"])
    as_of: datetime | None
    newest: date | None

    @classmethod
    def of(cls, row: Monitor) -> "MonitorOut":
        """From the row, with its metric, unit, owner and result selected."""
        result = getattr(row, "result", None)
        named = (
            "chart", "period", "rules", "target_min", "target_max", "ticket_for_serious", "origin", "active",
        )  # fmt: skip
        return cls(
            id=row.public_id,
            metric=row.metric.code,
            unit=row.unit.code,
            owner=row.owner.public_id if row.owner else None,
            state=result.state if result else "neutral",
            as_of=result.as_of if result else None,
            newest=result.newest if result else None,
            **{name: getattr(row, name) for name in named},
        )


class MonitorWithChart(MonitorOut):
    """A monitor with its points, limits and signals as last computed."""

    chart_data: dict[str, Any] = Field(description="points, method, sigma_z, runs, reason, warnings")
    error: str = Field(description="code of what made it not computable")


class MonitorIn(Strict):
    """What to watch."""

    metric: Code = Field(examples=["complaint_rate"])
    unit: Code = Field(examples=["beijing"])
    period: str = Field("week", max_length=10)
    rules: str = Field("western_electric", max_length=20)
    target_min: float | None = None
    target_max: float | None = None
    ticket_for_serious: bool = False
    owner: UUID | None = None
    origin: str = Field("", max_length=80, description="reference of what asked to keep watching")


class PhaseIn(Strict):
    """From when limits of their own count, and why."""

    starts: date = Field(examples=["2026-11-02"])
    reason: Text
    baseline_until: date | None = None


class UseIn(Strict):
    """Whether it is in use."""

    active: bool = Field(examples=[True])


class AlertOut(Schema):
    """An alert."""

    id: UUID
    number: str = Field(examples=["AL-2026-000001"])
    kind: str = Field(examples=["signal"])
    grade: str = Field(examples=["serious"])
    state: str = Field(examples=["open"])
    unit: str = Field(examples=["beijing"])
    monitor: UUID | None
    source: str
    owner: UUID | None
    raised_at: datetime
    first: date | None
    last: date | None
    facts: dict[str, Any]
    silenced_until: datetime | None
    reason: str

    @classmethod
    def of(cls, row: Alert) -> "AlertOut":
        """From the row, with its unit, owner and monitor selected."""
        named = (
            "number", "kind", "grade", "state", "source", "raised_at", "first", "last", "facts", "silenced_until",
            "reason",
        )  # fmt: skip
        return cls(
            id=row.public_id,
            unit=row.unit.code,
            monitor=row.monitor.public_id if row.monitor else None,
            owner=row.owner.public_id if row.owner else None,
            **{name: getattr(row, name) for name in named},
        )


class AlertLine(Schema):
    """A line of an alert's history."""

    at: datetime
    kind: str
    author: UUID | None
    text: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, row: AlertEntry) -> "AlertLine":
        """From the row, with its author selected."""
        author = row.author.public_id if row.author else None
        return cls(at=row.at, kind=row.kind, author=author, text=row.text, detail=row.detail)


class AlertWithHistory(AlertOut):
    """An alert with everything that happened to it, the newest first."""

    history: list[AlertLine]


class AlertsAsked(Schema):
    """Which alerts."""

    state: str = Field("all", description="waiting, all, or a state", max_length=20)
    unit: str = Field("", max_length=64)
    owner: str = Field("", description="me, or empty", max_length=10)
    grade: str = Field("", max_length=10)


class SilenceIn(Strict):
    """Until when, and why."""

    until: datetime
    reason: Text = Field(examples=["系统升级期间，下周一恢复"])


class AlertReasonIn(Strict):
    """Why."""

    reason: Text = Field(examples=["原因已查明并处理"])


class AssignIn(Strict):
    """To whom."""

    person: UUID = Field(examples=["7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])


class AlertTicketIn(Strict):
    """How serious the ticket is."""

    level: str = Field("general", max_length=10, examples=["serious"])


@router.get("", response=Page[MonitorOut])
@policy(queries.MONITORS)
def list_monitors(request: HttpRequest, window: Query[Window]) -> Page[MonitorOut]:
    """Monitors of the caller's units, those that show something first."""
    found = queries.monitors(policy_of(request))
    cut = found[window.offset : window.offset + window.limit]
    return Page[MonitorOut](items=[MonitorOut.of(row) for row in cut], total=found.count())


@router.post("", response={201: Recorded})
@policy("monitors.edit")
def create_monitor(request: HttpRequest, given: MonitorIn) -> Status[Recorded]:
    """Watch a metric of a unit and all below it."""
    action = CreateMonitor(
        given.metric,
        given.unit,
        given.period,
        given.rules,
        given.target_min,
        given.target_max,
        given.ticket_for_serious,
        given.owner,
        given.origin,
    )
    return Status(201, carry_out(request, action))


@router.get("/{monitor}", response=MonitorWithChart)
@policy(queries.MONITORS)
def read_monitor(request: HttpRequest, monitor: UUID) -> MonitorWithChart:
    """One monitor with its chart."""
    row = queries.one_monitor(policy_of(request), monitor)
    result = getattr(row, "result", None)
    return MonitorWithChart(
        **MonitorOut.of(row).dict(),
        chart_data=result.document if result else {},
        error=result.error_code if result else "",
    )


@router.post("/{monitor}/phases", response=Recorded)
@policy("monitors.edit")
def start_phase(request: HttpRequest, monitor: UUID, given: PhaseIn) -> Recorded:
    """Begin a new phase, with a reason."""
    queries.one_monitor(policy_of(request), monitor)
    return carry_out(request, StartPhase(monitor, given.starts, given.reason, given.baseline_until))


@router.put("/{monitor}/active", response=Recorded)
@policy("monitors.edit")
def use_monitor(request: HttpRequest, monitor: UUID, given: UseIn) -> Recorded:
    """Switch it on or off."""
    queries.one_monitor(policy_of(request), monitor)
    return carry_out(request, UseMonitor(monitor, given.active))


@alert_router.get("", response=Page[AlertOut])
@policy(queries.ALERTS)
def list_alerts(request: HttpRequest, window: Query[Window], asked: Query[AlertsAsked]) -> Page[AlertOut]:
    """Alerts of the caller's units."""
    found = queries.alerts(policy_of(request), AlertFilter(**asked.dict()))
    cut = found[window.offset : window.offset + window.limit]
    return Page[AlertOut](items=[AlertOut.of(row) for row in cut], total=found.count())


@alert_router.get("/{alert}", response=AlertWithHistory)
@policy(queries.ALERTS)
def read_alert(request: HttpRequest, alert: UUID) -> AlertWithHistory:
    """One alert with its history."""
    row = queries.one_alert(policy_of(request), alert)
    lines = [AlertLine.of(entry) for entry in queries.history(row)]
    return AlertWithHistory(**AlertOut.of(row).dict(), history=lines)


@alert_router.post("/{alert}/acknowledge", response=Recorded)
@policy("alerts.edit")
def acknowledge(request: HttpRequest, alert: UUID) -> Recorded:
    """Say that one sees to it."""
    return carry_out(request, AcknowledgeAlert(_seen(request, alert)))


@alert_router.post("/{alert}/silence", response=Recorded)
@policy("alerts.edit")
def silence(request: HttpRequest, alert: UUID, given: SilenceIn) -> Recorded:
    """Hear nothing of it until a moment."""
    return carry_out(request, SilenceAlert(_seen(request, alert), given.until, given.reason))


@alert_router.put("/{alert}/owner", response=Recorded)
@policy("alerts.edit")
def assign(request: HttpRequest, alert: UUID, given: AssignIn) -> Recorded:
    """Give it to somebody."""
    return carry_out(request, AssignAlert(_seen(request, alert), given.person))


@alert_router.post("/{alert}/close", response=Recorded)
@policy("alerts.edit")
def close(request: HttpRequest, alert: UUID, given: AlertReasonIn) -> Recorded:
    """It needs nothing more, and why."""
    return carry_out(request, CloseAlert(_seen(request, alert), given.reason))


@alert_router.post("/{alert}/reopen", response=Recorded)
@policy("alerts.edit")
def reopen(request: HttpRequest, alert: UUID) -> Recorded:
    """Take the closing back."""
    return carry_out(request, ReopenAlert(_seen(request, alert)))


@alert_router.post("/{alert}/ticket", response={201: Recorded})
@policy("tickets.edit")
def ticket(request: HttpRequest, alert: UUID, given: AlertTicketIn) -> Status[Recorded]:
    """Make it a ticket of its unit."""
    return Status(201, carry_out(request, TicketFromAlert(_seen(request, alert), given.level)))


def _seen(request: HttpRequest, alert: UUID) -> UUID:
    """The id again, if the caller may know of the alert."""
    return queries.one_alert(policy_of(request), alert).public_id
