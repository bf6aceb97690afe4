"""Scales of one questionnaire judged together: golden figures, judgements, properties, hostile answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure.scale_quality import column_names_of, parse_spec, scale_quality


def answers(rows: int = 120, seed: int = 3) -> pl.DataFrame:
    """Two scales of three items with a factor each, and an item of nothing."""
    draw = np.random.default_rng(seed)
    factor = draw.standard_normal((rows, 2))
    items = {
        f"{name}{place}": 4 + 1.2 * factor[:, column] + 0.8 * draw.standard_normal(rows)
        for column, name in enumerate("ab")
        for place in (1, 2, 3)
    }
    return pl.DataFrame(items | {"noise": draw.standard_normal(rows)})


SPEC = {"scales": {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}, "samples": 0}


def test_the_parts_are_those_of_the_golden_files(reference: Path) -> None:
    golden = {
        name: json.loads((reference / f"golden/measure/{name}.json").read_text(encoding="utf-8"))
        for name in ("reliability_mobi", "cfa_mobi")
    }
    blocks = golden["reliability_mobi"]["blocks"]
    frame = pl.read_csv(reference / "data/survey/ecsi_mobi.csv")
    scales = {name: block["items"] for name, block in blocks.items()}
    result = scale_quality(frame, {"scales": scales, "confirmatory": True, "samples": 0})
    for name, block in blocks.items():
        part = result.scales[name]
        assert part.alpha.value == pytest.approx(block["raw_alpha"], rel=1e-6)
        if len(block["items"]) > 2:
            assert part.ave == pytest.approx(block["ave"], rel=1e-4)
    assert result.confirmatory is not None
    assert result.confirmatory.fit is not None
    if set(scales) == {row["_row"] for row in golden["cfa_mobi"]["htmt"]}:
        for row in golden["cfa_mobi"]["htmt"]:
            for other in scales:
                assert result.htmt[row["_row"]][other] == pytest.approx(row[other], rel=1e-4)


def test_judgements_say_why() -> None:
    frame = answers().with_columns(turned=-pl.col("a1"))
    spec = {
        "scales": {
            "good": ["a1", "a2", "a3"],
            "noise": ["noise", "a1", "b1"],
            "one": ["b2"],
            "against": ["turned", "a2", "a3", "b3"],
        },
        "samples": 0,
    }
    found = scale_quality(frame, spec).judgements
    assert found["good"].verdict == "good"
    assert (found["noise"].verdict, found["noise"].reasons[0]) == ("bad", "alpha_low")
    assert (found["one"].verdict, found["one"].reasons) == ("unknown", ("too_short",))
    assert "item_against" in found["against"].reasons


def test_reversed_items_are_turned_round_everywhere() -> None:
    frame = answers()
    turned = frame.with_columns(a1=8 - pl.col("a1"))
    plain = scale_quality(frame, SPEC | {"confirmatory": True})
    back = scale_quality(turned, SPEC | {"confirmatory": True, "reverse": ["a1"]})
    assert back.scales["A"].alpha.value == pytest.approx(plain.scales["A"].alpha.value)
    first, second = (
        {item: e.value for item, e in r.confirmatory.loadings["A"].items()}  # type: ignore[union-attr]
        for r in (plain, back)
    )
    assert second == pytest.approx(first, rel=1e-4)


def test_scales_that_are_the_same_thing_are_warned_of() -> None:
    frame = answers()
    spec = {"scales": {"one": ["a1", "a2"], "other": ["a3", "a1"]}, "samples": 0}
    result = scale_quality(frame, spec)
    assert [notice.code for notice in result.warnings] == ["measure.scales_alike"]
    assert "one – other" in result.warnings[0].message("zh-CN")


def test_too_few_items_leave_out_the_factors_and_say_so() -> None:
    result = scale_quality(answers(), {"scales": {"A": ["a1", "a2"]}, "exploratory": {}, "samples": 0})
    assert result.exploratory is None
    assert [notice.code for notice in result.warnings] == ["measure.factor_items"]
    assert result.scales["A"].alpha.computable


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_respondents_does_not_matter(random) -> None:
    frame = answers()
    order = list(range(frame.height))
    random.shuffle(order)
    first, second = (scale_quality(one, SPEC).to_frame() for one in (frame, frame[order]))
    assert first["alpha"].to_list() == pytest.approx(second["alpha"].to_list(), rel=1e-9)
    assert first["ave"].to_list() == pytest.approx(second["ave"].to_list(), rel=1e-4)


def test_one_respondent_and_equal_answers_are_not_computable() -> None:
    for frame in (answers(1), pl.DataFrame({name: [3.0] * 40 for name in answers().columns})):
        result = scale_quality(frame, SPEC | {"exploratory": {}, "confirmatory": True})
        assert all(part.alpha.value is None for part in result.scales.values())
        assert all(judged.verdict == "unknown" for judged in result.judgements.values())
        assert result.to_dict("zh-CN")["exploratory"]["reason"]["message"]
        json.dumps(result.to_dict(), allow_nan=False)


def test_specifications_are_checked() -> None:
    with pytest.raises(SpecError):
        parse_spec({"scales": {}})
    with pytest.raises(SpecError):
        parse_spec(SPEC | {"reverse": ["nothing"]})
    with pytest.raises(InputError):
        scale_quality(answers().drop("a1"), SPEC)
    with pytest.raises(InputError):
        scale_quality(answers().with_columns(a1=pl.lit("gut")), SPEC)
    assert column_names_of(parse_spec(SPEC)) == ["a1", "a2", "a3", "b1", "b2", "b3"]
