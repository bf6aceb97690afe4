"""Kano: golden figures of a real and a published survey, wordings, tables, rules, segments."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure.kano import KanoResult, kano, parse_spec
from servloop.measure.kano_answers import LEVELS, answer_levels, normalise
from servloop.measure.kano_statistics import (
    CATEGORIES,
    better_worse,
    category_of,
    continuous,
    equal_categories_test,
    evaluation_table,
    fong_test,
    strengths,
)


def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/kano_kiosk.json").read_text())


def features(count: int) -> list[dict[str, str]]:
    return [
        {"name": f"kano{i}", "functional": f"kano{i}_1", "dysfunctional": f"kano{i}_2"}
        for i in range(1, count + 1)
    ]


@pytest.fixture(scope="module")
def kiosk(reference: Path) -> KanoResult:
    frame = pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv")
    return kano(frame, parse_spec({"features": features(29)}), by="sex")


@pytest.fixture(scope="module")
def kiosk_blauth(reference: Path) -> KanoResult:
    frame = pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv")
    return kano(frame, parse_spec({"features": features(29), "rule": "blauth"}))


@pytest.mark.parametrize("number", range(1, 30))
def test_features_reproduce_the_golden_figures(
    kiosk: KanoResult, kiosk_blauth: KanoResult, reference: Path, number: int
) -> None:
    expected = golden(reference)["items"][f"kano{number}"]
    feature = kiosk.features[number - 1]
    assert feature.n == expected["n"]
    assert dict(feature.counts) == expected["counts"]
    assert feature.better.value == pytest.approx(expected["better"], rel=1e-6)
    assert feature.worse.value == pytest.approx(expected["worse"], rel=1e-6)
    assert (feature.category, feature.tie) == (expected["mode"], expected["tie"])
    assert feature.category_strength == pytest.approx(expected["category_strength"], rel=1e-6)
    assert feature.total_strength == pytest.approx(expected["total_strength"], rel=1e-6)
    assert kiosk_blauth.features[number - 1].category == expected["blauth"]
    fong = expected["fong"]
    assert (feature.fong.a, feature.fong.b, feature.fong.difference) == (fong["a"], fong["b"], fong["diff"])
    assert feature.fong.first == fong["first"]
    assert feature.counts[feature.fong.second] == feature.counts[fong["second"]]
    assert feature.fong.critical == pytest.approx(fong["crit"], rel=1e-6)
    assert feature.fong.significant is fong["significant"]
    both = expected["dumouchel"]
    assert feature.continuous.functional_mean == pytest.approx(both["functional_mean"], rel=1e-6)
    assert feature.continuous.dysfunctional_mean == pytest.approx(both["dysfunctional_mean"], rel=1e-6)
    assert feature.continuous.functional_sd == pytest.approx(both["functional_sd"], rel=1e-6)
    assert feature.continuous.dysfunctional_sd == pytest.approx(both["dysfunctional_sd"], rel=1e-6)
    valid = expected["dumouchel_excl_RQ"]
    assert feature.continuous_valid.n == valid["n"]
    assert feature.continuous_valid.functional_mean == pytest.approx(valid["functional_mean"], rel=1e-6)
    assert feature.continuous_valid.dysfunctional_mean == pytest.approx(valid["dysfunctional_mean"], rel=1e-6)


def test_the_kiosk_survey_as_a_whole(kiosk: KanoResult) -> None:
    modes = [feature.category for feature in kiosk.features]
    assert [modes.count(name) for name in "AMOI"] == [10, 9, 6, 4]
    assert sum(feature.fong.significant for feature in kiosk.features) == 23
    assert kiosk.warnings == ()
    women, men = kiosk.segments["여"], kiosk.segments["남"]
    assert all(w.n + m.n == 194 for w, m in zip(women, men, strict=True))
    assert len(kiosk.tests) == 29
    assert kiosk.to_frame().height == 3 * 29


def test_the_table_matches_the_golden_one(reference: Path) -> None:
    expected = golden(reference)["table"]
    table = evaluation_table("standard")
    assert [[CATEGORIES[code] for code in row] for row in table] == [expected[str(i)] for i in range(1, 6)]
    pouliot = evaluation_table("pouliot")
    assert [tuple(cell) for cell in np.argwhere(table != pouliot).tolist()] == [(1, 1), (3, 3)]
    assert CATEGORIES[pouliot[1, 1]] == "Q"
    assert [CATEGORIES[table[cell]] for cell in ((0, 4), (4, 0), (0, 1), (1, 4))] == ["O", "R", "A", "M"]


def test_golden_labels_and_values(reference: Path) -> None:
    document = golden(reference)
    levels = answer_levels({})
    for code, label in document["labels"].items():
        assert levels[normalise(label)] == int(code) - 1 == levels[code]
    for position in range(5):
        pair = np.array([position])
        point = continuous(pair, pair)
        assert point.functional_mean == document["dumouchel"]["functional"][str(position + 1)]
        assert point.dysfunctional_mean == document["dumouchel"]["dysfunctional"][str(position + 1)]


@pytest.mark.parametrize("row", range(5))
def test_published_counts(reference: Path, row: int) -> None:
    document = json.loads((reference / "golden/measure/kano_published_stp25.json").read_text())
    values = dict(zip(document["cols"], document["rows"][row], strict=True))
    counts = {name: values[name] for name in CATEGORIES}
    assert category_of(counts, "mode")[0] == values["mode"]
    assert category_of(counts, "moai")[0] == values["MOAI rule(5pp band)"]
    total, lead = strengths(counts)
    assert round(total, 2) == pytest.approx(values["total_strength"], abs=0.0051)
    assert round(lead, 2) == pytest.approx(values["category_strength"], abs=0.0051)
    better, worse = better_worse(counts, 0.95)
    assert round(better.value, 3) == values["CS+"]
    assert round(worse.value, 3) == values["CS-"]
    assert equal_categories_test(counts)[0] == pytest.approx(values["chi2 (M,O,A,I equal)"], abs=0.005)


PAIR = {"features": [{"functional": "f", "dysfunctional": "d", "importance": "i"}]}


def test_wordings_in_three_languages_and_codes_give_the_same() -> None:
    wordings = {
        "en": ["I like it.", "Must be", "I’m neutral", "I can live with it", " i DISLIKE it "],
        "zh": ["喜欢", "理应如此", "无所谓", "勉强接受", "不喜欢。"],
        "ko": ["마음에 든다.", "당연하다.", "아무런 느낌이 없다.", "하는 수 없다.", "마음에 안 든다."],
        "codes": [1, 2, 3, 4, 5],
    }
    for texts in wordings.values():
        frame = pl.DataFrame({"f": texts, "d": texts[::-1], "i": [9, 7, 5, 3, 1]})
        result = kano(frame, parse_spec(PAIR))
        assert dict(result.features[0].counts) == {"A": 0, "O": 1, "M": 0, "I": 3, "R": 1, "Q": 0}
        assert result.features[0].importance.value == 5


def test_own_codes_replace_the_usual_ones() -> None:
    levels = answer_levels({"like": [5, "超赞😀"], "dislike": [1.0]})
    assert (levels["5"], levels["1"], levels[normalise("超赞😀")]) == (0, 4, 0)
    assert "3" not in levels
    assert levels["i like it"] == 0
    assert set(levels.values()) == set(range(len(LEVELS)))


def test_unknown_answers_are_counted_with_examples() -> None:
    frame = pl.DataFrame({"f": ["1", "vielleicht", None], "d": ["5", "5", "5"], "i": [1, 2, 3]})
    result = kano(frame, parse_spec(PAIR))
    assert result.features[0].n == 1
    assert result.warnings[0].count == 1
    assert "vielleicht" in result.warnings[0].message("zh")


def test_no_usable_answer_is_not_computable() -> None:
    frame = pl.DataFrame({"f": ["?"], "d": [None], "i": [None]}, schema=dict.fromkeys("fdi", pl.String))
    feature = kano(frame, parse_spec(PAIR)).features[0]
    assert feature.category is None
    assert feature.better.reason.code == "measure.kano_no_valid_answers"
    assert feature.importance.reason is not None
    assert feature.fong is None
    assert json.dumps(feature.to_dict(), allow_nan=False)


def test_only_reverse_answers_leave_better_and_worse_open() -> None:
    frame = pl.DataFrame({"f": [5, 5], "d": [1, 1], "i": [4, 4]})
    result = kano(frame, parse_spec(PAIR))
    assert result.features[0].category == "R"
    assert result.features[0].better.value is None
    assert result.features[0].chi2 is None
    assert result.warnings[0].code == "measure.kano_mostly_contradictory"
    assert result.features[0].importance.low is None


def test_segments_without_variation_have_no_test() -> None:
    frame = pl.DataFrame({"f": [1, 1, 1], "d": [5, 5, 5], "i": [1, 2, 3], "s": ["x", "y", None]})
    result = kano(frame, parse_spec(PAIR), by="s")
    assert result.tests[0].p_value is None
    assert result.warnings[0].code == "measure.frame_ungrouped"


def test_ties_go_to_the_category_that_hurts_most() -> None:
    assert category_of({"A": 3, "O": 3, "M": 1, "I": 3, "R": 0, "Q": 0}, "mode") == ("O", True)
    assert category_of({"A": 0, "O": 0, "M": 0, "I": 2, "R": 0, "Q": 5}, "blauth") == ("Q", False)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"features": []}, "measure.spec_invalid"),
        ({**PAIR, "rule": "median"}, "measure.spec_invalid"),
        ({"features": PAIR["features"] * 2}, "measure.kano_feature_twice"),
        ({**PAIR, "answers": {"like": ["ok"], "neutral": ["OK."]}}, "measure.kano_answer_twice"),
    ],
)
def test_wrong_specifications_are_named(document: dict, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert caught.value.code == code


def test_text_as_importance_is_refused() -> None:
    frame = pl.DataFrame({"f": [1], "d": [5], "i": ["重要"]})
    with pytest.raises(InputError, match="重要"):
        kano(frame, parse_spec(PAIR))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=40), st.integers(0, 999)
)
def test_counts_add_up_and_row_order_does_not_matter(pairs: list[tuple[int, int]], seed: int) -> None:
    frame = pl.DataFrame(pairs, schema=["f", "d"], orient="row").with_columns(i=pl.lit(5))
    spec = parse_spec(PAIR)
    feature = kano(frame, spec).features[0]
    assert sum(feature.counts.values()) == feature.n == len(pairs)
    assert kano(frame.sample(fraction=1, shuffle=True, seed=seed), spec).features[0].counts == feature.counts
    if feature.better.value is not None:
        assert 0 <= feature.better.value <= 1
        assert -1 <= feature.worse.value <= 0
    test = fong_test(feature.counts)
    assert test.a >= test.b
