"""Work and waiting: what is done again, who passes on to whom, when the load comes, what waits and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from servloop_app.core.routes import policy
from servloop_app.diagnose import queries_process
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.diagnose.selection import Handover
from servloop_app.web.figures import rounded, share
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.heat import level_of, levels
from servloop_app.web.process.words import notices

CAUSE_LABELS: dict[str, Promise] = {
    "batching": gettext_lazy("Collected into a batch"),
    "contention": gettext_lazy("The person was busy with earlier work"),
    "prioritisation": gettext_lazy("Later work was done first"),
    "unavailability": gettext_lazy("Outside working hours"),
    "extraneous": gettext_lazy("None of these (customer, transfer, other reasons)"),
}
ROWS = 10
_MANY = 0.05


def _by(opened: Opened) -> str:
    """Departments where the log names them, else people."""
    chosen = opened.extra.get("by", "")
    columns = queries_process.columns(opened.log)
    if chosen in {"department", "resource"} and chosen in columns:
        return chosen
    return "department" if "department" in columns else "resource"


def _parameters(opened: Opened) -> Parameters:
    return {"selection": opened.selection.query(), "by": _by(opened)}


def _always(opened: Opened) -> dict[str, Any]:
    columns, by = queries_process.columns(opened.log), _by(opened)
    labels = {"department": _("Departments"), "resource": _("People")}
    return {
        "by": by,
        "parties": [
            {"label": label, "query": opened.query(by=code), "current": code == by}
            for code, label in labels.items()
            if code in columns
        ],
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    by = found.parameters["by"]
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "rework": result["rework"],
        "steps": [
            row | {"cases_query": opened.cases(again=(opened.code(row["activity"]),))}
            for row in result["rework"]["steps"][:ROWS]
        ],
        "returns": [
            row | {"query": opened.cases(back=((opened.code(row["first"]), opened.code(row["second"])),))}
            for row in result["returns"][:ROWS]
        ],
        "party_returns": result["party_returns"][:ROWS] if isinstance(result["party_returns"], list) else [],
        "handovers": _matrix(opened, result["handovers"], by),
        "load": _load(opened, result["load"], by),
        "week": _week(result),
        "queues": [
            row | {"query": opened.cases(activities=(opened.code(row["activity"]),))}
            for row in result["queues"]["queues"][:ROWS]
        ],
        "queues_of": result["queues"],
        "causes": _causes(opened, result["causes"]),
    }


def _finding(result: Mapping[str, Any]) -> Finding:
    rework = result["rework"]
    if not rework["n"]:
        return Finding(_("No case meets these conditions"))
    title = _("%(share)s of the cases are right the first time") % {"share": share(rework["share"])}
    if rework["steps"] and 1 - rework["share"] >= _MANY:
        title = _("%(share)s of the cases repeat a step, most often “%(step)s”") % {
            "share": share(rework["cases"] / rework["n"]),
            "step": rework["steps"][0]["activity"],
        }
    lead = _("Right the first time: %(share)s (95%% interval %(low)s to %(high)s, n = %(n)s cases)") % {
        "share": share(rework["share"]),
        "low": share(rework["low"]),
        "high": share(rework["high"]),
        "n": number_format(rework["n"]),
    }
    return Finding(title, lead)


def _why(part: Any) -> str:
    return notices([part["why"]])[0] if isinstance(part, Mapping) and "why" in part else ""


def _matrix(opened: Opened, found: Mapping[str, Any], by: str) -> dict[str, Any]:
    if why := _why(found):
        return {"why": why}
    counts = {(source, target): count for source, target, count in found["pairs"]}
    most = max(counts.values(), default=0)
    rows = [
        {
            "name": source,
            "cells": [
                {
                    "count": count,
                    "level": level_of(count, most),
                    "query": opened.cases(handovers=(Handover(by, source, target),)),
                    "title": f"{source} → {target}",
                }
                if (count := counts.get((source, target), 0))
                else {"count": 0, "level": 0}
                for target in found["names"]
            ],
        }
        for source in found["names"]
    ]
    worst = max(counts, key=lambda pair: counts[pair], default=None)
    return {
        "rows": rows,
        "heads": found["names"],
        "of": found,
        "worst": worst,
        "share": found["between"] / found["n"] if found["n"] else None,
    }


def _load(opened: Opened, found: Mapping[str, Any], by: str) -> dict[str, Any]:
    if why := _why(found):
        return {"why": why}
    little = found["little"]
    return {
        "rows": [
            load | {"query": opened.cases(parties=((by, load["name"]),))} for load in found["loads"][:ROWS]
        ],
        "more": max(found["of"] - ROWS, 0),
        "available": found["available"],
        "timed": any(load["busy_seconds"] is not None for load in found["loads"]),
        "in_progress": rounded(little["in_progress"], 1),
        "arriving": rounded(86_400 * little["arrivals_per_second"], 1),
        "little": little,
        "deviation": share(None if (off := little["deviation"]["value"]) is None else abs(off)),
    }


def _week(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The hours of the week: people at work where starts are known, else events completed."""
    hours, load = result["hours"], result["load"]
    if hours and "people" in hours:
        cells = [
            [
                {"text": rounded(value, 1) if value >= 0.05 else "", "value": value, "seen": seen}
                for value, seen in zip(day, seen_of_day, strict=True)
            ]
            for day, seen_of_day in zip(hours["people"], hours["seen"], strict=True)
        ]
        return _table(cells, hours["people"]) | {"people": hours["all"], "weeks": rounded(hours["weeks"], 1)}
    week: Sequence[Sequence[int]] | None = load.get("week")
    if not week:
        return None
    return _table([[{"text": number_format(n) if n else "", "value": n} for n in day] for day in week], week)


def _table(cells: list[list[dict[str, Any]]], values: Sequence[Sequence[float]]) -> dict[str, Any]:
    shades = levels(values)
    rows = []
    for place, day in enumerate(cells):
        shaded = [cell | {"level": shade} for cell, shade in zip(day, shades[place], strict=True)]
        rows.append({"name": WEEKDAYS_ABBR[place], "cells": shaded})
    top = max(((value, day, hour) for day, row in enumerate(values) for hour, value in enumerate(row)))
    peak = f"{WEEKDAYS_ABBR[top[1]]} {top[2]:02d}–{(top[2] + 1) % 24:02d}" if top[0] else ""
    return {"rows": rows, "hours": list(range(24)), "peak": peak}


def _causes(opened: Opened, found: Mapping[str, Any]) -> dict[str, Any]:
    if why := _why(found):
        return {"why": why}
    shares = [
        {"code": code, "label": CAUSE_LABELS[code], **estimate} for code, estimate in found["shares"].items()
    ]
    shares.sort(key=lambda row: -(row["value"] or 0))
    activities = [
        {
            "activity": row["activity"],
            "n": row["n"],
            "total": row["total_seconds"],
            "parts": [
                row[code] / row["total_seconds"] if row["total_seconds"] else 0 for code in CAUSE_LABELS
            ],
            "query": opened.cases(activities=(opened.code(row["activity"]),)),
        }
        for row in found["activities"][:ROWS]
    ]
    return {
        "shares": shares,
        "activities": activities,
        "heads": list(CAUSE_LABELS.values()),
        "of": found,
        "warnings": notices(found["warnings"]),
    }


PAGE = StudyPage(
    tab="work",
    kind="work",
    template="web/process/work_page.html",
    parameters=_parameters,
    present=_present,
    extra=("by",),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def work(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)
