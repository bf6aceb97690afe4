"""Journey and blueprint: stages as customers meet them, filled from the log and from what customers said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.diagnose.journey import LANES
from servloop.diagnose.journey_svg import (
    BlueprintLane,
    JourneyWords,
    StageColumn,
    blueprint_svg,
    journey_svg,
)
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.actions_journey import MAX_STAGES, DefineJourney
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog, ProcessStudy
from servloop_app.measure.figures import SMALLEST_GROUP
from servloop_app.web.figures import duration, rounded, share
from servloop_app.web.process.exports import download
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.words import notices, why
from servloop_app.web.submit import submit

LANE_LABELS: dict[str, Promise] = {
    "customer": gettext_lazy("Customer’s actions"),
    "front": gettext_lazy("Front stage"),
    "back": gettext_lazy("Back stage"),
    "support": gettext_lazy("Support and systems"),
}
PAINS = 3
QUOTES = 2
BOXES = 6
FORM_ACTIVITIES = 120
_MIDDLE = 3.0


def _parameters(opened: Opened) -> Parameters:
    held = queries_process.definition(opened.log, ProcessDefinition.Kind.JOURNEY)
    return {"selection": opened.selection.query(), "journey": 0 if held is None else held.version}


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    stages = result["journey"]["stages"]
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "proposed": found.parameters["journey"] == 0,
        "journey": _journey(stages, quotes=opened.reads_feedback),
        "blueprint": _blueprint(result),
        "rows": list(_rows(opened, result)),
        "said": result["said"],
        "unmapped": result["unmapped"],
        "warnings": notices(result["journey"]["warnings"]),
        "form": _form(opened, result) if opened.may_edit else None,
        "least": SMALLEST_GROUP,
    }


def _finding(result: Mapping[str, Any]) -> Finding:
    stages = result["journey"]["stages"]
    moods = [stage for stage in stages if _told(stage["rating"])]
    said = _("%(n)s pieces of feedback, %(mapped)s at a stage") % {
        "n": number_format(result["said"]),
        "mapped": number_format(result["journey"]["feedback_n"]),
    }
    if moods:
        worst = min(moods, key=lambda stage: stage["rating"]["value"])
        if worst["rating"]["high"] is not None and worst["rating"]["high"] < _MIDDLE:
            return Finding(_("Customers are least content at “%(stage)s”") % {"stage": worst["name"]}, said)
    timed = [stage for stage in stages if stage["seconds"]["value"] is not None]
    if not timed:
        return Finding(_("No case passes these stages"), said)
    longest = max(timed, key=lambda stage: stage["seconds"]["value"])
    title = _("“%(stage)s” takes longest: %(time)s at the median")
    return Finding(
        title % {"stage": longest["name"], "time": duration(longest["seconds"]["value"])},
        said,
    )


def _told(estimate: Mapping[str, Any]) -> bool:
    """Whether a figure of customers may be told: it rests on enough of them."""
    return estimate["value"] is not None and estimate["n"] >= SMALLEST_GROUP


def _column(stage: Mapping[str, Any], *, quotes: bool) -> StageColumn:
    rating, seconds = stage["rating"], stage["seconds"]
    told = _told(rating)
    enough = stage["bad"] >= SMALLEST_GROUP
    return StageColumn(
        name=stage["name"],
        volume=f"{number_format(stage['cases'])} ({share(stage['share'])})",
        time=_interval(seconds),
        mood=rating["value"] if told else None,
        low=rating["low"] if told else None,
        high=rating["high"] if told else None,
        mood_text=_mood(rating),
        bad=told and rating["high"] is not None and rating["high"] < _MIDDLE,
        pains=tuple(
            f"{pain['theme']} {share(pain['share'], 0)} (n = {number_format(pain['n'])})"
            for pain in stage["pains"][:PAINS]
            if pain["n"] >= SMALLEST_GROUP
        ),
        quotes=tuple(stage["quotes"][:QUOTES]) if quotes and enough else (),
    )


def _interval(seconds: Mapping[str, Any]) -> str:
    if seconds["value"] is None:
        return "—"
    if seconds["low"] is None:
        return duration(seconds["value"])
    return f"{duration(seconds['value'])} ({duration(seconds['low'])} – {duration(seconds['high'])})"


def _mood(rating: Mapping[str, Any]) -> str:
    if rating["value"] is None:
        return _("no rating")
    if rating["n"] < SMALLEST_GROUP:
        return _("fewer than %(n)s ratings") % {"n": SMALLEST_GROUP}
    text = rounded(rating["value"], 2)
    if rating["low"] is not None:
        text += f" ({rounded(rating['low'], 2)} – {rounded(rating['high'], 2)})"
    return f"{text}, n = {number_format(rating['n'])}"


def _language() -> str:
    return "zh-CN" if (get_language() or "").startswith("zh") else "en"


def _journey(stages: Sequence[Mapping[str, Any]], *, quotes: bool, standalone: bool = False) -> SafeString:
    words = JourneyWords(
        volume=_("Cases"),
        time=_("Median time"),
        mood=_("Rating, 1 to 5"),
        pains=_("What hurts"),
        quotes=_("In their words"),
        title=_("Customer journey"),
    )
    columns = [_column(stage, quotes=quotes) for stage in stages]
    return mark_safe(  # noqa: S308  # the renderer escapes every text
        journey_svg(columns, words, language=_language(), standalone=standalone)
    )


def _blueprint(result: Mapping[str, Any], *, standalone: bool = False) -> SafeString:
    stages = result["journey"]["stages"]
    defined = result["definition"]["stages"]
    lanes = [
        BlueprintLane(
            _("Physical evidence and touchpoints"), tuple(tuple(one["touchpoints"]) for one in defined)
        )
    ]
    for lane in LANES:
        boxes = tuple(_boxes([step for step in stage["steps"] if step["lane"] == lane]) for stage in stages)
        lanes.append(BlueprintLane(str(LANE_LABELS[lane]), boxes, visible_below=lane == "front"))
    drawn = blueprint_svg(
        [stage["name"] for stage in stages],
        lanes,
        visibility=_("Line of visibility"),
        title=_("Service blueprint"),
        language=_language(),
        standalone=standalone,
    )
    return mark_safe(drawn)  # noqa: S308  # the renderer escapes every text


def _boxes(steps: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    shown = [f"{step['activity']} ({number_format(step['n'])})" for step in steps[:BOXES]]
    if len(steps) > BOXES:
        shown.append(_("and %(n)s more") % {"n": len(steps) - BOXES})
    return tuple(shown)


def _rows(opened: Opened, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for stage in result["journey"]["stages"]:
        first = next((step["activity"] for step in stage["steps"]), None)
        complete = stage["complete"]
        yield {
            "name": stage["name"],
            "cases": stage["cases"],
            "share": stage["share"],
            "time": _interval(stage["seconds"]),
            "complete": None if complete["value"] is None else share(complete["value"]),
            "why": why(complete),
            "rating": _mood(stage["rating"]),
            "bad": stage["bad"] if stage["bad"] >= SMALLEST_GROUP else None,
            "steps": [
                {
                    "activity": step["activity"],
                    "query": opened.cases(activities=(opened.code(step["activity"]),)),
                }
                for step in stage["steps"][:BOXES]
            ],
            "first": first,
        }


def _form(opened: Opened, result: Mapping[str, Any]) -> dict[str, Any]:
    stages, lanes = result["definition"]["stages"], result["definition"]["lanes"]
    place = {name: number for number, stage in enumerate(stages) for name in stage["activities"]}
    numbered = [
        {"number": number, "name": stage["name"], "touchpoints": ", ".join(stage["touchpoints"])}
        for number, stage in enumerate(stages)
    ]
    numbered += [
        {"number": number, "name": "", "touchpoints": ""}
        for number in range(len(stages), min(len(stages) + 2, MAX_STAGES))
    ]
    return {
        "stages": numbered,
        "activities": [
            {
                "code": opened.code(name),
                "name": name,
                "stage": place.get(name),
                "lane": lanes.get(name, "back"),
            }
            for name in sorted(result["activities"], key=lambda one: (place.get(one, MAX_STAGES), one))[
                :FORM_ACTIVITIES
            ]
        ],
        "lanes": LANE_LABELS.items(),
        "touchpoints": result["touchpoints"],
    }


PAGE = StudyPage(
    tab="journey",
    kind="journey",
    template="web/process/journey.html",
    parameters=_parameters,
    present=_present,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)


@policy("process.edit")
@require_POST
def define(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in stages, their touchpoints, and the stage and lane of each activity."""
    log = queries.process_log(policy_of(request), public_id)
    named = {
        number: request.POST[f"stage-{number}"].strip()
        for number in range(MAX_STAGES)
        if request.POST.get(f"stage-{number}", "").strip()
    }
    activities: dict[int, list[str]] = {number: [] for number in named}
    lanes: dict[str, str] = {}
    for code, name in enumerate(queries_process.activities(log)):
        number = request.POST.get(f"activity-{code}", "")
        if number.isdecimal() and int(number) in activities:
            activities[int(number)].append(name)
        if lane := request.POST.get(f"lane-{code}", ""):
            lanes[name] = lane
    stages = [
        {
            "name": name,
            "activities": activities[number],
            "touchpoints": _split(request.POST.get(f"points-{number}", "")),
        }
        for number, name in named.items()
    ]
    submit(request, DefineJourney(log.public_id, stages, lanes), _("The journey follows your stages now"))
    return redirect("process_journey", public_id)


def _split(text: str) -> list[str]:
    parts = (part.strip() for part in text.replace("，", ",").replace("、", ",").split(","))
    return list(dict.fromkeys(part for part in parts if part))


@policy("data.export")
@require_GET
def drawing(request: HttpRequest, public_id: UUID, name: str) -> HttpResponse:
    """The journey or the blueprint as a file of its own."""
    rights: Policy = policy_of(request)
    log: ProcessLog = queries.process_log(rights, public_id)
    rights.require("data.export", log.unit_id)
    opened = Opened.of(request, log)
    found = queries_process.study(log, "journey", _parameters(opened))
    if found is None or found.result is None:
        raise NotFound("study", public_id)
    if name == "journey":
        label = _("customer journey")
        drawn = _journey(found.result["journey"]["stages"], quotes=opened.reads_feedback, standalone=True)
    elif name == "blueprint":
        label = _("service blueprint")
        drawn = _blueprint(found.result, standalone=True)
    else:
        raise NotFound("drawing", name)
    return download(drawn.encode(), "image/svg+xml", f"{log.name} {label}.svg")
