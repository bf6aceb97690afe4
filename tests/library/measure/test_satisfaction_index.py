"""PLS path models: published figures of the ECSI survey, and what happens with difficult data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from servloop.errors import InputError
from servloop.measure.pls import PathModelResult, path_model
from servloop.measure.pls_spec import PathModelSpec, parse_spec, ready_model
from servloop.measure.satisfaction_index import index_by_group, weighted_index

ECSI = {
    "Image": [f"IMAG{i}" for i in range(1, 6)],
    "Expectation": [f"CUEX{i}" for i in range(1, 4)],
    "Quality": [f"PERQ{i}" for i in range(1, 8)],
    "Value": ["PERV1", "PERV2"],
    "Satisfaction": ["CUSA1", "CUSA2", "CUSA3"],
    "Complaints": ["CUSCO"],
    "Loyalty": ["CUSL1", "CUSL2", "CUSL3"],
}
SCHEMES = {"centroid": "centroid", "factorial": "factorial", "path": "pathWeighting"}


@pytest.fixture(scope="module")
def mobi(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/ecsi_mobi.csv")


def ecsi(**options: object) -> PathModelSpec:
    return ready_model("ecsi", ECSI, scale=[1, 10], **options)


@pytest.fixture(scope="module")
def models(mobi: pl.DataFrame) -> dict[str, PathModelResult]:
    return {golden: path_model(mobi, ecsi(scheme=scheme)) for scheme, golden in SCHEMES.items()}


def golden(reference: Path, name: str) -> dict:
    return json.loads((reference / f"golden/measure/{name}.json").read_text())


@pytest.mark.parametrize("scheme", SCHEMES.values())
def test_the_published_output(models: dict[str, PathModelResult], reference: Path, scheme: str) -> None:
    expected, model = golden(reference, "pls_mobi_SmartPLS2_published")[scheme], models[scheme]
    # The published output is printed with eight decimals.
    for item, weights in expected["outerWeights"].items():
        assert model.outer_weights[item].value == pytest.approx(next(iter(weights.values())), abs=5e-8)
    for source, targets in expected["pathCoefficients"].items():
        for target, value in targets.items():
            assert model.paths[f"{source}>{target}"].value == pytest.approx(value, abs=5e-8)
    for source, targets in expected["totalEffects"].items():
        for target, value in targets.items():
            assert model.total_effects[f"{source}>{target}"].value == pytest.approx(value, abs=5e-8)
    for item, constructs in expected["crossLoadings"].items():
        for construct, value in constructs.items():
            assert model.cross_loadings[item][construct] == pytest.approx(value, abs=5e-8)


@pytest.mark.parametrize("scheme", SCHEMES.values())
def test_an_independent_implementation(
    models: dict[str, PathModelResult], reference: Path, scheme: str
) -> None:
    document = golden(reference, "pls_mobi_semPLS")
    expected, model = document[scheme], models[scheme]
    assert model.n == document["n"]
    assert model.iterations == expected["iterations"]
    assert model.converged
    for name, value in expected["path"].items():
        assert model.paths[name.replace("->", ">")].value == pytest.approx(value, rel=1e-6)
    for name, value in expected["total_effects"].items():
        assert model.total_effects[name.replace("->", ">")].value == pytest.approx(value, rel=1e-6)
    for item, value in expected["outer_weights"].items():
        assert model.outer_weights[item].value == pytest.approx(value, rel=1e-6)
    for item, value in expected["outer_loadings"].items():
        assert model.loadings[item].value == pytest.approx(value, rel=1e-6)
    for construct, value in expected["r2"].items():
        if value is None:
            assert construct not in model.r2
        else:
            assert model.r2[construct].value == pytest.approx(value, rel=1e-6)
    for mine, theirs in ((model.communality, "communality"), (model.composite_reliability, "dgrho")):
        for construct, value in expected[theirs].items():
            assert mine[construct] == (None if value is None else pytest.approx(value, rel=1e-6))
    mean_r2, mean_communality, gof = expected["gof"]
    assert np.mean([e.value for e in model.r2.values()]) == pytest.approx(mean_r2, rel=1e-6)
    assert model.gof == pytest.approx(gof, rel=1e-6)
    assert model.gof**2 / mean_r2 == pytest.approx(mean_communality, rel=1e-6)
    for row, scores in enumerate(expected["scores_first3"]):
        assert model.scores[row] == pytest.approx([scores[name] for name in ECSI], rel=1e-6)
    correlations = [[model.correlations[a][b] for b in ECSI] for a in ECSI]
    np.testing.assert_allclose(correlations, expected["lv_cor"], rtol=1e-6)
    shared = model.communality["Quality"] * model.r2["Quality"].value
    assert model.redundancy["Quality"] == pytest.approx(shared)


@pytest.mark.parametrize("scheme", SCHEMES.values())
def test_the_index(models: dict[str, PathModelResult], reference: Path, scheme: str) -> None:
    model = models[scheme]
    for position, (name, expected) in enumerate(
        golden(reference, "acsi_index_mobi")["index"][scheme].items()
    ):
        assert model.index[name].value == pytest.approx(expected["mean"], rel=1e-6)
        scores = model.index_scores[:, list(ECSI).index(name)]
        assert position == list(ECSI).index(name)
        assert scores.std(ddof=1) == pytest.approx(expected["sd"], rel=1e-6)
        assert scores[:3] == pytest.approx(expected["first3"], rel=1e-6)
        assert (scores.min(), scores.max()) == pytest.approx((expected["min"], expected["max"]), abs=1e-6)
        for item, share in expected["unstd_weights_normalised"].items():
            assert model.index_weights[item] == pytest.approx(share, rel=1e-6)
        assert model.index[name].low < model.index[name].value < model.index[name].high


def test_the_index_with_given_weights(mobi: pl.DataFrame, reference: Path) -> None:
    expected = golden(reference, "acsi_index_mobi")
    plain = expected["equal_weight_ACSI_diy"]
    means = [mobi[item].mean() for item in plain["means"]]
    assert means == pytest.approx(list(plain["means"].values()))
    assert weighted_index(means, [1, 1, 1]) == pytest.approx(plain["score"], rel=1e-6)
    ohio = expected["ohio_example"]
    assert weighted_index(ohio["x"], ohio["weights"]) == pytest.approx(ohio["score"], rel=1e-6)


def test_bootstrap_standard_errors(mobi: pl.DataFrame, reference: Path) -> None:
    expected = golden(reference, "pls_mobi_bootstrap")
    model = path_model(mobi, ecsi(), samples=1000, seed=7)
    assert model.samples == 1000
    for name, error in expected["se"].items():
        path = name.replace("->", ">")
        assert model.standard_errors["paths"][path] == pytest.approx(error, rel=0.2)
        # The limits to compare with come from 300 resamples only: they scatter by a tenth of the width.
        width = expected["q975"][name] - expected["q025"][name]
        assert model.paths[path].low == pytest.approx(expected["q025"][name], abs=0.25 * width)
        assert model.paths[path].high == pytest.approx(expected["q975"][name], abs=0.25 * width)
    again = path_model(mobi, ecsi(), samples=1000, seed=7)
    assert again.paths == model.paths
    document = model.to_dict()
    assert document["bootstrap"]["paths"]["Image>Loyalty"].keys() == {"se", "low", "high"}
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert model.to_frame().filter(pl.col("kind") == "paths").height == 12


@pytest.mark.parametrize("signs", ["none", "individual", "construct"])
def test_sign_rules_agree_where_signs_are_clear(mobi: pl.DataFrame, signs: str) -> None:
    model = path_model(mobi, ecsi(bootstrap=200, bootstrap_signs=signs), seed=1)
    for name in ("Quality>Satisfaction", "Image>Expectation"):
        assert 0 < model.paths[name].low < model.paths[name].value < model.paths[name].high


def test_rows_and_units_of_measurement_do_not_matter(mobi: pl.DataFrame) -> None:
    spec = ready_model("ecsi", ECSI)
    first = path_model(mobi, spec)
    shuffled = mobi.sample(fraction=1, shuffle=True, seed=3).with_columns(pl.all() * 10 + 5)
    second = path_model(shuffled, spec)
    for name, path in first.paths.items():
        assert second.paths[name].value == pytest.approx(path.value, rel=1e-9)
    assert first.index == {}
    assert "measure.pls_no_scale" in {notice.code for notice in first.warnings}


def test_mode_b_reaches_a_higher_or_equal_r2_for_two_blocks(mobi: pl.DataFrame) -> None:
    def fit(mode: str) -> float:
        document = {
            "constructs": [
                {"name": "Quality", "items": ECSI["Quality"], "mode": mode},
                {"name": "Satisfaction", "items": ECSI["Satisfaction"], "mode": mode},
            ],
            "paths": {"Satisfaction": ["Quality"]},
        }
        return path_model(mobi, parse_spec(document)).r2["Satisfaction"].value

    # Mode B on both sides maximises the canonical correlation.
    x, y = (mobi.select(ECSI[name]).to_numpy().astype(float) for name in ("Quality", "Satisfaction"))
    qx, qy = (np.linalg.qr(block - block.mean(axis=0))[0] for block in (x, y))
    canonical = np.linalg.svd(qx.T @ qy)[1][0]
    assert fit("B") == pytest.approx(canonical**2, rel=1e-6)
    assert fit("B") >= fit("A")


@pytest.mark.parametrize("missing", ["mean", "pairwise", "casewise"])
def test_missing_answers(mobi: pl.DataFrame, missing: str) -> None:
    generator = np.random.default_rng(5)
    values = mobi.to_numpy().astype(float)
    values[generator.random(values.shape) < 0.02] = np.nan
    frame = pl.DataFrame(values, schema=mobi.columns)
    model = path_model(frame, ecsi(missing=missing, bootstrap=50))
    complete = path_model(mobi, ecsi())
    assert model.samples == 50
    assert model.paths["Quality>Satisfaction"].value == pytest.approx(
        complete.paths["Quality>Satisfaction"].value, abs=0.12
    )
    assert np.isnan(model.scores).any() == (missing == "casewise")
    same = path_model(mobi, ecsi(missing=missing))
    assert same.paths["Image>Loyalty"].value == pytest.approx(complete.paths["Image>Loyalty"].value)


def test_unscaled_items(mobi: pl.DataFrame) -> None:
    model = path_model(mobi, ecsi(scaled=False))
    assert model.paths["Quality>Satisfaction"].value == pytest.approx(0.51, abs=0.05)
    assert sum(model.index_weights[item] for item in ECSI["Image"]) == pytest.approx(1)


def test_groups_are_compared_on_the_same_yardstick(mobi: pl.DataFrame) -> None:
    frame = mobi.with_columns(region=pl.Series([["北", "南"][i % 2] for i in range(249)] + [None]))
    result = index_by_group(frame, ecsi(), "region", samples=60)
    assert set(result.index) == {"北", "南"}
    weighted = sum(e["Satisfaction"].value * e["Satisfaction"].n for e in result.index.values()) / 249
    scores = result.model.index_scores[:249, 4]
    assert weighted == pytest.approx(scores.mean())
    assert len(result.path_differences["Image>Loyalty"]) == 1
    assert 0 <= result.path_differences["Image>Loyalty"][0].p_adjusted <= 1
    assert "measure.frame_ungrouped" in {notice.code for notice in result.warnings}
    document = result.to_dict("zh")
    assert document["groups"]["北"]["model"]["paths"]
    assert document["gof"] == result.model.gof
    assert result.to_frame().height == 14


def test_constant_items_few_rows_and_no_rows_are_not_computable(mobi: pl.DataFrame) -> None:
    flat = path_model(mobi.with_columns(IMAG2=pl.lit(7)), ecsi())
    assert flat.reason.code == "measure.pls_items_constant"
    assert "IMAG2" in flat.to_dict("zh")["reason"]["message"]
    assert flat.to_dict()["paths"] == {}
    for rows in (0, 1, 2):
        assert path_model(mobi.head(rows), ecsi()).reason.code == "measure.pls_too_few"
    few = path_model(mobi.head(30), ecsi(bootstrap=50))
    assert "measure.pls_small_sample" in {notice.code for notice in few.warnings}


def test_a_reversed_item_makes_the_index_not_computable(mobi: pl.DataFrame) -> None:
    model = path_model(mobi.with_columns(PERV1=11 - pl.col("PERV1")), ecsi())
    assert model.index["Value"].reason.code == "measure.pls_negative_weights"
    assert model.index["Image"].computable
    assert "measure.pls_negative_weights" in {notice.code for notice in model.warnings}


def test_collinear_constructs_and_no_convergence_are_flagged(mobi: pl.DataFrame) -> None:
    document = {
        "constructs": [
            {"name": "a", "items": ["x"]},
            {"name": "b", "items": ["y"]},
            {"name": "c", "items": ["CUSA1", "CUSA2"]},
        ],
        "paths": {"c": ["a", "b"]},
    }
    frame = mobi.with_columns(x=pl.col("PERQ1"), y=2 * pl.col("PERQ1"))
    model = path_model(frame, parse_spec(document))
    assert "measure.pls_collinear" in {notice.code for notice in model.warnings}
    assert np.isfinite(model.paths["a>c"].value)
    hurried = path_model(mobi, ecsi(max_iterations=1))
    assert not hurried.converged
    assert "measure.pls_not_converged" in {notice.code for notice in hurried.warnings}


def test_answers_outside_the_scale_text_and_missing_columns(mobi: pl.DataFrame) -> None:
    frame = mobi.with_columns(IMAG1=pl.when(pl.int_range(pl.len()) == 0).then(99).otherwise("IMAG1"))
    outside = next(n for n in path_model(frame, ecsi()).warnings if n.code == "measure.frame_outside_scale")
    assert outside.count == 1
    with pytest.raises(InputError, match="IMAG1"):
        path_model(mobi.with_columns(IMAG1=pl.lit("高")), ecsi())
    with pytest.raises(InputError, match="CUSCO"):
        path_model(mobi.drop("CUSCO"), ecsi())
