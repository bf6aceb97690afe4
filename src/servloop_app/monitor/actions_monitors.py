"""What is done to monitors: set up, changed, given a new phase, switched off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from servloop_app.core.actions import Action, Actor
from servloop_app.core.actions.units import find_unit
from servloop_app.core.chain import chain_kinds, connect, reference
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.core.units import UnitTree
from servloop_app.jobs.runs import enqueue
from servloop_app.measure.actions import find_metric
from servloop_app.measure.models import Metric
from servloop_app.monitor.models import Monitor, MonitorPhase
from servloop_app.monitor.monitor_words import chart_kind

COMPUTE_JOB = "monitor.compute"
PERMISSION = "monitors.edit"
_LONGEST_REASON = 300
# Shipped metrics worth watching from the start; of the whole, and some of each branch as well.
MAIN_METRICS = (
    "complaint_rate",
    "csat",
    "nps",
    "first_response_time",
    "in_time_resolution_rate",
    "turnaround",
    "rework_rate",
)
BRANCH_METRICS = ("complaint_rate",)


def find_monitor(public_id: UUID | str) -> Monitor:
    """The monitor of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Monitor.objects.select_related("unit", "metric").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("monitor", public_id)
    return found


def _check_choice(value: str, choices: list[str]) -> None:
    if value not in choices:
        raise ActionError("core.choice_unknown", value=value, choices=choices)


def _check_targets(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ActionError("monitor_app.targets_reversed", low=str(low), high=str(high))


def _owner(public_id: UUID | None, unit: Unit) -> Person | None:
    if public_id is None:
        return None
    found = Person.objects.filter(public_id=public_id, is_active=True).first()
    if found is None:
        raise NotFound("person", public_id)
    if not Policy(found).may("alerts.view", unit.pk):
        raise ActionError("monitor_app.owner_without_right", person=str(found), unit=str(unit))
    return found


def _compute(monitor: Monitor) -> None:
    enqueue(COMPUTE_JOB, {"monitors": [str(monitor.public_id)]}, reference("monitor", monitor.public_id))


def _make(metric: Metric, unit: Unit, period: str, **more: object) -> Monitor:
    """A monitor with its first phase: what is known until today sets its limits."""
    made = Monitor.objects.create(metric=metric, unit=unit, period=period, chart=chart_kind(metric), **more)
    MonitorPhase.objects.create(monitor=made, baseline_until=timezone.localdate())
    return made


@dataclass
class CreateMonitor(Action[Monitor]):
    """Watch a metric of a unit and of all below it."""

    name = "monitor.create"
    permission = PERMISSION
    metric: str
    unit_code: str
    period: str = Monitor.Period.WEEK.value
    rules: str = Monitor.Rules.WESTERN_ELECTRIC.value
    target_min: float | None = None
    target_max: float | None = None
    ticket_for_serious: bool = False
    owner: UUID | None = None
    origin: str = ""

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return reference("monitor", self._made.public_id)

    def validate(self, actor: Actor) -> None:
        metric = find_metric(self.metric)
        if not metric.computable:
            raise ActionError("monitor_app.metric_without_formula", metric=self.metric)
        _check_choice(self.period, list(Monitor.Period.values))
        _check_choice(self.rules, list(Monitor.Rules.values))
        _check_targets(self.target_min, self.target_max)
        same = Monitor.objects.filter(metric=metric, unit__code=self.unit_code, period=self.period)
        if same.exists():
            raise Conflict("monitor_app.watched_already", metric=str(metric))
        if self.origin:
            _check_origin(self.origin, actor)

    def perform(self, actor: Actor) -> Monitor:
        unit = find_unit(self.unit_code)
        self._made = _make(
            find_metric(self.metric),
            unit,
            self.period,
            rules=self.rules,
            target_min=self.target_min,
            target_max=self.target_max,
            ticket_for_serious=self.ticket_for_serious,
            owner=_owner(self.owner, unit) if self.owner else actor.person,
            origin=self.origin,
        )
        if self.origin:
            connect(self.origin, reference("monitor", self._made.public_id))
        _compute(self._made)
        return self._made


def _check_origin(origin: str, actor: Actor) -> None:
    """What asked to keep watching exists, and the person may know of it."""
    kind, _colon, public_id = origin.partition(":")
    if kind not in chain_kinds:
        raise ActionError("core.choice_unknown", value=kind, choices=list(chain_kinds))
    try:
        wanted = UUID(public_id)
    except ValueError as error:
        raise NotFound(kind, public_id) from error
    found = chain_kinds[kind]
    if not actor.policy.may(found.permission) or not list(found.items(actor.policy, [wanted])):
        raise NotFound(kind, public_id)


@dataclass
class ProposeMonitors(Action[int]):
    """Set up the monitors that suit most organisations: main metrics of the whole, complaints of each branch."""

    name = "monitor.propose"
    permission = PERMISSION

    def unit(self) -> int | None:
        return UnitTree.load(timezone.localdate()).root

    def object(self) -> str:
        return "monitor:proposed"

    def perform(self, actor: Actor) -> int:
        tree = UnitTree.load(timezone.localdate())
        root = Unit.objects.filter(pk=tree.root or 0).first()
        if root is None:
            return 0
        metrics = {
            metric.code: metric
            for metric in Metric.objects.filter(code__in=MAIN_METRICS, active=True).exclude(formula="")
        }
        branches = Unit.objects.filter(pk__in=list(tree.codes), kind=Unit.Kind.BRANCH)
        wanted = [(code, root) for code in MAIN_METRICS]
        wanted += [(code, unit) for code in BRANCH_METRICS for unit in branches]
        made = 0
        for code, unit in wanted:
            period = Monitor.Period.WEEK.value
            if (
                code not in metrics
                or Monitor.objects.filter(metric=metrics[code], unit=unit, period=period).exists()
            ):
                continue
            _make(metrics[code], unit, period, owner=actor.person)
            made += 1
        if made:
            enqueue(COMPUTE_JOB, {}, "monitor:proposed")
        return made


class OnMonitor(Action[Monitor]):
    """An action on one monitor."""

    permission = PERMISSION
    monitor: UUID

    def unit(self) -> int:
        return find_monitor(self.monitor).unit_id

    def object(self) -> str:
        return reference("monitor", self.monitor)


@dataclass
class ChangeMonitor(OnMonitor):
    """Change what counts as a signal, the target, the owner, and whether serious alerts become tickets."""

    name = "monitor.change"
    monitor: UUID
    rules: str
    target_min: float | None
    target_max: float | None
    ticket_for_serious: bool
    owner: UUID | None

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_choice(self.rules, list(Monitor.Rules.values))
        _check_targets(self.target_min, self.target_max)

    def perform(self, actor: Actor) -> Monitor:  # noqa: ARG002
        found = find_monitor(self.monitor)
        owner = found.owner
        self._before = ChangeMonitor(
            self.monitor,
            found.rules,
            found.target_min,
            found.target_max,
            found.ticket_for_serious,
            owner.public_id if owner else None,
        )
        found.rules, found.ticket_for_serious = self.rules, self.ticket_for_serious
        found.target_min, found.target_max = self.target_min, self.target_max
        found.owner = _owner(self.owner, found.unit)
        found.save()
        _compute(found)
        return found

    def undo(self) -> Action[Monitor]:
        return self._before


@dataclass
class UseMonitor(OnMonitor):
    """Switch a monitor on or off; its history stays."""

    name = "monitor.use"
    monitor: UUID
    active: bool

    def perform(self, actor: Actor) -> Monitor:  # noqa: ARG002
        found = find_monitor(self.monitor)
        found.active = self.active
        found.save(update_fields=["active"])
        if self.active:
            _compute(found)
        return found

    def undo(self) -> Action[Monitor]:
        return UseMonitor(self.monitor, not self.active)


@dataclass
class StartPhase(OnMonitor):
    """From a day on judge by new limits: something was changed on purpose and the old ones no longer fit."""

    name = "monitor.phase"
    monitor: UUID
    starts: dt.date
    reason: str
    baseline_until: dt.date | None = None

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.reason.strip():
            raise ActionError("monitor_app.reason_missing")
        if self.baseline_until is not None and self.baseline_until <= self.starts:
            raise ActionError(
                "monitor_app.baseline_before_phase",
                starts=self.starts.isoformat(),
                received=self.baseline_until.isoformat(),
            )
        found = find_monitor(self.monitor)
        later = found.phases.filter(starts__gte=self.starts).first()
        if later is not None:
            raise Conflict(
                "monitor_app.phase_not_last", starts=later.starts.isoformat() if later.starts else ""
            )

    def perform(self, actor: Actor) -> Monitor:
        found = find_monitor(self.monitor)
        MonitorPhase.objects.create(
            monitor=found,
            starts=self.starts,
            baseline_until=self.baseline_until,
            reason=self.reason.strip()[:_LONGEST_REASON],
            made_by=actor.person,
        )
        _compute(found)
        return found

    def undo(self) -> Action[Monitor]:
        return EndPhase(self.monitor, self.starts)


@dataclass
class EndPhase(OnMonitor):
    """Take a phase back: the limits before it count again."""

    name = "monitor.end_phase"
    monitor: UUID
    starts: dt.date

    def perform(self, actor: Actor) -> Monitor:  # noqa: ARG002
        found = find_monitor(self.monitor)
        gone, _by_model = found.phases.filter(starts=self.starts).delete()
        if not gone:
            raise NotFound("phase", self.starts)
        _compute(found)
        return found
