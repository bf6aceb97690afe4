"""Staffing: people that a step needs by hour of the week for a promised wait, and the shifts that provide them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servloop_app.core.routes import policy
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.web.figures import duration, rounded, share
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.heat import levels

# Field of the form → usual value, least, most.
FIELDS = {"minutes": (30.0, 0.0, 100_000.0), "part": (80.0, 1.0, 99.0), "away": (15.0, 0.0, 90.0), "hours": (8.0, 2.0, 12.0)}  # fmt: skip
_SHOWN_STEPS = 200


def _number(opened: Opened, field: str) -> float:
    usual, least, most = FIELDS[field]
    try:
        value = float(opened.extra.get(field, ""))
    except ValueError:
        return usual
    return min(max(value, least), most) if value == value else usual  # noqa: PLR0124  # not for NaN


def _parameters(opened: Opened) -> Parameters | None:
    step = opened.extra.get("step", "")
    if step not in opened.names:
        return None
    return {
        "selection": opened.selection.query(),
        "step": opened.code(step),
        "within": 60 * _number(opened, "minutes"),
        "share": _number(opened, "part") / 100,
        "shrinkage": _number(opened, "away") / 100,
        "length": int(_number(opened, "hours")),
    }


def _always(opened: Opened) -> dict[str, Any]:
    context: dict[str, Any] = {
        "steps": opened.names[:_SHOWN_STEPS],
        "given": {name: f"{_number(opened, name):g}" for name in FIELDS}
        | {"step": opened.extra.get("step", "")},
        "hidden": [(name, value) for name, values in opened.selection.query().items() for value in values],
    }
    if _parameters(opened) is None:
        context["finding"] = Finding(
            _("How many people does a step need, hour by hour?"),
            _("Choose the step and what is promised; demand and handling time come from the log."),
        )
    return context


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    needed, scheduled = result["needed"], result["scheduled"]
    shades = levels(needed)
    rows = [
        {
            "name": WEEKDAYS_ABBR[day],
            "cells": [
                {
                    "text": number_format(n) if n else "",
                    "level": shades[day][hour],
                    "title": _("%(calls)s arrive, %(needed)s needed, %(there)s in the plan")
                    % {
                        "calls": rounded(result["calls"][day][hour], 1),
                        "needed": n,
                        "there": scheduled[day][hour],
                    },
                }
                for hour, n in enumerate(needed[day])
            ],
        }
        for day in range(7)
    ]
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "result": result,
        "rows": rows,
        "hours": range(24),
        "shifts": [
            {
                "day": WEEKDAYS[one["day"]],
                "from": f"{one['start']:02d}:00",
                "to": f"{one['start'] + result['length']:02d}:00",
                "people": one["people"],
            }
            for one in result["shifts"]
        ],
        "step_cases": opened.cases(activities=(opened.code(result["step"]),)),
        "surplus": share(result["surplus"]),
        "service": duration(result["service"]),
    }


def _finding(result: Mapping[str, Any]) -> Finding:
    most, day, hour = max(
        (n, -day, -hour) for day, row in enumerate(result["needed"]) for hour, n in enumerate(row)
    )
    title = _("“%(step)s” needs %(n)s people at the busiest hour, %(people)s in all for a week of shifts") % {
        "step": result["step"],
        "n": most,
        "people": result["people"],
    }
    lead = _("Busiest: %(day)s, %(hour)s; %(n)s executions in %(weeks)s weeks, %(service)s of work each") % {
        "day": WEEKDAYS[-day],
        "hour": f"{-hour:02d}–{-hour + 1:02d}",
        "n": number_format(result["n"]),
        "weeks": rounded(result["weeks"], 1),
        "service": duration(result["service"]),
    }
    return Finding(title, lead)


PAGE = StudyPage(
    tab="staffing",
    kind="staffing",
    template="web/process/staffing.html",
    parameters=_parameters,
    present=_present,
    extra=("step", *FIELDS),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def staffing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)
