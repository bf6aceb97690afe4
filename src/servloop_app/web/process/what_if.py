"""What if: people change staffing, steps or arrivals, and see what the process would do, before anybody does it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from servloop_app.core.errors import ActionError
from servloop_app.core.routes import policy
from servloop_app.diagnose.models import ProcessStudy
from servloop_app.web.figures import MISSING, duration, rounded, share
from servloop_app.web.process.compare import signed
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.live import limit_of
from servloop_app.web.process.words import notices, why

FIGURES: dict[str, Promise] = {
    "mean_seconds": gettext_lazy("Mean case time"),
    "median_seconds": gettext_lazy("Median case time"),
    "p90_seconds": gettext_lazy("P90 of case times"),
    "within_limit": gettext_lazy("Cases within the promise"),
    "cost_per_week": gettext_lazy("Cost of staff a week"),
}
_UTILISATION = "utilisation: "
WEEKS = (1, 26)
_USUAL_WEEKS = 4
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES = {"mean_seconds", "median_seconds", "p90_seconds"}
_BETTER_LESS = _TIMES | {"cost_per_week"}
EXTRA = (
    "pool", "add", "day", "remove", "automate", "minutes", "merge", "into", "arrivals", "limit", "weeks", "price",
)  # fmt: skip


def _number(opened: Opened, field: str, label: str) -> float:
    try:
        number = float(opened.extra.get(field, ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ActionError("diagnose.what_if_incomplete", field=label)
    return number


def changes_of(opened: Opened) -> list[str]:
    """The changes that the address names, as the library reads them.

    Raises:
        ActionError: ``diagnose.what_if_incomplete``.
    """
    extra = opened.extra
    changes = []
    if extra.get("pool"):
        added = _number(opened, "add", _("people more or fewer"))
        day = extra.get("day", "")
        changes.append(f"staff:{extra['pool']}:{added:+.0f}" + (f"@{day}" if day in DAYS else ""))
    if extra.get("remove"):
        changes.append(f"remove:{extra['remove']}")
    if extra.get("automate"):
        minutes = _number(opened, "minutes", _("minutes"))
        changes.append(f"automate:{extra['automate']}:{60 * minutes:g}")
    if extra.get("merge"):
        if not extra.get("into"):
            raise ActionError("diagnose.what_if_incomplete", field=_("the step that is done in one go"))
        changes.append(f"merge:{extra['merge']}+{extra['into']}")
    if extra.get("arrivals"):
        percent = _number(opened, "arrivals", _("arrivals"))
        changes.append(f"arrivals:{percent / 100:g}")
    return changes


def _parameters(opened: Opened) -> Parameters:
    weeks = opened.extra.get("weeks", "")
    price = opened.extra.get("price", "")
    return {
        "selection": opened.selection.query(),
        "changes": changes_of(opened),
        "weeks": min(max(int(weeks), WEEKS[0]), WEEKS[1]) if weeks.isdecimal() else _USUAL_WEEKS,
        "limit": limit_of(opened),
        "price": _number(opened, "price", _("price")) if price else None,
    }


def _always(opened: Opened) -> dict[str, Any]:
    return {
        "given": {name: opened.extra.get(name, "") for name in EXTRA},
        "steps": opened.names[:200],
        "days": [(code, WEEKDAYS[place]) for place, code in enumerate(DAYS)],
        "hidden": [(name, value) for name, values in opened.selection.query().items() for value in values],
        "weeks_usual": _USUAL_WEEKS,
        "changed": bool(changes_of(opened)),
        "unchanged": opened.query(None, **dict.fromkeys(EXTRA, "")),
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:  # noqa: ARG001  # one of many
    result: Mapping[str, Any] = found.result or {}
    answer = result["answer"]
    rows = [_row(figure) for figure in answer["figures"]]
    validation = answer["validation"]
    return {
        "basis": result["basis"],
        "finding": _finding(answer, rows),
        "answer": answer,
        "pools": result["pools"],
        "rows": rows,
        "refused": notices([answer["reason"]])[0] if answer["reason"] else "",
        "validation": validation,
        "distance": MISSING
        if validation["distance"]["value"] is None
        else rounded(validation["distance"]["value"], 3),
        "why": why(validation["distance"]),
        "weeks": rounded(answer["weeks"], 0),
    }


def _row(figure: Mapping[str, Any]) -> dict[str, Any]:
    name, gap = figure["name"], figure["difference"]
    pool = name.removeprefix(_UTILISATION) if name.startswith(_UTILISATION) else ""
    clear = gap["low"] is not None and (gap["low"] > 0 or gap["high"] < 0)
    better = (gap["value"] < 0) == (name in _BETTER_LESS) if clear else None
    return {
        "name": name,
        "label": _("Utilisation of %(pool)s") % {"pool": pool} if pool else str(FIGURES[name]),
        "before": _value(name, figure["before"]["value"]),
        "after": _value(name, figure["after"]["value"]),
        "gap": _gap(name, gap["value"]),
        "interval": MISSING
        if gap["low"] is None
        else f"{_gap(name, gap['low'])} – {_gap(name, gap['high'])}",
        "clear": clear,
        # That people are busier is neither good nor bad.
        "meaning": "" if better is None or pool else "good" if better else "bad",
        "value": gap["value"],
    }


def _value(name: str, value: float) -> str:
    if name in _TIMES:
        return duration(value)
    return rounded(value, 0) if name == "cost_per_week" else share(value)


def _gap(name: str, value: float) -> str:
    if name in _TIMES:
        return signed(value)
    sign = "+" if value > 0 else "−" if value < 0 else ""
    if name == "cost_per_week":
        return sign + rounded(abs(value), 0)
    return _("%(points)s pp") % {"points": sign + rounded(100 * abs(value), 1)}


def _finding(answer: Mapping[str, Any], rows: list[dict[str, Any]]) -> Finding:
    if answer["reason"]:
        return Finding(
            _("The model of this process is not good enough for a what-if"), notices([answer["reason"]])[0]
        )
    lead = _("%(n)s runs of %(weeks)s weeks for either process, with the same chances for both") % {
        "n": answer["n"],
        "weeks": rounded(answer["weeks"], 0),
    }
    if not answer["changes"]:
        return Finding(_("The model fits: change something below"), lead)
    mean = next(row for row in rows if row["name"] == "mean_seconds")
    if not mean["clear"]:
        return Finding(_("The change makes no clear difference to the mean case time"), lead)
    title = _("Cases would take %(gap)s on average: %(before)s → %(after)s")
    return Finding(title % {name: mean[name] for name in ("gap", "before", "after")}, lead)


PAGE = StudyPage(
    tab="what_if",
    kind="what_if",
    template="web/process/what_if.html",
    parameters=_parameters,
    present=_present,
    extra=EXTRA,
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)
