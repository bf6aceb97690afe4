"""The quality of a sample: response, weights, careless answers, each beside the plain figure."""

import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.sampling_quality import parse_spec, sampling_quality


def answers(n=300, seed=1):
    rng = np.random.default_rng(seed)
    base = rng.normal(4, 1, n)[:, None]
    marks = np.clip(np.round(base + rng.normal(0, 1, (n, 8))), 1, 7)
    marks[:12] = 4  # straight lines
    sex = np.where(rng.random(n) < 0.7, "f", "m")
    return pl.DataFrame({f"q{j}": marks[:, j] for j in range(8)} | {"sex": sex})


ITEMS = [f"q{j}" for j in range(8)]
MARGINS = [{"column": "sex", "totals": {"f": 50, "m": 50}}]


def test_the_careless_golden_file_gives_the_same_flags(reference):
    expected = json.loads((reference / "golden/measure/careless.json").read_text(encoding="utf-8"))
    frame = pl.read_csv(reference / "data/survey/careless_dataset.csv")
    found = sampling_quality(frame, parse_spec({"items": frame.columns}))
    assert found.flags["mahad"] == sum(expected["mahad_flag_0.99"])
    assert found.flags["longstring"] == sum(run > 25 for run in expected["longstring"])
    assert found.n == 200


def test_straight_lines_are_flagged_and_nothing_is_deleted():
    found = sampling_quality(answers(), parse_spec({"items": ITEMS}))
    assert found.flags["longstring"] >= 12
    assert found.flags["irv"] >= 12
    assert found.careless.value >= 12 / 300
    overall = found.figures[-1]
    assert overall.everybody.n == 300
    assert overall.unflagged.n == 300 - round(found.careless.value * 300)


def test_weights_meet_the_margins_and_cost_precision():
    frame = answers()
    found = sampling_quality(frame, parse_spec({"items": ITEMS, "margins": MARGINS, "invited": 1000}))
    assert found.weights.source == "margins"
    assert found.weights.max_margin_error < 1e-8
    assert found.weights.n_effective < 300
    share = frame["sex"].value_counts().filter(pl.col("sex") == "f")["count"][0] / 300
    assert found.weights.kish_deff == pytest.approx(0.25 / share + 0.25 / (1 - share))
    assert found.response.value == pytest.approx(0.3)
    assert found.margin_of_error == pytest.approx(
        100 * 1.959964 * 0.5 / math.sqrt(found.weights.n_effective), rel=1e-5
    )
    group = next(g for g in found.margins["sex"].groups if g.group == "f")
    assert group.difference == pytest.approx(share - 0.5)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_weights_of_one_are_no_weights_and_the_order_of_rows_does_not_matter(seed):
    frame = answers(n=80, seed=seed)
    plain = sampling_quality(frame, parse_spec({"items": ITEMS}))
    ones = sampling_quality(
        frame.with_columns(pl.lit(1.0).alias("w")), parse_spec({"items": ITEMS}), weights="w"
    )
    assert ones.weights is None  # nothing to say about weights that are all the same
    assert ones.to_dict() == plain.to_dict()
    shuffled = sampling_quality(
        frame.sample(fraction=1.0, shuffle=True, seed=seed), parse_spec({"items": ITEMS})
    )
    assert shuffled.flags == plain.flags
    assert shuffled.careless == plain.careless
    # in proportion to the sample, margins change nothing
    counts = {row["sex"]: row["count"] for row in frame["sex"].value_counts().to_dicts()}
    same = sampling_quality(
        frame, parse_spec({"items": ITEMS, "margins": [{"column": "sex", "totals": counts}]})
    )
    assert same.weights.kish_deff == pytest.approx(1.0)
    for one in same.weighted:
        assert one.weighted.value == pytest.approx(one.plain.value)


def test_contradictory_margins_are_said_not_raised():
    margins = [{"column": "sex", "totals": {"f": 50, "m": 40, "x": 10}}]  # a group that nobody belongs to
    found = sampling_quality(answers(), parse_spec({"items": ITEMS, "margins": margins}))
    assert found.weights is None
    assert found.weighting_failed is not None
    assert found.to_dict("zh-CN")["weighting_failed"]["message"]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"items": ["q0"]}, "measure.spec_invalid"),
        ({"items": ITEMS, "factors": [["other"]]}, "assess.factor_of_other_items"),
        ({"items": ITEMS, "margins": [{"column": "sex", "totals": {"f": 0}}]}, "assess.margin_totals"),
        ({"items": ITEMS, "invited": 0}, "measure.spec_invalid"),
    ],
)
def test_what_is_wrong_is_refused(document, code):
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert caught.value.code == code


def test_more_answers_than_invitations_are_refused():
    with pytest.raises(SpecError) as caught:
        sampling_quality(answers(), parse_spec({"items": ITEMS, "invited": 10}))
    assert caught.value.code == "assess.response_counts"


def test_one_respondent_and_equal_answers_do_not_crash():
    one = pl.DataFrame({name: [4.0] for name in ITEMS})
    assert sampling_quality(one, parse_spec({"items": ITEMS})).n == 1
    equal = pl.DataFrame({name: [4.0] * 20 for name in ITEMS})
    found = sampling_quality(equal, parse_spec({"items": ITEMS}))
    assert found.careless.value == 1.0
    assert found.figures[-1].unflagged.value is None
