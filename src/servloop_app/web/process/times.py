"""Times: how long cases and steps take, elapsed or in working time; cases as dots over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servloop_app.core.routes import policy
from servloop_app.diagnose import queries_process
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.web.figures import MISSING, duration, share
from servloop_app.web.process import closing
from servloop_app.web.process.cases import moment
from servloop_app.web.process.drawings import COLOURS, Bar, Event, bars, curve, dotted
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage

ROWS = 15
_TICKS = 6


def _axis(opened: Opened) -> str:
    return "working" if opened.extra.get("time") == "working" else "elapsed"


def _parameters(opened: Opened) -> Parameters:
    return {
        "selection": opened.selection.query(),
        "time": _axis(opened),
        "closing": closing.chosen(opened),
    }


def _always(opened: Opened) -> dict[str, Any]:
    now = _axis(opened)
    labels = {"elapsed": _("Elapsed time"), "working": _("Working time")}
    dots = "since" if opened.extra.get("dots") == "since" else "at"
    kinds = {"at": _("by date"), "since": _("since the case began")}
    return {
        "axes": [
            {"label": label, "query": opened.query(time=code), "current": code == now}
            for code, label in labels.items()
        ],
        "axis": now,
        "dot_kinds": [
            {"label": label, "query": opened.query(dots=code) + "#dots", "current": code == dots}
            for code, label in kinds.items()
        ],
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    working = found.parameters["time"] == "working"
    names = result["dots"]
    drawing, legend = _dots(opened, found)
    return {
        "basis": result["basis"],
        "finding": _finding(result, working=working),
        "result": result,
        "bars": _bars(opened, result["distribution"], working=working),
        "survival": result["survival"],
        "curve": _curve(result["survival"]),
        "closing": closing.offered(opened, result["closing"]),
        "closing_names": ", ".join(result["closing"]),
        "steps": list(_steps(opened, result)),
        "dots": drawing,
        "legend": legend,
        "sampled": names,
        "calendar": result["calendar"],
    }


def _finding(result: Mapping[str, Any], *, working: bool) -> Finding:
    spread = result["distribution"]
    calendar = result["calendar"]
    if working:
        title = _("Half of the cases take longer than %(time)s of working time")
    else:
        title = _("Half of the cases take longer than %(time)s, one in ten longer than %(p90)s")
    said = {"time": duration(spread["median"]), "p90": duration(spread["p90"])}
    lead = _("Median %(elapsed)s elapsed, %(working)s by the working hours of the unit, n = %(n)s cases") % {
        "elapsed": duration(calendar["elapsed"]["value"]),
        "working": duration(calendar["median"]["value"]),
        "n": number_format(spread["n"]),
    }
    return Finding(title % said, lead)


def _bars(opened: Opened, spread: Mapping[str, Any], *, working: bool) -> SafeString:
    edges, counts = spread["edges"], spread["counts"]
    most = max(counts) or 1
    values = []
    for place, count in enumerate(counts):
        last = place == len(counts) - 1
        until = (
            f"{duration(edges[place])} +"
            if last
            else f"{duration(edges[place])} – {duration(edges[place + 1])}"
        )
        title = f"{until}: {number_format(count)} ({share(count / spread['n'])})"
        conditions: dict[str, Any] = {"longer": edges[place]} if place else {}
        if not last:
            conditions["shorter"] = edges[place + 1]
        # The filter knows elapsed time only.
        address = opened.cases(**conditions) if count and not working else ""
        values.append(Bar(count / most, title, address))
    median = spread["median"]
    return bars(
        values,
        labels=("0", f"{duration(edges[-1])} +"),
        mark=(
            median / edges[-1] if edges[-1] else 0.0,
            _("median %(median)s") % {"median": duration(median)},
        ),
        described=_("Median %(median)s; 95%% of the cases take no longer than %(ceiling)s")
        % {"median": duration(median), "ceiling": duration(edges[-1])},
    )


def _curve(survival: Mapping[str, Any]) -> SafeString | None:
    points = survival["curve"]
    if not points:
        return None
    described = _("Share of cases done within a time; half within %(time)s") % {
        "time": MISSING if survival["median"] is None else duration(survival["median"])
    }
    return curve(points, labels=("0", duration(points[-1][0])), described=described)


def _steps(opened: Opened, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    steps = sorted(
        result["steps"],
        key=lambda row: -((row["waiting_latest_end_mean"] or 0.0) * row["waiting_latest_end_n"]),
    )
    for row in steps[:ROWS]:
        yield row | {"query": opened.cases(activities=(opened.code(row["activity"]),))}


def _dots(opened: Opened, found: ProcessStudy) -> tuple[SafeString, list[dict[str, Any]]]:
    """The sample as a drawing, and the activities that have a colour."""
    since = opened.extra.get("dots") == "since"
    table = queries_process.study_rows(found).collect()
    column = "since" if since else "at"
    most = Counter(table["activity"].to_list()).most_common(COLOURS)
    colour = {code: place + 1 for place, (code, _n) in enumerate(most)}
    low, high = _bounds(table, column, since=since)
    span = max(high - low, 1)
    events = [
        Event(case, min(max((at - low) / span, 0.0), 1.0), colour.get(activity, 0))
        for case, at, activity in table.select("case", column, "activity").iter_rows()
    ]
    places = [i / _TICKS for i in range(_TICKS + 1)]
    labels = [(place, _tick(int(low + span * place), since=since)) for place in places]
    described = _("%(n)s cases as rows in the order in which they begin, a dot for each event") % {
        "n": number_format(found.result["dots"]["cases"] if found.result else 0)
    }
    drawing = dotted(
        events,
        rows=int(found.result["dots"]["cases"]) if found.result else 1,
        labels=labels,
        described=described,
    )
    legend = [{"name": opened.names[code], "colour": colour[code]} for code, _n in most]
    if len(set(table["activity"].to_list())) > COLOURS:
        legend.append({"name": _("other steps"), "colour": 0})
    return drawing, legend


def _bounds(table: pl.DataFrame, column: str, *, since: bool) -> tuple[int, int]:
    """The span of the axis; since the begin of a case, the longest twentieth of the events is drawn at the edge."""
    if since:
        return 0, int(table[column].quantile(0.95, "nearest") or 1)
    moments = table[column].to_list() or [0]
    return min(moments), max(moments)


def _tick(microseconds: int, *, since: bool) -> str:
    if since:
        return duration(microseconds / 1e6)
    return str(date_format(timezone.localtime(moment(microseconds)), "SHORT_DATE_FORMAT"))


PAGE = StudyPage(
    tab="times",
    kind="times",
    template="web/process/times_page.html",
    parameters=_parameters,
    present=_present,
    extra=("time", "dots", "closing"),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def times(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)
