"""Balanced scorecards: the cards there are, and one card with its score, its tree and its lights."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.measure.scorecard_templates import starter_cards
from servloop_app.core.localized import LocalizedText
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import scorecard_scoring
from servloop_app.measure.actions_scorecards import AddScorecard, UseScorecard
from servloop_app.measure.scorecard_definitions import CardDefinition
from servloop_app.measure.scorecard_queries import PERMISSION, CardData, data_of, one_scorecard, scorecards
from servloop_app.measure.scorecard_scoring import ScoredCard, ScoredIndicator
from servloop_app.web.figures import rounded
from servloop_app.web.measure import scorecard_charts
from servloop_app.web.measure.charts import ChartCard, trend_selection
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.freshness import ensure_computed
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.scorecard_words import LIGHT_WORDS, MEANINGS
from servloop_app.web.measure.values import Scale, joined, scale_of, why_not
from servloop_app.web.submit import submit


@policy(PERMISSION)
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The cards, each with its score of the newest months."""
    rights = policy_of(request)
    rows = []
    for card in scorecards(rights):
        data = data_of(rights, card)
        filtered = Filter.of(request, rights, data.cells)
        rows.append((card, scored_of(data, filtered), filtered.period))
    context = {
        "rows": [
            {
                "card": card,
                "scored": scored,
                "score": _number(scored),
                "interval": _interval(scored),
                "meaning": MEANINGS[scored.light],
                "word": LIGHT_WORDS[scored.light],
                "reason": why_not(scored.score),
                "period": period,
            }
            for card, scored, period in rows
        ],
        "starters": [(code, LocalizedText.of(dict(one.names))) for code, one in starter_cards().items()],
        "may_edit": rights.may("models.edit"),
        "lights": LIGHT_WORDS,
        "meanings": MEANINGS,
    }
    return page(request, "web/measure/scorecards.html", context)


def scored_of(data: CardData, filtered: Filter) -> ScoredCard:
    """A card scored for a selection."""
    figures = scorecard_scoring.figures_of(data.cells, filtered.selection, units_within(data, filtered))
    return scorecard_scoring.score(data.definition, data.metrics, figures)


def units_within(data: CardData, filtered: Filter) -> frozenset[str] | None:
    """The units of a card that are looked at; None for all."""
    if data.units is None or filtered.units is None:
        return data.units if filtered.units is None else filtered.units
    return data.units & filtered.units


@policy("models.edit")
@require_POST
def add_starter(request: HttpRequest) -> HttpResponse:
    """A card that ships, to start from."""
    code = request.POST.get("starter", "")
    starter = starter_cards().get(code)
    if starter is None:
        return redirect("scorecards")
    action = AddScorecard(CardDefinition.of_starter(starter), code)
    done = submit(request, action, _("The scorecard is there; set your own targets and weights"))
    return redirect("scorecards") if done is None else redirect("scorecard", done.outcome.public_id)


@policy("models.edit")
@require_POST
def use(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Out of use, or back into use."""
    one_scorecard(policy_of(request), public_id)
    active = request.POST.get("active") == "1"
    said = (
        _("The scorecard is in use again") if active else _("The scorecard is out of use; its history stays")
    )
    submit(request, UseScorecard(public_id, active), said)
    return redirect("scorecard", public_id)


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator as the tree shows it."""

    one: ScoredIndicator
    scale: Scale
    query: str

    @property
    def name(self) -> str:
        """Of the metric."""
        return str(self.one.metric.name)

    @property
    def address(self) -> str:
        """Page of the metric with the same selection."""
        return reverse("metric", args=[self.one.metric.code]) + self.query

    @property
    def value(self) -> str:
        """What was reached."""
        return self.scale.value(self.one.figure.value)

    @property
    def basis(self) -> str:
        """Interval and n."""
        if self.one.figure.value is None:
            return ""
        interval = self.scale.interval(self.one.figure)
        return joined(filter(None, (interval, f"n\u00a0=\u00a0{rounded(self.one.figure.n, 0)}")))

    @property
    def target(self) -> str:
        """Target with its direction; a dash without one."""
        low, high = self.one.target
        if low is None:
            return "—"
        if high is not None:
            return f"{self.scale.number(low)}–{self.scale.value(high)}"
        sign = "≤" if self.one.metric.direction == "lower" else "≥"
        return f"{sign} {self.scale.value(low)}"

    @property
    def attainment(self) -> str:
        """In per cent of the target."""
        node = self.one.node
        return "—" if node is None or node.attainment is None else f"{rounded(100 * node.attainment, 1)}%"

    @property
    def weight(self) -> str:
        """Share of the card as declared."""
        return percent(self.one.node.weight) if self.one.node else "—"

    @property
    def effective(self) -> str:
        """Share after the weight of missing indicators was passed on; empty where it is the same."""
        node = self.one.node
        if node is None or abs(node.effective_weight - node.weight) < 0.0005:
            return ""
        return percent(node.effective_weight)

    @property
    def contribution(self) -> str:
        """Points of the score."""
        node = self.one.node
        return "—" if node is None or node.contribution is None else rounded(node.contribution, 1)

    @property
    def meaning(self) -> str:
        """Of the light."""
        return MEANINGS[self.one.light]

    @property
    def word(self) -> str:
        """Of the light."""
        return str(LIGHT_WORDS[self.one.light])

    @property
    def reason(self) -> str:
        """Why there is no light."""
        if self.one.figure.value is None:
            return why_not(self.one.figure)
        return "" if self.one.node else _("no target set")

    @property
    def open(self) -> str:
        """The lights that the interval reaches over."""
        if not self.one.open:
            return ""
        ends = [str(LIGHT_WORDS[light]) for light in self.one.lights]
        return _("interval reaches from “%(worst)s” to “%(best)s”") % {"worst": ends[0], "best": ends[-1]}


def percent(share: float) -> str:
    """A share of 1 in per cent."""
    return f"{rounded(100 * share, 1)}%"


@policy(PERMISSION)
@require_GET
def card(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One card for a selection."""
    rights = policy_of(request)
    row = one_scorecard(rights, public_id)
    data = data_of(rights, row)
    running = ensure_computed(request, list(data.metrics.values()))
    filtered = Filter.of(request, rights, data.cells)
    scored = scored_of(data, filtered)
    may_edit = rights.may("models.edit", row.unit_id or rights.tree.root)
    shown = charts_of(rights, data, filtered, scored)
    context: dict[str, Any] = {
        "card_row": row,
        "filter": filtered,
        "running": running,
        "scored": scored,
        "heading": heading(scored),
        "lead": lead(scored, filtered),
        "score": _number(scored),
        "interval": _interval(scored),
        "meaning": MEANINGS[scored.light],
        "word": LIGHT_WORDS[scored.light],
        "reason": why_not(scored.score),
        "tree": tree(scored, filtered),
        "missing": [IndicatorRow(one, scale_of(one.metric), "").name for one in scored.missing],
        "coverage": percent(scored.total.coverage) if scored.total else "",
        "uneven": [(name, rounded(total, 1)) for name, total in scored.uneven.items()],
        "charts": shown,
        "may_edit": may_edit,
        "may_export": rights.may("data.export"),
        "versions": row.versions.select_related("made_by"),
    }
    return page(request, "web/measure/scorecard.html", context)


def tree(scored: ScoredCard, filtered: Filter) -> list[dict[str, Any]]:
    """Perspectives with their indicators, ready to print."""
    query = filtered.query()
    return [
        {
            "part": part,
            "meaning": MEANINGS[part.light],
            "word": LIGHT_WORDS[part.light],
            "weight": percent(part.node.weight) if part.node else "—",
            "attainment": "—"
            if part.node is None or part.node.attainment is None
            else percent(part.node.attainment),
            "contribution": "—"
            if part.node is None or part.node.contribution is None
            else rounded(part.node.contribution, 1),
            "rows": [
                IndicatorRow(one, scale_of(one.metric, one.figure.value, *one.target), query)
                for one in part.indicators
            ],
        }
        for part in scored.parts
    ]


def charts_of(rights: Policy, data: CardData, filtered: Filter, scored: ScoredCard) -> dict[str, ChartCard]:
    """The charts of a card, with their links."""
    units = units_within(data, filtered)
    as_of = max((one.result.as_of for one in data.cells.values()), default=dt.datetime.now(dt.UTC))
    months = scorecard_scoring.by_month(
        data.definition, data.metrics, data.cells, trend_selection(filtered.selection), units
    )
    specs = {
        "attainment": scorecard_charts.attainment(scored, filtered.period),
        "trend": scorecard_charts.trend(str(data.card.name), months),
    }
    downloads = rights.may("data.export")
    return {
        key: ChartCard(
            key,
            spec,
            data.card.version,
            as_of,
            downloads=reverse("scorecard_chart", args=[data.card.public_id, key, "svg"]).removesuffix(".svg")
            if downloads
            else "",
            query=filtered.query(),
        )
        for key, spec in specs.items()
        if spec is not None
    }


def heading(scored: ScoredCard) -> str:
    """The finding: the score, and what costs most."""
    if scored.score.value is None:
        return _("The scorecard cannot be scored for this selection")
    said = {"score": rounded(scored.score.value, 1)}
    known = [
        (scored_loss(one), one) for one in scored.indicators if one.node and one.node.attainment is not None
    ]
    loss, worst = max(known, key=lambda entry: entry[0])
    if loss <= 0:
        return _("%(score)s points: every indicator with a figure meets its target") % said
    said["worst"] = str(worst.metric.name)
    return _("%(score)s points; “%(worst)s” costs most") % said


def scored_loss(one: ScoredIndicator) -> float:
    """Points that an indicator lacks to its target."""
    assert one.node is not None
    assert one.node.attainment is not None
    return 100 * one.node.effective_weight * max(1 - one.node.attainment, 0.0)


def lead(scored: ScoredCard, filtered: Filter) -> str:
    """The sentence under the finding."""
    if scored.total is None or scored.score.value is None:
        return why_not(scored.score)
    said = {
        "n": scored.total.n,
        "all": len(scored.indicators),
        "coverage": percent(scored.total.coverage),
        "period": filtered.period,
    }
    return (
        _(
            "%(period)s: %(n)s of %(all)s indicators have figures; they carry %(coverage)s of the declared weight"
        )
        % said
    )


def _number(scored: ScoredCard) -> str:
    return "—" if scored.score.value is None else rounded(scored.score.value, 1)


def _interval(scored: ScoredCard) -> str:
    if scored.score.low is None or scored.score.high is None:
        return ""
    return f"{rounded(scored.score.low, 1)}–{rounded(scored.score.high, 1)}"
