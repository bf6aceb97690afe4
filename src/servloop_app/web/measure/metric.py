"""The page of one metric: what it means, where it stands, how it moved, which units and groups differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.charts import ChartSpec
from servloop.measure.benchmarks import BenchmarkComparison
from servloop.measure.catalogue import catalogue
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.benchmark_queries import compared, known_benchmarks
from servloop_app.measure.figures import By, Cells, Row
from servloop_app.measure.models import Metric
from servloop_app.web.measure import charts
from servloop_app.web.measure.cards import FigureCard, figure_card
from servloop_app.web.measure.drawings import interval_bar
from servloop_app.web.measure.filters import Filter, unit_names
from servloop_app.web.measure.freshness import ensure_computed
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import Scale, probability, stated, why_not
from servloop_app.web.measure.words import TEST_LABELS, VALUE_LABELS

BREAKDOWNS: dict[str, By] = {"units": "unit_code", "channels": "channel", "segments": "segment"}


@policy(queries.PERMISSION)
@require_GET
def metric(request: HttpRequest, code: str) -> HttpResponse:
    """One metric with its figure."""
    rights = policy_of(request)
    found = queries.one_metric(code)
    running = ensure_computed(request, [found])
    cells = queries.cells_of(rights, [found])
    filtered = Filter.of(request, rights, cells)
    context: dict[str, Any] = {
        "metric": found,
        "filter": filtered,
        "running": running,
        "may_edit": rights.may("metrics.edit"),
        "may_export": rights.may("data.export"),
        "formula_words": formula_words(found),
        "versions": found.versions.select_related("made_by"),
    }
    one = cells.get(code)
    if one is not None:
        context |= _figures(rights, one, filtered)
    return page(request, "web/measure/metric.html", context)


def formula_words(found: Metric) -> str:
    """The formula in words; empty for metrics of one's own."""
    shipped = catalogue().get(found.code) if found.shipped and found.version == 1 else None
    return shipped.formula(charts.language()) if shipped else ""


def _figures(rights: Policy, cells: Cells, filtered: Filter) -> dict[str, Any]:
    card = figure_card(cells, filtered)
    groups = [
        group
        for name in BREAKDOWNS
        if (group := breakdown_of(rights, cells, filtered, name)) and len(group.rows) - group.hidden > 1
    ]
    return {
        "card": card,
        "result": cells.result,
        "trend": (trend := chart_card(rights, cells, filtered, "trend", trend_of(cells, card, filtered))),
        "trend_range": charts.trend_range(trend.spec),
        "groups": groups,
        "benchmarks": [_against(card, found) for found in (*card.figure.benchmarks, *_own(cells, card))],
        "test": card.figure.change,
        "test_p": stated("p", card.figure.change.p),
        "test_name": TEST_LABELS.get(card.figure.change.test, card.figure.change.test),
        "may_open": queries.records_scope(rights, cells.metric).unit_ids != frozenset(),
    }


def trend_of(cells: Cells, card: FigureCard, filtered: Filter) -> ChartSpec:
    """The chart of how the figure moved."""
    return charts.trend(cells, card.figure, filtered.units, filtered.selection)


def chart_card(rights: Policy, cells: Cells, filtered: Filter, key: str, spec: ChartSpec) -> charts.ChartCard:
    """A chart with its links, as far as the person may use them."""
    code = cells.metric.code
    return charts.ChartCard(
        key,
        spec,
        cells.result.version,
        cells.result.as_of,
        evidence=reverse("metric_records", args=[code]) + filtered.query()
        if queries.records_scope(rights, cells.metric).unit_ids != frozenset()
        else "",
        downloads=reverse("metric_chart", args=[code, key, "svg"]).removesuffix(".svg")
        if rights.may("data.export")
        else "",
        query=filtered.query(),
    )


@dataclass(frozen=True)
class GroupRow:
    """One group in the table beside its chart."""

    name: str
    row: Row
    scale: Scale
    state: str
    bar: SafeString

    @property
    def value(self) -> str:
        """The figure."""
        return self.scale.value(self.row.estimate.value)

    @property
    def interval(self) -> str:
        """Its interval."""
        return self.scale.interval(self.row.estimate)

    @property
    def difference(self) -> str:
        """Against all others together."""
        return self.scale.change(self.row.change.difference.value)

    @property
    def difference_interval(self) -> str:
        """Its interval."""
        return self.scale.interval(self.row.change.difference)

    @property
    def q(self) -> str:
        """Corrected for all groups."""
        return probability(self.row.change.q)

    @property
    def reason(self) -> str:
        """Why there is no figure."""
        return why_not(self.row.estimate)


@dataclass(frozen=True)
class Groups:
    """A breakdown: its chart and its table."""

    key: str
    label: str
    card: charts.ChartCard
    rows: list[GroupRow]
    hidden: int


def breakdown_of(rights: Policy, cells: Cells, filtered: Filter, name: str) -> Groups | None:
    """A breakdown by units, channels or segments; None where no row names a group."""
    rows = cells.breakdown(BREAKDOWNS[name], filtered.selection, filtered.units)
    if not any(row.key for row in rows):
        return None
    spec = breakdown_spec(rights, cells, filtered, name, rows)
    figure = cells.figure(filtered.selection, filtered.units)
    scale = charts.scale_for(figure)
    ends = [
        end
        for row in rows
        for end in (row.change.difference.low, row.change.difference.high, row.change.difference.value)
        if end is not None
    ]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    names = names_of(rights, name)
    shown = sorted(rows, key=lambda row: (row.estimate.value is None, -(row.estimate.value or 0.0)))
    table = [
        GroupRow(
            names.get(row.key, row.key) or _("not given"),
            row,
            scale,
            charts.state_of(cells.metric, row),
            interval_bar(row.change.difference, low, high, 0.0, charts.state_of(cells.metric, row)),
        )
        for row in shown
    ]
    label = {"units": _("By unit"), "channels": _("By channel")}.get(name) or _("By %(segment)s") % {
        "segment": VALUE_LABELS.get(cells.metric.segment, cells.metric.segment)
    }
    hidden = sum(not row.estimate.computable for row in rows)
    return Groups(name, label, chart_card(rights, cells, filtered, name, spec), table, hidden)


def breakdown_spec(rights: Policy, cells: Cells, filtered: Filter, name: str, rows: list[Row]) -> ChartSpec:
    """The chart of a breakdown."""
    figure = cells.figure(filtered.selection, filtered.units)
    return charts.breakdown(
        figure, rows, names_of(rights, name), of_units=name == "units", period=filtered.period
    )


def names_of(rights: Policy, name: str) -> dict[str, str]:
    """Keys of a breakdown → names as shown."""
    if name == "units":
        return unit_names(rights)
    return {code: str(label) for code, label in VALUE_LABELS.items()}


def chart_named(rights: Policy, cells: Cells, filtered: Filter, name: str) -> ChartSpec:
    """The description behind a file to take away.

    Raises:
        NotFound: no such chart.
    """
    if name == "trend":
        return trend_of(cells, figure_card(cells, filtered), filtered)
    if name not in BREAKDOWNS:
        raise NotFound("chart", name)
    rows = cells.breakdown(BREAKDOWNS[name], filtered.selection, filtered.units)
    return breakdown_spec(rights, cells, filtered, name, rows)


def _own(cells: Cells, card: FigureCard) -> list[BenchmarkComparison]:
    """The figure against the organisation's own benchmarks, which say whose figure they are."""
    metric = cells.metric
    known = [one for one in known_benchmarks({metric.code: metric}) if one.origin != "shipped"]
    named = [
        replace(
            one,
            benchmark=replace(
                one.benchmark,
                statements=dict.fromkeys(
                    one.benchmark.statements,
                    f"{one.subject or metric.name}: {card.scale.value(one.benchmark.value)}",
                ),
            ),
        )
        for one in known
    ]
    return [
        result for _one, result in compared(named, {metric.code: metric}, {metric.code: card.figure.estimate})
    ]


def _against(card: FigureCard, result: BenchmarkComparison) -> dict[str, Any]:
    words = {
        "better": ("good", _("better")),
        "worse": ("bad", _("worse")),
        "no_difference": ("neutral", _("no clear difference")),
        "different": ("watch", _("different")),
    }
    meaning, word = words.get(result.verdict or "", ("neutral", _("not testable")))
    language = charts.language()
    return {
        "statement": result.benchmark.statement(language),
        "source": result.benchmark.source(language),
        "difference": card.scale.change(result.difference.value),
        "interval": card.scale.interval(result.difference),
        "meaning": meaning,
        "word": word,
        "notices": [notice.message(language) for notice in result.warnings],
        "why_not": why_not(result.difference),
    }
