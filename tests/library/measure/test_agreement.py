"""Agreement against irr, psych and Krippendorff's own example; identities between the coefficients; hostile ratings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import SpecError
from servloop.measure.agreement import AgreementReport, agreement
from servloop.measure.agreement_icc import FORMS, intraclass_correlations
from servloop.measure.agreement_kappa import coincidence_total, coincidences, krippendorff


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/agreement.json").read_text(encoding="utf-8"))


def survey(reference: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(reference / f"data/survey/irr_{name}.csv")


def test_two_raters(reference: Path, golden: dict) -> None:
    result = agreement(survey(reference, "diagnoses"), ["rater1", "rater2"]).cohen
    known = golden["cohen_diagnoses_r1r2"]
    assert result.estimate.value == pytest.approx(known["kappa"], rel=1e-6)
    assert result.z == pytest.approx(known["z"], rel=1e-6)
    # The reference subtracts a probability from 1 and loses its last digits.
    assert result.p_value == pytest.approx(known["p"], rel=1e-4)


@pytest.mark.parametrize("kind", ["unweighted", "linear", "quadratic"])
def test_weighted_kappa(reference: Path, golden: dict, kind: str) -> None:
    result = agreement(survey(reference, "vision"), bootstrap=50)
    found = result.cohen if kind == "unweighted" else getattr(result, f"cohen_{kind}")
    assert found.estimate.value == pytest.approx(golden["vision"][kind], rel=1e-6)
    assert found.estimate.n == golden["vision"]["n"]
    assert found.estimate.low < found.estimate.value < found.estimate.high


def test_many_raters(reference: Path, golden: dict) -> None:
    result = agreement(survey(reference, "diagnoses"))
    known = golden["fleiss_diagnoses"]
    assert result.fleiss.estimate.value == pytest.approx(known["kappa"], rel=1e-6)
    assert result.fleiss.z == pytest.approx(known["z"], rel=1e-6)
    assert result.fleiss.p_value == pytest.approx(known["p"], abs=1e-12)
    assert result.fleiss_exact.estimate.value == pytest.approx(known["exact_conger"], rel=1e-6)
    assert result.light.estimate.value == pytest.approx(known["light"], rel=1e-6)
    assert result.percent.value == pytest.approx(golden["percent_agree_diagnoses"], rel=1e-6)
    for row in known["detail"]:
        kappa, z = result.fleiss.categories[row["_row"]]
        assert (round(kappa, 3), round(z, 3)) == (row["Kappa"], row["z"])
    assert [w.code for w in result.warnings] == ["assess.order_of_labels"]


def check_icc(result: AgreementReport, known: dict) -> None:
    for form in result.icc:
        expected = known[f"ICC{form.form}"]
        assert form.estimate.value == pytest.approx(expected["value"], rel=1e-6)
        assert form.estimate.low == pytest.approx(expected["lb"], rel=1e-6)
        assert form.estimate.high == pytest.approx(expected["ub"], rel=1e-6)
        assert form.f == pytest.approx(expected["F"], rel=1e-6)
        assert form.p_value == pytest.approx(expected["p"], rel=1e-6)


def test_intraclass_correlations(reference: Path, golden: dict) -> None:
    example = golden["shrout_fleiss_1979"]
    result = agreement(pl.DataFrame(example["data"]))
    check_icc(result, example["icc"])
    for form in FORMS:
        assert round(result.to_dict()["icc"][form], 2) == example["published"][f"ICC{form}"]
    check_icc(agreement(survey(reference, "anxiety")), golden["anxiety"])


def test_kendall(reference: Path, golden: dict) -> None:
    result = agreement(survey(reference, "anxiety"))
    assert result.kendall_w.value == pytest.approx(golden["kendallW_anxiety"], rel=1e-6)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff_with_missing_ratings(golden: dict, level: str) -> None:
    example = golden["krippendorff_nominal"]
    frame = pl.DataFrame({f"observer {i}": row for i, row in enumerate(example["data"])})
    result = agreement(frame)
    assert result.to_dict()["krippendorff"][level] == pytest.approx(example[level], rel=1e-6)
    assert result.krippendorff[level].n == 11
    assert (result.units, result.complete) == (12, 8)


@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_krippendorff_without_missing_ratings(reference: Path, golden: dict, level: str) -> None:
    frame = survey(reference, "anxiety")
    codes = frame.to_numpy().astype(np.int64) - 1
    values = np.arange(codes.max() + 1.0)
    matrix = coincidences(codes, len(values)).sum(axis=0)[None]
    # On complete data the reference counts every pair once instead of 1/(m - 1) times, so that its n is doubled
    # for three raters; counted so, the figures agree. Krippendorff's own definition is what we report.
    assert krippendorff(2 * matrix, level, values)[0] == pytest.approx(
        golden["anxiety_alpha"][level], rel=1e-6
    )
    ours = agreement(frame).krippendorff[level].value
    assert ours == pytest.approx(krippendorff(matrix, level, values)[0], rel=1e-12)


def test_interval_alpha_is_one_less_the_ratio_of_variances(reference: Path) -> None:
    X = survey(reference, "anxiety").to_numpy().astype(float)
    within = ((X - X.mean(axis=1, keepdims=True)) ** 2).sum() / (X.shape[0] * (X.shape[1] - 1))
    expected = 1 - within / X.var(ddof=1)
    found = agreement(pl.DataFrame(X, schema=["a", "b", "c"])).krippendorff["interval"].value
    assert found == pytest.approx(expected)


ratings = st.lists(
    st.lists(st.integers(1, 4), min_size=3, max_size=3), min_size=4, max_size=12
)  # fmt: skip


@given(rows=ratings, seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_order_of_units_and_raters_does_not_matter(rows: list[list[int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.array(rows)
    names = ["甲", "乙", "😀"]
    plain = agreement(pl.DataFrame(X, schema=names), bootstrap=0).estimates()
    mixed = X[rng.permutation(len(X))][:, rng.permutation(3)]
    for name, estimate in agreement(pl.DataFrame(mixed, schema=names), bootstrap=0).estimates().items():
        assert estimate.value == (
            None if plain[name].value is None else pytest.approx(plain[name].value, abs=1e-9)
        ), name
        assert estimate.value is None or estimate.value <= 1 + 1e-12 or name == "percent"


@given(rows=ratings)
@settings(max_examples=40, deadline=None)
def test_full_agreement_is_one_or_not_computable(rows: list[list[int]]) -> None:
    first = [row[0] for row in rows]
    result = agreement(pl.DataFrame({"a": first, "b": first, "c": first}), bootstrap=20)
    for name, estimate in result.estimates().items():
        if estimate.value is None:
            assert estimate.reason is not None
        elif name == "percent":
            assert estimate.value == 100
        else:
            assert estimate.value == pytest.approx(1), name
    assert (result.fleiss.estimate.value is None) == (len(set(first)) == 1)


@given(rows=ratings)
@settings(max_examples=25, deadline=None)
def test_two_raters_light_and_exact_fleiss_are_cohen(rows: list[list[int]]) -> None:
    result = agreement(pl.DataFrame([row[:2] for row in rows], schema=["a", "b"], orient="row"), bootstrap=0)
    cohen = result.cohen.estimate.value
    for other in (result.light.estimate.value, result.fleiss_exact.estimate.value):
        assert other == (None if cohen is None else pytest.approx(cohen, abs=1e-12))


def test_one_category_is_not_computable_but_the_per_cent_is() -> None:
    result = agreement(pl.DataFrame({"a": ["好"] * 5, "b": ["好"] * 5}))
    assert result.percent.value == 100
    document = result.to_dict("zh-CN")
    assert document["cohen"] is None
    assert "全部相同" in document["details"]["cohen"]["estimate"]["reason"]["message"]
    assert document["icc"]["2k"] is None
    assert (
        result.to_frame().filter(pl.col("coefficient") == "light")["reason"].item() == "assess.one_category"
    )


def test_numbers_that_do_not_vary_have_no_icc() -> None:
    result = agreement(pl.DataFrame({"a": [3, 3, 3], "b": [3, 3, 3]}))
    assert {form.estimate.reason.code for form in result.icc} == {"assess.one_category"}


def test_prevalence_paradox_is_visible() -> None:
    a = ["pass"] * 90 + ["pass"] * 5 + ["fail"] * 5
    b = ["pass"] * 90 + ["fail"] * 5 + ["pass"] * 5
    result = agreement(pl.DataFrame({"a": a, "b": b}))
    assert result.percent.value == 90
    assert result.cohen.estimate.value < 0
    assert result.ac1.estimate.value > 0.85


def test_given_order_changes_weighted_kappa_only() -> None:
    frame = pl.DataFrame(
        {"a": ["low", "mid", "high", "low", "mid"], "b": ["mid", "mid", "high", "low", "high"]}
    )
    alphabetical = agreement(frame)
    ordered = agreement(frame, categories=["low", "mid", "high"])
    assert ordered.cohen.estimate.value == pytest.approx(alphabetical.cohen.estimate.value)
    assert ordered.cohen_quadratic.estimate.value > alphabetical.cohen_quadratic.estimate.value
    assert ordered.warnings == ()


def test_missing_ratings_are_counted_and_alpha_uses_them() -> None:
    frame = pl.DataFrame(
        {"a": ["1", "2", None, "1", ""], "b": ["1", None, "2", "1", None], "c": ["1", "2", "2", "2", None]}
    )
    result = agreement(frame)
    assert (result.units, result.complete) == (4, 2)
    assert result.warnings[0].code == "assess.units_not_rated_by_all"
    assert result.krippendorff["nominal"].n == 4
    assert result.krippendorff["ratio"].value is not None


def test_nobody_rated_everything() -> None:
    result = agreement(pl.DataFrame({"a": [1, None], "b": [None, 2]}))
    assert all(estimate.value is None and estimate.reason for estimate in result.estimates().values())


def test_empty_and_single_units() -> None:
    empty = agreement(pl.DataFrame({"a": [], "b": []}))
    assert all(estimate.value is None for estimate in empty.estimates().values())
    one = agreement(pl.DataFrame({"a": [1], "b": [2]}))
    assert one.percent.value == 0
    assert one.to_dict()["icc"]["1"] is None


def test_negative_ratings_have_no_ratio_alpha() -> None:
    result = agreement(pl.DataFrame({"a": [-1, 0, 2], "b": [0, 0, 2]}))
    assert result.krippendorff["ratio"].reason.code == "assess.ratio_needs_positive"
    assert result.krippendorff["interval"].value is not None


def test_negative_icc_is_shown_as_it_is() -> None:
    found = intraclass_correlations(np.array([[1.0, 5.0], [5.0, 1.0], [1.0, 5.0], [5.0, 1.0]]))
    assert found[0].estimate.value == pytest.approx(-1)
    assert found[3].estimate.value is None


@pytest.mark.parametrize(
    ("raters", "categories", "code"),
    [
        (["a"], None, "assess.two_raters"),
        (["a", "a"], None, "assess.two_raters"),
        (["a", "b"], ["x"], "assess.rating_outside_categories"),
    ],
)
def test_impossible_requests_are_refused(raters: list[str], categories: list[str] | None, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        agreement(pl.DataFrame({"a": ["x"], "b": ["y"]}), raters, categories=categories)
    assert raised.value.code == code


def test_many_categories_leave_the_intervals_out_and_say_so() -> None:
    rng = np.random.default_rng(1)
    X = rng.random((300, 2))
    result = agreement(pl.DataFrame(X, schema=["a", "b"]), bootstrap=50)
    assert "assess.intervals_left_out" in [w.code for w in result.warnings]
    alpha = result.krippendorff["interval"]
    assert alpha.low is None
    assert alpha.value == pytest.approx(1 - ((X[:, 0] - X[:, 1]) ** 2 / 2).mean() / X.var(ddof=1))


def test_continuous_ratings_keep_what_does_not_need_categories() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(size=4000)
    frame = pl.DataFrame({"a": truth + rng.normal(size=4000), "b": truth + rng.normal(size=4000)})
    result = agreement(frame)
    assert result.icc[0].estimate.value == pytest.approx(0.5, abs=0.05)
    for name in ("cohen", "fleiss", "krippendorff_nominal"):
        assert result.estimates()[name].reason.code == "assess.too_many_categories"


@given(rows=ratings)
@settings(max_examples=20, deadline=None)
def test_total_of_coincidences_is_their_sum(rows: list[list[int]]) -> None:
    codes = np.array(rows) - 2  # code -1 is a missing rating
    assert coincidence_total(codes, 3) == pytest.approx(coincidences(codes, 3).sum(axis=0))
