"""Key steps: the order follows the sources and their weights, and says how firm it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare
from tests.library.process.logs import log, paths

from servloop.diagnose.process.key_steps import key_steps, process_marks, process_scores
from servloop.errors import SpecError

SOURCES = {
    "process": {"受理": 0.1, "审核": 0.9, "通知": 0.3},
    "feedback": {"受理": 5.0, "审核": 20.0, "通知": 40.0},
    "experts": {"受理": 2.0, "审核": 4.5, "通知": 3.0},
}


def test_the_ranking_has_places_reasons_and_agreement() -> None:
    found = key_steps(SOURCES)
    assert [step.activity for step in found.steps] == ["审核", "通知", "受理"]
    first = found.steps[0]
    assert (first.place, first.score) == (1, pytest.approx((1 + 0.5 + 1) / 3))
    assert first.reason.params["source"] == "process"
    assert "process" in first.reason.message("zh")
    assert (found.steps[2].low, found.steps[2].high) == (3, 3)  # last in all sources: last in all weightings
    assert first.high == 2
    expected = friedmanchisquare(*[[SOURCES[s][a] for s in SOURCES] for a in ("受理", "审核", "通知")])
    assert found.p == pytest.approx(expected.pvalue)
    assert found.agreement.value == pytest.approx(expected.statistic / (3 * 2))
    assert found.to_frame().columns[-3:] == list(SOURCES)


def test_weights_change_the_order() -> None:
    found = key_steps(SOURCES, weights={"feedback": 3, "process": 1})
    assert found.steps[0].activity == "通知"
    assert found.weights == {"process": 0.25, "feedback": 0.75, "experts": 0}


def test_a_source_may_lack_steps() -> None:
    found = key_steps({"process": {"a": 1.0, "b": 2.0}, "kpi": {"b": 1.0, "c": 9.0}})
    places = {step.activity: step.place for step in found.steps}
    assert places == {"c": 1, "b": 2, "a": 3}
    assert found.warnings[0].count == 2
    assert found.agreement.reason.code == "process.key_steps_no_agreement"


scores = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5).map(float), min_size=1)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(["process", "kpi", "feedback"]), scores, min_size=1))
def test_places_follow_scores_and_scale_does_not_matter(sources: dict[str, dict[str, float]]) -> None:
    found = key_steps(sources)
    listed = [step.score for step in found.steps]
    # Equal scores may differ in the last digit: they were summed in another order.
    assert listed == pytest.approx(sorted(listed, reverse=True), abs=1e-12)
    assert all(0 <= step.score <= 1 and step.low <= step.high for step in found.steps)
    stretched = {name: {a: value**3 * 7 + 1 for a, value in held.items()} for name, held in sources.items()}
    assert [(s.activity, s.place) for s in key_steps(stretched).steps] == [
        (s.activity, s.place) for s in found.steps
    ]


@settings(deadline=None, max_examples=30)
@given(scores)
def test_one_source_keeps_its_own_order_in_every_weighting(held: dict[str, float]) -> None:
    for step in key_steps({"kpi": held}).steps:
        assert step.place == step.low == step.high == 1 + sum(v > held[step.activity] for v in held.values())


def test_marks_of_the_process() -> None:
    marks = {mark.activity: mark for mark in process_marks(log(paths("ABBC", "AC")))}
    assert marks["B"].influence == 0.5
    assert marks["B"].improvement == 0.5
    assert marks["B"].complexity == 4  # A and itself before, itself and C after
    assert marks["B"].bottleneck == pytest.approx(2 / 4)
    assert np.isclose(sum(mark.bottleneck for mark in marks.values()), 1)
    assert set(process_scores(tuple(marks.values()))) == {"A", "B", "C"}
    assert process_scores(process_marks(log([]))) == {}


def test_wrong_requests() -> None:
    for wrong in (
        {"sources": {}},
        {"sources": {"kpi": {}}},
        {"sources": SOURCES, "weights": {"nobody": 1}},
        {"sources": SOURCES, "weights": {"process": -1}},
        {"sources": SOURCES, "weights": {"process": 0}},
        {"sources": {"kpi": {"a": float("nan")}}},
    ):
        with pytest.raises(SpecError):
            key_steps(**wrong)
