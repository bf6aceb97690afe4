"""Two selections of one metric side by side: is the difference real?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.charts import Line, LineChart, Point
from servloop.measure.figures import compare as compare_statistics
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.web.measure import charts
from servloop_app.web.measure.cards import FigureCard, figure_card
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.freshness import ensure_computed
from servloop_app.web.measure.metric import chart_card
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import stated, why_not
from servloop_app.web.measure.words import TEST_LABELS

SIDES = ("a-", "b-")


@policy(queries.PERMISSION)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """The page."""
    rights = policy_of(request)
    known = list(queries.metrics(computable=True))
    code = request.GET.get("metric", "")
    metric = next((one for one in known if one.code == code), None) or _first_with_figure(known)
    context: dict[str, Any] = {"metrics": known, "metric": metric}
    if metric is not None:
        context["running"] = ensure_computed(request, [metric])
        cells = queries.cells_of(rights, [metric])
        if metric.code in cells:
            sides = [Filter.of(request, rights, cells, prefix) for prefix in SIDES]
            context |= _sides(cells[metric.code], sides)
            context["trend"] = _chart(cells[metric.code], sides, context)
            card = chart_card(rights, cells[metric.code], sides[0], "compared", context["trend"])
            context["card"] = replace(card, downloads="")  # two selections are no one chart of the metric
    return page(request, "web/measure/compare.html", context)


def _first_with_figure(known: list[Metric]) -> Metric | None:
    results = queries.newest_results(known)
    return next((one for one in known if one.pk in results and results[one.pk].cells), None)


def _sides(cells: Cells, sides: list[Filter]) -> dict[str, Any]:
    cards = [figure_card(cells, side) for side in sides]
    first, second = (cells.statistic(side.selection, side.units) for side in sides)
    change = compare_statistics(first, second, cells.metric.aggregate)
    equally_long = sides[0].selection.months == sides[1].selection.months
    scale = charts.scale_for(max((card.figure for card in cards), key=lambda f: f.estimate.value or 0.0))
    testable = equally_long or cells.metric.aggregate not in {"count", "sum"}
    return {
        "sides": list(zip(SIDES, (_("First selection"), _("Second selection")), sides, cards, strict=True)),
        "scale": scale,
        "difference": scale.change(change.difference.value) if testable else "",
        "difference_interval": scale.interval(change.difference),
        "q": stated("q", change.q),
        "test": TEST_LABELS.get(change.test, change.test),
        "clear": change.clear and testable,
        "why_not": why_not(change.difference)
        if testable
        else _("Counts over periods of different length are not compared; choose periods of equal length"),
        "overlap": sides[0].selection == sides[1].selection,
        "heading": _heading(cells.metric, cards, change.clear and testable, change.difference.value),
    }


def _heading(metric: Metric, cards: list[FigureCard], clear: bool, difference: float | None) -> str:
    if any(card.figure.estimate.value is None for card in cards):
        return _("%(name)s: two selections side by side") % {"name": metric.name}
    if not clear or not difference:
        return _("%(name)s: no clear difference between the two") % {"name": metric.name}
    if difference > 0:
        return _("%(name)s is clearly higher in the second selection") % {"name": metric.name}
    return _("%(name)s is clearly lower in the second selection") % {"name": metric.name}


def _chart(cells: Cells, sides: list[Filter], context: dict[str, Any]) -> LineChart:
    """Both selections as lines over the same months."""
    scale = context["scale"]
    whole = charts.trend_selection(sides[0].selection)
    lines = []
    for side, role in zip(sides, ("subject", "comparison"), strict=True):
        own = charts.trend_selection(side.selection)
        points = tuple(
            Point(month, scale.shown(one.value), scale.shown(one.low), scale.shown(one.high), one.n)
            for month, one in cells.months(own, side.units)
        )
        lines.append(Line(label_of(side), points, role=role))  # type: ignore[arg-type]  # both are roles
    n = cells.value(whole, sides[0].units).n
    return LineChart(
        title=_("Both selections month by month"),
        subtitle=charts.trend_subtitle(cells.metric, scale),
        unit=scale.unit,
        n=n,
        decimals=scale.decimals,
        lines=tuple(lines),
    )


def label_of(side: Filter) -> str:
    """What a line is called at its end: the unit and channel, or the period where they are all."""
    parts = [part for part in (side.unit_name, side.channel) if part]
    return ", ".join(parts) or _("all units")
