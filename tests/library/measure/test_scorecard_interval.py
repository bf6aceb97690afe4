"""Intervals of scorecards: by hand, bounds, and starter cards that name metrics of the catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.measure.catalogue import catalogue
from servloop.measure.scorecard import Indicator, Perspective, attainment, scorecard
from servloop.measure.scorecard_interval import card_interval
from servloop.measure.scorecard_templates import starter_cards


def card(actual=80.0):
    return [
        Perspective(
            "a",
            60,
            (Indicator("x", 1, "higher", 100.0, None, actual), Indicator("y", 1, "lower", 10.0, 30.0, 15.0)),
        ),
        Perspective("b", 40, (Indicator("z", 1, "higher", 50.0, None, None),)),
    ]


def test_half_widths_add_up_as_squares():
    # b has no figure: a carries everything, x and y half of it each
    found = card_interval(card(), {("a", "x"): (70.0, 90.0), ("a", "y"): (13.0, 17.0)})
    score = scorecard(card()).score
    half = ((100 * 0.5 * 0.10) ** 2 + (100 * 0.5 * 0.10) ** 2) ** 0.5
    assert (found.low, found.high) == (pytest.approx(score - half), pytest.approx(score + half))
    assert found.ends["a", "x"] == (pytest.approx(0.7), pytest.approx(0.9))
    assert found.lights["a", "x"] == ("red", "yellow")
    assert found.lights["a", "y"] == ("red",)


def test_without_intervals_there_is_none():
    assert card_interval(card(), {}).low is None
    assert card_interval(card(None), {("a", "x"): (1.0, 2.0)}).high is None


@given(st.floats(1, 150), st.floats(0, 30))
def test_the_score_lies_in_its_interval(actual, half):
    found = card_interval(card(actual), {("a", "x"): (actual - half, actual + half)})
    score = scorecard(card(actual)).score
    if found.low is not None:
        assert 0 <= found.low <= score + 1e-9
        assert found.high >= score - 1e-9


def test_starter_cards_name_metrics_of_the_catalogue_with_targets_that_work():
    assert set(starter_cards()) >= {
        "bank",
        "hospital",
        "telecom",
        "hotel",
        "government_hall",
        "it_service_desk",
    }
    for starter in starter_cards().values():
        assert set(starter.names) == {"zh-CN", "en"}
        assert sum(part.weight for part in starter.perspectives) == pytest.approx(100)
        assert len(set(starter.metrics)) == len(starter.metrics)
        for part in starter.perspectives:
            assert sum(one.weight for one in part.indicators) == pytest.approx(100)
            for one in part.indicators:
                metric = catalogue()[one.metric]
                target = one.target if len(one.target) == 2 else one.target[0]
                attainment(Indicator(one.metric, 1, metric.direction, target, one.worst, 1.0))
