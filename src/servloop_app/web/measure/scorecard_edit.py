"""A scorecard's form: perspectives, indicators, weights, targets. It works without script: empty rows wait for more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servloop.errors import ServLoopError
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.actions_scorecards import AddScorecard, ChangeScorecard
from servloop_app.measure.scorecard_definitions import (
    MOST_PERSPECTIVES,
    CardDefinition,
    CardIndicator,
    CardPerspective,
)
from servloop_app.measure.scorecard_models import BalancedScorecard
from servloop_app.measure.scorecard_queries import one_scorecard
from servloop_app.web.errors import sentence
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.words import GROUP_LABELS
from servloop_app.web.submit import submit

_EMPTY_ROWS = 2
_NUMBERS = ("weight", "target", "target_high", "worst")
_NUMBER = re.compile(r"[-−]?\d+(?:[.,]\d+)?(?:e-?\d{1,2})?")


@policy("models.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A scorecard of one's own."""
    return _form(request, None)


@policy("models.edit")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Another definition of a card; the earlier one stays in its history."""
    return _form(request, one_scorecard(policy_of(request), public_id))


def _form(request: HttpRequest, card: BalancedScorecard | None) -> HttpResponse:
    rights = policy_of(request)
    if request.method != "POST":
        definition = CardDefinition.of(card) if card else CardDefinition(LocalizedText(), [])
        return _page(request, rights, {"card_row": card, "rows": _rows(definition), "name": definition.name})
    why = ""
    try:
        definition = read_form(request.POST, card)
        action = (
            ChangeScorecard(card.public_id, definition, request.POST.get("reason", ""))
            if card
            else AddScorecard(definition)
        )
        done = submit(request, action, _("Saved; the scores follow at once"))
        if done is not None:
            return redirect("scorecard", done.outcome.public_id)
    except ServLoopError as error:
        if not isinstance(error, ActionError) or error.code != "scorecards.number_unreadable":
            raise
        why = sentence(error)
    given = {
        "card_row": card,
        "rows": _posted(request.POST),
        "name": LocalizedText(request.POST.get("name_zh", ""), request.POST.get("name_en", "")),
        "reason": request.POST.get("reason", ""),
        "unit": request.POST.get("unit", ""),
        "why": why,
    }
    return _page(request, rights, given, status=422)


def _page(request: HttpRequest, rights: Policy, given: dict[str, Any], status: int = 200) -> HttpResponse:
    metrics: dict[str, list[tuple[str, str, bool]]] = {}
    for metric in queries.metrics():
        label = str(GROUP_LABELS.get(metric.group, metric.group))
        metrics.setdefault(label, []).append((metric.code, str(metric.name), metric.computable))
    edited = Unit.objects.filter(pk__in=rights.units("models.edit")).order_by("sort_key")
    context = given | {
        "metrics": metrics,
        "units": [(unit.code, str(unit.name)) for unit in edited if unit.pk != rights.tree.root],
        "whole": rights.tree.root in rights.units("models.edit"),
    }
    return page(request, "web/measure/scorecard_form.html", context, status)


def _rows(definition: CardDefinition) -> list[dict[str, Any]]:
    """The form's rows, with empty ones to add to."""
    rows = [
        {
            "zh": part.name.zh,
            "en": part.name.en,
            "weight": _text(part.weight),
            "indicators": [
                {"metric": one.metric} | {name: _text(getattr(one, name)) for name in _NUMBERS}
                for one in part.indicators
            ],
        }
        for part in definition.perspectives
    ]
    return _with_empty(rows)


def _with_empty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        row["indicators"] += [{} for _ in range(_EMPTY_ROWS)]
    if len(rows) < MOST_PERSPECTIVES:
        rows.append({"indicators": [{} for _ in range(_EMPTY_ROWS + 1)]})
    return rows


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def read_form(given: Mapping[str, str], card: BalancedScorecard | None) -> CardDefinition:
    """The definition that was entered; rows without a metric and perspectives without a name are left out.

    Raises:
        ActionError: `scorecards.number_unreadable`.
    """
    perspectives = []
    for row in _posted(given, empty=False):
        name = LocalizedText(row["zh"].strip(), row["en"].strip())
        indicators = [
            CardIndicator(
                one["metric"],
                _number(one["weight"], 1.0) or 0.0,
                _number(one["target"]),
                _number(one["target_high"]),
                _number(one["worst"]),
            )
            for one in row["indicators"]
            if one["metric"]
        ]
        if name or indicators:
            perspectives.append(CardPerspective(name, _number(row["weight"], 1.0) or 0.0, indicators))
    kept = {one.metric for part in perspectives for one in part.indicators}
    judgements = {
        pair: value
        for pair, value in (card.judgements if card else {}).items()
        if set(pair.split(":")) <= kept
    }
    name = LocalizedText(given.get("name_zh", "").strip(), given.get("name_en", "").strip())
    return CardDefinition(name, perspectives, given.get("unit", ""), judgements)


def _posted(given: Mapping[str, str], *, empty: bool = True) -> list[dict[str, Any]]:
    """The rows as they were sent."""
    rows = []
    for i in range(MOST_PERSPECTIVES + 1):
        if f"p{i}_weight" not in given:
            break
        indicators = []
        j = 0
        while f"p{i}i{j}_metric" in given and j < 100:
            indicators.append(
                {name: given.get(f"p{i}i{j}_{name}", "").strip() for name in ("metric", *_NUMBERS)}
            )
            j += 1
        row: dict[str, Any] = {name: given.get(f"p{i}_{name}", "") for name in ("zh", "en", "weight")}
        row["indicators"] = [one for one in indicators if one["metric"]] if empty else indicators
        if not empty or row["zh"] or row["en"] or row["indicators"]:
            rows.append(row)
    return _with_empty(rows) if empty else rows


def _number(text: str, default: float | None = None) -> float | None:
    if not text:
        return default
    if not _NUMBER.fullmatch(text):
        raise ActionError("scorecards.number_unreadable", received=text[:40])
    return float(text.replace("−", "-").replace(",", "."))
