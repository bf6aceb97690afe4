"""The measure commands on files that nobody prepared: golden figures through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.library.process.logs import Command


@pytest.fixture
def servloop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def kiosk(reference: Path) -> Path:
    return reference / "data/survey/kiosk_servqual_kano_ipa.csv"


@pytest.fixture(scope="module")
def mobi(reference: Path) -> Path:
    return reference / "data/survey/ecsi_mobi.csv"


def golden(reference: Path, name: str) -> dict:
    return json.loads((reference / f"golden/measure/{name}.json").read_text())


def written(folder: Path, document: dict) -> Path:
    path = folder / "规格.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def test_nps(servloop: Command, mobi: Path, reference: Path) -> None:
    expected = golden(reference, "nps_csat_ces_cli")["mobi_CUSL3"]
    document = servloop("measure", "nps", mobi, "--column", "CUSL3", "--scale", "1:10", "--json").json
    assert document["value"] == pytest.approx(expected["nps"])
    assert [document["low"], document["high"]] == pytest.approx(expected["ci95"])
    assert document["n"] == 250
    assert document["shares"]["promoters"] == pytest.approx(95 / 250)
    assert document["method"] == "normal"


def test_csat_and_ces_with_every_scoring(servloop: Command, tmp_path: Path, reference: Path) -> None:
    document = golden(reference, "nps_csat_ces_cli")
    for name, scores in (("csat", document["csat5"]["scores"]), ("ces", document["ces2"]["scores"])):
        (tmp_path / f"{name}.csv").write_text(
            "分数;n\n" + "\n".join(f"{s};x" for s in scores), encoding="gbk"
        )
    expected = {
        ("csat", "top1"): document["csat5"]["top_box"],
        ("csat", "top2"): document["csat5"]["top2"],
        ("csat", "mean"): document["csat5"]["mean"],
        ("ces", "mean"): document["ces2"]["mean"],
        ("ces", "share5_7"): document["ces2"]["pct_agree_5_7"],
        ("ces", "net"): document["ces2"]["net_easy_minus_difficult"],
    }
    for (metric, scoring), value in expected.items():
        found = servloop(
            "measure", metric, tmp_path / f"{metric}.csv", "--column", "分数", "--scoring", scoring, "--json"
        ).json
        assert found["value"] == pytest.approx(value)
        assert found["scoring"] == scoring


def test_the_loyalty_index(servloop: Command, tmp_path: Path, reference: Path) -> None:
    expected = golden(reference, "nps_csat_ces_cli")["cli"]
    file = tmp_path / "cli.csv"
    file.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in expected["raw"]))
    document = servloop("measure", "loyalty-index", file, "--items", "a,b，c", "--json").json
    assert document["estimate"]["value"] == pytest.approx(expected["cli"])


def test_servqual(servloop: Command, kiosk: Path, tmp_path: Path, reference: Path) -> None:
    expected = golden(reference, "servqual_kiosk")
    placed = {number: name for name, part in expected["dims"].items() for number in part["items"]}
    items = [
        {"name": str(n), "expectation": f"sq{n}_1", "perception": f"sq{n}_2"}
        | ({"dimension": placed[n]} if n in placed else {})
        for n in range(1, 25)
    ]
    spec = written(tmp_path, {"scale": [1, 7], "items": items})
    document = servloop("measure", "servqual", kiosk, "--spec", spec, "--bootstrap", 50, "--json").json
    assert document["gap"] == pytest.approx(expected["overall_unweighted_gap_mean_of_dims"])
    assert document["item_mean_gap"] == pytest.approx(expected["overall_item_mean_gap"])
    assert document["servperf"] == pytest.approx(expected["servperf_overall"])
    assert document["weighted_gap"] is None
    for name, part in expected["dims"].items():
        found = document["dimensions"][name]
        assert [found["expectation"], found["perception"]] == pytest.approx([part["E"], part["P"]])
        assert found["gap"] == pytest.approx(part["gap"])
        assert found["low"] < found["gap"] < found["high"]
        assert found["n"] == 194
    assert document["items"]["7"]["gap"] == pytest.approx(expected["item"][6]["gap"])


def test_kano(servloop: Command, kiosk: Path, tmp_path: Path, reference: Path) -> None:
    features = [
        {
            "name": f"kano{i}",
            "functional": f"kano{i}_1",
            "dysfunctional": f"kano{i}_2",
            "importance": "ipa1_1",
        }
        for i in range(1, 30)
    ]
    spec = written(tmp_path, {"table": "standard", "rule": "mode", "features": features})
    document = servloop("measure", "kano", kiosk, "--spec", spec, "--json").json
    for found in document["features"]:
        expected = golden(reference, "kano_kiosk")["items"][found["name"]]
        assert found["counts"] == expected["counts"]
        assert found["category"] == expected["mode"]
        assert [found["better"], found["worse"]] == pytest.approx([expected["better"], expected["worse"]])
        assert found["total_strength"] == pytest.approx(expected["total_strength"])
        assert found["category_strength"] == pytest.approx(expected["category_strength"])
        assert found["fong_significant"] is expected["fong"]["significant"]
        assert found["importance"] == pytest.approx(document["features"][0]["importance"])


def test_index(servloop: Command, mobi: Path, tmp_path: Path, reference: Path) -> None:
    blocks = {
        "Image": "IMAG1 IMAG2 IMAG3 IMAG4 IMAG5",
        "Expectation": "CUEX1 CUEX2 CUEX3",
        "Quality": "PERQ1 PERQ2 PERQ3 PERQ4 PERQ5 PERQ6 PERQ7",
        "Value": "PERV1 PERV2",
        "Satisfaction": "CUSA1 CUSA2 CUSA3",
        "Complaints": "CUSCO",
        "Loyalty": "CUSL1 CUSL2 CUSL3",
    }
    paths = {
        "Expectation": ["Image"],
        "Quality": ["Expectation"],
        "Value": ["Expectation", "Quality"],
        "Satisfaction": ["Image", "Expectation", "Quality", "Value"],
        "Complaints": ["Satisfaction"],
        "Loyalty": ["Image", "Satisfaction", "Complaints"],
    }
    constructs = [{"name": name, "items": items.split(), "mode": "A"} for name, items in blocks.items()]
    document = {
        "scheme": "centroid",
        "scaled": True,
        "scale": [1, 10],
        "constructs": constructs,
        "paths": paths,
    }
    spec = written(tmp_path, {**document, "bootstrap": 0})
    found = servloop("measure", "index", mobi, "--spec", spec, "--bootstrap", 20, "--json").json
    expected = golden(reference, "pls_mobi_semPLS")["centroid"]
    assert found["paths"] == pytest.approx({k.replace("->", ">"): v for k, v in expected["path"].items()})
    assert found["outer_weights"] == pytest.approx(expected["outer_weights"])
    assert found["loadings"] == pytest.approx(expected["outer_loadings"])
    assert found["r2"] == pytest.approx({k: v for k, v in expected["r2"].items() if v is not None})
    assert found["communality"]["Value"] == pytest.approx(expected["communality"]["Value"])
    assert found["gof"] == pytest.approx(expected["gof"][2])
    assert found["iterations"] == expected["iterations"]
    index = golden(reference, "acsi_index_mobi")["index"]["centroid"]
    assert found["index"] == pytest.approx({name: part["mean"] for name, part in index.items()})
    assert found["bootstrap"]["samples"] == 20
    assert found["bootstrap"]["paths"]["Image>Expectation"]["se"] > 0


def test_reliability_and_factor_analysis(
    servloop: Command, mobi: Path, kiosk: Path, tmp_path: Path, reference: Path
) -> None:
    expected = golden(reference, "reliability_mobi")["blocks"]["Satisfaction"]
    document = servloop("measure", "reliability", mobi, "--items", "CUSA1,CUSA2, CUSA3", "--json").json
    assert document["alpha"] == pytest.approx(expected["raw_alpha"])
    assert document["alpha_standardised"] == pytest.approx(expected["std_alpha"])
    assert document["item_rest"] == pytest.approx(expected["item_rest_r"])
    assert document["ave"] == pytest.approx(expected["ave"], rel=1e-4)
    assert document["composite_reliability"] == pytest.approx(expected["cr_std"], rel=1e-4)
    assert document["omega"]["ml_sum_score"] == pytest.approx(expected["omega_lavaan_1f"], rel=1e-4)
    items = ",".join(f"sq{i}_2" for i in range(1, 25))
    document = servloop("measure", "efa", kiosk, "--items", items, "--factors", 3, "--json").json
    assert document["adequacy"]["kmo"] == pytest.approx(golden(reference, "efa_kiosk")["KMO"])
    assert document["test"]["chi2"] == pytest.approx(golden(reference, "efa_ml3_kiosk")["chisq"], rel=1e-4)
    cfa = golden(reference, "cfa_mobi")
    lines = (line.split(" =~ ") for line in cfa["model"].split("\n"))
    spec = written(tmp_path, {"factors": {name: block.split("+") for name, block in lines}})
    document = servloop("measure", "cfa", mobi, "--spec", spec, "--json").json
    assert document["fit"]["cfi"] == pytest.approx(cfa["fit"]["cfi"])
    assert document["loadings"]["Value"]["PERV1"]["value"] == pytest.approx(
        cfa["std_loadings"]["PERV1"], rel=1e-4
    )
