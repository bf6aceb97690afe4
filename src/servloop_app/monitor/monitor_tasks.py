"""Monitors in the background: charts after every refresh of the figures, and the alerts that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop.errors import ServLoopError
from servloop.facts import Snapshot
from servloop.results import plain
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.units import UnitTree
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.tasks import epoch_of
from servloop_app.monitor.actions_alerts import CloseSettledAlerts, settled_alerts
from servloop_app.monitor.actions_monitors import COMPUTE_JOB
from servloop_app.monitor.actions_raising import RaiseAlerts, RaiseOverdue, changes_anything
from servloop_app.monitor.alert_rules import state_of
from servloop_app.monitor.models import Monitor, MonitorResult
from servloop_app.monitor.monitor_charting import Phase, document
from servloop_app.monitor.monitor_series import PeriodTable

ESCALATE_JOB = "alert.escalate"
SETTLE_JOB = "alert.settle"
SYSTEM = Actor.system("monitors")
_TABLE = MonitorResult._meta.db_table


@job(COMPUTE_JOB)
def compute(
    run: RunContext, monitors: Sequence[str] = (), event: dict[str, Any] | None = None
) -> dict[str, int]:
    """Compute charts for the facts as they are now and raise alerts; a chart that is up to date is left alone."""
    del event  # whatever figures were refreshed: the facts say what is new
    found = Monitor.objects.filter(active=True).select_related("metric", "unit", "result")
    if monitors:
        found = found.filter(public_id__in=list(monitors))
    groups: defaultdict[tuple[int, str], list[Monitor]] = defaultdict(list)
    for monitor in found:
        groups[monitor.metric_id, monitor.period].append(monitor)
    done = made = alerts = 0
    tree = UnitTree.load(timezone.localdate())
    with fact_store().snapshot() as snapshot:
        epoch = epoch_of(snapshot.versions)
        for same in groups.values():
            waiting = [one for one in same if monitors or not _up_to_date(one, epoch)]
            if waiting:
                made += len(waiting)
                alerts += _compute_group(run, snapshot, waiting, epoch, tree)
            done += len(same)
            run.progress(done, len(found), "monitors", "monitor_app.computing")
    return {"monitors": done, "computed": made, "alerts": alerts}


def _up_to_date(monitor: Monitor, epoch: str) -> bool:
    """Whether a chart was computed for these facts today: a period may have ended since."""
    result = getattr(monitor, "result", None)
    return (
        result is not None
        and result.epoch == epoch
        and timezone.localdate(result.as_of) == timezone.localdate()
    )


def _compute_group(
    run: RunContext, snapshot: Snapshot, monitors: list[Monitor], epoch: str, tree: UnitTree
) -> int:
    """Charts of monitors that share a metric and a period: the facts are read once for all of them."""
    metric, period = monitors[0].metric, monitors[0].period
    table: PeriodTable | None = None
    code, params = "", {}
    try:
        table = PeriodTable(snapshot, metric, period, timezone.localdate())
    except ServLoopError as error:
        code, params = error.code, plain(error.params)
    alerts = 0
    for monitor in monitors:
        before = getattr(monitor, "result", None)
        fields: dict[str, Any] = {
            "epoch": epoch,
            "as_of": timezone.now(),
            "error_code": code,
            "error_params": params,
        }
        if table is not None:
            fields |= _charted(monitor, table, tree)
        with guard.opening(_TABLE), run.step():
            MonitorResult.objects.update_or_create(monitor=monitor, defaults=fields)
        looked_until = before.newest if before is not None and not before.error_code else None
        fresh = Monitor.objects.select_related("metric", "unit", "result").get(pk=monitor.pk)
        if changes_anything(fresh, looked_until):
            with run.step():
                alerts += execute(RaiseAlerts(monitor.public_id, looked_until), SYSTEM).outcome
    return alerts


def _charted(monitor: Monitor, table: PeriodTable, tree: UnitTree) -> dict[str, Any]:
    units = None
    if monitor.unit_id != tree.root:
        units = frozenset(tree.codes[unit] for unit in tree.subtree(monitor.unit_id))
    phases = [Phase(phase.starts, phase.baseline_until, phase.reason) for phase in monitor.phases.all()]
    points = table.points(units)
    found = document(monitor, monitor.metric, points, phases) if points else {"points": []}
    return {
        "newest": points[-1].start if points else None,
        "points": len(points),
        "state": state_of(found["points"], monitor.metric.direction),
        "document": found,
    }


@job(ESCALATE_JOB)
def escalate(run: RunContext, event: dict[str, Any]) -> dict[str, int]:
    """Tell the supervisor of a ticket that passed a time limit; a limit is told once."""
    with run.step():
        made = execute(RaiseOverdue(UUID(event["ticket"]), event["clock"]), SYSTEM).outcome
    return {"alerts": int(made is not None)}


@job(SETTLE_JOB)
def settle(run: RunContext) -> dict[str, int]:
    """Close alerts about overdue tickets that are settled by now."""
    closed = 0
    if settled_alerts():
        with run.step():
            closed = execute(CloseSettledAlerts(), SYSTEM).outcome
    return {"closed": closed}
