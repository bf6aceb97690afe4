"""A report as a workbook: the figures, units, findings and work of its sheet, nothing computed anew."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from servloop_app.web.monitor.report_view import Document

Cells = Sequence[object]


def workbook(doc: Document) -> bytes:
    """XLSX with a sheet for each table; texts stay texts, whatever they begin with."""
    import xlsxwriter  # noqa: PLC0415  # only whoever takes a workbook away pays for it

    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True})
        for name, heads, rows in (_about(doc), _figures(doc), _units(doc), _findings(doc), _work(doc)):
            if rows:
                _sheet(book.add_worksheet(name), bold, heads, rows)
    return content.getvalue()


def _sheet(sheet: Any, bold: Any, heads: Cells, rows: Sequence[Cells]) -> None:
    sheet.write_row(0, 0, heads, bold)
    for place, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(place, column, value)
            elif value is not None:
                sheet.write_string(place, column, str(value))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, max(len(heads) - 1, 1), 18)


def _about(doc: Document) -> tuple[str, Cells, list[Cells]]:
    rows: list[Cells] = [
        (doc.lead,),
        (doc.organisation,),
        (doc.month_name,),
        (doc.recipient,),
        (doc.scope,),
        (doc.report.run.number,),
        (doc.epoch,),
    ]
    return _("About"), (doc.title,), rows


def _figures(doc: Document) -> tuple[str, Cells, list[Cells]]:
    heads = (
        _("Metric"),
        _("Value"),
        _("Low end"),
        _("High end"),
        "n",
        _("Change"),
        "q",
        _("Unit of the value"),
        _("Method"),
    )
    rows: list[Cells] = [
        (
            card.name,
            card.figure.estimate.value,
            card.figure.estimate.low,
            card.figure.estimate.high,
            card.figure.estimate.n,
            card.figure.change.difference.value,
            card.figure.change.q,
            card.figure.metric.unit,
            card.figure.estimate.method,
        )
        for card in doc.figures
    ]
    return _("Figures"), heads, rows


def _units(doc: Document) -> tuple[str, Cells, list[Cells]]:
    heads = (_("Unit"), _("Value"), _("95% interval"), "n", _("Rank"))
    rows: list[Cells] = [
        (row.name, row.value, row.interval or row.reason, row.n, row.rank) for row in doc.unit_rows
    ]
    return _("Units"), heads, rows


def _findings(doc: Document) -> tuple[str, Cells, list[Cells]]:
    heads = (
        _("Finding"),
        _("number"),
        _("Value"),
        _("95% interval"),
        "n",
        _("Difference"),
        _("Period"),
        _("State"),
    )
    rows: list[Cells] = [
        (
            one.title,
            one.number,
            one.written.value,
            one.written.interval,
            one.written.n,
            one.written.change,
            one.written.period,
            one.state,
        )
        for one in doc.findings
    ]
    return _("Findings"), heads, rows


def _work(doc: Document) -> tuple[str, Cells, list[Cells]]:
    heads = (_("What"), _("number"), _("Kind"), _("State"), _("Owner"))
    rows: list[Cells] = [
        (one["title"], one["number"], label, one["state"], one["owner"])
        for label, items in doc.work
        for one in items
    ]
    return _("Work"), heads, rows
