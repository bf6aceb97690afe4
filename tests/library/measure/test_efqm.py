"""EFQM points, RADAR marks, the self-assessment forms and the documents' gaps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.efqm import MODELS, RADAR, assess, band, radar
from servloop.measure.excellence import AREAS, maturity, self_assessment
from servloop.measure.excellence import STATEMENTS as EXCELLENCE
from servloop.measure.five_aspects import (
    ASPECTS,
    GAPS,
    IMAGE_ITEMS,
    STATEMENTS,
    document_gaps,
    satisfaction_form,
)


@pytest.mark.parametrize("model", ["2020", "2013"])
def test_points_and_example(reference: Path, model: str) -> None:
    golden = json.loads((reference / "golden/measure/efqm.json").read_text(encoding="utf-8"))
    known = golden[f"efqm{model}"]
    assert [c.points for c in MODELS[model]] == list(known["points"].values())
    assert sum(c.points for c in MODELS[model]) == known["total"]
    for area in {c.area for c in MODELS[model]}:
        assert sum(c.points for c in MODELS[model] if c.area == area) == known[area]
    example = golden[f"example{model}"]
    found = assess(example["pct"], model=model)
    assert found.score == pytest.approx(example["score"])
    assert found.low == found.high == found.score
    assert sum(found.areas.values()) == pytest.approx(found.score)


def test_parts_have_their_published_shares() -> None:
    of = {c.key: c for c in MODELS["2020"]}
    assert {key: len(c.parts) for key, c in of.items()} == {
        "1": 5,
        "2": 5,
        "3": 5,
        "4": 4,
        "5": 5,
        "6": 0,
        "7": 0,
    }
    assert all(share * of["4"].points == 50 for share in of["4"].parts.values())
    assert all(share * of["1"].points == pytest.approx(20) for share in of["1"].parts.values())
    for criteria in MODELS.values():
        assert all(sum(c.parts.values()) == pytest.approx(1) for c in criteria if c.parts)


def test_parts_count_before_the_whole_and_missing_ones_pass_their_weight_on() -> None:
    found = assess({"6": 10, "6a": 80, "6b": None, "7a": 60, "7b": 20}, model="2013")
    percent = {c.key: c.percent for c in found.criteria}
    assert percent["6"] == 80
    assert percent["7"] == pytest.approx(50)
    assert found.warnings[0].params["names"] == ["6"]
    assert (found.score, found.n, found.reason.code) == (None, 2, "assess.criteria_missing")
    assert found.low == pytest.approx(150 * 0.8 + 100 * 0.5)
    assert found.high == pytest.approx(found.low + 750)
    assert found.to_frame().height == 9


@pytest.mark.parametrize(
    ("marks", "model"), [({"10": 5}, "2020"), ({"1": 101}, "2020"), ({"1": -1}, "2020"), ({}, "1999")]
)
def test_wrong_marks_are_refused(marks: dict, model: str) -> None:
    with pytest.raises(SpecError):
        assess(marks, model=model)


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (9, 1), (10, 2), (40, 3), (69, 3), (70, 4), (90, 5), (100, 5)]
)
def test_bands(percent: float, expected: int) -> None:
    assert band(percent) == expected


def test_radar_is_held_by_the_approach() -> None:
    assert radar({"approach": [30, 30], "deployment": [90, 90], "assessment": [90, 90]}) == 30
    assert radar({"approach": [80, 60], "deployment": [50, 50], "assessment": [60, 60]}) == pytest.approx(60)
    assert radar({"results": [40, 60]}) == 50


@given(marks=st.dictionaries(st.sampled_from(sorted(RADAR)), st.lists(st.floats(0, 100), min_size=1, max_size=3), min_size=1))  # fmt: skip
def test_radar_stays_between_its_marks(marks: dict) -> None:
    every = [mark for row in marks.values() for mark in row]
    assert min(every) - 1e-9 <= radar(marks) <= max(every) + 1e-9


@pytest.mark.parametrize("wrong", [{}, {"approach": []}, {"luck": [1]}, {"approach": [101]}])
def test_wrong_radar_marks_are_refused(wrong: dict) -> None:
    with pytest.raises(SpecError):
        radar(wrong)


def answers(codes: list[str], low: int, high: int, n: int = 30) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    return pl.DataFrame(rng.integers(low, high + 1, (n, len(codes))), schema=codes)


def test_excellence_form() -> None:
    frame = answers([s.code for s in EXCELLENCE], 1, 5)
    found = self_assessment(frame)
    assert [a.area for a in found.areas] == list(AREAS)
    customer = frame.select("customer1", "customer2", "customer3").to_numpy()
    assert found.areas[0].mean.value == pytest.approx(customer.mean())
    assert found.areas[0].mean.low < customer.mean() < found.areas[0].mean.high
    assert found.score.value == pytest.approx(np.mean([a.score for a in found.areas]))
    assert found.weakest == min(found.areas, key=lambda a: a.score).area
    only = self_assessment(frame, weights={"people": 2})
    assert only.score.value == pytest.approx(only.areas[2].score)
    assert found.to_frame().height == 5


def test_own_columns_missing_areas_and_answers_off_the_scale() -> None:
    frame = pl.DataFrame({"问一": [5, 99, None], "问二": [1, 3, None]})
    found = self_assessment(frame, columns={"customer1": "问一", "people1": "问二"})
    assert [w.code for w in found.warnings] == ["assess.answers_off_scale", "assess.areas_without_answers"]
    assert (found.n, found.areas[0].mean.n, found.areas[1].score) == (2, 1, None)
    assert found.score.value == pytest.approx((50 + 50) / 2)
    silent = self_assessment(frame[2:], columns={"customer1": "问一"})
    assert silent.weakest is None
    assert silent.score.reason.code == "assess.no_answers"


@pytest.mark.parametrize(("score", "level"), [(0, 1), (12, 1), (13, 2), (50, 3), (100, 5)])
def test_maturity(score: float, level: int) -> None:
    assert maturity(score) == level


def test_five_aspects_say_that_they_are_not_the_acsi() -> None:
    found = satisfaction_form(answers([s.code for s in STATEMENTS], 1, 10))
    assert [a.area for a in found.areas] == list(ASPECTS)
    assert "ACSI" in found.warnings[0].message("zh")
    assert "不是 ACSI" in found.warnings[0].message("zh")


@pytest.mark.parametrize("wrong", [{"columns": {"x": "a"}}, {"weights": {"x": 1}}, {"columns": {}}, {"weights": {"people": -1}}])  # fmt: skip
def test_wrong_forms_are_refused(wrong: dict) -> None:
    with pytest.raises(SpecError):
        self_assessment(pl.DataFrame({"customer1": [1]}), **wrong)


def test_documents_gaps_map_to_parasuraman() -> None:
    assert {g for gap in GAPS.values() for g in gap.maps_to} == {"G1", "G2", "G3", "G4", "G5"}
    assert GAPS["image"].maps_to == ()
    assert len(IMAGE_ITEMS) >= 3
    customers = pl.DataFrame({"e": [7, 6, 7], "p": [5, 5, 5], "held": [4, 5, 4]})
    staff = pl.DataFrame({"wanted": [7, 7, 6, 7]})
    found = document_gaps(
        {"service": (customers, ["e"], customers, ["p"]), "image": (staff, ["wanted"], customers, ["held"])}
    )
    service, image = found.gaps
    assert (service.paired, image.paired) == (True, False)
    assert service.gap.value == pytest.approx(-5 / 3)
    assert image.gap.value == pytest.approx(13 / 3 - 6.75)
    assert image.gap.low < image.gap.value < image.gap.high < 0
    assert found.to_frame()["gap"].to_list() == ["image", "service"]


@pytest.mark.parametrize(
    ("values", "interval"), [([None], False), ([3], False), ([3, 3], False), ([3, 4], True)]
)
def test_gaps_of_little_data(values: list, interval: bool) -> None:
    should = pl.DataFrame({"a": values}, schema={"a": pl.Float64})
    found = document_gaps({"image": (should, ["a"], pl.DataFrame({"b": [1, 1]}), ["b"])}).gaps[0].gap
    assert (found.value is None) == (values == [None])
    assert (found.low is not None) == interval


@pytest.mark.parametrize("wrong", [{"luck": 0}, {"image": 0}])
def test_unknown_gaps_are_refused(wrong: dict) -> None:
    frame = pl.DataFrame({"a": [1]})
    with pytest.raises(SpecError):
        document_gaps({key: (frame, [], frame, ["a"]) for key in wrong})
