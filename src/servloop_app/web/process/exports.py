"""What can be taken away from a log: the map as SVG, the tables as CSV that Excel reads and that runs no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET

from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries
from servloop_app.diagnose.analysis import Analysis
from servloop_app.diagnose.models import ProcessLog
from servloop_app.web.process.explore import View, drawing

Table = tuple[Sequence[str], Iterable[Sequence[object]]]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = "\ufeff"


@policy("data.export")
@require_GET
def map_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The map as a file of its own, in the colours of print."""
    log, view, analysis = _asked(request, public_id)
    share = analysis.base.readable_share if view.share is None else view.share
    svg = drawing(analysis, view, share, standalone=True)
    return download(svg.encode(), "image/svg+xml", f"{log.name}.svg")


@policy("data.export")
@require_GET
def table_file(request: HttpRequest, public_id: UUID, table: str) -> HttpResponse:
    """A table as CSV: times in seconds, all rows."""
    log, _view, analysis = _asked(request, public_id)
    if table not in TABLES:
        raise NotFound("table", table)
    label, make = TABLES[table]
    head, rows = make(analysis)
    return csv_file(head, rows, f"{log.name} {_(label)}.csv")


def csv_file(head: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> HttpResponse:
    """A table as CSV that Excel reads and that runs no formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return download((_BOM + text.getvalue()).encode(), "text/csv", name)


def _asked(request: HttpRequest, public_id: UUID) -> tuple[ProcessLog, View, Analysis]:
    rights = policy_of(request)
    log = queries.process_log(rights, public_id)
    rights.require("data.export", log.unit_id)
    view = View.of(request)
    return log, view, queries.analysis(log, view.selection)


def _harmless(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep."""
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    return response


def _waits(analysis: Analysis) -> Table:
    head = ("source", "target", "count", "cases", "median_seconds", "low", "high", "total_seconds", "share")
    return head, ([getattr(step, name) for name in head] for step in analysis.bottlenecks.steps)


def _edges(analysis: Analysis) -> Table:
    head = (
        "source",
        "target",
        "count",
        "cases",
        "median_seconds",
        "mean_seconds",
        "p90_seconds",
        "total_seconds",
    )
    return head, ([getattr(edge, name) for name in head] for edge in analysis.full_map.edges)


def _paths(analysis: Analysis) -> Table:
    rows = (
        (" → ".join(variant.activities), variant.cases, variant.share, variant.median_seconds)
        for variant in analysis.all_variants.variants
    )
    return ("path", "cases", "share", "median_seconds"), rows


def _rework(analysis: Analysis) -> Table:
    found = analysis.rework
    rows = (
        (activity, extra, found.rework_cases[activity], found.self_loops.get(activity, 0))
        for activity, extra in found.extra_executions.items()
    )
    return ("activity", "extra_executions", "cases", "self_loops"), rows


def _handovers(analysis: Analysis) -> Table:
    found = analysis.handovers
    rows = ((pair.source, pair.target, pair.count) for pair in (found.handovers if found else ()))
    return ("source", "target", "count"), rows


TABLES: dict[str, tuple[str, Callable[[Analysis], Table]]] = {
    "waits": (gettext_noop("waits"), _waits),
    "edges": (gettext_noop("map"), _edges),
    "paths": (gettext_noop("paths"), _paths),
    "rework": (gettext_noop("rework"), _rework),
    "handovers": (gettext_noop("hand-overs"), _handovers),
}
