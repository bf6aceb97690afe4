"""Comparison: two periods or two groups of cases, what got slower, by how much, how surely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.web.figures import MISSING, duration, rounded
from servloop_app.web.process.chips import COLUMNS
from servloop_app.web.process.exports import csv_file
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.words import notices

ROWS = 15
_EDGE = re.compile(r'<g class="(sl-pm-edge[^"]*)"([^>]*)>')
_ENDS = re.compile(r'data-(source|target)="([^"]*)"')
_SMALL = 0.001
VERDICTS = {"slower": "bad", "faster": "good"}


def _day(opened: Opened) -> date:
    """The day that parts the periods: the middle of the log unless the address says another."""
    try:
        return date.fromisoformat(opened.extra.get("on", ""))
    except ValueError:
        first, last = opened.log.first_at, opened.log.last_at
        if first is None or last is None:
            return timezone.localdate()
        return timezone.localdate(first + (last - first) / 2)


def _parameters(opened: Opened) -> Parameters:
    chosen: Parameters = {"selection": opened.selection.query()}
    by, splits = opened.extra.get("by", ""), queries_process.splits(opened.log)
    if by in splits:
        values = splits[by]
        first = opened.extra.get("first", "")
        second = opened.extra.get("second", "")
        first = first if first in values else values[0]
        second = second if second in values else next(value for value in values if value != first)
        labels = {"zh-CN": first, "en": first}
        return chosen | {"by": by, "first": first, "second": second, "labels": labels}
    return chosen | {"on": _day(opened).isoformat(), "labels": {"zh-CN": "之前", "en": "before"}}


def _always(opened: Opened) -> dict[str, Any]:
    parameters, splits = _parameters(opened), queries_process.splits(opened.log)
    by = parameters.get("by", "")
    return {
        "splits": [
            {
                "label": COLUMNS.get(name, name),
                "query": opened.query(by=name, first="", second="", on=""),
                "current": name == by,
            }
            for name in splits
        ],
        "periods": opened.query(by="", first="", second=""),
        "by": by,
        "values": splits.get(by, ()),
        "chosen": parameters,
        "on": _day(opened),
        "hidden": [(name, value) for name, values in opened.selection.query().items() for value in values],
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    names = _names(found.parameters)
    parts = _parts(found.parameters)
    return {
        "basis": result["basis"],
        "finding": _finding(result, names),
        "result": result,
        "names": names,
        "queries": [opened.cases(**part) for part in parts],
        "throughput": result["throughput"] | _worded(result["throughput"]),
        "rows": list(_rows(opened, result["steps"], parts)),
        "map": _map(found),
        "warnings": notices(result["warnings"]),
    }


def _names(parameters: Mapping[str, Any]) -> tuple[str, str]:
    if parameters.get("by"):
        return parameters["first"], parameters["second"]
    day = date_format(date.fromisoformat(parameters["on"]), "SHORT_DATE_FORMAT")
    return _("before %(day)s") % {"day": day}, _("from %(day)s") % {"day": day}


def _parts(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The conditions that hold for the cases of each part; a case with both values is in neither."""
    by = parameters.get("by", "")
    if by:
        first, second = ((by, parameters[part]) for part in ("first", "second"))
        return {"having": (first,), "lacking": (second,)}, {"having": (second,), "lacking": (first,)}
    day = date.fromisoformat(parameters["on"])
    return {"until": day - timedelta(days=1)}, {"since": day}


def _finding(result: Mapping[str, Any], names: tuple[str, str]) -> Finding:
    slower = [step for step in result["steps"] if step["time"]["verdict"] == "slower"]
    time = result["throughput"]
    lead = _("Median case time: %(first)s %(before)s, %(second)s %(after)s") % {
        "first": names[0],
        "before": duration(time["first_median"]),
        "second": names[1],
        "after": duration(time["second_median"]),
    }
    if slower:
        worst = slower[0]
        title = ngettext(
            "%(n)s step got slower, most of all %(source)s → %(target)s",
            "%(n)s steps got slower, most of all %(source)s → %(target)s",
            result["slower"],
        )
        named = {"n": result["slower"], "source": worst["source"], "target": worst["target"]}
        return Finding(title % named, lead)
    if result["faster"]:
        title = ngettext(
            "No step got slower, %(n)s got faster", "No step got slower, %(n)s got faster", result["faster"]
        )
        return Finding(title % {"n": result["faster"]}, lead)
    return Finding(_("No step differs clearly between the two"), lead)


def _worded(change: Mapping[str, Any]) -> dict[str, str]:
    """A change as people read it: its sign, its interval, how sure."""
    gap, p = change["difference"], change["p_adjusted"]
    return {
        "gap": signed(gap["value"]),
        "interval": MISSING if gap["low"] is None else f"{signed(gap['low'])} – {signed(gap['high'])}",
        "q": MISSING if p is None else f"< {rounded(_SMALL, 3)}" if p < _SMALL else rounded(p, 3),
        "meaning": VERDICTS.get(change["verdict"], ""),
    }


def signed(seconds: float | None) -> str:
    """A difference of times with its sign."""
    if seconds is None:
        return MISSING
    return ("+" if seconds > 0 else "−" if seconds < 0 else "") + duration(abs(seconds))


def _rows(
    opened: Opened, steps: list[dict[str, Any]], parts: tuple[dict[str, Any], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    verdicts = {
        "slower": _("slower"),
        "faster": _("faster"),
        "unclear": _("no clear difference"),
        "too_few": _("too few"),
    }
    for step in steps[:ROWS]:
        gap = step["share"]
        edge = (opened.code(step["source"]), opened.code(step["target"]))
        yield (
            step
            | _worded(step["time"])
            | {
                "verdict": verdicts[step["time"]["verdict"]],
                "added": signed(step["added_seconds"]),
                "points": MISSING if gap["value"] is None else _points(gap["value"]),
                "queries": [opened.cases(edges=(edge,), **part) for part in parts],
            }
        )


def _points(value: float) -> str:
    """A difference of shares in percentage points."""
    points = round(100 * value, 1)
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return _("%(points)s pp") % {"points": sign + rounded(abs(points), 1)}


def _map(found: ProcessStudy) -> SafeString:
    """The stored drawing, its lines coloured by the verdict on their step."""
    language = "zh-CN" if (get_language() or "").startswith("zh") else "en"
    drawn = queries_process.study_rows(found).filter(pl.col("language") == language).collect()["svg"][0]
    steps = (found.result or {})["steps"]
    verdict = {(step["source"], step["target"]): step["time"]["verdict"] for step in steps}

    def coloured(edge: re.Match[str]) -> str:
        ends = {name: unescape(value) for name, value in _ENDS.findall(edge[2])}
        said = verdict.get((ends.get("source", ""), ends.get("target", "")), "")
        look = f" sl-pm-{said}" if said in VERDICTS else ""
        return f'<g class="{edge[1]}{look}"{edge[2]}>'

    return mark_safe(_EDGE.sub(coloured, drawn))  # noqa: S308  # the renderer escapes every text of the log


PAGE = StudyPage(
    tab="compare",
    kind="compare",
    template="web/process/compare.html",
    parameters=_parameters,
    present=_present,
    extra=("on", "by", "first", "second"),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)


@policy("data.export")
@require_GET
def steps_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """All steps of the comparison as CSV, times in seconds."""
    rights = policy_of(request)
    log = queries.process_log(rights, public_id)
    rights.require("data.export", log.unit_id)
    opened = Opened.of(request, log, *PAGE.extra)
    found = queries_process.study(log, "compare", _parameters(opened))
    if found is None or found.result is None:
        raise NotFound("study", public_id)
    head = ("source", "target", "first_n", "second_n", "first_median", "second_median", "difference", "low", "high", "p", "p_adjusted", "verdict", "added_seconds")  # fmt: skip
    rows = (
        (
            step["source"], step["target"], time["first_n"], time["second_n"], time["first_median"],
            time["second_median"], time["difference"]["value"], time["difference"]["low"],
            time["difference"]["high"], time["p"], time["p_adjusted"], time["verdict"], step["added_seconds"],
        )
        for step in found.result["steps"]
        for time in (step["time"],)
    )  # fmt: skip
    label = _("comparison")
    return csv_file(head, rows, f"{log.name} {label}.csv")
