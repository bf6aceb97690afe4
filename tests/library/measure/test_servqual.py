"""SERVQUAL on a real survey, and its rules: pairs, missing items, points, groups."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError
from servloop.measure.servqual import ServqualResult, servqual
from servloop.measure.servqual_spec import ServqualSpec, parse_spec


def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/servqual_kiosk.json").read_text())


def kiosk_spec(reference: Path, weights: list[float] | None = None) -> ServqualSpec:
    expected = golden(reference)["dims"]
    placed = {number: name for name, dimension in expected.items() for number in dimension["items"]}
    numbers = [*placed, *sorted(set(range(1, 25)) - set(placed))]
    items = []
    for number in numbers:
        item = {"name": str(number), "expectation": f"sq{number}_1", "perception": f"sq{number}_2"}
        items.append(item | ({"dimension": placed[number]} if number in placed else {}))
    points = {"weights": dict(zip(expected, weights, strict=True))} if weights else {}
    return parse_spec({"items": items, **points})


@pytest.fixture(scope="module")
def kiosk(reference: Path) -> ServqualResult:
    frame = pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv")
    points = golden(reference)["weighted_example"]["weights"]
    return servqual(frame, kiosk_spec(reference, points), by="sex", samples=400)


@pytest.mark.parametrize("number", range(1, 25))
def test_items_reproduce_the_golden_figures(kiosk: ServqualResult, reference: Path, number: int) -> None:
    expected = golden(reference)["item"][number - 1]
    item = kiosk.figures.items[str(number)]
    assert item.expectation.value == pytest.approx(expected["E"], rel=1e-6)
    assert item.perception.value == pytest.approx(expected["P"], rel=1e-6)
    assert item.gap.value == pytest.approx(expected["gap"], rel=1e-6)
    assert item.sd == pytest.approx(expected["sd_gap"], rel=1e-6)
    assert item.statistic == pytest.approx(expected["t"], rel=1e-6)
    assert item.p_value == pytest.approx(expected["p"], rel=1e-6)
    assert item.p_adjusted >= item.p_value
    assert item.gap.n == 194


@pytest.mark.parametrize("name", ["tangible", "security", "economy", "convenience", "reliability", "control"])
def test_dimensions_reproduce_the_golden_figures(kiosk: ServqualResult, reference: Path, name: str) -> None:
    expected = golden(reference)["dims"][name]
    dimension = kiosk.figures.dimensions[name]
    assert dimension.expectation.value == pytest.approx(expected["E"], rel=1e-6)
    assert dimension.perception.value == pytest.approx(expected["P"], rel=1e-6)
    assert dimension.gap.value == pytest.approx(expected["gap"], rel=1e-6)
    assert dimension.quality.alpha_perception == pytest.approx(expected["alpha_P"], rel=1e-6)
    assert dimension.quality.alpha_gap == pytest.approx(expected["alpha_gap"], rel=1e-6)
    assert dimension.gap.low < dimension.gap.value < dimension.gap.high


def test_overall_figures_reproduce_the_golden_ones(kiosk: ServqualResult, reference: Path) -> None:
    expected = golden(reference)
    figures = kiosk.figures
    assert figures.respondents == expected["n"]
    assert figures.gap.value == pytest.approx(expected["overall_unweighted_gap_mean_of_dims"], rel=1e-6)
    assert figures.item_mean_gap.value == pytest.approx(expected["overall_item_mean_gap"], rel=1e-6)
    assert figures.servperf.value == pytest.approx(expected["servperf_overall"], rel=1e-6)
    weighted = expected["weighted_example"]["weighted_gap"]
    assert figures.weighted_gap.value == pytest.approx(weighted, rel=1e-6)
    assert kiosk.warnings == ()


def test_the_bootstrap_interval_is_close_to_students(kiosk: ServqualResult) -> None:
    for figure in kiosk.figures.items.values():
        half = 1.9723 * figure.sd / np.sqrt(194)
        assert (figure.gap.high - figure.gap.low) / 2 == pytest.approx(half, rel=0.2)


def test_difference_scores_are_less_reliable_than_their_parts(kiosk: ServqualResult) -> None:
    for figure in kiosk.figures.dimensions.values():
        parts = max(figure.quality.alpha_expectation, figure.quality.alpha_perception)
        assert figure.quality.reliability_of_difference <= parts


def test_groups_json_and_frame(kiosk: ServqualResult) -> None:
    assert set(kiosk.groups) == {"남", "여"}
    assert sum(figures.respondents for figures in kiosk.groups.values()) == 194
    assert set(kiosk.differences) == {"overall", *kiosk.figures.dimensions}
    document = kiosk.to_dict()
    assert document["gap"] == kiosk.figures.gap.value
    assert document["dimensions"]["control"].keys() >= {
        "expectation",
        "perception",
        "gap",
        "n",
        "low",
        "high",
    }
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert kiosk.to_frame().height == 3 * (24 + 6)


TWO = {
    "scale": [1, 7],
    "items": [
        {"dimension": "a", "expectation": "e1", "perception": "p1"},
        {"dimension": "a", "expectation": "e2", "perception": "p2"},
        {"dimension": "b", "expectation": "e3", "perception": "p3", "reverse": True},
    ],
}
COLUMNS = ["e1", "e2", "e3", "p1", "p2", "p3"]


def frame(rows: list[list[float | None]], **more: list) -> pl.DataFrame:
    data = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.Float64), orient="row")
    return data.with_columns(**{name: pl.Series(values) for name, values in more.items()})


def test_reverse_items_missing_answers_and_pairs() -> None:
    result = servqual(frame([[7, 6, 2, 5, None, 3], [7, None, 1, 6, 4, 1]]), parse_spec(TWO), samples=0)
    items = result.figures.items
    assert items["p3"].expectation.value == pytest.approx((6 + 7) / 2)
    assert items["p3"].gap.value == pytest.approx(-0.5)
    assert items["p2"].gap.reason.code == "measure.servqual_part_missing"
    assert result.figures.dimensions["a"].gap.value == pytest.approx(-1.5)
    assert result.figures.gap.value == pytest.approx(-1.0)
    assert result.figures.item_mean_gap.reason is not None


def test_half_of_a_dimensions_items_suffice_and_less_does_not() -> None:
    items = [{"dimension": "d", "expectation": f"e{i}", "perception": f"p{i}"} for i in (1, 2, 3)]
    data = frame([[7, 7, 7, 5, 5, None], [7, 7, 7, 1, None, None]])
    dimension = servqual(data, parse_spec({"items": items}), samples=0).figures.dimensions["d"]
    assert dimension.gap.n == 1
    assert dimension.gap.value == pytest.approx(-2)


def test_each_respondents_own_points_count() -> None:
    rows = [[7, 7, 1, 5, 5, 1], [7, 7, 1, 7, 7, 4], [7, 7, 1, 6, 6, 2]]
    points = {"wa": [100, 0, 30], "wb": [0, 50, 20]}
    spec = parse_spec(TWO | {"weights": {"a": "wa", "b": "wb"}})
    result = servqual(frame(rows, **points), spec, samples=0)
    # persons: −2; −3; (30·−1 + 20·−1)/50 = −1. Mean points × mean gaps would give another number.
    assert result.figures.weighted_gap.value == pytest.approx((-2 - 3 - 1) / 3)
    codes = {notice.code: notice.count for notice in result.warnings}
    assert codes["measure.servqual_weights_not_100"] == 2


def test_unusable_points_are_left_out_and_counted() -> None:
    rows = [[7, 7, 1, 5, 5, 1]] * 4
    points = {"wa": [60.0, 0.0, None, -5.0], "wb": [40.0, 0.0, None, 105.0]}
    result = servqual(frame(rows, **points), parse_spec(TWO | {"weights": {"a": "wa", "b": "wb"}}), samples=0)
    assert result.figures.weighted_gap.n == 1
    assert {n.code: n.count for n in result.warnings}["measure.servqual_weights_unusable"] == 3


def test_perceptions_only_is_servperf() -> None:
    items = [{"dimension": "a", "perception": "p1"}, {"dimension": "b", "perception": "p2"}]
    result = servqual(frame([[1, 1, 1, 4, 6, 1], [1, 1, 1, 6, 6, 1]]), parse_spec({"items": items}))
    assert result.figures.servperf.value == pytest.approx(5.5)
    assert result.figures.gap.reason.code == "measure.servqual_no_expectations"
    assert result.figures.dimensions["a"].perception.value == pytest.approx(5)
    assert result.to_dict()["dimensions"]["a"]["expectation"] is None
    assert "measure.servqual_servperf_only" in {notice.code for notice in result.warnings}


def test_one_respondent_gets_a_figure_without_interval() -> None:
    result = servqual(frame([[7, 7, 1, 5, 5, 1]]), parse_spec(TWO))
    assert result.figures.gap.value == pytest.approx(-1)
    assert result.figures.gap.low is None
    assert result.figures.items["p1"].p_value is None


def test_equal_answers_are_flagged() -> None:
    result = servqual(frame([[7, 7, 1, 5, 5, 1]] * 5), parse_spec(TWO))
    codes = {notice.code for notice in result.warnings}
    assert codes >= {"measure.servqual_no_spread", "measure.servqual_ceiling"}
    assert result.figures.gap.low is None


def test_wrong_scale_text_and_emptiness() -> None:
    spec = parse_spec(TWO)
    result = servqual(frame([[7, 7, 1, 55, 5, 1], [7, 7, 1, 5, 5, 1]]), spec, samples=0)
    assert result.warnings[0].code == "measure.frame_outside_scale"
    with pytest.raises(InputError, match="p1"):
        servqual(frame([[7, 7, 1, 5, 5, 1]]).with_columns(p1=pl.lit("很好")), spec)
    with pytest.raises(InputError, match="no respondent"):
        servqual(frame([]), spec)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 7), min_size=6, max_size=6), min_size=2, max_size=12),
    st.integers(0, 2**20),
)
def test_row_order_and_equal_points_do_not_matter(rows: list[list[int]], seed: int) -> None:
    data = frame(rows)
    spec = parse_spec(TWO | {"weights": {"a": 50, "b": 50}})
    first = servqual(data, spec, samples=0).figures
    second = servqual(data.sample(fraction=1, shuffle=True, seed=seed), spec, samples=0).figures
    assert first.gap.value == pytest.approx(second.gap.value)
    assert -6 <= first.gap.value <= 6
    assert first.weighted_gap.value == pytest.approx(first.gap.value)
