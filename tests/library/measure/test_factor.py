"""Exploratory factor analysis of a real survey, rotations, and data that carry no factors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from servloop.errors import InputError, SpecError
from servloop.measure.factor import factor_analysis, most_factors
from servloop.measure.factor_adequacy import adequacy
from servloop.measure.factor_rotation import ROTATIONS, rotate

ITEMS = [f"sq{i}_2" for i in range(1, 25)]
# Results of maximum likelihood and rotations, golden/INDEX.md.
FACTOR = 1e-4


@pytest.fixture(scope="module")
def kiosk(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv").select(ITEMS)


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/efa_kiosk.json").read_text())


def test_adequacy(kiosk: pl.DataFrame, golden: dict) -> None:
    found = factor_analysis(kiosk, ITEMS, factors=1).adequacy
    assert found.kmo == pytest.approx(golden["KMO"], rel=1e-6)
    assert dict(found.kmo_items) == pytest.approx(golden["MSAi"], rel=1e-6)
    assert found.bartlett_chi2 == pytest.approx(golden["bartlett"]["chisq"], rel=1e-6)
    assert found.bartlett_df == golden["bartlett"]["df"]
    assert found.bartlett_p_value == pytest.approx(golden["bartlett"]["p"], rel=1e-6)
    assert found.eigenvalues == pytest.approx(golden["eigenvalues"], rel=1e-6)
    assert found.eigenvalues_above_one == golden["n_eig_gt_1"]
    assert 1 <= found.parallel_factors < found.eigenvalues_above_one


@pytest.mark.parametrize(
    ("extraction", "factors", "key"),
    [("ml", 6, "ml6_communality"), ("minres", 6, "minres6_communality"), ("pca", 5, "pca5_communality")],
)
def test_communalities(kiosk: pl.DataFrame, golden: dict, extraction: str, factors: int, key: str) -> None:
    found = factor_analysis(kiosk, ITEMS, factors=factors, extraction=extraction)
    assert dict(found.communalities) == pytest.approx(golden[key], abs=FACTOR)
    if extraction == "ml":
        assert found.objective == pytest.approx(golden["ml6_uniqueness_objective"], rel=FACTOR)
        heywood = next(n for n in found.warnings if n.code == "measure.factor_heywood")
        assert heywood.params["items"] == ["sq8_2"]
    if extraction == "pca":
        expected = sorted(golden["pca5_varimax_ss"].values(), reverse=True)
        assert found.variance == pytest.approx(expected, rel=FACTOR)
        assert found.test is None


def test_three_factors_by_maximum_likelihood(kiosk: pl.DataFrame, reference: Path) -> None:
    expected = json.loads((reference / "golden/measure/efa_ml3_kiosk.json").read_text())
    found = factor_analysis(kiosk, ITEMS, factors=3)
    assert dict(found.uniquenesses) == pytest.approx(expected["ml3_uniqueness_factanal"], abs=FACTOR)
    for row in expected["ml3_varimax_loadings_factanal"]:
        values = [row["Factor1"], row["Factor2"], row["Factor3"]]
        assert found.loadings[row["_row"]] == pytest.approx(values, abs=FACTOR)
    assert found.test.chi2 == pytest.approx(expected["chisq"], rel=FACTOR)
    assert found.test.degrees_of_freedom == expected["dof"]
    assert found.test.p_value == pytest.approx(expected["p"], rel=1e-3)
    assert found.variance == pytest.approx(expected["ss_loadings"], rel=FACTOR)
    assert found.to_frame().columns == ["item", "communality", "factor_1", "factor_2", "factor_3"]
    document = found.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotations_leave_communalities_alone(kiosk: pl.DataFrame, rotation: str) -> None:
    found = factor_analysis(kiosk, ITEMS, factors=3, rotation=rotation)
    loadings, between = np.array(list(found.loadings.values())), np.array(found.correlations)
    communalities = np.einsum("if,fg,ig->i", loadings, between, loadings)
    assert communalities == pytest.approx(list(found.communalities.values()), abs=1e-9)
    assert sum(found.variance) == pytest.approx(communalities.sum())
    assert np.diagonal(between) == pytest.approx(np.ones(3))


def test_oblique_rotations_find_a_planted_structure() -> None:
    pattern = np.zeros((9, 3))
    for factor in range(3):
        pattern[3 * factor : 3 * factor + 3, factor] = (0.9, 0.8, 0.7)
    correlations = np.array([[1, 0.4, 0.2], [0.4, 1, 0.3], [0.2, 0.3, 1]])
    unrotated = pattern @ np.linalg.cholesky(correlations)
    found, between = rotate(unrotated, "oblimin")
    assert np.sort(np.abs(found).max(axis=1)) == pytest.approx(np.sort(pattern.max(axis=1)), abs=1e-5)
    assert np.sort(between[np.triu_indices(3, 1)]) == pytest.approx([0.2, 0.3, 0.4], abs=1e-5)
    promax, _ = rotate(unrotated, "promax")
    assert (np.abs(promax) < 0.12).sum() == 18


def test_the_number_of_factors_is_found() -> None:
    generator = np.random.default_rng(4)
    traits = np.repeat(generator.standard_normal((400, 2)), 4, axis=1)
    values = traits + generator.standard_normal((400, 8)) * 0.7
    names = [f"q{i}" for i in range(8)]
    found = factor_analysis(pl.DataFrame(values, schema=names), names)
    assert found.factors == found.adequacy.parallel_factors == 2
    assert found.test.p_value > 0.001
    noise = pl.DataFrame(generator.standard_normal((400, 8)), schema=names)
    flat = factor_analysis(noise, names)
    assert flat.factors == 1
    assert flat.adequacy.parallel_factors <= 1


def test_small_flat_and_singular_data_are_not_computable() -> None:
    generator = np.random.default_rng(6)
    names = ["a", "b", "c", "d"]
    data = pl.DataFrame(generator.standard_normal((30, 4)), schema=names)
    few = factor_analysis(data.head(4), names)
    assert few.reason.code == "measure.factor_too_few"
    assert factor_analysis(data.head(0), names).reason is not None
    flat = factor_analysis(data.with_columns(b=pl.lit(3)), names)
    assert flat.to_dict("zh")["reason"]["code"] == "measure.factor_items_constant"
    assert factor_analysis(data.with_columns(d=pl.col("a")), names).reason.code == "measure.factor_singular"
    gap = factor_analysis(data.with_columns(a=pl.when(pl.col("a") > 1).then(None).otherwise("a")), names)
    assert gap.warnings[0].code == "measure.factor_rows_left_out"


def test_low_adequacy_and_small_samples_are_flagged() -> None:
    generator = np.random.default_rng(9)
    data = pl.DataFrame(generator.standard_normal((15, 5)), schema=list("abcde"))
    codes = {notice.code for notice in factor_analysis(data, list("abcde"), factors=1).warnings}
    assert "measure.factor_small_sample" in codes
    with pytest.raises(InputError):
        adequacy(np.ones((3, 3)), ["a", "b", "c"], 10)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"items": ["a", "b"]}, "measure.factor_items"),
        ({"items": ["a", "b", "b"]}, "measure.factor_items"),
        ({"extraction": "magic"}, "measure.factor_method_unknown"),
        ({"rotation": "equamax"}, "measure.factor_method_unknown"),
        ({"factors": 3}, "measure.factor_count"),
    ],
)
def test_impossible_requests_are_named(options: dict, code: str) -> None:
    data = pl.DataFrame(np.eye(5), schema=list("abcde"))
    with pytest.raises(SpecError) as caught:
        factor_analysis(data, **{"items": list("abcd"), **options})
    assert caught.value.code == code
    assert most_factors(4) == 1
