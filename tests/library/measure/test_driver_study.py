"""Key drivers from one specification: golden figures of the mobile-phone survey, properties, and input that is no good."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.driver_study import driver_study, parse_spec

MOBI = {
    "outcome": {"name": "SAT", "columns": ["CUSA1", "CUSA2", "CUSA3"]},
    "drivers": [
        {"name": "IMG", "columns": [f"IMAG{i}" for i in range(1, 6)]},
        {"name": "EXP", "columns": [f"CUEX{i}" for i in range(1, 4)]},
        {"name": "QUA", "columns": [f"PERQ{i}" for i in range(1, 8)]},
        {"name": "VAL", "columns": ["PERV1", "PERV2"]},
    ],
    "scale": [1, 10],
    "bootstrap": 0,
}


@pytest.mark.parametrize(("method", "key"), [("lmg", "lmg"), ("johnson", "johnson_raw")])
def test_means_of_blocks_give_the_golden_importance(reference, method, key):
    expected = json.loads((reference / "golden/measure/relimp.json").read_text(encoding="utf-8"))["mobi"]
    frame = pl.read_csv(reference / "data/survey/ecsi_mobi.csv")
    found = driver_study(frame, parse_spec(MOBI | {"method": method}))
    assert found.analysis.r2.value == pytest.approx(expected["R2"], rel=1e-6)
    for driver in found.analysis.drivers:
        assert driver.importance.value == pytest.approx(expected[key][driver.name], rel=1e-6)


def sample(seed, n=120, drivers=3):
    rng = np.random.default_rng(seed)
    marks = rng.integers(1, 8, (n, drivers)).astype(float)
    outcome = marks @ rng.uniform(0.1, 1, drivers) + rng.normal(0, 1.5, n)
    return pl.DataFrame({f"d{j}": marks[:, j] for j in range(drivers)} | {"y": outcome})


def spec_of(frame, **options):
    names = [name for name in frame.columns if name != "y"]
    return parse_spec({"outcome": "y", "drivers": names, "bootstrap": 0} | options)


@given(st.integers(0, 10_000), st.sampled_from(["lmg", "johnson"]))
@settings(max_examples=25, deadline=None)
def test_shares_add_up_and_neither_order_nor_scale_matters(seed, method):
    frame = sample(seed)
    found = driver_study(frame, spec_of(frame, method=method)).analysis
    parts = {driver.name: driver.importance.value for driver in found.drivers}
    assert sum(parts.values()) == pytest.approx(found.r2.value, rel=1e-9)
    assert all(value >= -1e-12 for value in parts.values())
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    again = driver_study(shuffled, spec_of(frame, method=method)).analysis
    scaled = driver_study(
        frame.with_columns(pl.col("d0") * 25 - 3, pl.col("y") * 0.1), spec_of(frame, method=method)
    ).analysis
    for other in (again, scaled):
        assert {d.name: d.importance.value for d in other.drivers} == pytest.approx(parts, rel=1e-7, abs=1e-9)


def test_marks_off_the_scale_and_codes_for_not_applicable_do_not_count():
    frame = pl.DataFrame(
        {
            "a": [1.0, 2, 3, 4, 5, 99, 0] * 6,
            "b": [5.0, 4, 3, 2, 1, 3, 2] * 6,
            "y": [1.0, 2, 3, 4, 5, 3, 2] * 6,
        }
    )
    found = driver_study(frame, spec_of(frame, scale=[1, 5], not_applicable=[0]))
    assert found.means["a"].value == pytest.approx(3.0)
    assert any(notice.code == "assess.answers_off_scale" and notice.count == 6 for notice in found.warnings)


def test_half_of_a_block_must_be_answered():
    frame = pl.DataFrame(
        {"a": [1.0, None, None, 4], "b": [3.0, 4, None, 2], "c": [5.0, None, None, None], "y": [1.0, 2, 3, 4]}
    )
    spec = parse_spec(
        {"outcome": "y", "drivers": [{"name": "abc", "columns": ["a", "b", "c"]}], "bootstrap": 0}
    )
    assert driver_study(frame, spec).means["abc"].n == 2  # rows 1 and 4; one answer of three is too few


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"outcome": "y", "drivers": ["y"]}, "assess.doubled_columns"),
        ({"outcome": "y", "drivers": ["a", "a"]}, "assess.doubled_columns"),
        ({"outcome": "y", "drivers": ["a"], "scale": [5, 1]}, "measure.pls_scale"),
        ({"outcome": "y", "drivers": []}, "measure.spec_invalid"),
        ({"outcome": "y", "drivers": ["a"], "method": "magic"}, "measure.spec_invalid"),
        ("y ~ a", "measure.spec_not_a_mapping"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(document, code):
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "columns",
    [
        {"d0": [3.0] * 30, "d1": [3.0] * 30, "y": list(np.arange(30.0))},  # drivers that never vary
        {
            "d0": list(np.arange(30.0)),
            "d1": list(np.arange(30.0)),
            "y": [4.0] * 30,
        },  # an outcome that never varies
        {"d0": [1.0], "d1": [2.0], "y": [3.0]},  # one respondent
    ],
)
def test_nothing_to_explain_is_said_and_no_number_is_made_up(columns):
    frame = pl.DataFrame(columns)
    found = driver_study(frame, spec_of(frame, scale=[1, 40]))
    assert found.analysis.r2.value is None
    assert found.analysis.r2.reason is not None
    assert found.to_dict("zh-CN")["analysis"]["r2_detail"]["reason"]["message"]


def test_collinear_drivers_share_and_are_named():
    base = list(np.tile([1.0, 2, 3, 4, 5, 3], 10))
    frame = pl.DataFrame({"d0": base, "d1": base, "y": [v + 0.1 * (i % 3) for i, v in enumerate(base)]})
    found = driver_study(frame, spec_of(frame, method="lmg"))
    first, second = (driver.importance.value for driver in found.analysis.drivers)
    assert first == pytest.approx(second)
    assert found.warnings
