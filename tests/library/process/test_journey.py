"""The journey: stages filled from log and feedback, lanes complete, gaps said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.library.process.logs import log, paths

from servloop.diagnose.journey import LANES, Feedback, Stage, blueprint, journey
from servloop.errors import InputError, SpecError

STAGES = [Stage("申请", ("A", "B"), ("web",)), Stage("solve", ("C",), ("phone",)), Stage("after", ("Z",), ())]
SAID = Feedback(
    touchpoint=["web", "web", "web", "phone", None, "fax"],
    rating=np.array([1.0, 2.0, 5.0, np.nan, 1.0, 1.0]),
    sentiment=np.array([-0.2, -0.9, 0.8, -0.5, 0.0, 0.0]),
    theme=["等待", "等待", "等待", "tone 😡", "x", "y"],
    text=["慢", "very slow", "fine", None, "a", "b"],
)


def test_stages_have_volume_time_emotion_and_pain() -> None:
    found = journey(
        log(paths("ABC", "ACB", "AX")), STAGES, feedback=SAID, lanes={"A": "customer", "C": "front"}
    )
    first, second, third = found.stages
    assert (first.cases, first.share, second.cases, third.cases) == (3, 1.0, 2, 0)
    assert first.seconds.value == 3600  # 1 h, 2 h, 0 h
    assert first.complete.value == pytest.approx(2 / 3)  # ACB comes back
    assert first.rating.value == pytest.approx(8 / 3)
    assert (first.bad, [(pain.theme, pain.n, pain.share) for pain in first.pains]) == (2, [("等待", 2, 1.0)])
    assert first.quotes == ("慢", "very slow")
    assert (second.bad, second.quotes, second.rating.reason.code) == (1, (), "journey.no_feedback")
    assert third.seconds.reason.code == "journey.no_cases"
    assert found.feedback_n == 4
    assert [notice.code for notice in found.warnings] == [
        "journey.events_unmapped",
        "journey.activities_absent",
    ]
    assert found.to_frame().height == 3


def test_the_blueprint_has_every_step_once_in_its_lane() -> None:
    found = journey(log(paths("ABC")), STAGES, lanes={"A": "customer", "C": "front"})
    drawn = blueprint(found)
    assert tuple(drawn) == LANES
    where = {step.activity: (lane, stage) for lane in drawn for stage, steps in drawn[lane] for step in steps}
    assert where == {"A": ("customer", "申请"), "B": ("back", "申请"), "C": ("front", "solve")}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text("ABCX", min_size=1, max_size=6), max_size=8))
def test_every_mapped_event_is_counted_once(texts: list[str]) -> None:
    found = journey(log(paths(*texts)), STAGES)
    assert sum(step.n for stage in found.stages for step in stage.steps) == sum(
        len(t) - t.count("X") for t in texts
    )
    for stage, letters in zip(found.stages, ("AB", "C", "Z"), strict=True):
        assert stage.cases == sum(any(letter in text for letter in letters) for text in texts)


def test_wrong_requests() -> None:
    built = log(paths("AB"))
    for stages, lanes in (([], {}), ([Stage("x", ("A",)), Stage("y", ("A",))], {}), (STAGES, {"A": "roof"})):
        with pytest.raises(SpecError):
            journey(built, stages, lanes=lanes)
    with pytest.raises(InputError):
        Feedback(touchpoint=["web"])
