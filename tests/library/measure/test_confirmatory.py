"""Confirmatory factor analysis of the ECSI survey against published software, and improper models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from servloop.errors import SpecError
from servloop.measure.confirmatory import (
    ConfirmatoryResult,
    confirmatory_factor_analysis,
    parse_spec,
)
from servloop.measure.confirmatory_estimation import FactorModel, _Work
from servloop.measure.reliability_validity import htmt

FACTOR = 1e-4


def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/cfa_mobi.json").read_text())


def factors(reference: Path) -> dict[str, list[str]]:
    lines = (line.split(" =~ ") for line in golden(reference)["model"].split("\n"))
    return {name: items.split("+") for name, items in lines}


@pytest.fixture(scope="module")
def mobi(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/ecsi_mobi.csv")


@pytest.fixture(scope="module")
def model(mobi: pl.DataFrame, reference: Path) -> ConfirmatoryResult:
    return confirmatory_factor_analysis(mobi, factors(reference))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("chi2", "chisq"),
        ("degrees_of_freedom", "df"),
        ("baseline_chi2", "baseline.chisq"),
        ("baseline_df", "baseline.df"),
        ("cfi", "cfi"),
        ("tli", "tli"),
        ("tli", "nnfi"),
        ("rmsea", "rmsea"),
        ("rmsea_low", "rmsea.ci.lower"),
        ("rmsea_high", "rmsea.ci.upper"),
        ("srmr", "srmr"),
        ("aic", "aic"),
        ("bic", "bic"),
        ("log_likelihood", "logl"),
        ("gfi", "gfi"),
    ],
)
def test_fit_indices(model: ConfirmatoryResult, reference: Path, mine: str, theirs: str) -> None:
    assert getattr(model.fit, mine) == pytest.approx(golden(reference)["fit"][theirs], rel=1e-6)


def test_the_p_value_is_zero_to_many_digits(model: ConfirmatoryResult, reference: Path) -> None:
    assert model.fit.p_value == pytest.approx(golden(reference)["fit"]["pvalue"], abs=1e-12)
    assert model.converged


def test_loadings_correlations_and_validity(model: ConfirmatoryResult, reference: Path) -> None:
    expected = golden(reference)
    for items in model.loadings.values():
        for item, loading in items.items():
            assert loading.value == pytest.approx(expected["std_loadings"][item], rel=FACTOR)
            assert loading.low < loading.value < loading.high
    for row in expected["lv_cor"]:
        for second, correlation in model.factor_correlations[row["_row"]].items():
            assert correlation.value == pytest.approx(row[second], rel=FACTOR)
    for table, key in ((model.htmt, "htmt"), (model.htmt2, "htmt2")):
        for row in expected[key]:
            for second, ratio in table[row["_row"]].items():
                assert ratio == pytest.approx(row[second], rel=1e-6)
    # The published composite reliability is that of the sum score.
    assert dict(model.omega) == pytest.approx(expected["CR"], rel=FACTOR)
    mean_squared = np.mean([e.value**2 for e in model.loadings["Image"].values()])
    assert model.ave["Image"] == pytest.approx(mean_squared)
    codes = {notice.code for notice in model.warnings}
    assert "measure.factor_not_distinct" in codes
    document = model.to_dict("zh")
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert model.to_frame().height == 23


def test_derivatives_agree_with_differences() -> None:
    generator = np.random.default_rng(3)
    correlations = np.corrcoef(generator.standard_normal((50, 6)).T)
    pattern = np.array([[True, False]] * 3 + [[False, True]] * 2 + [[True, True]])
    work = _Work(correlations, FactorModel(pattern, np.zeros_like(pattern)))
    x = work.start() * 0.6 + 0.2
    gradient, _ = work.derivatives(x)
    steps = np.eye(len(x)) * 1e-6
    numeric = [(work.discrepancy(x + step) - work.discrepancy(x - step)) / 2e-6 for step in steps]
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-6)


def planted(n: int, seed: int = 1) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    traits = generator.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n)
    loadings = np.array([0.8, 0.7, 0.6, 0.9])
    noise = generator.standard_normal((n, 8))
    values = np.hstack([traits[:, [k]] * loadings for k in (0, 1)]) + noise * np.sqrt(
        1 - np.tile(loadings, 2) ** 2
    )
    return pl.DataFrame(values, schema=[f"{name}{i}" for name in "xy" for i in range(4)])


TWO = {"X": ["x0", "x1", "x2", "x3"], "Y": ["y0", "y1", "y2", "y3"]}


def test_a_planted_model_is_found_again_and_its_intervals_cover() -> None:
    truth = dict(zip([f"x{i}" for i in range(4)], [0.8, 0.7, 0.6, 0.9], strict=True))
    covered = []
    for seed in range(60):
        found = confirmatory_factor_analysis(planted(300, seed), TWO)
        covered += [
            found.loadings["X"][item].low <= v <= found.loadings["X"][item].high for item, v in truth.items()
        ]
        between = found.factor_correlations["X"]["Y"]
        covered.append(between.low <= 0.5 <= between.high)
    assert 0.9 <= np.mean(covered) <= 0.99


def test_rows_and_units_do_not_matter() -> None:
    data = planted(200)
    first = confirmatory_factor_analysis(data, TWO)
    moved = data.sample(fraction=1, shuffle=True, seed=2).with_columns(x0=pl.col("x0") * 100 - 3)
    second = confirmatory_factor_analysis(moved, TWO)
    assert second.fit.chi2 == pytest.approx(first.fit.chi2, rel=1e-6)
    assert second.loadings["X"]["x0"].value == pytest.approx(first.loadings["X"]["x0"].value, rel=1e-6)


def test_a_factor_of_one_item_is_that_item() -> None:
    found = confirmatory_factor_analysis(planted(200), {"X": TWO["X"], "Y": ["y0"]})
    assert found.loadings["Y"]["y0"].value == 1
    assert found.loadings["Y"]["y0"].low is None
    assert found.ave["Y"] is None
    assert "measure.factor_heywood" not in {notice.code for notice in found.warnings}


def test_one_concept_under_two_names_is_flagged() -> None:
    data = planted(200)
    found = confirmatory_factor_analysis(data, {"A": ["x0", "x1"], "B": ["x2", "x3"], "Y": TWO["Y"]})
    assert "measure.factor_not_distinct" in {notice.code for notice in found.warnings}


def test_saturated_and_unidentified_models() -> None:
    data = planted(100)
    saturated = confirmatory_factor_analysis(data, {"X": ["x0", "x1", "x2"]})
    assert saturated.fit.chi2 is None
    assert saturated.fit.cfi is None
    assert saturated.loadings["X"]["x0"].computable
    two = confirmatory_factor_analysis(data, {"X": ["x0", "x1"]})
    assert two.reason.code == "measure.factor_too_many_parameters"
    unconnected = planted(100).with_columns(z=pl.Series(np.random.default_rng(0).standard_normal(100)))
    rotated = {"A": [*TWO["X"], *TWO["Y"], "z"], "B": [*TWO["X"], *TWO["Y"], "z"]}
    assert confirmatory_factor_analysis(unconnected, rotated).reason.code == "measure.factor_not_identified"


def test_few_rows_flat_items_and_wrong_specifications() -> None:
    data = planted(30)
    assert confirmatory_factor_analysis(data.head(5), TWO).reason.code == "measure.factor_too_few"
    flat = confirmatory_factor_analysis(data.with_columns(x1=pl.lit(1)), TWO)
    assert "x1" in flat.to_dict("en")["reason"]["message"]
    for document in ({"factors": {}}, {"factors": {"A": []}}, {"factors": {"A": ["x", "x"]}}):
        with pytest.raises(SpecError):
            parse_spec(document)
    assert parse_spec({"factors": TWO}) == TWO


def test_htmt_of_single_and_uncorrelated_items() -> None:
    correlations = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.5, 0.5, 1.0]])
    table = htmt(correlations, {"A": [0, 1], "B": [2]})
    assert np.isnan(table["A"]["B"])
    assert htmt(correlations, {"A": [0], "B": [2]}, geometric=True)["A"]["B"] == pytest.approx(0.5)
