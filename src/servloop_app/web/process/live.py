"""Running cases: age, remaining time, risk of breaking the promise with its reliability, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from servloop_app.core.routes import policy
from servloop_app.diagnose import queries_process
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.web.figures import MISSING, duration, rounded, share
from servloop_app.web.process import closing
from servloop_app.web.process.cases import moment
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage, case_address
from servloop_app.web.process.words import notices

ROWS = 50
_HOUR = 3_600
_LONGEST = 10 * 366 * 24
_LIKELY, _POSSIBLE = 0.66, 0.33


def limit_of(opened: Opened) -> float | None:
    """The promised hours that the address names, in seconds."""
    try:
        hours = float(opened.extra.get("limit", ""))
    except ValueError:
        return None
    return hours * _HOUR if 0 < hours <= _LONGEST else None


def _parameters(opened: Opened) -> Parameters:
    return {
        "selection": opened.selection.query(),
        "limit": limit_of(opened),
        "closing": closing.chosen(opened),
    }


def _always(opened: Opened) -> dict[str, Any]:
    limit = limit_of(opened)
    return {
        "limit": "" if limit is None else f"{limit / _HOUR:g}",
        "hidden": [
            *((name, value) for name, values in opened.selection.query().items() for value in values),
            *((name, value) for name, value in opened.extra.items() if name == "closing"),
        ],
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    table = queries_process.study_rows(found).collect()
    step = opened.extra.get("step", "")
    if step:
        table = table.filter(table["step"] == step)
    page = Paginator(range(table.height), ROWS).get_page(opened.extra.get("page"))
    listed = table[page.start_index() - 1 : page.end_index()].to_dicts() if table.height else []
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "result": result,
        "moment": date_format(timezone.localtime(moment(result["now"])), "SHORT_DATETIME_FORMAT"),
        "rows": list(_rows(opened, listed)),
        "page": page,
        "holding": [
            {
                "step": name,
                "n": n,
                "share": n / result["n"],
                "query": opened.query(step=name, page="") + "#running",
            }
            for name, n in result["holding"]
        ],
        "step": step,
        "all": opened.query(step="", page="") + "#running",
        "reliability": _reliability(result["reliability"]),
        "closing": closing.offered(opened, result["closing"]),
        "expected": rounded(result["expected"], 0),
        "warnings": notices(result["warnings"]),
    }


def _finding(result: Mapping[str, Any]) -> Finding:
    if not result["n"]:
        return Finding(_("No case is running at the end of the log"))
    said = {"n": number_format(result["n"]), "overdue": number_format(result["overdue"])}
    if result["overdue"]:
        title = ngettext(
            "%(n)s case runs, %(overdue)s of it longer than promised",
            "%(n)s cases run, %(overdue)s of them longer than promised",
            result["n"],
        )
    else:
        title = ngettext(
            "%(n)s case runs, none longer than promised",
            "%(n)s cases run, none longer than promised",
            result["n"],
        )
    lead = _(
        "About %(expected)s will break the promise of %(limit)s, learned from %(finished)s finished cases"
    ) % {
        "expected": rounded(result["expected"], 0),
        "limit": duration(result["limit"]),
        "finished": number_format(result["finished"]),
    }
    return Finding(title % said, lead)


def _rows(opened: Opened, listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in listed:
        risk = row["risk"]
        yield row | {
            "address": case_address(opened.log, row["case"]),
            "risk_text": MISSING if risk is None else share(risk, 0),
            "risk_range": ""
            if row["risk_low"] is None
            else f"{share(row['risk_low'], 0)} – {share(row['risk_high'], 0)}",
            "left_range": ""
            if row["left_low"] is None or row["left_high"] is None
            else f"{duration(row['left_low'])} – {duration(row['left_high'])}",
            "meaning": ""
            if risk is None
            else "bad"
            if row["overdue"] or risk >= _LIKELY
            else "watch"
            if risk >= _POSSIBLE
            else "good",
        }


def _reliability(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    better = found["improvement"]
    return {
        "n": found["n"],
        "breaches": found["breaches"],
        "auc": _interval(found["auc"]),
        "baseline_auc": _interval(found["baseline_auc"]),
        "brier": rounded(found["brier"], 3),
        "baseline": rounded(found["baseline_brier"], 3),
        "improvement": MISSING if better["value"] is None else share(better["value"]),
        "bins": [
            {"n": one["n"], "predicted": share(one["predicted"], 0), "observed": share(one["observed"], 0)}
            for one in found["calibration"]
        ],
    }


def _interval(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return MISSING
    text = rounded(estimate["value"], 2)
    if estimate["low"] is not None:
        text += f" ({rounded(estimate['low'], 2)} – {rounded(estimate['high'], 2)})"
    return text


PAGE = StudyPage(
    tab="live",
    kind="live",
    template="web/process/live.html",
    parameters=_parameters,
    present=_present,
    extra=("limit", "closing", "step", "page"),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def live(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)
