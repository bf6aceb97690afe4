"""Balanced scorecard: attainment, weights of missing indicators, lights, and the properties any card must have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.scorecard import (
    Indicator,
    Perspective,
    attainment,
    light_of,
    scorecard,
    scorecard_from_spec,
)
from servloop.measure.specs import validated


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        (Indicator("a", target=80, actual=60), 0.75),
        (Indicator("a", target=80, actual=200), 1.2),
        (Indicator("a", target=80, actual=-5), 0),
        (Indicator("a", target=80, actual=None), None),
        (Indicator("a", target=80, actual=float("nan")), None),
        (Indicator("a", direction="lower", target=5, actual=10), 0.5),
        (Indicator("a", direction="lower", target=5, actual=0), 1.2),
        (Indicator("a", direction="lower", target=5, worst=15, actual=10), 0.5),
        (Indicator("a", direction="lower", target=0, worst=10, actual=5), 0.5),
        (Indicator("a", direction="higher", target=90, worst=50, actual=70), 0.5),
        (Indicator("a", direction="band", target=(18, 22), actual=20), 1),
        (Indicator("a", direction="band", target=(18, 22), actual=24), 0.5),
        (Indicator("a", direction="band", target=(18, 22), worst=8, actual=24), 0.75),
        (Indicator("a", direction="band", target=(18, 22), actual=99), 0),
    ],
)
def test_attainment(indicator: Indicator, expected: float | None) -> None:
    assert attainment(indicator) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    "wrong",
    [
        Indicator("a", direction="sideways"),
        Indicator("a", direction="band", target=3),
        Indicator("a", target=(1, 2)),
        Indicator("a", target=0, actual=1),
        Indicator("a", direction="band", target=(2, 1), actual=1),
        Indicator("a", target=5, worst=9, actual=6),
        Indicator("a", direction="lower", target=5, worst=1, actual=6),
    ],
)
def test_unusable_targets_are_refused_even_before_there_is_a_value(wrong: Indicator) -> None:
    with pytest.raises(SpecError):
        attainment(wrong)


SPEC = {
    "perspectives": [
        {
            "name": "客户",
            "weight": 40,
            "indicators": [
                {"name": "CSAT", "weight": 3, "target": 90, "actual": 81},
                {"name": "投诉 😀", "weight": 1, "direction": "lower", "target": 10, "actual": 20},
            ],
        },
        {"name": "流程", "weight": 60, "branches": [{"name": "速度", "indicators": [{"name": "TTR", "target": [2, 4]}]}]},
    ]
}  # fmt: skip


def test_score_tree_and_lights() -> None:
    card = scorecard_from_spec(validated("balanced-scorecard", SPEC), {"TTR": 3})
    assert card.score == pytest.approx(100 * (0.4 * (0.75 * 0.9 + 0.25 * 0.5) + 0.6))
    by_path = {"/".join(node.path): node for node in card.nodes}
    assert by_path["客户/CSAT"].light == "yellow"
    assert by_path["客户/投诉 😀"].light == "red"
    assert by_path["流程/速度"].light == "green"
    assert by_path["客户/CSAT"].weight == pytest.approx(0.3)
    leaves = [node for node in card.nodes if node.kind == "indicator"]
    assert sum(node.contribution for node in leaves) == pytest.approx(card.score)
    assert card.to_frame().height == 6


def test_missing_values_pass_their_weight_on_and_are_named() -> None:
    card = scorecard_from_spec(SPEC)
    assert card.score == pytest.approx(100 * (0.75 * 0.9 + 0.25 * 0.5))
    assert (card.n, card.indicators, card.coverage) == (2, 3, pytest.approx(0.4))
    assert card.warnings[0].params["names"] == ["流程 / 速度 / TTR"]
    assert {node.light for node in card.nodes if node.path[0] == "流程"} == {"grey"}
    nothing = scorecard([Perspective("p", indicators=(Indicator("a", target=1),))])
    assert (nothing.score, nothing.light, nothing.reason.code) == (None, "grey", "assess.card_without_values")


def test_caps_are_announced() -> None:
    card = scorecard([Perspective("p", indicators=(Indicator("a", target=1, actual=9),))])
    assert card.score == pytest.approx(120)
    assert card.warnings[0].code == "assess.attainment_capped"


actuals = st.lists(st.one_of(st.none(), st.floats(0, 200)), min_size=1, max_size=6)


@given(values=actuals, scale=st.floats(0.01, 100))
@settings(max_examples=60)
def test_score_is_bounded_and_depends_on_relative_weights_only(values: list, scale: float) -> None:
    def card(factor: float) -> Perspective:
        return Perspective(
            "p",
            indicators=tuple(
                Indicator(str(i), weight=(i + 1) * factor, target=100, actual=v) for i, v in enumerate(values)
            ),
        )

    plain, scaled = scorecard([card(1)]), scorecard([card(scale)])
    if plain.score is None:
        assert all(v is None for v in values)
    else:
        assert -1e-9 <= plain.score <= 120 + 1e-9
        assert scaled.score == pytest.approx(plain.score)
        reached = [min(v / 100, 1.2) * 100 for v in values if v is not None]
        assert min(reached) - 1e-9 <= plain.score <= max(reached) + 1e-9


@pytest.mark.parametrize(
    "card",
    [
        [],
        [Perspective("p")],
        [Perspective("p", indicators=(Indicator("a"), Indicator("a")))],
        [Perspective("p", indicators=(Indicator("a", weight=-1),))],
        [Perspective("p", weight=0, indicators=(Indicator("a"),))],
    ],
)
def test_impossible_cards_are_refused(card: list[Perspective]) -> None:
    with pytest.raises(SpecError):
        scorecard(card)


@pytest.mark.parametrize(("value", "light"), [(1.0, "green"), (0.9, "yellow"), (0.89, "red"), (None, "grey")])
def test_lights(value: float | None, light: str) -> None:
    assert light_of(value) == light
