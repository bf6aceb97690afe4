"""One log: its map, where time goes, the paths, the rework, the hand-overs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.diagnose.process import map_svg
from servloop.diagnose.process.bottlenecks import Bottleneck
from servloop.diagnose.process.layout import MapGraph
from servloop_app.core.errors import ActionError
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries
from servloop_app.diagnose.analysis import SHARES, Analysis, Selection, map_graph, shown_parts
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.selection import Handover
from servloop_app.web.process import findings
from servloop_app.web.process.chips import conditions
from servloop_app.web.process.frame import selected, tabs
from servloop_app.web.process.histogram import histogram
from servloop_app.web.process.logs import reason

MODES = {"frequency": "frequency", "wait": "median", "total": "total"}
STATISTICS = ("median", "p90")
# Only what holds a notable part of all waiting deserves a call-out on the map.
CALL_OUT_SHARE = 0.15
MAX_CALL_OUTS = 2
LISTED_WAITS = 8
LISTED_PAIRS = 10


@dataclass(frozen=True)
class View:
    """What the address says about the page.

    Attributes:
        selection: which cases.
        mode: what the map shows: ``frequency``, ``wait`` or ``total``.
        statistic: of waits: ``median`` or ``p90``.
        share: part of the paths on the map in per cent; None lets the log decide.
        steps: part of the activities; the same as of the paths where None.
    """

    selection: Selection
    mode: str = "wait"
    statistic: str = "median"
    share: int | None = None
    steps: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> View:
        """From the parameters of a request.

        Raises:
            ActionError: ``diagnose.bad_filter``.
        """
        query = request.GET
        parts = {name: query.get(name, "") for name in ("share", "steps")}
        if query.get("mode", "wait") not in MODES or query.get("stat", "median") not in STATISTICS:
            raise ActionError("diagnose.bad_filter")
        if any(part and not (part.isdecimal() and int(part) <= SHARES[0]) for part in parts.values()):
            raise ActionError("diagnose.bad_filter")
        return cls(
            selection=Selection.parse({name: query.getlist(name) for name in query}),
            mode=query.get("mode", "wait"),
            statistic=query.get("stat", "median"),
            share=int(parts["share"]) if parts["share"] else None,
            steps=int(parts["steps"]) if parts["steps"] else None,
        )

    def query(self, **changes: Any) -> str:
        """The address's parameters for this view, with changes."""
        view = replace(self, **changes)
        named: dict[str, Any] = dict(view.selection.query())
        if view.mode != "wait":
            named["mode"] = view.mode
        if view.statistic != "median":
            named["stat"] = view.statistic
        if view.share is not None:
            named["share"] = view.share
        if view.steps is not None:
            named["steps"] = view.steps
        return "?" + urlencode(named, doseq=True)


@policy("process.view")
@require_GET
def explore(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page of one log."""
    log = queries.process_log(policy_of(request), public_id)
    if not log.ready:
        return render(request, "web/process/waiting.html", {"log": log, "why": reason(log)})
    view = View.of(request)
    return render(request, "web/process/explore.html", context_of(request, log, view))


def context_of(request: HttpRequest, log: ProcessLog, view: View) -> dict[str, Any]:
    """Everything the page shows."""
    analysis = queries.analysis(log, view.selection)
    share = analysis.base.readable_share if view.share is None else view.share
    context: dict[str, Any] = {
        "log": log,
        "tabs": tabs(log, view.selection, "map"),
        "cases_address": reverse("process_cases", args=[log.public_id]) + selected(view.selection),
        "view": view,
        "analysis": analysis,
        "finding": findings.waiting(analysis),
        "conditions": conditions(view, analysis.base.activities),
        "may_edit": policy_of(request).may("process.edit", log.unit_id),
        "may_export": policy_of(request).may("data.export", log.unit_id),
        "may_raise": policy_of(request).may("opportunities.edit", log.unit_id),
        "notices": [notice.message(get_language() or "en") for notice in log.notices],
        "share": share,
        "steps": share if view.steps is None else view.steps,
        "query": view.query(),
    }
    if analysis.cases:
        context |= {
            "map": drawing(analysis, view, share),
            "shown": analysis.map(share, view.steps),
            "modes": _modes(view),
            "statistics": _statistics(view),
            "durations": histogram(analysis.throughput_seconds),
            "waits": waits(analysis, view),
            "concentrated": findings.concentrated(analysis),
            "constant": constant_delays(analysis),
        }
    return context


def drawing(analysis: Analysis, view: View, share: int, *, standalone: bool = False) -> SafeString:
    """The map as SVG."""
    graph = map_graph(analysis.full_map, analysis.base.spine)
    steps = [
        step for step in analysis.bottlenecks.steps[:MAX_CALL_OUTS] if (step.share or 0) >= CALL_OUT_SHARE
    ]
    hot = [
        map_svg.Bottleneck(step.source, step.target, _shown_wait(graph, step, view), step.share or 0.0)
        for step in steps
    ]
    mode = "p90" if (view.mode, view.statistic) == ("wait", "p90") else MODES[view.mode]
    return mark_safe(  # noqa: S308  # the renderer escapes every text of the log
        map_svg.render_map(
            analysis.layout(share, get_language() or "en", view.steps),
            graph,
            mode=mode,  # type: ignore[arg-type]  # the renderer's own words
            shown=shown_parts(analysis.map(share, view.steps)),
            bottlenecks=hot,
            not_waiting=analysis.not_waiting,
            standalone=standalone,
        )
    )


def _shown_wait(graph: MapGraph, step: Bottleneck, view: View) -> float:
    edge = graph.edge[step.source, step.target]
    return (edge.p90_seconds if view.statistic == "p90" else edge.median_seconds) or 0.0


def _modes(view: View) -> list[dict[str, Any]]:
    labels = {"frequency": _("Frequency"), "wait": _("Waiting"), "total": _("Total time")}
    return [
        {"label": label, "query": view.query(mode=mode), "current": view.mode == mode}
        for mode, label in labels.items()
    ]


def _statistics(view: View) -> list[dict[str, Any]]:
    labels = {"median": _("Median"), "p90": "P90"}
    return [
        {"label": label, "query": view.query(statistic=statistic), "current": view.statistic == statistic}
        for statistic, label in labels.items()
    ]


def waits(analysis: Analysis, view: View) -> list[dict[str, Any]]:
    """The steps where cases wait, with their links."""
    codes = {name: code for code, name in enumerate(analysis.activities)}
    rows = []
    for step in analysis.bottlenecks.steps[:LISTED_WAITS]:
        edge = (codes[step.source], codes[step.target])
        narrowed = replace(view.selection, edges=tuple(dict.fromkeys([*view.selection.edges, edge])))
        rows.append({"step": step, "query": view.query(selection=narrowed)})
    return rows


def constant_delays(analysis: Analysis) -> list[str]:
    """Waits that look like timers rather than queues: candidates for "not waiting"."""
    language = get_language() or "en"
    return [
        notice.message(language)
        for notice in analysis.bottlenecks.warnings
        if notice.code == "process.constant_delay"
    ]


def path_rows(analysis: Analysis, view: View) -> list[dict[str, Any]]:
    """The most frequent paths, repeated steps drawn together."""
    codes = {name: code for code, name in enumerate(analysis.activities)}
    rows = []
    for variant in analysis.variants.variants:
        steps: list[dict[str, Any]] = []
        for name in variant.activities:
            if steps and steps[-1]["name"] == name:
                steps[-1]["times"] += 1
            else:
                steps.append({"name": name, "times": 1})
        path = tuple(codes[name] for name in variant.activities)
        chosen = Selection(variant=path)
        rows.append({"variant": variant, "steps": steps, "query": view.query(selection=chosen)})
    return rows


@policy("process.view")
@require_GET
def work(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The part of the page about paths, rework and hand-overs, fetched after the map so that it need not wait."""
    log = queries.process_log(policy_of(request), public_id)
    view = View.of(request)
    analysis = queries.analysis(log, view.selection)
    rework = analysis.rework
    codes = {name: code for code, name in enumerate(analysis.activities)}
    context = {
        "log": log,
        "query": view.query(),
        "analysis": analysis,
        "may_export": policy_of(request).may("data.export", log.unit_id),
        "paths": findings.paths(analysis),
        "variants": path_rows(analysis, view),
        "repeated": findings.repeated(analysis),
        "rework": [
            {
                "activity": activity,
                "extra": extra,
                "cases": rework.rework_cases[activity],
                "share": rework.rework_cases[activity] / rework.n,
                "loops": rework.self_loops.get(activity, 0),
                "query": _cases(log, view, again=(codes[activity],)),
            }
            for activity, extra in list(rework.extra_executions.items())[:LISTED_PAIRS]
        ],
        "passed_on": findings.passed_on(analysis),
        "handovers": _pairs(analysis, log, view),
    }
    return render(request, "web/process/work.html", context)


def _cases(log: ProcessLog, view: View, **conditions: Any) -> str:
    """The address of the list of cases that meet further conditions."""
    return reverse("process_cases", args=[log.public_id]) + selected(view.selection.also(**conditions))


def _pairs(analysis: Analysis, log: ProcessLog, view: View) -> list[dict[str, Any]]:
    """Who passes on to whom most, each with the address of the cases."""
    found = analysis.handovers
    if not found:
        return []
    column = "department" if found.method == "group" else "resource"
    return [
        {
            "pair": pair,
            "query": _cases(log, view, handovers=(Handover(column, pair.source, pair.target),)),
        }
        for pair in found.handovers[:LISTED_PAIRS]
    ]
