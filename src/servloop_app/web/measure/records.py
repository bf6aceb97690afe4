"""The records behind a figure: masked, of the units that the person may see, in the period of the figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.web.errors import sentence
from servloop_app.web.figures import MISSING, rounded
from servloop_app.web.measure.filters import Filter, unit_names
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import scale_of, why_not
from servloop_app.web.measure.words import COLUMN_LABELS, VALUE_LABELS

# What is shown of each source, in this order; surrogates of people and machinery never.
_COLUMNS = tuple(name for name in COLUMN_LABELS if name != "counted")
_LONGEST = 160
_DEEPEST = 200  # pages; further back the period is to be narrowed


@policy(queries.PERMISSION)
@require_GET
def records(request: HttpRequest, code: str) -> HttpResponse:
    """The records, newest first."""
    rights = policy_of(request)
    metric = queries.one_metric(code)
    if not metric.computable:
        raise NotFound("records", code)
    cells = queries.cells_of(rights, [metric])
    filtered = Filter.of(request, rights, cells)
    asked = request.GET.get("page", "")
    place = min(int(asked), _DEEPEST) if asked.isascii() and asked.isdigit() else 0
    context = {
        "metric": metric,
        "filter": filtered,
        "card": _figure(cells[code], filtered) if code in cells else None,
    }
    try:
        frame = queries.records(rights, metric, filtered.selection, place)
    except ActionError as refused:
        return page(request, "web/measure/records.html", context | {"why": sentence(refused)})
    columns = [name for name in _COLUMNS if name in frame.columns and frame[name].null_count() < frame.height]
    names = unit_names(rights)
    rows = [
        [_shown(name, row[name], names) for name in columns] + [_counted(metric, row["counted"])]
        for row in frame.head(queries.RECORDS_PER_PAGE).to_dicts()
    ]
    context |= {
        "heads": [COLUMN_LABELS[name] for name in (*columns, "counted")],
        "rows": rows,
        "page": place,
        "previous": place - 1,
        "next": place + 1 if frame.height > queries.RECORDS_PER_PAGE and place < _DEEPEST else None,
        "first_row": place * queries.RECORDS_PER_PAGE + 1,
        "last_row": place * queries.RECORDS_PER_PAGE + len(rows),
    }
    return page(request, "web/measure/records.html", context)


def _figure(cells: Cells, filtered: Filter) -> dict[str, Any]:
    """The figure that the records are behind, without its change and its course, which other pages show."""
    found = cells.value(filtered.selection, filtered.units)
    months = cells.months(filtered.selection, filtered.units)
    scale = scale_of(cells.metric, found.value, found.high, *(one.value for _, one in months))
    return {
        "n": found.n,
        "number": scale.number(found.value),
        "unit": scale.unit,
        "reason": why_not(found),
    }


def _shown(name: str, value: object, names: Mapping[str, str]) -> str:
    if value is None:
        return MISSING
    if name == "unit_id":
        return names.get(str(value), str(value))
    if isinstance(value, dt.datetime):
        return str(date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT"))
    if isinstance(value, float):
        return rounded(value, 0 if value.is_integer() else 1)
    text = str(VALUE_LABELS.get(str(value), value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _counted(metric: Metric, value: object) -> str:
    """What the record contributes to the figure."""
    if value is None:
        return _("does not count")
    if isinstance(value, bool):
        if metric.aggregate == "count":
            return _("counts")
        return _("yes") if value else _("no")
    number = float(str(value))
    return scale_of(metric, number).value(number) if metric.unit == "seconds" else rounded(number, 1)
