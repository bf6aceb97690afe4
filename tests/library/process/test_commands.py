"""The process commands: exit codes, languages, tables for people, and a quick start."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.library.process.logs import Command, frame, paths

COMMANDS = ("summary", "map", "variants", "rework", "handovers", "bottlenecks")
HEAVY = ("polars", "numpy", "scipy", "pandas", "pyarrow", "django", "rich")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A log of a Chinese process, with times that carry a zone."""
    path = tmp_path / "流程.csv"
    names = {"A": "受理", "B": "审核", "C": "办结"}
    rows = frame(paths("ABC", "ABBC", "ABAC"), resource=list("uvwuvvwuvuw"), department=list("xxyxxxyxxxy"))
    rows.with_columns(pl.col("activity").replace(names)).write_csv(path)
    return path


@pytest.fixture
def ocel(tmp_path: Path) -> Path:
    """An object-centric log: two orders with three events, one item in all of them."""
    events = [
        {
            "id": f"e{place}",
            "type": activity,
            "time": f"2025-01-0{place}T08:00:00Z",
            "relationships": [{"objectId": order, "qualifier": ""}, {"objectId": "i", "qualifier": ""}],
        }
        for place, (activity, order) in enumerate((("place", "o1"), ("place", "o2"), ("pay", "o1")), start=1)
    ]
    objects = [{"id": name, "type": kind} for name, kind in (("o1", "order"), ("o2", "order"), ("i", "item"))]
    types = [{"name": name, "attributes": []} for name in ("order", "item")]
    path = tmp_path / "orders.json"
    path.write_text(
        json.dumps({"objectTypes": types, "eventTypes": [], "objects": objects, "events": events})
    )
    return path


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_are_in_the_language_asked_for(
    name: str, language: str, file: Path, servloop: Command
) -> None:
    outcome = servloop("process", name, file, "--lang", language)
    assert outcome.code == 0
    assert "process." not in outcome.out + outcome.err  # no code without its text
    chinese_heading = re.search("(次数|占比|指标|案例|接收方)", outcome.out)
    assert bool(chinese_heading) == (language == "zh")
    if name not in {"summary", "handovers"}:
        assert "受理" in outcome.out or "审核" in outcome.out


def test_the_documents_have_the_keys_that_scripts_rely_on(file: Path, servloop: Command) -> None:
    def ask(*arguments: str) -> object:
        return servloop("process", arguments[0], file, *arguments[1:], "--json").json

    assert set(ask("summary")) == {
        "cases", "events", "activities", "variants", "resources", "first", "last", "throughput_seconds", "warnings",
    }  # fmt: skip
    chart = ask("map")
    assert set(chart) == {"nodes", "edges", "start", "end", "warnings"}
    assert set(chart["nodes"][0]) == {"activity", "events", "cases"}
    assert set(chart["edges"][0]) == {
        "source", "target", "count", "cases", "median_seconds", "mean_seconds", "p90_seconds", "total_seconds",
    }  # fmt: skip
    assert set(ask("map", "--paths", "0.1")) >= {"cases_shown", "cases_share", "nodes", "edges"}
    assert [set(v) for v in ask("variants", "--top", "1")] == [
        {"activities", "cases", "share", "median_seconds"}
    ]
    assert set(ask("rework")) == {
        "cases_with_rework", "extra_executions", "rework_cases", "self_loops", "first_time_right", "warnings",
    }  # fmt: skip
    assert set(ask("handovers", "--by", "group")) == {"handovers", "within", "between", "warnings"}
    assert set(ask("bottlenecks")[0]) == {
        "source", "target", "count", "cases", "total_seconds", "share", "median_seconds", "low", "high",
    }  # fmt: skip


def test_warnings_of_lists_go_to_standard_error(tmp_path: Path, servloop: Command) -> None:
    path = tmp_path / "ties.csv"
    frame([("c", "A", 0), ("c", "B", 0)]).write_csv(path)
    listed = servloop("process", "variants", path, "--json")
    assert listed.json[0]["activities"] == ["A", "B"]
    assert "--seq" in listed.err
    document = servloop("process", "map", path, "--json", "--lang", "zh")
    assert [w["code"] for w in document.json["warnings"]] == ["process.tied_timestamps"]
    assert "先后" in document.json["warnings"][0]["message"]


def test_wrong_rows_are_set_aside_named_and_told_by_the_exit_code(tmp_path: Path, servloop: Command) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(
        "case_id,activity,time\nc,A,2025-01-01T08:00:00Z\n,B,2025-01-01T09:00:00Z\nc,C,yesterday\n"
        "c,D,2025-01-01T10:00:00Z\n",
        encoding="utf-8",
    )
    outcome = servloop("process", "variants", path, "--json")
    assert outcome.code == 3
    assert outcome.json[0]["activities"] == ["A", "D"]
    assert "2 rows" in outcome.err
    assert "3, 4" in outcome.err


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        ("case_id,activity,time\n,B,2025-01-01T09:00:00Z\n", "没有可用的事件", "No row of"),
        ("", "空", "empty"),
        ("a,b\n1,2\n", "列", "column"),
    ],
    ids=["no usable row", "empty file", "no columns"],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    content: str, zh: str, en: str, tmp_path: Path, servloop: Command
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    for language, words in (("zh", zh), ("en", en)):
        outcome = servloop("process", "summary", path, "--lang", language)
        assert (outcome.code, outcome.out) == (2, "")
        assert words in outcome.err
        assert "Traceback" not in outcome.err


def test_an_unknown_marked_activity_and_a_missing_column_are_refused(file: Path, servloop: Command) -> None:
    marked = servloop("process", "bottlenecks", file, "--not-waiting", "归档", "--lang", "zh")
    assert (marked.code, marked.out) == (2, "")
    assert "归档" in marked.err
    assert servloop("process", "summary", file, "--case", "nowhere").code == 2
    assert servloop("process", "map", file, "--paths", "7").code == 2


def test_naive_times_are_read_in_the_zone_given(tmp_path: Path, servloop: Command) -> None:
    path = tmp_path / "naive.csv"
    path.write_text("case_id,activity,time\nc,A,2025-01-01 08:00:00\n", encoding="utf-8")
    local = servloop("process", "summary", path, "--json", "--timezone", "Asia/Shanghai").json
    assert local["first"] == "2025-01-01T00:00:00+00:00"
    assert local["warnings"] == []
    assert [w["code"] for w in servloop("process", "summary", path, "--json").json["warnings"]] == [
        "io.naive_timestamps"
    ]


def test_encoding_notation_and_place_in_the_source_can_be_given(tmp_path: Path, servloop: Command) -> None:
    path = tmp_path / "gbk.csv"
    path.write_bytes(
        "编号,环节,时刻,次序\nc,办结,03|01|2025,2\nc,受理,03|01|2025,1\n".encode("gb18030"),
    )
    columns = ("--case", "编号", "--activity", "环节", "--timestamp", "时刻", "--json")
    reading = ("--encoding", "gb18030", "--time-format", "%d|%m|%Y", "--timezone", "UTC")
    assert servloop("process", "variants", path, *columns).code == 2  # nobody guesses such a notation
    listed = servloop("process", "variants", path, *columns, *reading, "--seq", "次序")
    assert listed.json[0]["activities"] == ["受理", "办结"]
    assert servloop("process", "summary", path, *columns, *reading).json["first"][:10] == "2025-01-03"


def test_the_object_type_that_is_the_case_can_be_given(servloop: Command, ocel: Path) -> None:
    refused = servloop("process", "summary", ocel, "--json")
    assert refused.code == 2
    assert "--object-type" in refused.err
    summary = servloop("process", "summary", ocel, "--json", "--object-type", "order").json
    assert (summary["cases"], summary["events"]) == (2, 3)


@pytest.mark.parametrize("arguments", [["--version"], ["process", "--help"], ["process", "map", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom servloop_app.cli import main\n"
        f"sys.argv = ['servloop', *{arguments}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
