"""The commands of importance, weights, agreement, quality, scorecards, criteria and value on files as people have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from servloop.errors import SpecError
from servloop_app.cli.measure import command as measure


def run(*arguments: object) -> str:
    result = CliRunner().invoke(measure, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def answer(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json"))


def golden(reference: Path, name: str) -> Any:
    return json.loads((reference / f"golden/measure/{name}.json").read_text(encoding="utf-8"))


def spec_file(folder: Path, document: Any) -> Path:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(("method", "key"), [("lmg", "lmg"), ("johnson", "johnson_raw")])
def test_drivers(reference: Path, method: str, key: str) -> None:
    known = golden(reference, "relimp")["swiss"]
    file = reference / "data/survey/swiss.csv"
    names = ",".join(known["lmg"])
    arguments = ("drivers", file, "--outcome", "Fertility", "--drivers", names, "--method", method)
    found = answer(*arguments)
    assert found["r2"] == pytest.approx(known["R2"], rel=1e-6)
    assert found["importance"] == pytest.approx(known[key], rel=1e-6)
    assert sum(found["share"].values()) == pytest.approx(1)
    assert "Education" in run(*arguments, "--lang", "en")


def test_importance(reference: Path, tmp_path: Path) -> None:
    known = golden(reference, "ipa_kiosk")
    items = [
        {"name": f"第{i}项", "importance": f"ipa{i}_1", "performance": f"ipa{i}_2"} for i in range(1, 25)
    ]
    spec = spec_file(tmp_path, {"items": items, "scale": [1, 7]})
    file = reference / "data/survey/kiosk_servqual_kano_ipa.csv"
    found = answer("importance", file, "--spec", spec)
    assert found["cross"]["importance"] == pytest.approx(known["grand"]["importance"], rel=1e-6)
    assert [i["importance"] for i in found["items"]] == pytest.approx(
        [i["importance"] for i in known["items"]], rel=1e-6
    )
    assert "第1项" in run("importance", file, "--spec", spec, "--lang", "zh")


def test_penalty_reward(reference: Path) -> None:
    file = reference / "data/survey/swiss.csv"
    arguments = ("penalty-reward", file, "--outcome", "Fertility", "--attributes", "Education,Examination")
    found = answer(*arguments, "--low", 7, "--high", 15)
    assert {item["name"] for item in found["items"]} == {"Education", "Examination"}
    assert "Education" in run(*arguments, "--low", 7, "--high", 15)


def test_weights(reference: Path, tmp_path: Path) -> None:
    known = golden(reference, "survey_weighting")
    margins = [{"column": column, "totals": totals} for column, totals in known["targets"].items()]
    spec = spec_file(tmp_path, {"start": "pw", "margins": margins, "tolerance": 1.0e-8, "trim": None})
    file, out = reference / "data/survey/survey_apisrs.csv", tmp_path / "权重.csv"
    found = answer("weights", file, "--spec", spec, "--mean", "api00", "--out", out)
    assert found["mean"] == pytest.approx(known["rake"]["mean"], rel=1e-6)
    assert found["mean_detail"]["standard_error"] == pytest.approx(known["rake"]["se"], rel=1e-6)
    assert found["kish_deff"] == pytest.approx(known["rake"]["kish"]["deff"], rel=1e-6)
    assert found["n_effective"] == pytest.approx(known["rake"]["kish"]["n_eff"], rel=1e-6)
    assert found["max_margin_error"] < 1e-8
    written = pl.read_csv(out)
    assert written["weight"].sum() == pytest.approx(6194)
    assert written.height == 200
    run("weights", file, "--spec", spec, "--out", tmp_path / "w.parquet", "--mean", "api00")
    assert pl.read_parquet(tmp_path / "w.parquet")["weight"].to_list() == pytest.approx(
        written["weight"].to_list()
    )


def test_agreement(reference: Path) -> None:
    known = golden(reference, "agreement")
    file = reference / "data/survey/irr_diagnoses.csv"
    found = answer("agreement", file)
    assert found["fleiss"] == pytest.approx(known["fleiss_diagnoses"]["kappa"], rel=1e-6)
    assert found["fleiss_exact"] == pytest.approx(known["fleiss_diagnoses"]["exact_conger"], rel=1e-6)
    assert found["light"] == pytest.approx(known["fleiss_diagnoses"]["light"], rel=1e-6)
    assert found["cohen"] is None
    pair = answer("agreement", file, "--ratings", "rater1,rater2")
    assert pair["cohen"] == pytest.approx(known["cohen_diagnoses_r1r2"]["kappa"], rel=1e-6)
    numbers = answer("agreement", reference / "data/survey/irr_anxiety.csv")
    assert set(numbers["icc"]) == {"1", "2", "3", "1k", "2k", "3k"}
    shown = run("agreement", file, "--lang", "zh")
    assert "fleiss" in shown
    assert "cohen, cohen_linear, cohen_quadratic: 无法计算" in shown


def test_quality(reference: Path) -> None:
    known = golden(reference, "careless")
    file = reference / "data/survey/careless_dataset.csv"
    items = ",".join(pl.read_csv(file).columns)
    arguments = ("quality", file, "--items", items, "--factors", "5,5,5,5,5,5,5,5,5,5", "--synonym-r", 0.3)
    found = answer(*arguments)
    assert found["longstring"] == known["longstring"]
    assert found["flag_counts"]["mahad"] == 23
    assert "mahad" in run(*arguments)
    with pytest.raises(SpecError):
        run("quality", file, "--items", items, "--factors", "5,x")


def test_balanced_scorecard_from_a_table_nobody_prepared(tmp_path: Path) -> None:
    table = tmp_path / "月报.csv"
    table.write_text("满意度,等待\n80,4\n90,\n85,6\n", encoding="gbk")
    indicators = [
        {"name": "CSAT", "column": "满意度", "target": 90, "weight": 2},
        {"name": "等待分钟", "column": "等待", "aggregate": "last", "direction": "lower", "target": 5},
        {"name": "投诉", "target": 10, "actual": 5, "direction": "lower"},
    ]
    spec = spec_file(tmp_path, {"perspectives": [{"name": "客户", "indicators": indicators}]})
    found = answer("balanced-scorecard", table, "--spec", spec)
    actual = {node["path"][-1]: node["actual"] for node in found["nodes"] if node["kind"] == "indicator"}
    assert actual == {"CSAT": 85, "等待分钟": 6, "投诉": 5}
    assert found["score"] == pytest.approx(100 * (2 * 85 / 90 + 5 / 6 + 1.2) / 4)
    alone = answer("balanced-scorecard", "--spec", spec)
    assert (alone["n"], alone["indicators"]) == (1, 3)
    assert "CSAT" in run("balanced-scorecard", "--spec", spec, "--lang", "zh")


def test_criteria(reference: Path, tmp_path: Path) -> None:
    known = golden(reference, "mcdm")
    case = known["cases"]["saaty_house8"]
    names = list("abcdefgh")
    found = answer(
        "weights-of-criteria", "--spec", spec_file(tmp_path, {"method": "ahp", "names": names, "matrices": [case["matrix"]]})
    )  # fmt: skip
    assert list(found["weights"].values()) == pytest.approx(case["eigen"], rel=1e-6)
    assert found["consistency_ratio"] == pytest.approx(case["CR"], rel=1e-6)
    assert found["warnings"][0]["code"] == "assess.inconsistent_comparisons"
    table = tmp_path / "t.csv"
    pl.DataFrame(known["topsis"]["matrix"], schema=list("abcd"), orient="row").with_columns(
        u=pl.Series(list("vwxyz"))
    ).write_csv(table)
    weights = dict.fromkeys("abcd", 0.25)
    for document, check in (
        ({"method": "topsis", "weights": weights, "cost": ["a"]}, lambda d: d["alternatives"][2]["rank"] == 1),
        ({"method": "entropy", "columns": list("abcd")}, lambda d: abs(sum(d["weights"].values()) - 1) < 1e-9),
        ({"method": "index", "name": "u", "weights": weights}, lambda d: len(d["units"]) == 5),
        ({"method": "fuzzy", "weights": [1], "memberships": [[0.2, 0.8]], "grades": ["A", "B"]}, lambda d: d["grade"] == "B"),
    ):  # fmt: skip
        spec = spec_file(tmp_path, document)
        assert check(answer("weights-of-criteria", table, "--spec", spec))
        assert run("weights-of-criteria", table, "--spec", spec, "--lang", "en")
    with pytest.raises(SpecError) as raised:
        run("weights-of-criteria", "--spec", spec_file(tmp_path, {"method": "entropy", "columns": ["a"]}))
    assert raised.value.code == "assess.table_needed"
    with pytest.raises(SpecError):
        run("weights-of-criteria", "--spec", spec_file(tmp_path, {"method": "magic"}))


def test_value(reference: Path) -> None:
    known = golden(reference, "clv_cdnow")
    file = reference / "data/survey/cdnow_summary_monetary_lifetimes.csv"
    arguments = ("value", file, "--frequency", "frequency", "--recency", "recency", "--age", "T")
    found = answer(*arguments, "--spend", "monetary_value")
    assert {name: found["purchases"][name] for name in known["bgnbd"]} == pytest.approx(
        known["bgnbd"], rel=1e-6
    )
    assert found["expected_value"] > 0
    assert "alpha" in run(*arguments, "--spend", "monetary_value", "--lang", "en")


def test_value_that_is_not_computable_says_why(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,tx,T\n0,0,5\n", encoding="utf-8")
    arguments = ("value", table, "--frequency", "x", "--recency", "tx", "--age", "T")
    found = answer(*arguments)
    assert found["expected_purchases"] is None
    assert found["purchases"]["reason"]["code"] == "assess.too_few_buyers"
    assert "无法计算" in run(*arguments, "--lang", "zh")


def test_sample_size() -> None:
    found = answer("sample-size", "--margin", 0.05, "--population", 1000)
    assert found["n"] == 278
    assert "385" in run("sample-size", "--margin", 0.05)


def test_efqm(reference: Path, tmp_path: Path) -> None:
    example = golden(reference, "efqm")["example2013"]
    found = answer("efqm", "--spec", spec_file(tmp_path, {"model": "2013", "marks": example["pct"]}))
    assert found["score"] == pytest.approx(example["score"])
    partial = spec_file(tmp_path, {"marks": {"4.1": 50}})
    assert answer("efqm", "--spec", partial)["score"] is None
    assert "创造价值" in run("efqm", "--spec", partial, "--lang", "zh")


def test_forms(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("customer1,people1,satisfaction1\n5,3,9\n4,2,8\n", encoding="utf-8")
    assert answer("self-assessment", table)["weakest"] == "people"
    five = answer("self-assessment", table, "--form", "five-aspects")
    assert five["warnings"][0]["code"] == "assess.five_aspects_not_acsi"
    assert "Customer focus" in run("self-assessment", table, "--lang", "en")


def test_retention(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("客户,月\n甲,0\n甲,1\n乙,0\n", encoding="utf-8")
    arguments = ("retention", table, "--customer", "客户", "--period", "月")
    assert answer(*arguments)["next_period"]["value"] == 0.5
    assert "0.5" in run(*arguments)
