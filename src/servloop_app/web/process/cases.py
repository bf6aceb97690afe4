"""The cases behind a number, and one case with all its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from servloop.diagnose.process.event_log import EventLog
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog
from servloop_app.diagnose.selection import Selection
from servloop_app.web.figures import duration
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, case_address, frame, tabs
from servloop_app.web.process.words import KIND_LABELS

PAGE = 50
ORDERS = {
    "longest": gettext_lazy("Longest first"),
    "newest": gettext_lazy("Newest first"),
    "steps": gettext_lazy("Most events first"),
}
_MICROSECONDS = 1e6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SEARCH = 200


@policy("process.view")
@require_GET
def cases(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The cases of a selection."""
    log = queries.process_log(policy_of(request), public_id)
    opened = Opened.of(request, log, "order", "find")
    chosen = queries.analysis(log, opened.selection).log
    order = opened.extra.get("order", "longest")
    found = _ordered(chosen, order, opened.extra.get("find", "")[:_LONGEST_SEARCH])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = frame(opened, "cases") | {
        "basis": {"cases": chosen.cases, "events": chosen.events},
        "finding": _finding(chosen),
        "page": page,
        "rows": list(_rows(log, chosen, page.object_list)),
        "find": opened.extra.get("find", ""),
        "orders": [
            {"label": label, "query": opened.query(order=code), "current": code == order}
            for code, label in ORDERS.items()
        ],
        "hidden": [(name, value) for name, values in opened.selection.query().items() for value in values],
    }
    return render(request, "web/process/cases.html", context)


def _finding(chosen: EventLog) -> Finding:
    if not chosen.cases:
        return Finding(
            _("No case meets these conditions"),
            _("Take a condition away in the bar below to see cases again."),
        )
    title = ngettext("%(n)s case", "%(n)s cases", chosen.cases) % {"n": number_format(chosen.cases)}
    half = duration(float(np.median(chosen.throughput)) / _MICROSECONDS)
    return Finding(title, _("Half of them took longer than %(time)s, elapsed time") % {"time": half})


def _ordered(chosen: EventLog, order: str, find: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    begin = chosen.begin[chosen.offsets[:-1]]
    keys = {"newest": begin, "steps": chosen.lengths}
    key = keys.get(order, chosen.throughput)
    places = np.argsort(-key, kind="stable")
    if find:
        held = chosen.case_labels.str.to_lowercase().str.contains(find.lower(), literal=True).to_numpy()
        places = places[held[chosen.case_codes[places]]]
    return places


def _rows(log: ProcessLog, chosen: EventLog, places: Any) -> Iterator[dict[str, Any]]:
    for place, case in zip(places.tolist(), chosen.case_ids(places), strict=True):
        first, last = int(chosen.offsets[place]), int(chosen.offsets[place + 1])
        yield {
            "case": case,
            "address": case_address(log, case),
            "begin": moment(int(chosen.begin[first])),
            "seconds": float(chosen.throughput[place]) / _MICROSECONDS,
            "events": last - first,
            "first": chosen.activity_labels[chosen.activity[first]],
            "last": chosen.activity_labels[chosen.activity[last - 1]],
        }


def moment(microseconds: int) -> datetime:
    """A time of a log."""
    return _EPOCH + timedelta(microseconds=microseconds)


@policy("process.view")
@require_GET
def case(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One case: every event, how long it took and how long it was waited for, and where it parts from the standard."""
    log = queries.process_log(policy_of(request), public_id)
    wanted = request.GET.get("case", "")
    whole = queries.loaded(log)
    codes = (whole.case_labels == wanted).arg_true().to_numpy()
    places = np.flatnonzero(np.isin(whole.case_codes, codes))
    if len(places) != 1:
        raise NotFound("case", wanted)
    place = int(places[0])
    deviations, standard = _deviations(log, wanted)
    events = list(_events(whole, place, deviations))
    seconds = float(whole.throughput[place]) / _MICROSECONDS
    shorter = int((whole.throughput < whole.throughput[place]).sum())
    context = {
        "log": log,
        "case": wanted,
        "tabs": tabs(log, Selection(), "cases"),
        "finding": Finding(
            _("Case %(case)s took %(time)s") % {"case": wanted, "time": duration(seconds)},
            _("Longer than %(part)s of all cases of the log, elapsed time")
            % {"part": f"{100 * shorter // max(whole.cases, 1)}%"},
        ),
        "events": events,
        "has_start": whole.start is not None,
        "columns": [
            {"name": name, "label": label}
            for name, label in (("resource", _("Person")), ("department", _("Department")))
            if whole.has_column(name)
        ],
        "standard": standard,
        "deviations": deviations,
        "missing_at_end": [one for one in deviations if one["position"] == len(events)],
    }
    return render(request, "web/process/case.html", context)


def _events(whole: EventLog, place: int, deviations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    first, last = int(whole.offsets[place]), int(whole.offsets[place + 1])
    named = [name for name in ("resource", "department") if whole.has_column(name)]
    table = whole.frame[whole.rows[first:last].tolist()].select(named).to_dicts() if named else None
    for at in range(first, last):
        before = None if at == first else int(whole.begin[at] - whole.end[at - 1])
        yield {
            "number": at - first + 1,
            "activity": whole.activity_labels[whole.activity[at]],
            "at": moment(int(whole.end[at])),
            "wait": None if before is None else max(before, 0) / _MICROSECONDS,
            "work": None if whole.start is None else float(whole.end[at] - whole.start[at]) / _MICROSECONDS,
            "cells": list(table[at - first].values()) if table is not None else [],
            "deviations": [one for one in deviations if one["position"] == at - first],
        }


def _deviations(log: ProcessLog, case: str) -> tuple[list[dict[str, Any]], bool]:
    """Where the case parts from the standard, and whether it was held against one (all cases together)."""
    import polars as pl  # noqa: PLC0415  # loaded with the log already

    standard = queries_process.definition(log, ProcessDefinition.Kind.STANDARD)
    if standard is None:
        return [], False
    parameters = {"selection": {}, "standard": standard.version}
    found = queries_process.study(log, "conformance", parameters)
    if found is None or found.result is None:
        return [], False
    outcomes: list[Mapping[str, Any]] = (found.result["rules"] or {}).get("outcomes", [])
    rows = queries_process.study_rows(found).filter(pl.col("case") == case).collect().to_dicts()
    return [
        row
        | {
            "label": KIND_LABELS[row["kind"]],
            "rule": None if row["rule"] is None else outcomes[row["rule"]]["rule"],
        }
        for row in rows
    ], True
