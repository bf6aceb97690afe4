"""The units on one card: an index whose ranks admit how sure they are, under several ways to weigh."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import combinations
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.charts import ChartSpec
from servloop.messages import message
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries, scorecard_scoring
from servloop_app.measure.actions_scorecards import JudgeScorecard
from servloop_app.measure.scorecard_queries import PERMISSION, CardData, data_of, one_scorecard
from servloop_app.measure.scorecard_ranking import SCHEMES, Ranking, rank_units
from servloop_app.web.figures import rounded
from servloop_app.web.measure import charts, scorecard_charts
from servloop_app.web.measure.exports import WRITERS, answer_file, exportable
from servloop_app.web.measure.filters import Filter, unit_names
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.scorecard_words import LIGHT_WORDS, MEANINGS, SCHEME_WORDS
from servloop_app.web.measure.scorecards import charts_of, percent, scored_of, units_within
from servloop_app.web.submit import submit

JUDGED = (9, 7, 5, 3, 2, 1, 1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 9)
MOST_COMPARED = 10  # indicators: 45 pairs are what a person can still judge


@policy(PERMISSION)
@require_GET
def units(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Units ranked on one card."""
    rights = policy_of(request)
    row = one_scorecard(rights, public_id)
    data = data_of(rights, row)
    filtered = Filter.of(request, rights, data.cells)
    scheme = _scheme(request)
    names = unit_names(rights)
    ranking, scored = _ranked(data, filtered, scheme)
    codes = list(ranking.weights["card"]) if ranking else []
    context: dict[str, Any] = {
        "card_row": row,
        "filter": filtered,
        "scheme": scheme,
        "keep": [("weights", scheme)],
        "schemes": SCHEME_WORDS,
        "ranking": ranking,
        "pairs": _pairs(data, codes) if len(codes) <= MOST_COMPARED else [],
        "judged": [(f"{value:.6f}", _judged_word(value)) for value in JUDGED],
        "may_edit": rights.may("models.edit", row.unit_id or rights.tree.root),
        "why": message("scorecards.no_units", {}, charts.language()),
    }
    if ranking is not None:
        context |= {
            "heading": scorecard_charts.ranking_title(ranking, names),
            "rows": _rows(ranking, scored, names, data),
            "weights": _weights(ranking, data),
            "notices": [notice.message(charts.language()) for notice in ranking.notices],
            "chart": _chart_card(rights, data, filtered, ranking, names),
            "consistency": _consistency(ranking),
        }
    return page(request, "web/measure/scorecard_units.html", context)


def _scheme(request: HttpRequest) -> str:
    asked = request.GET.get("weights", "card")
    return asked if asked in SCHEMES else "card"


def _ranked(
    data: CardData, filtered: Filter, scheme: str
) -> tuple[Ranking | None, Mapping[str, scorecard_scoring.ScoredCard]]:
    scored = scorecard_scoring.by_unit(
        data.definition, data.metrics, data.cells, filtered.selection, units_within(data, filtered)
    )
    return rank_units(data.definition, data.metrics, scored, scheme), scored


def _rows(
    ranking: Ranking,
    scored: Mapping[str, scorecard_scoring.ScoredCard],
    names: Mapping[str, str],
    data: CardData,
) -> list[dict[str, Any]]:
    rows = []
    for unit in sorted(ranking.index.units, key=lambda one: (one.rank is None, one.rank or 0)):
        light = scored[unit.name].light
        closeness = ranking.closeness.get(unit.name)
        rows.append(
            {
                "name": names.get(unit.name, unit.name),
                "code": unit.name,
                "score": "—" if unit.score.value is None else rounded(unit.score.value, 1),
                "interval": ""
                if unit.score.low is None or unit.score.high is None
                else f"{rounded(unit.score.low, 1)}–{rounded(unit.score.high, 1)}",
                "rank": unit.rank,
                "rank_interval": _span(unit.rank_low, unit.rank_high),
                "first": "—" if unit.first is None else percent(unit.first),
                "missing": [str(data.metrics[code].name) for code in unit.missing if code in data.metrics],
                "meaning": MEANINGS[light],
                "word": LIGHT_WORDS[light],
                "closeness": f"{closeness[0]:.3f}" if closeness else "—",
                "closeness_rank": closeness[1] if closeness else "—",
            }
        )
    return rows


def _span(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return ""
    return str(low) if low == high else f"{low}–{high}"


def _weights(ranking: Ranking, data: CardData) -> list[dict[str, Any]]:
    """The weights of every way side by side."""
    codes = list(ranking.weights["card"])
    return [
        {
            "name": str(data.metrics[code].name),
            "shares": [
                percent(ranking.weights[scheme][code]) if scheme in ranking.weights else "—"
                for scheme in SCHEMES
            ],
        }
        for code in codes
    ]


def _consistency(ranking: Ranking) -> dict[str, str] | None:
    if ranking.comparisons is None:
        return None
    ratio = ranking.comparisons.consistency_ratio
    shown = "—" if ratio.value is None else f"{ratio.value:.3f}"
    if ranking.comparisons.consistent is False:
        return {"meaning": "watch", "ratio": shown, "word": _("inconsistent")}
    return {"meaning": "good", "ratio": shown, "word": _("consistent")}


def _pairs(data: CardData, codes: list[str]) -> list[dict[str, str]]:
    """Every pair with what was judged of it."""
    judgements = data.definition.judgements
    return [
        {
            "key": f"{first}:{second}",
            "first": str(data.metrics[first].name),
            "second": str(data.metrics[second].name),
            "value": _nearest(judgements.get(f"{first}:{second}")),
        }
        for first, second in combinations(codes, 2)
    ]


def _nearest(value: float | None) -> str:
    return "" if value is None else f"{min(JUDGED, key=lambda one: abs(one - value)):.6f}"


def _judged_word(value: float) -> str:
    if value == 1:
        return _("equally important")
    if value > 1:
        return _("%(n)s times as important") % {"n": int(value)}
    return _("1/%(n)s as important") % {"n": round(1 / value)}


@policy("models.edit")
@require_POST
def judge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep the pairwise comparisons."""
    row = one_scorecard(policy_of(request), public_id)
    given = {}
    for pair, text in request.POST.items():
        if ":" not in pair or not text:
            continue
        value = next((one for one in JUDGED if f"{one:.6f}" == text), None)
        if value is not None:
            given[pair] = value
    submit(request, JudgeScorecard(row.public_id, given), _("The comparisons are kept"))
    return redirect(f"{reverse('scorecard_units', args=[public_id])}?weights=ahp#compare")


def _chart_card(
    rights: Policy, data: CardData, filtered: Filter, ranking: Ranking, names: Mapping[str, str]
) -> charts.ChartCard:
    as_of = max((one.result.as_of for one in data.cells.values()), default=dt.datetime.now(dt.UTC))
    query = filtered.query() + (f"&weights={ranking.scheme}")
    return charts.ChartCard(
        "units",
        scorecard_charts.units(ranking, names, filtered.period),
        data.card.version,
        as_of,
        downloads=reverse("scorecard_chart", args=[data.card.public_id, "units", "svg"]).removesuffix(".svg")
        if rights.may("data.export")
        else "",
        query=query,
    )


@policy("data.export")
@require_GET
def chart_file(request: HttpRequest, public_id: UUID, chart: str, ending: str) -> HttpResponse:
    """A chart of a card, in the units whose data the person may both see and take away."""
    seen = policy_of(request)
    if not (seen.may(PERMISSION) and seen.may(queries.PERMISSION)):
        raise NotFound("file", f"{chart}.{ending}")
    rights = exportable(seen)
    data = data_of(rights, one_scorecard(rights, public_id))
    filtered = Filter.of(request, rights, data.cells)
    spec: ChartSpec | None = None
    if chart == "units":
        ranking, _scored = _ranked(data, filtered, _scheme(request))
        if ranking is not None:
            spec = scorecard_charts.units(ranking, unit_names(rights), filtered.period)
    else:
        card = charts_of(rights, data, filtered, scored_of(data, filtered)).get(chart)
        spec = card.spec if card else None
    if spec is None or ending not in WRITERS:
        raise NotFound("file", f"{chart}.{ending}")
    return answer_file(spec, ending, f"{data.card.name} {filtered.first} {filtered.last}")
