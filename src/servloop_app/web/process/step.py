"""What is known about one step or one way between steps, and what can be done with it: the drawer of the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop_app.core.actions import execute
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import actor_of, policy, policy_of
from servloop_app.diagnose import queries
from servloop_app.diagnose.actions import MarkNotWaiting
from servloop_app.diagnose.analysis import Analysis
from servloop_app.web.process.explore import View


@policy("process.view")
@require_GET
def step(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The content of the drawer: for ``activity``, or for the way from ``source`` to ``target``."""
    log = queries.process_log(policy_of(request), public_id)
    view = View.of(request)
    analysis = queries.analysis(log, view.selection)
    context: dict[str, Any] = {
        "log": log,
        "query": view.query(),
        "may_edit": policy_of(request).may("process.edit", log.unit_id),
    }
    if "activity" in request.GET:
        context |= _activity(analysis, view, request.GET["activity"])
    else:
        context |= _way(analysis, view, request.GET.get("source", ""), request.GET.get("target", ""))
    return render(request, "web/process/step.html", context)


def _activity(analysis: Analysis, view: View, name: str) -> dict[str, Any]:
    node = next((node for node in analysis.full_map.nodes if node.activity == name), None)
    if node is None:
        raise NotFound("activity", name)
    code = analysis.activities.index(name)
    chosen = view.selection
    return {
        "title": name,
        "activity": name,
        "node": node,
        "part": node.cases / analysis.cases,
        "before": _largest([edge for edge in analysis.full_map.edges if edge.target == name]),
        "after": _largest([edge for edge in analysis.full_map.edges if edge.source == name]),
        "marked": name in analysis.not_waiting,
        "only": view.query(selection=replace(chosen, activities=_with(chosen.activities, code))),
        "none": view.query(selection=replace(chosen, without=_with(chosen.without, code))),
    }


def _way(analysis: Analysis, view: View, source: str, target: str) -> dict[str, Any]:
    edge = next(
        (edge for edge in analysis.full_map.edges if (edge.source, edge.target) == (source, target)), None
    )
    if edge is None:
        raise NotFound("path", f"{source} → {target}")
    codes = (analysis.activities.index(source), analysis.activities.index(target))
    wait = next(
        (item for item in analysis.bottlenecks.steps if (item.source, item.target) == (source, target)), None
    )
    chosen = view.selection
    return {
        "title": f"{source} → {target}",
        "edge": edge,
        "wait": wait,
        "part": edge.cases / analysis.cases,
        "activity": target,
        "marked": target in analysis.not_waiting,
        "only": view.query(selection=replace(chosen, edges=tuple(dict.fromkeys([*chosen.edges, codes])))),
    }


def _largest(edges: list[Any]) -> list[Any]:
    return sorted(edges, key=lambda edge: -edge.count)[:5]


def _with(codes: tuple[int, ...], code: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys([*codes, code]))


@policy("process.edit")
@require_POST
def not_waiting(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Mark or unmark a step as one before which nobody waits."""
    log = queries.process_log(policy_of(request), public_id)
    activity, marked = request.POST.get("activity", ""), request.POST.get("marked") == "1"
    execute(MarkNotWaiting(log=log.public_id, activity=activity, marked=marked), actor_of(request))
    text = (
        _("The time before “%(step)s” no longer counts as waiting.")
        if marked
        else _("The time before “%(step)s” counts as waiting again.")
    )
    messages.success(request, text % {"step": activity})
    query = request.POST.get("query", "")
    return redirect(reverse("process_log", args=[public_id]) + (query if query.startswith("?") else ""))
