"""The model advisor: six questions in the address, a look at the data, a recommendation with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.measure.advisor import MODELS, QUESTIONS, Advice, Recommendation, advise
from servloop.results import Notice
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure.advisor_data import Evidence, counts, data_at_hand
from servloop_app.web.figures import rounded
from servloop_app.web.measure.advisor_words import (
    ANSWER_WORDS,
    KIND_WORDS,
    MODEL_WORDS,
    QUESTION_NAMES,
    QUESTION_WORDS,
    ROLE_WORDS,
    SOURCE_WORDS,
)
from servloop_app.web.measure.charts import language
from servloop_app.web.measure.pages import page

PERMISSION = "models.view"
_AGAINST = "assess.advice_against_"
_SAID_ELSEWHERE = ("assess.advice_data_missing", "assess.advice_data_ready")
_PAGES = {"balanced_scorecard": "scorecards", "loyalty": "metrics"}


@dataclass(frozen=True)
class Advised:
    """A model as the page shows it."""

    found: Recommendation

    @property
    def name(self) -> str:
        """Of the model."""
        return str(MODEL_WORDS[self.found.model])

    @property
    def kind(self) -> str:
        """Its type."""
        return str(KIND_WORDS[self.found.kind])

    @property
    def points(self) -> str:
        """Gained less lost."""
        return f"{self.found.points}".replace("-", "−")

    @property
    def speaking_for(self) -> list[str]:
        """What speaks for it."""
        return self._sentences(against=False)

    @property
    def speaking_against(self) -> list[str]:
        """What speaks against it."""
        return self._sentences(against=True)

    def _sentences(self, *, against: bool) -> list[str]:
        return [
            reason.message(language())
            for reason in self.found.reasons
            if reason.code.startswith(_AGAINST) is against and reason.code not in _SAID_ELSEWHERE
        ]

    @property
    def missing(self) -> list[str]:
        """What data it still needs."""
        return [
            _("%(role)s: %(held)s at hand, %(needed)s needed")
            % {
                "role": ROLE_WORDS[gap.role],
                "held": rounded(gap.at_hand, 0),
                "needed": rounded(gap.needed, 0),
            }
            for gap in self.found.missing
        ]


@policy(PERMISSION)
@require_GET
def advisor(request: HttpRequest) -> HttpResponse:
    """The page; answers that do not exist count as not given."""
    answers = {
        question: given
        for question, choices in QUESTIONS.items()
        if (given := request.GET.get(question, "")) in choices
    }
    evidence = data_at_hand(policy_of(request))
    advice = advise(answers, counts(evidence))
    ranking = [Advised(one) for one in advice.ranking]
    context: dict[str, Any] = {
        "questions": [
            (
                question,
                QUESTION_WORDS[question],
                [(choice, ANSWER_WORDS[choice], answers.get(question) == choice) for choice in choices],
            )
            for question, choices in QUESTIONS.items()
        ],
        "answered": len(answers),
        "heading": heading(advice, answered=len(answers)),
        "ranking": ranking,
        "best": ranking[0] if answers else None,
        "now": next((one for one in ranking if one.found.model == advice.now), None),
        "notices": [_said(notice) for notice in advice.warnings] if answers else [],
        "data": _readiness(advice.at_hand, evidence),
        "address": _address(advice.recommended, evidence),
    }
    return page(request, "web/measure/advisor.html", context)


def heading(advice: Advice, *, answered: int) -> str:
    """The finding."""
    if not answered:
        return _("Which model fits this service?")
    best = str(MODEL_WORDS[advice.recommended.model])
    if advice.recommended.ready:
        return _("%(model)s fits best, and its data are at hand") % {"model": best}
    return _("%(model)s fits best; data for it are missing") % {"model": best}


def _said(notice: Notice) -> str:
    """A notice with words in the place of codes."""
    words: Mapping[str, Any] = QUESTION_NAMES | MODEL_WORDS
    params = {
        key: [str(words.get(one, one)) for one in value]
        if isinstance(value, list)
        else str(words.get(str(value), value))
        for key, value in notice.params.items()
    }
    return Notice(notice.code, notice.count, params).message(language())


def _readiness(held: Mapping[str, int], evidence: list[Evidence]) -> list[dict[str, Any]]:
    """Role by role: how much, from where, and which models it is for."""
    return [
        {
            "name": ROLE_WORDS[role],
            "n": n,
            "enough": n > 0 and all(n >= model.needs[role] for model in MODELS if role in model.needs),
            "sources": [
                (SOURCE_WORDS[one.kind], one.name, _source_address(one), one.n)
                for one in evidence
                if one.role == role
            ][:3],
            "needed": [
                (MODEL_WORDS[model.code], model.needs[role]) for model in MODELS if role in model.needs
            ],
        }
        for role, n in held.items()
    ]


def _source_address(one: Evidence) -> str:
    try:
        if one.kind == "study":
            return reverse("study", args=[one.reference])
        return reverse("metric", args=[one.reference]) if one.kind == "metric" else ""
    except NoReverseMatch:
        return ""


def _address(best: Recommendation, evidence: list[Evidence]) -> str:
    """Where the recommended model is used, when its data are there."""
    if not best.ready:
        return ""
    if best.model in _PAGES:
        return reverse(_PAGES[best.model])
    needed = {model.code: set(model.needs) for model in MODELS}[best.model]
    studies = [one for one in evidence if one.kind == "study" and one.role in needed]
    return _source_address(studies[0]) if studies else ""
