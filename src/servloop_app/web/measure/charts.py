"""Charts of figures: descriptions with the finding as title, and the card that a page shows of each."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servloop.charts import (
    ChartSpec,
    Dot,
    DotChart,
    DumbbellChart,
    Line,
    LineChart,
    Point,
    QuadrantChart,
    Reference,
    to_echarts,
    to_svg,
    to_table,
)
from servloop.charts.spec import State
from servloop.charts.table import Table
from servloop.measure.benchmarks import Benchmark, shipped_benchmarks
from servloop.messages import normalize_language
from servloop.results import Estimate
from servloop_app.measure.figures import Cells, Figure, Row
from servloop_app.measure.models import Metric
from servloop_app.measure.selection import Selection, add_months
from servloop_app.web.figures import rounded
from servloop_app.web.measure.filters import month_name
from servloop_app.web.measure.values import Scale, scale_of, why_not

TREND_MONTHS = 13  # the same month a year ago is still there
_ROWS_SMALL, _ROWS_MEDIUM, _ROWS_LARGE = 5, 10, 20


@dataclass(frozen=True)
class ChartCard:
    """A chart with what must stand around it.

    Attributes:
        key: id of its elements, unique on a page.
        spec: the description.
        evidence: address of the records behind it; empty where they cannot be opened.
        downloads: address of its files without their ending; empty where they may not be taken away.
        query: of the selection, behind the downloads.
        method, version: how the figures were made.
        as_of: when.
    """

    key: str
    spec: ChartSpec
    version: int
    as_of: dt.datetime
    evidence: str = ""
    downloads: str = ""
    query: str = ""

    @property
    def options(self) -> str:
        """The description for the page's script."""
        return json.dumps(to_echarts(self.spec, language()), ensure_ascii=False)

    @property
    def svg(self) -> SafeString:
        """The drawing for pages without script."""
        return mark_safe(to_svg(self.spec, language=language()))  # noqa: S308  # our own, its texts escaped

    @property
    def table(self) -> Table:
        """The numbers behind it, as text."""
        return written(to_table(self.spec, language()), self.spec.decimals)

    @property
    def size(self) -> str:
        """Class of its height: charts with rows grow with them."""
        if isinstance(self.spec, QuadrantChart):
            return "square"
        if not isinstance(self.spec, DotChart | DumbbellChart):
            return ""
        rows = len(self.spec.dots if isinstance(self.spec, DotChart) else self.spec.rows)
        sizes = ((_ROWS_SMALL, "rows-s"), (_ROWS_MEDIUM, "rows-m"), (_ROWS_LARGE, "rows-l"))
        return next((size for most, size in sizes if rows <= most), "rows-xl")


def language() -> str:
    """Language of the page, as the library names it."""
    return normalize_language(get_language() or "en")


def written(table: Table, decimals: int) -> Table:
    """Numbers rounded as in the chart, gaps as dashes."""

    def cell(value: object) -> str:
        if value is None:
            return "—"
        if isinstance(value, float):
            return f"{value:,.{decimals}f}".replace("-", "−")
        return f"{value:,}" if isinstance(value, int) else str(value)

    return replace(table, rows=tuple(tuple(cell(value) for value in row) for row in table.rows))


def benchmarks_of(metric: Metric) -> list[Benchmark]:
    """Benchmarks in the metric's own unit."""
    return [b for b in shipped_benchmarks().values() if b.metric == metric.code and b.unit == metric.unit]


def trend_selection(selection: Selection) -> Selection:
    """The months of a trend: those selected, and at least a year."""
    first = min(selection.first, add_months(selection.last, 1 - TREND_MONTHS))
    return replace(selection, first=first)


def scale_for(figure: Figure) -> Scale:
    """The scale for all that is shown of a figure."""
    ends = [figure.estimate.value, figure.estimate.high, *(one.value for _, one in figure.months)]
    return scale_of(figure.metric, *ends)


def trend(cells: Cells, figure: Figure, units: frozenset[str] | None, selection: Selection) -> LineChart:
    """How the figure moved, with its band, target and benchmarks.

    Args:
        cells: of the metric.
        figure: of the selection; the title speaks of it.
        units: codes of the selected units; None for all.
        selection: what is looked at.
    """
    drawn = trend_selection(selection)
    return line_chart(
        figure, replace(figure, estimate=cells.value(drawn, units), months=cells.months(drawn, units))
    )


def line_chart(figure: Figure, whole: Figure) -> LineChart:
    """A figure over time.

    Args:
        figure: of the period that the title speaks of.
        whole: the same over all months that are drawn.
    """
    metric = figure.metric
    scale = scale_for(figure)
    points = tuple(_point(month, one, scale) for month, one in whole.months)
    references = [
        Reference(
            scale.shown(value) or 0.0, _("Target %(value)s") % {"value": scale_of(metric, value).value(value)}
        )
        for value in (metric.target_min, metric.target_max)
        if value is not None
    ]
    references += [
        Reference(
            scale.shown(b.value) or 0.0,
            _("Benchmark %(value)s") % {"value": scale.value(b.value)},
            "benchmark",
        )
        for b in benchmarks_of(metric)[:1]
    ]
    return LineChart(
        title=moved(figure, scale),
        subtitle=trend_subtitle(metric, scale),
        unit=scale.unit,
        n=whole.estimate.n,
        method=whole.estimate.method,
        decimals=scale.decimals,
        lines=(Line(str(metric.name), points),),
        references=tuple(references),
    )


def trend_subtitle(metric: Metric, scale: Scale) -> str:
    """Measure and unit of a trend, and what its band is."""
    said = {"name": metric.name, "unit": scale.unit}
    if scale.unit:
        return _("%(name)s by month (%(unit)s), band = 95%% interval") % said
    return _("%(name)s by month, band = 95%% interval") % said


def trend_range(spec: ChartSpec) -> str:
    """The finding about a trend as a whole: between which values it moved."""
    assert isinstance(spec, LineChart)
    known = [(point.value, point.at) for point in spec.lines[0].points if point.value is not None]
    if len(known) < 2:
        return spec.title
    (low, low_at), (high, high_at) = min(known), max(known)
    said = {
        "low": f"{rounded(low, spec.decimals)}{spec.unit if spec.unit == '%' else ''}".replace("-", "−"),
        "low_at": month_name(low_at),
        "high": f"{rounded(high, spec.decimals)}{spec.unit if spec.unit == '%' else ''}".replace("-", "−"),
        "high_at": month_name(high_at),
    }
    return _("Between %(low)s (%(low_at)s) and %(high)s (%(high_at)s)") % said


def _point(month: dt.date, one: Estimate, scale: Scale) -> Point:
    return Point(
        month, scale.shown(one.value), scale.shown(one.low), scale.shown(one.high), one.n, note=why_not(one)
    )


def moved(figure: Figure, scale: Scale) -> str:
    """The finding about a figure over time."""
    found, change = figure.estimate, figure.change.difference
    if found.value is None:
        return _("%(name)s cannot be computed for this selection") % {"name": figure.metric.name}
    said = {"name": figure.metric.name, "value": scale.value(found.value)}
    if not figure.change.clear or not change.value:
        return _("%(name)s is %(value)s, with no clear change") % said
    said["change"] = scale.change(abs(change.value)).lstrip("+")
    if change.value > 0:
        return _("%(name)s rose by %(change)s to %(value)s") % said
    return _("%(name)s fell by %(change)s to %(value)s") % said


def breakdown(
    figure: Figure, rows: list[Row], names: dict[str, str], *, of_units: bool, period: str
) -> DotChart:
    """Where the groups stand: dots with intervals and a line for all together.

    Args:
        figure: of all groups.
        rows: the groups.
        names: key → name as shown.
        of_units: whether they are units (the title says so) or other groups.
        period: in words, for the line under the title.
    """
    metric = figure.metric
    scale = scale_for(figure)
    ordered = sorted(rows, key=lambda row: (row.estimate.value is None, -(row.estimate.value or 0.0)))
    dots = tuple(
        Dot(
            _group_name(row.key, names),
            scale.shown(row.estimate.value),
            scale.shown(row.estimate.low),
            scale.shown(row.estimate.high),
            row.estimate.n if row.estimate.value is not None else None,
            state=state_of(metric, row),
            note=why_not(row.estimate),
        )
        for row in ordered
    )
    references = []
    if figure.estimate.value is not None and metric.aggregate not in {"count", "sum"}:
        overall = _("All %(value)s") % {"value": scale.value(figure.estimate.value)}
        references.append(Reference(scale.shown(figure.estimate.value) or 0.0, overall, "mean"))
    return DotChart(
        title=_stands_out(metric, rows, names, of_units=of_units),
        subtitle=_(
            "%(name)s, %(period)s; bar = 95%% interval, coloured where the difference from all others is clear"
        )
        % {"name": metric.name, "period": period},
        unit=scale.unit,
        n=figure.estimate.n,
        method=figure.estimate.method,
        decimals=scale.decimals,
        dots=dots,
        references=tuple(references),
    )


def state_of(metric: Metric, row: Row) -> State:
    """Whether a group is clearly better or worse than all others together."""
    difference = row.change.difference.value
    if not row.change.clear or not difference:
        return "plain"
    if metric.direction == Metric.Direction.BAND:
        return "watch"
    return "good" if (difference > 0) == (metric.direction == Metric.Direction.HIGHER) else "bad"


def _group_name(key: str, names: dict[str, str]) -> str:
    return names.get(key, key) or _("not given")


def _stands_out(metric: Metric, rows: list[Row], names: dict[str, str], *, of_units: bool) -> str:
    """The finding about groups: who is clearly worse, else clearly better, else nobody."""
    worst = _furthest(metric, rows, "bad") or _furthest(metric, rows, "watch")
    if worst is not None:
        said = {"group": _group_name(worst.key, names)}
        if metric.direction == Metric.Direction.BAND:
            return _("%(group)s differs most from the others") % said
        return _("%(group)s is clearly worse than the others") % said
    best = _furthest(metric, rows, "good")
    if best is not None:
        return _("%(group)s is clearly better than the others") % {"group": _group_name(best.key, names)}
    return (
        _("No unit differs clearly from the others")
        if of_units
        else _("No group differs clearly from the others")
    )


def _furthest(metric: Metric, rows: list[Row], state: str) -> Row | None:
    found = [row for row in rows if state_of(metric, row) == state]
    return max(found, key=lambda row: abs(row.change.difference.value or 0.0), default=None)


def worst_unit(metric: Metric, rows: list[Row]) -> Row | None:
    """The group that is clearly worse than all others, and most so."""
    return _furthest(metric, rows, "bad")
