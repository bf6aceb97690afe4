"""The table behind a chart: every number of it, with intervals, for people who read tables and for export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

from servloop.charts.path_diagram import PathDiagram
from servloop.charts.spec import (
    BarChart,
    ChartSpec,
    ControlChart,
    DistributionChart,
    DotChart,
    DumbbellChart,
    HeatChart,
    LineChart,
    QuadrantChart,
)
from servloop.messages import message

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """Headings (in the reader's language) and rows of plain values."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def to_table(spec: ChartSpec, language: str) -> Table:
    """The numbers of a chart.

    Args:
        spec: the chart.
        language: of the headings.
    """
    headings, rows = _rows(spec)
    words: Mapping[str, object] = {"unit": f" ({spec.unit})" if spec.unit else ""}
    return Table(tuple(_heading(h, words, language) for h in headings), tuple(tuple(row) for row in rows))


def _heading(name: str, words: Mapping[str, object], language: str) -> str:
    # Names given by the chart itself stand after a colon and are shown as they are.
    return name[1:] if name.startswith(":") else message(f"charts.{name}", words, language)


_Rows = tuple[Sequence[str], Sequence[Sequence[Cell]]]


@singledispatch
def _rows(spec: ChartSpec) -> _Rows:
    raise TypeError(type(spec).__name__)


@_rows.register
def _(spec: LineChart) -> _Rows:
    return ("series", "date", "value", "low", "high", "n", "note"), [
        (line.name, p.at.isoformat(), p.value, p.low, p.high, p.n, p.note)
        for line in spec.lines
        for p in line.points
    ]


@_rows.register
def _(spec: BarChart) -> _Rows:
    return ("item", "value", "low", "high", "n"), [(b.label, b.value, b.low, b.high, b.n) for b in spec.bars]


@_rows.register
def _(spec: DotChart) -> _Rows:
    return ("item", "value", "low", "high", "n", "note"), [
        (d.label, d.value, d.low, d.high, d.n, d.note) for d in spec.dots
    ]


@_rows.register
def _(spec: DumbbellChart) -> _Rows:
    names = (f":{spec.first_name}", f":{spec.second_name}", f":{spec.difference_name}")
    return ("item", *names, "low", "high", "n", "note"), [
        (r.label, r.first, r.second, r.difference, r.low, r.high, r.n, r.note) for r in spec.rows
    ]


@_rows.register
def _(spec: HeatChart) -> _Rows:
    return ("row", "column", "value", "n"), [
        (row, column, spec.cells[i][j], spec.counts[i][j] if spec.counts else None)
        for i, row in enumerate(spec.rows)
        for j, column in enumerate(spec.columns)
    ]


@_rows.register
def _(spec: ControlChart) -> _Rows:
    return ("item", "value", "centre", "lower_limit", "upper_limit", "rules", "n"), [
        (p.label, p.value, p.centre, p.lower, p.upper, ", ".join(p.rules), p.n) for p in spec.points
    ]


@_rows.register
def _(spec: QuadrantChart) -> _Rows:
    return ("item", f":{spec.x_name}", "low", "high", f":{spec.y_name}", "low", "high", "n", "note"), [
        (p.label, p.x, p.x_low, p.x_high, p.y, p.y_low, p.y_high, p.n, p.note) for p in spec.points
    ]


@_rows.register
def _(spec: DistributionChart) -> _Rows:
    headings = ["from", "to", f":{spec.name}"]
    if spec.compared:
        headings.append(f":{spec.compared_name}")
    rows = []
    for i, share in enumerate(spec.shares):
        row: list[Cell] = [spec.edges[i], spec.edges[i + 1], share]
        if spec.compared:
            row.append(spec.compared[i])
        rows.append(row)
    return headings, rows


@_rows.register
def _(spec: PathDiagram) -> _Rows:
    paths = [(f"{e.source} → {e.target}", e.value, e.low, e.high, e.n, "") for e in spec.edges]
    constructs = [(node.name, None, None, None, None, ", ".join(node.notes)) for node in spec.nodes]
    return ("item", "value", "low", "high", "n", "note"), [*paths, *constructs]
