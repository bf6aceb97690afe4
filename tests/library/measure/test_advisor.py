"""The advisor recommends what the questions and the data speak for, with reasons in both languages."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.advisor import MODELS, QUESTIONS, ROLES, advise, data_at_hand

FULL = dict.fromkeys(ROLES, 1000)


@pytest.mark.parametrize(
    ("answers", "model", "kind"),
    [
        (
            {"purpose": "improvement", "tangibility": "intangible", "complexity": "complex", "budget": "high", "survey_length": "long", "viewpoint": "customers"},
            "servqual",
            "gap",
        ),
        (
            {"purpose": "benchmarking", "tangibility": "intangible", "complexity": "moderate", "budget": "medium", "survey_length": "short", "viewpoint": "customers"},
            "servperf",
            "performance",
        ),
        (
            {"purpose": "satisfaction", "complexity": "simple", "budget": "low", "survey_length": "one_question", "viewpoint": "customers"},
            "loyalty",
            "performance",
        ),
        (
            {"purpose": "satisfaction", "complexity": "complex", "budget": "high", "survey_length": "long", "viewpoint": "customers"},
            "satisfaction_index",
            "performance",
        ),
        (
            {"purpose": "improvement", "tangibility": "tangible", "complexity": "simple", "budget": "low", "survey_length": "short", "viewpoint": "customers"},
            "importance_performance",
            "priority",
        ),
        ({"purpose": "improvement", "complexity": "complex", "viewpoint": "organisation"}, "balanced_scorecard", "performance"),
    ],
)  # fmt: skip
def test_typical_cases(answers: dict, model: str, kind: str) -> None:
    advice = advise(answers, FULL)
    assert (advice.recommended.model, advice.recommended.kind) == (model, kind)
    assert advice.now == model
    assert advice.recommended.reasons


def test_data_at_hand_change_the_advice_and_gaps_are_named() -> None:
    answers = {
        "purpose": "improvement",
        "survey_length": "short",
        "viewpoint": "customers",
        "budget": "medium",
    }
    advice = advise(answers, {"perception": 400, "overall": 400, "importance": 10})
    assert advice.recommended.model == "key_drivers"
    by_model = {r.model: r for r in advice.ranking}
    (gap,) = by_model["importance_performance"].missing
    assert (gap.role, gap.at_hand, gap.needed) == ("importance", 10, 50)
    assert not by_model["servqual"].ready
    nothing = advise(answers)
    assert nothing.now is None
    assert all(r.missing for r in nothing.ranking)


def test_open_questions_and_ties_are_said() -> None:
    advice = advise({}, FULL)
    codes = [w.code for w in advice.warnings]
    assert codes == ["assess.questions_open", "assess.advice_tied"]
    assert advice.warnings[0].count == len(QUESTIONS)
    assert advice.to_frame().height == len(MODELS)


@given(
    answers=st.fixed_dictionaries({}, optional={q: st.sampled_from(a) for q, a in QUESTIONS.items()}),
    held=st.fixed_dictionaries({}, optional={role: st.integers(0, 500) for role in ROLES}),
)
def test_advice_is_total_ordered_and_readable(answers: dict, held: dict) -> None:
    advice = advise(answers, held)
    points = [r.points for r in advice.ranking]
    assert points == sorted(points, reverse=True)
    assert {r.model for r in advice.ranking} == {m.code for m in MODELS}
    for language in ("zh-CN", "en"):
        for recommendation in advice.ranking:
            for reason in recommendation.reasons:
                assert "assess." not in reason.message(language)
                assert "{" not in reason.message(language)


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for question, choices in QUESTIONS.items():
        for choice in choices:
            for recommendation in advise({question: choice}).ranking:
                chinese = [reason.message("zh") for reason in recommendation.reasons]
                english = [reason.message("en") for reason in recommendation.reasons]
                assert all("assess." not in text for text in chinese + english)
                assert set(chinese).isdisjoint(english)


def test_more_data_never_make_a_model_less_fit() -> None:
    for role in ROLES:
        before = {r.model: r.points for r in advise({}, {role: 0}).ranking}
        after = {r.model: r.points for r in advise({}, {role: 1000}).ranking}
        assert all(after[model] >= before[model] for model in before)


def test_readiness_counts_rows_with_half_of_the_answers() -> None:
    frame = pl.DataFrame({"e1": [7, None, None], "e2": [6, 5, None], "p1": [1, 2, 3], "推荐": [10, None, 9]})
    held = data_at_hand(frame, {"expectation": ["e1", "e2"], "perception": ["p1"], "recommend": ["推荐"]})
    assert (held["expectation"], held["perception"], held["recommend"], held["kano_pairs"]) == (2, 3, 2, 0)
    assert data_at_hand(frame, {"overall": []})["overall"] == 0
    assert data_at_hand(frame[:0], {"perception": ["p1"]})["perception"] == 0


@pytest.mark.parametrize(
    ("answers", "held"), [({"colour": "red"}, {}), ({"purpose": "fun"}, {}), ({}, {"telepathy": 3})]
)
def test_unknown_answers_are_refused(answers: dict, held: dict) -> None:
    with pytest.raises(SpecError):
        advise(answers, held)
