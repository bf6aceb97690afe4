"""The measure commands: both languages, exit codes, wrong files and specifications, tables, schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import polars as pl
import pytest
import yaml
from tests.library.process.logs import Command

HEADING = re.compile("(样本量|题项|差距|类别|维度|路径|载荷|名称)")


@pytest.fixture
def servloop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "200")
    return Command(monkeypatch, capsys)


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Sixty answers to everything, with Chinese column names and a unit."""
    rows = range(60)
    frame = pl.DataFrame(
        {
            "推荐": [(7 * i) % 11 for i in rows],
            "满意": [1 + (3 * i) % 5 for i in rows],
            "网点": [("东区", "西区")[i % 2] for i in rows],
            **{f"e{k}": [5 + (i * k) % 3 for i in rows] for k in (1, 2, 3)},
            **{f"p{k}": [2 + (i * i + k * i) % 5 for i in rows] for k in (1, 2, 3)},
            **{f"m{k}": [2 + (i + k) % 3 for i in rows] for k in (1, 2, 3)},
            "正": [["喜欢", "无所谓", "理应如此"][i % 3] for i in rows],
            "反": [["不喜欢", "勉强接受"][i % 2] for i in rows],
        }
    )
    path = tmp_path / "问卷.csv"
    frame.write_csv(path)
    return path


SPECS: dict[str, dict] = {
    "servqual": {
        "items": [
            {"dimension": f"d{k}", "expectation": f"e{k}", "perception": f"p{k}", "minimum": f"m{k}"}
            for k in (1, 2, 3)
        ],
        "staff": {"d1": {"managers": ["e2"], "standards": "e1"}},
    },
    "kano": {"features": [{"name": "自助机", "functional": "正", "dysfunctional": "反"}]},
    "index": {
        "scale": [1, 7],
        "constructs": [{"name": "期望", "items": ["e1", "e2"]}, {"name": "感知", "items": ["p1", "p2"]}],
        "paths": {"感知": ["期望"]},
    },
    "cfa": {"factors": {"F": ["p1", "p2", "p3", "推荐"]}},
}


@pytest.fixture
def specs(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for name, document in SPECS.items():
        paths[name] = tmp_path / f"{name}.yaml"
        paths[name].write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return paths


def requests(survey: Path, specs: dict[str, Path]) -> dict[str, list[object]]:
    return {
        "nps": [survey, "--column", "推荐", "--by", "网点"],
        "csat": [survey, "--column", "满意", "--scoring", "mean"],
        "ces": [survey, "--column", "满意", "--scale", "1:5"],
        "loyalty-index": [survey, "--items", "满意,推荐", "--worst", 0, "--best", 10, "--by", "网点"],
        "servqual": [survey, "--spec", specs["servqual"], "--by", "网点", "--bootstrap", 20],
        "servqual-zone": [survey, "--spec", specs["servqual"]],
        "servqual-gaps": [survey, "--spec", specs["servqual"], "--staff", survey],
        "servqual-template": [],
        "kano": [survey, "--spec", specs["kano"], "--by", "网点"],
        "index": [survey, "--spec", specs["index"], "--by", "网点", "--bootstrap", 20],
        "reliability": [survey, "--items", "p1,p2,p3", "--reverse", "p2"],
        "efa": [survey, "--items", "p1,p2,p3,推荐", "--factors", 1],
        "cfa": [survey, "--spec", specs["cfa"]],
    }


NAMES = list(requests(Path(), dict.fromkeys(SPECS, Path())))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_command_prints_tables_in_the_language_asked_for(
    servloop: Command, survey: Path, specs: dict[str, Path], name: str, language: str
) -> None:
    outcome = servloop("measure", name, *requests(survey, specs)[name], "--lang", language)
    assert outcome.code == 0, outcome.err
    assert "measure." not in outcome.out + outcome.err
    assert bool(HEADING.search(outcome.out)) == (language == "zh")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_prints_one_json_document(
    servloop: Command, survey: Path, specs: dict[str, Path], name: str
) -> None:
    outcome = servloop("measure", name, *requests(survey, specs)[name], "--json", "--lang", "zh")
    assert outcome.code == 0
    assert outcome.err == ""
    document = outcome.json
    assert isinstance(document, dict)
    if name != "servqual-template":
        assert isinstance(document["warnings"], list)


@pytest.mark.parametrize("name", ["servqual", "kano", "index", "cfa"])
def test_schemas_are_valid_and_accept_the_specifications(servloop: Command, name: str) -> None:
    schema = servloop("schema", name).json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(SPECS[name], schema)


def test_schema_lists_its_names_and_names_them_for_an_unknown_one(servloop: Command) -> None:
    assert set(SPECS) <= set(servloop("schema").out.split())
    unknown = servloop("schema", "servperf", "--lang", "zh")
    assert unknown.code == 2
    assert "servqual" in unknown.err
    assert unknown.out == ""


def test_a_wrong_specification_is_one_clear_sentence(servloop: Command, survey: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    for text, expected in (
        ("items: [", "broken.yaml"),
        ("items: []", "items"),
        ("- 1", "mapping"),
        ("items: [{perception: nothing}]", "网点"),
    ):
        broken.write_text(text)
        outcome = servloop("measure", "servqual", survey, "--spec", broken, "--lang", "en")
        assert outcome.code == 2
        assert outcome.out == ""
        assert expected in outcome.err
        assert "Traceback" not in outcome.err
    absent = servloop("measure", "kano", survey, "--spec", tmp_path / "no.yaml", "--lang", "zh")
    assert absent.code == 2
    assert "no.yaml" in absent.err


def test_wrong_usage_and_unreadable_input(servloop: Command, survey: Path, tmp_path: Path) -> None:
    assert servloop("measure", "nps", survey, "--column", "推荐", "--scale", "low").code == 2
    assert servloop("measure", "nps", survey, "--column", "推荐", "--scoring", "share5_7").code == 2
    assert servloop("measure", "nps", tmp_path / "none.csv", "--column", "q").code == 2
    text = servloop("measure", "nps", survey, "--column", "网点", "--lang", "zh")
    assert text.code == 2
    assert "东区" in text.err


def test_spreadsheets(servloop: Command, survey: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "问卷.xlsx"
    pl.read_csv(survey).write_excel(sheet, worksheet="回答")
    asked = ("--column", "推荐", "--json")
    from_sheet = servloop("measure", "nps", sheet, *asked, "--sheet", "回答").json
    assert from_sheet == servloop("measure", "nps", survey, *asked).json


def test_codes_for_no_answer(servloop: Command, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("q\n10\n9\n99\n\nNA\n0\n")
    document = servloop(
        "measure", "nps", file, "--column", "q", "--missing", "99", "--missing", "NA", "--json"
    ).json
    assert document["n"] == 3
    assert document["missing"] == 3
    codes = [warning["code"] for warning in document["warnings"]]
    assert codes == ["measure.loyalty_interval_beyond_scale"]


def test_models_that_cannot_be_computed_say_why(
    servloop: Command, tmp_path: Path, specs: dict[str, Path]
) -> None:
    file = tmp_path / "flat.csv"
    file.write_text("e1,e2,p1,p2,p3,推荐\n" + "5,5,5,5,5,5\n" * 40, encoding="utf-8")
    index = servloop("measure", "index", file, "--spec", specs["index"], "--json").json
    assert index["reason"]["code"] == "measure.pls_items_constant"
    assert index["paths"] == {}
    for name in ("index", "cfa"):
        shown = servloop("measure", name, file, "--spec", specs[name], "--lang", "zh")
        assert shown.code == 0
        assert "无法计算" in shown.out
    efa = servloop("measure", "efa", file, "--items", "p1,p2,p3", "--lang", "en")
    assert "Not computable" in efa.out


def test_the_template_is_the_questionnaire(servloop: Command) -> None:
    document = servloop("measure", "servqual-template", "--json").json
    assert len(document["items"]) == 22
    assert json.dumps(document, ensure_ascii=False).count("这家机构") > 15
