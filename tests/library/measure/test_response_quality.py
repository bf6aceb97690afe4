"""Careless-response indices against R's careless package; flags of planted carelessness; hostile answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.response_quality import ResponseQuality, Thresholds, response_quality
from servloop.measure.response_quality_indices import item_correlations, mahalanobis, runs


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/careless.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(reference: Path) -> ResponseQuality:
    frame = pl.read_csv(reference / "data/survey/careless_dataset.csv")
    factors = [frame.columns[start : start + 5] for start in range(0, 50, 5)]
    return response_quality(frame, frame.columns, factors=factors, thresholds=Thresholds(synonym_r=0.3))


@pytest.mark.parametrize("index", ["longstring", "avgstring", "irv", "mahad_sq", "evenodd", "psychsyn"])
def test_reference_indices(golden: dict, found: ResponseQuality, index: str) -> None:
    expected = golden["psychsyn_0.3" if index == "psychsyn" else index]
    document = json.loads(json.dumps(found.to_dict()))
    for ours, known in zip(document[index], expected, strict=True):
        assert ours == (known if known is None else pytest.approx(known, rel=1e-6, abs=1e-9))


def test_reference_flags(golden: dict, found: ResponseQuality) -> None:
    assert found.flags["mahad"].tolist() == golden["mahad_flag_0.99"]
    assert found.counts()["mahad"] == 23
    assert found.to_frame().height == found.n == found.rows == 200
    assert found.to_dict()["flag_counts"]["mahad"] == 23


def survey(n: int = 200, careless: int = 20, seed: int = 1) -> tuple[pl.DataFrame, list[list[str]]]:
    """Four scales of five items; the first rows answer at random, or always the same."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(n, 4)) * 1.2
    X = np.clip(np.round(3 + np.repeat(traits, 5, axis=1) + rng.normal(0, 0.5, (n, 20))), 1, 5)
    X[:careless] = rng.integers(1, 6, (careless, 20))
    X[: careless // 2] = rng.integers(1, 6, (careless // 2, 1))
    names = [f"题{j}" for j in range(20)]
    seconds = rng.normal(200, 20, n)
    seconds[0] = 12
    frame = pl.DataFrame(X, schema=names).with_columns(sec=pl.Series(seconds))
    return frame.with_columns(check=pl.Series(["2"] * (n - 1) + ["5"])), [
        names[k : k + 5] for k in range(0, 20, 5)
    ]


def test_planted_carelessness_is_flagged_and_shown_with_and_without() -> None:
    frame, factors = survey()
    items = [name for factor in factors for name in factor]
    result = response_quality(frame, items, factors=factors, duration="sec", attention={"check": 2})
    assert result.careless[:10].all(), "rows of one answer"
    assert result.careless[:20].mean() >= 0.8
    assert result.careless[20:].mean() < 0.1
    assert np.flatnonzero(result.flags["speeding"]).tolist() == [0]
    assert np.flatnonzero(result.flags["attention"]).tolist() == [199]
    mean = result.figures[-1]
    assert (mean.name, mean.everybody.n, mean.unflagged.n) == ("mean", 200, 200 - result.flagged)
    assert mean.difference == pytest.approx(mean.unflagged.value - mean.everybody.value)
    assert result.to_frame()["flags"].to_list()[0] >= 3


def test_a_row_of_one_answer_has_no_variability_and_no_correlations() -> None:
    frame, factors = survey(careless=2)
    result = response_quality(frame, [n for f in factors for n in f], factors=factors)
    assert result.indices["irv"][0] == 0
    assert result.indices["longstring"][0] == 20
    assert np.isnan(result.indices["evenodd"][0])
    assert np.isnan(result.indices["psychsyn"][0])
    assert not result.flags["evenodd"][0], "what is not defined does not flag"


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_order_of_respondents_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((30, 6)) < 0.1, np.nan, rng.integers(1, 6, (30, 6)))
    frame = pl.DataFrame(X, schema=list("abcdef")).fill_nan(None)
    order = rng.permutation(30)
    plain = response_quality(frame, frame.columns)
    mixed = response_quality(frame[order.tolist()], frame.columns)
    for name, values in plain.indices.items():
        assert mixed.indices[name] == pytest.approx(values[order], nan_ok=True), name
    assert mixed.figures[-1].everybody.value == pytest.approx(plain.figures[-1].everybody.value)


@given(row=st.lists(st.sampled_from([1.0, 2.0, float("nan")]), min_size=1, max_size=12))
def test_runs_equal_counting_by_hand(row: list[float]) -> None:
    lengths, before = [], None
    for value in row:
        if np.isnan(value):
            before = None
        elif value == before:
            lengths[-1] += 1
        else:
            lengths.append(1)
            before = value
    longest, average = runs(np.array([row]))
    assert longest[0] == max(lengths, default=0)
    assert average[0] == pytest.approx(np.mean(lengths) if lengths else np.nan, nan_ok=True)


def test_missing_answers_leave_correlations_of_the_pairs_that_are_there() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(50, 3)) + rng.normal(size=(50, 1))
    X[:5, 0] = np.nan
    assert item_correlations(X)[0, 1] == pytest.approx(np.corrcoef(X[5:, 0], X[5:, 1])[0, 1])
    assert item_correlations(X)[1, 2] == pytest.approx(np.corrcoef(X[:, 1], X[:, 2])[0, 1])


def test_repeated_item_is_inverted_on_its_range() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 3))
    distances, rank = mahalanobis(np.column_stack((X, X[:, 0] * 2)))
    assert rank == 3
    assert distances == pytest.approx(mahalanobis(X)[0])
    frame = pl.DataFrame(np.column_stack((X, X[:, 0])), schema=list("abcd"))
    assert response_quality(frame, list("abcd")).warnings[0].code == "assess.singular_items"


def test_all_answers_equal() -> None:
    result = response_quality(pl.DataFrame({"a": [4, 4, 4], "b": [4, 4, 4]}), ["a", "b"])
    assert result.flagged == 3
    assert result.warnings[-1].code == "assess.everybody_flagged"
    assert set(result.not_computable) == {"mahad_sq", "evenodd", "psychsyn", "psychant"}
    assert result.figures[0].unflagged.value is None
    assert result.figures[0].difference is None
    assert "三" in result.to_dict("zh-CN")["not_computable"]["evenodd"]["message"]


def test_one_respondent_and_nobody() -> None:
    one = response_quality(pl.DataFrame({"a": [4], "b": [3]}), ["a", "b"])
    assert one.not_computable["person_total"].code == "assess.too_few_rows"
    assert one.flagged == 0
    nobody = response_quality(pl.DataFrame({"a": [], "b": []}), ["a", "b"], duration="a")
    assert (nobody.n, nobody.flagged) == (0, 0)


def test_rows_without_answers_are_not_flagged() -> None:
    frame = pl.DataFrame({"a": [1, None, 5, 2], "b": [2, None, 4, 2], "c": [2, None, 4, 3]})
    result = response_quality(frame, ["a", "b", "c"])
    assert result.n == 3
    assert not result.careless[1]
    assert result.warnings[0].count == 1


def test_switched_off_flags_are_absent() -> None:
    off = Thresholds(
        longstring=None, irv=None, mahad=None, evenodd=None, psychsyn=None, psychant=None, person_total=None
    )
    result = response_quality(pl.DataFrame({"a": [1, 1], "b": [1, 1]}), ["a", "b"], thresholds=off)
    assert result.counts() == {}
    assert result.flagged == 0


@pytest.mark.parametrize(
    ("items", "factors", "code"),
    [
        (["a"], None, "assess.two_items"),
        (["a", "a"], None, "assess.doubled_columns"),
        (["a", "b"], [["a", "z"]], "assess.factor_of_other_items"),
    ],
)
def test_impossible_requests_are_refused(items: list[str], factors: list | None, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        response_quality(pl.DataFrame({"a": [1], "b": [1]}), items, factors=factors)
    assert raised.value.code == code
