"""The model advisor: six questions and a look at the data say which model to use, why, and what is missing.

Three types of model: gap (expectation against perception), performance (perception only), priority (what to work on
first). Every point that a model gains or loses is a reason that people can read; nothing is hidden in a formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import numeric_matrix
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

#: The six questions and their answers.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "purpose": ("benchmarking", "improvement", "satisfaction"),
    "tangibility": ("tangible", "mixed", "intangible"),
    "complexity": ("simple", "moderate", "complex"),
    "budget": ("low", "medium", "high"),
    "survey_length": ("one_question", "short", "long"),
    "viewpoint": ("customers", "organisation", "both"),
}

#: What data can contain: role → sentence code ``assess.role_…``.
ROLES = (
    "perception",
    "expectation",
    "importance",
    "overall",
    "recommend",
    "kano_pairs",
    "constructs",
    "internal_figures",
    "self_assessment",
)


@dataclass(frozen=True)
class Model:
    """One model: its type, what it needs (role → answers), and what speaks for it (question, answer → points)."""

    code: str
    kind: str
    needs: Mapping[str, int]
    points: Mapping[tuple[str, str], int]


MODELS = (
    Model(
        "servqual",
        "gap",
        {"expectation": 100, "perception": 100},
        {
            ("purpose", "improvement"): 3,
            ("purpose", "benchmarking"): 1,
            ("tangibility", "intangible"): 2,
            ("complexity", "complex"): 2,
            ("complexity", "simple"): -1,
            ("budget", "low"): -2,
            ("budget", "high"): 1,
            ("survey_length", "long"): 2,
            ("survey_length", "one_question"): -4,
            ("viewpoint", "organisation"): -3,
            ("viewpoint", "both"): 1,
        },
    ),
    Model(
        "servperf",
        "performance",
        {"perception": 100},
        {
            ("purpose", "benchmarking"): 3,
            ("purpose", "satisfaction"): 2,
            ("tangibility", "intangible"): 1,
            ("complexity", "moderate"): 1,
            ("budget", "medium"): 1,
            ("survey_length", "short"): 1,
            ("survey_length", "long"): 1,
            ("survey_length", "one_question"): -3,
            ("viewpoint", "organisation"): -3,
        },
    ),
    Model(
        "loyalty",
        "performance",
        {"recommend": 50},
        {
            ("purpose", "benchmarking"): 1,
            ("purpose", "satisfaction"): 2,
            ("complexity", "simple"): 2,
            ("complexity", "complex"): -1,
            ("budget", "low"): 2,
            ("survey_length", "one_question"): 4,
            ("viewpoint", "organisation"): -3,
        },
    ),
    Model(
        "satisfaction_index",
        "performance",
        {"constructs": 200},
        {
            ("purpose", "satisfaction"): 4,
            ("purpose", "benchmarking"): 2,
            ("complexity", "complex"): 1,
            ("budget", "low"): -1,
            ("budget", "high"): 1,
            ("survey_length", "long"): 1,
            ("survey_length", "one_question"): -4,
            ("viewpoint", "organisation"): -3,
        },
    ),
    Model(
        "importance_performance",
        "priority",
        {"importance": 50, "perception": 50},
        {
            ("purpose", "improvement"): 3,
            ("tangibility", "tangible"): 1,
            ("complexity", "simple"): 1,
            ("complexity", "moderate"): 1,
            ("budget", "low"): 1,
            ("survey_length", "short"): 1,
            ("survey_length", "one_question"): -3,
            ("viewpoint", "organisation"): -3,
        },
    ),
    Model(
        "key_drivers",
        "priority",
        {"perception": 100, "overall": 100},
        {
            ("purpose", "improvement"): 3,
            ("complexity", "complex"): 1,
            ("budget", "low"): 1,
            ("survey_length", "short"): 1,
            ("survey_length", "one_question"): -3,
            ("viewpoint", "organisation"): -2,
        },
    ),
    Model(
        "kano",
        "priority",
        {"kano_pairs": 30},
        {
            ("purpose", "improvement"): 2,
            ("tangibility", "tangible"): 2,
            ("complexity", "simple"): 1,
            ("budget", "low"): -1,
            ("survey_length", "long"): 1,
            ("survey_length", "one_question"): -3,
            ("viewpoint", "organisation"): -3,
        },
    ),
    Model(
        "balanced_scorecard",
        "performance",
        {"internal_figures": 1},
        {
            ("purpose", "improvement"): 1,
            ("purpose", "satisfaction"): -1,
            ("complexity", "complex"): 1,
            ("viewpoint", "organisation"): 4,
            ("viewpoint", "both"): 2,
        },
    ),
    Model(
        "efqm",
        "performance",
        {"self_assessment": 1},
        {
            ("purpose", "benchmarking"): 2,
            ("purpose", "satisfaction"): -1,
            ("complexity", "complex"): 1,
            ("budget", "high"): 1,
            ("budget", "low"): -1,
            ("viewpoint", "organisation"): 3,
        },
    ),
)
#: Points for data that are all there, and for each role without enough.
READY_POINTS, MISSING_POINTS = 3, -1


@dataclass(frozen=True)
class Missing:
    """A role that the model needs: answers at hand and answers needed."""

    role: str
    at_hand: int
    needed: int


@dataclass(frozen=True)
class Recommendation:
    """One model: points, why, and what is missing before it can be computed."""

    model: str
    kind: str
    points: int
    ready: bool
    reasons: tuple[Notice, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, kw_only=True)
class Advice(Result):
    """Models from the most to the least fitting; the first is the recommendation.

    Attributes:
        answers: as given.
        at_hand: role → complete answers.
        ranking: all models.
        now: the best model that the data at hand allow already; None when they allow none.
    """

    answers: Mapping[str, str]
    at_hand: Mapping[str, int]
    ranking: tuple[Recommendation, ...]
    now: str | None

    @property
    def recommended(self) -> Recommendation:
        """The model that fits best."""
        return self.ranking[0]

    def to_frame(self) -> pl.DataFrame:
        """One row a model."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "model": r.model,
                    "kind": r.kind,
                    "points": r.points,
                    "ready": r.ready,
                    "missing": ", ".join(m.role for m in r.missing),
                }
                for r in self.ranking
            ]
        )


def data_at_hand(frame: Any, roles: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The readiness report: how many rows have an answer in at least half of a role's columns.

    Args:
        frame: any data frame.
        roles: role of `ROLES` → numeric columns.

    Raises:
        SpecError: an unknown role.
    """
    _check("roles", roles, ROLES)
    found = dict.fromkeys(ROLES, 0)
    for role, columns in roles.items():
        if columns:
            answered = ~np.isnan(numeric_matrix(frame, list(columns)))
            found[role] = int((2 * answered.sum(axis=1) >= len(columns)).sum())
    return found


def advise(answers: Mapping[str, str], at_hand: Mapping[str, int] | None = None) -> Advice:
    """Recommend a model.

    Args:
        answers: question → answer, as `QUESTIONS` lists them; a question may be left out.
        at_hand: role → answers (see `data_at_hand`); nothing is at hand when not given.

    Raises:
        SpecError: an unknown question, answer or role.
    """
    _check("question", answers, tuple(QUESTIONS))
    for question, given in answers.items():
        if given not in QUESTIONS[question]:
            raise SpecError(
                "assess.unknown_choice", name=question, received=given, known=list(QUESTIONS[question])
            )
    held = dict.fromkeys(ROLES, 0) | dict(at_hand or {})
    _check("role", held, ROLES)
    ranking = sorted((_judged(model, answers, held) for model in MODELS), key=lambda r: -r.points)
    unanswered = [question for question in QUESTIONS if question not in answers]
    notices = []
    if unanswered:
        notices.append(Notice("assess.questions_open", len(unanswered), {"names": unanswered}))
    if len(ranking) > 1 and ranking[0].points == ranking[1].points:
        notices.append(
            Notice("assess.advice_tied", params={"first": ranking[0].model, "second": ranking[1].model})
        )
    ready = [r.model for r in ranking if r.ready]
    return Advice(
        warnings=tuple(notices),
        answers=dict(answers),
        at_hand=held,
        ranking=tuple(ranking),
        now=ready[0] if ready else None,
    )


def _judged(model: Model, answers: Mapping[str, str], held: Mapping[str, int]) -> Recommendation:
    points = 0
    reasons = []
    for (question, answer), value in model.points.items():
        if answers.get(question) == answer:
            points += value
            side = "for" if value > 0 else "against"
            reasons.append(Notice(f"assess.advice_{side}_{question}_{answer}", abs(value)))
    missing = tuple(
        Missing(role, held[role], needed) for role, needed in model.needs.items() if held[role] < needed
    )
    points += MISSING_POINTS * len(missing) if missing else READY_POINTS
    if not missing:
        reasons.append(Notice("assess.advice_data_ready", READY_POINTS))
    for gap in missing:
        params = {"role": gap.role, "at_hand": gap.at_hand, "needed": gap.needed}
        reasons.append(Notice("assess.advice_data_missing", abs(MISSING_POINTS), params))
    return Recommendation(model.code, model.kind, points, not missing, tuple(reasons), missing)


def _check(name: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SpecError("assess.unknown_choice", name=name, received=", ".join(unknown), known=list(known))
