"""Figures to take away: a chart as SVG, its numbers as CSV that Excel reads and as XLSX; nothing runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.charts import ChartSpec, to_svg, to_table
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.web.measure import charts
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.metric import chart_named

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = "\ufeff"


@policy("data.export")
@require_GET
def chart_file(request: HttpRequest, code: str, chart: str, ending: str) -> HttpResponse:
    """A chart of a metric, in the units whose data the person may both see and take away."""
    seen = policy_of(request)
    if not seen.may(queries.PERMISSION):  # for who may not see metrics there is no such file
        raise NotFound("file", f"{code}.{ending}")
    rights = exportable(seen)
    metric = queries.one_metric(code)
    cells = queries.cells_of(rights, [metric])
    if ending not in WRITERS or code not in cells:
        raise NotFound("file", f"{code}.{ending}")
    filtered = Filter.of(request, rights, cells)
    spec = chart_named(rights, cells[code], filtered, chart)
    return answer_file(spec, ending, f"{metric.name} {filtered.first} {filtered.last}")


def answer_file(spec: ChartSpec, ending: str, name: str) -> HttpResponse:
    """A chart as a file to keep.

    Args:
        spec: the chart.
        ending: of `WRITERS`.
        name: of the file, without its ending.
    """
    kind, write = WRITERS[ending]
    response = HttpResponse(write(spec), content_type=kind)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{name}.{ending}") or "attachment"
    )
    return response


def exportable(rights: Policy) -> Policy:
    """The rights of a person in just those units from which they may take data away."""
    return _Exporting(rights)


class _Exporting(Policy):
    """Rights that hold only where ``data.export`` holds, too."""

    def __init__(self, rights: Policy) -> None:
        super().__init__(rights.person, rights.on)
        self._rights = rights

    def units(self, permission: str) -> frozenset[int]:
        """The units of both."""
        return self._rights.units(permission) & self._rights.units("data.export")


def _svg(spec: ChartSpec) -> bytes:
    return to_svg(spec, language=charts.language()).encode()


def _csv(spec: ChartSpec) -> bytes:
    table = to_table(spec, charts.language())
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_harmless(head) for head in table.headings])
    writer.writerows([_harmless(value) for value in row] for row in table.rows)
    return (_BOM + text.getvalue()).encode()


def _harmless(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def _xlsx(spec: ChartSpec) -> bytes:
    import xlsxwriter  # noqa: PLC0415  # only whoever takes a workbook away pays for it

    table = to_table(spec, charts.language())
    content = io.BytesIO()
    # Texts stay texts: no formulas, no links, whatever they begin with.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True})
        numbers = book.add_worksheet(_("Numbers"))
        numbers.write_row(0, 0, table.headings, bold)
        for place, row in enumerate(table.rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    numbers.write_string(place, column, value)
                elif value is not None:
                    numbers.write_number(place, column, value)
        numbers.freeze_panes(1, 0)
        numbers.set_column(0, len(table.headings) - 1, 16)
        about = book.add_worksheet(_("About"))
        about.set_column(0, 0, 90)
        n = "" if spec.n is None else f"n = {spec.n:,}"
        for place, text in enumerate(filter(None, (spec.title, spec.subtitle, spec.method, n))):
            about.write_string(place, 0, text, bold if place == 0 else None)
    return content.getvalue()


WRITERS: dict[str, tuple[str, Callable[[ChartSpec], bytes]]] = {
    "svg": ("image/svg+xml; charset=utf-8", _svg),
    "csv": ("text/csv; charset=utf-8", _csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
