"""Monitors: the list, one with its control chart, new ones, phases."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.messages import message
from servloop_app.core.models import Unit
from servloop_app.core.routes import policy, policy_of
from servloop_app.monitor import monitor_queries as queries
from servloop_app.monitor.actions_monitors import (
    ChangeMonitor,
    CreateMonitor,
    ProposeMonitors,
    StartPhase,
    UseMonitor,
)
from servloop_app.monitor.models import Monitor
from servloop_app.monitor.monitor_words import STATE_LABELS
from servloop_app.web.measure.charts import language
from servloop_app.web.measure.pages import page
from servloop_app.web.monitor import control_chart
from servloop_app.web.monitor.alert_words import period_name, target_words, value_with_interval
from servloop_app.web.monitor.alerts import alert_rows, people_for
from servloop_app.web.monitor.monitor_forms import MonitorForm, NewMonitorForm, PhaseForm
from servloop_app.web.submit import page_of, submit


@dataclass(frozen=True)
class Row:
    """A monitor as the list shows it."""

    monitor: Monitor
    state: str
    word: str
    value: str
    period: str


def row_of(monitor: Monitor) -> Row:
    """A monitor with its newest value in words."""
    result = getattr(monitor, "result", None)
    state = result.state if result else "neutral"
    point = control_chart.newest_point(result.document) if result else None
    return Row(
        monitor,
        state,
        str(STATE_LABELS[state]),
        value_with_interval(monitor, point)
        if point
        else _("— no data yet")
        if result
        else _("— being computed"),
        period_name(point["start"], monitor.period) if point else "",
    )


@policy(queries.MONITORS)
@require_GET
def monitors(request: HttpRequest) -> HttpResponse:
    """The list, what shows something first."""
    rights = policy_of(request)
    found = queries.monitors(rights)
    state, unit = request.GET.get("state", ""), request.GET.get("unit", "")
    shown = found.filter(result__state=state) if state in STATE_LABELS else found
    if unit:
        ids = {code: pk for pk, code in rights.tree.codes.items()}
        shown = shown.filter(unit__in=list(rights.tree.subtree(ids[unit])) if unit in ids else [])
    listed = page_of(request, shown)
    unusual = found.filter(active=True, result__state__in=["bad", "watch"]).count()
    total = found.filter(active=True).count()
    context = {
        "page": listed,
        "rows": [row_of(monitor) for monitor in listed],
        "state": state,
        "unit": unit,
        "states": STATE_LABELS,
        "units": Unit.objects.filter(pk__in=rights.units(queries.MONITORS)).order_by("sort_key"),
        "heading": _heading(total, unusual),
        "any": found.exists(),
        "may_edit": rights.may("monitors.edit"),
        "may_propose": rights.may("monitors.edit", rights.tree.root),
    }
    return page(request, "web/monitor/monitors.html", context)


def _heading(total: int, unusual: int) -> str:
    if unusual:
        said = ngettext(
            "%(n)s of %(total)s monitors shows something unusual",
            "%(n)s of %(total)s monitors show something unusual",
            unusual,
        )
        return said % {"n": unusual, "total": total}
    if total:
        return ngettext("%(n)s monitor, nothing unusual", "%(n)s monitors, nothing unusual", total) % {
            "n": total
        }
    return _("Nothing is watched yet")


@policy("monitors.edit")
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Set up the monitors that suit most organisations."""
    done = submit(request, ProposeMonitors())
    if done is not None:
        said = ngettext(
            "%(n)s monitor set up; its chart follows",
            "%(n)s monitors set up; their charts follow",
            done.outcome,
        )
        messages.success(request, said % {"n": done.outcome})
    return redirect("monitors")


@policy("monitors.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Set up a monitor; the address may bring metric, unit and what asked to keep watching."""
    rights = policy_of(request)
    units = Unit.objects.filter(pk__in=rights.units("monitors.edit")).order_by("sort_key")
    given = {name: request.GET.get(name, "") for name in ("metric", "unit", "origin", "period")}
    form = NewMonitorForm(
        request.POST or None,
        units=units,
        people=people_for(rights),
        initial={name: value for name, value in given.items() if value},
    )
    if request.method == "POST" and form.is_valid():
        clean = form.cleaned_data
        action = CreateMonitor(
            clean["metric"].code,
            clean["unit"].code,
            clean["period"],
            clean["rules"],
            clean["target_min"],
            clean["target_max"],
            clean["ticket_for_serious"],
            clean["owner"].public_id if clean["owner"] else None,
            clean["origin"],
        )
        done = submit(request, action, _("The monitor is set up; its chart follows"), form)
        if done:
            return redirect("monitor", done.outcome.public_id)
    return page(request, "web/monitor/monitor_add.html", {"form": form}, 422 if form.is_bound else 200)


@policy(queries.MONITORS)
@require_GET
def monitor(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One monitor."""
    found = queries.one_monitor(policy_of(request), public_id)
    return _page(request, found, _forms(request, found))


def _forms(request: HttpRequest, found: Monitor) -> dict[str, MonitorForm | PhaseForm]:
    settings = MonitorForm(
        people=people_for(policy_of(request)),
        auto_id="change_%s",
        initial={
            "rules": found.rules,
            "target_min": found.target_min,
            "target_max": found.target_max,
            "ticket_for_serious": found.ticket_for_serious,
            "owner": found.owner.public_id if found.owner else None,
        },
    )
    return {"change": settings, "phase": PhaseForm(auto_id="phase_%s")}


@policy("monitors.edit")
@require_POST
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change what counts as a signal."""
    found = queries.one_monitor(policy_of(request), public_id)
    form = MonitorForm(request.POST, people=people_for(policy_of(request)), auto_id="change_%s")
    if form.is_valid():
        given = form.cleaned_data
        action = ChangeMonitor(
            public_id,
            given["rules"],
            given["target_min"],
            given["target_max"],
            given["ticket_for_serious"],
            given["owner"].public_id if given["owner"] else None,
        )
        if submit(request, action, _("Saved; the chart follows"), form):
            return redirect("monitor", public_id)
    return _page(request, found, _forms(request, found) | {"change": form}, failed="change")


@policy("monitors.edit")
@require_POST
def phase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Begin a new phase."""
    found = queries.one_monitor(policy_of(request), public_id)
    form = PhaseForm(request.POST, auto_id="phase_%s")
    if form.is_valid():
        given = form.cleaned_data
        action = StartPhase(public_id, given["starts"], given["reason"], given["baseline_until"])
        if submit(request, action, _("The new phase counts; the chart follows"), form):
            return redirect("monitor", public_id)
    return _page(request, found, _forms(request, found) | {"phase": form}, failed="phase")


@policy("monitors.edit")
@require_POST
def use(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Switch a monitor on or off."""
    queries.one_monitor(policy_of(request), public_id)
    submit(request, UseMonitor(public_id, request.POST.get("active") == "1"))
    return redirect("monitor", public_id)


def _page(
    request: HttpRequest, found: Monitor, forms: dict[str, MonitorForm | PhaseForm], failed: str = ""
) -> HttpResponse:
    rights = policy_of(request)
    phases = list(found.phases.select_related("made_by"))
    result = getattr(found, "result", None)
    reason = result.document.get("reason") if result else None
    alerts = queries.alerts(rights).filter(monitor=found)[:20] if rights.may(queries.ALERTS) else []
    context = {
        "monitor": found,
        "row": row_of(found),
        "card": control_chart.card(found, phases),
        "finding": control_chart.finding(found),
        "reason": message(reason["code"], reason["params"], language()) if reason else "",
        "error": message(result.error_code, result.error_params, language())
        if result and result.error_code
        else "",
        "warnings": [
            message(item["code"], item["params"], language())
            for item in (result.document.get("warnings", []) if result else [])
        ],
        "method": control_chart.method_of(result.document)
        if result and result.document.get("points")
        else "",
        "target": target_words(found, found.metric),
        "phases": phases,
        "alerts": alert_rows(alerts),
        "forms": forms,
        "failed": failed,
        "may_edit": rights.may("monitors.edit", found.unit_id),
        "may_see_metric": rights.may("metrics.view"),
    }
    return page(request, "web/monitor/monitor.html", context, 422 if failed else 200)
