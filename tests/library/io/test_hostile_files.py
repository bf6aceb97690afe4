"""Hostile and damaged files: refused quickly, before a parser can be hurt."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.library.io import hostile

from servloop.io import read_events, spreadsheets

Write = Callable[[str, str | bytes], Path]
Sentence = Callable[[Callable[[], object]], tuple[str, str, str]]

HEADER = "case,activity,timestamp\n"
ROW = "1,a,2025-01-01 10:00\n"
DOCTYPE = (
    "io.xml_doctype",
    (
        "log.xes: the XML contains a document type, which can hide entity bombs and is not part of XES; "
        "it was refused. Export the log without it."
    ),
    "log.xes：XML 含有文档类型声明，其中可能藏有实体炸弹，也不属于 XES，已拒绝读取。请导出不含该声明的日志。",
)
LIES = (
    "io.zip_lies",
    "log.xlsx: the archive's directory does not match its content; it was refused. Save the workbook again.",
    "log.xlsx：压缩包的目录与内容不符，已拒绝读取。请重新保存工作簿。",
)


@pytest.mark.parametrize(
    "content",
    [hostile.laughs(), hostile.EXTERNAL_ENTITY, hostile.EXTERNAL_SUBSET, hostile.PARAMETER_ENTITY],
    ids=["entity bomb", "external entity", "external subset", "parameter entity"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_document_type_is_refused_at_once(
    content: str, packed: bool, write: Write, sentence: Sentence
) -> None:
    path = write("log.xes", gzip.compress(content.encode()) if packed else content)
    began = time.process_time()
    assert sentence(lambda: read_events(path)) == DOCTYPE
    assert time.process_time() - began < 1


def test_document_type_in_another_encoding_is_refused(write: Write, sentence: Sentence) -> None:
    content = hostile.EXTERNAL_ENTITY.replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
    assert sentence(lambda: read_events(write("log.xes", content.encode("utf-16")))) == DOCTYPE


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("<log>" + '<list key="a">' * 100_000, 1),
        ('<log><trace><event>\n<string key="a" value="b"/>', 2),
        ("<log>\n<trace></log>", 2),
    ],
    ids=["very deep", "cut off", "crossed tags"],
)
def test_broken_xml_names_the_line(content: str, line: int, write: Write, sentence: Sentence) -> None:
    assert sentence(lambda: read_events(write("log.xes", content))) == (
        "io.broken_xml",
        f"log.xes: the XML is damaged or cut off near line {line}. Export the log again.",
        f"log.xes：XML 在第 {line} 行附近损坏或不完整。请重新导出日志。",
    )


def test_other_xml(write: Write, sentence: Sentence) -> None:
    assert sentence(lambda: read_events(write("log.xes", "<html><body/></html>"))) == (
        "io.not_xes",
        "log.xes: the XML is no event log: its root is 'html', but XES has 'log'.",
        "log.xes：该 XML 不是事件日志：根元素是 'html'，而 XES 应为 'log'。",
    )


@pytest.mark.parametrize("name", ["log.csv.gz", "log.xes.gz"])
def test_gzip_bomb_is_stopped_while_unpacking(name: str, write: Write, sentence: Sentence) -> None:
    start = b"<log>" if ".xes" in name else HEADER.encode()
    filler = b"<trace/>" + b"\n" * 1016
    path = write(name, gzip.compress(start + filler * (60 << 10), compresslevel=9))
    began = time.process_time()
    code, english, chinese = sentence(lambda: read_events(path))
    assert time.process_time() - began < 2
    assert code == "io.gzip_bomb"
    megabytes = int(english.split(" MB")[0].rpartition(" ")[2])
    assert 32 <= megabytes <= 40
    assert english == (
        f"{name}: unpacking stopped at {megabytes} MB, far more than such a file holds. "
        "Only unpack it if you trust where it comes from."
    )
    assert (
        chinese
        == f"{name}：解压到 {megabytes} MB 时已停止，远超此类文件应有的大小。确认来源可信后再自行解压。"
    )


def test_zip_bomb_of_300_megabytes(tmp_path: Path, sentence: Sentence) -> None:
    path = hostile.zip_bomb(tmp_path / "log.xlsx", 300)
    assert path.stat().st_size < 2 << 20
    began = time.process_time()
    assert sentence(lambda: read_events(path)) == (
        "io.zip_bomb",
        "log.xlsx: 0.3 MB would unpack to 300 MB in 1 entries, far more than a workbook holds; it was refused.",
        "log.xlsx：0.3 MB 会解压成 300 MB（共 1 个条目），远超工作簿应有的大小，已拒绝读取。",
    )
    assert time.process_time() - began < 0.5


def test_zip_with_false_sizes(tmp_path: Path, sentence: Sentence) -> None:
    path = hostile.lying_zip(tmp_path / "log.xlsx")
    assert sentence(lambda: read_events(path)) == LIES


def test_zip_with_overlapping_entries(tmp_path: Path, sentence: Sentence) -> None:
    path = hostile.overlapping_zip(tmp_path / "log.xlsx")
    assert sentence(lambda: read_events(path)) == LIES


def test_zip_with_very_many_entries(tmp_path: Path, sentence: Sentence) -> None:
    path = tmp_path / "log.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"xl/{number}", "")
    assert sentence(lambda: read_events(path))[0] == "io.zip_bomb"


def test_zip_that_is_no_workbook(tmp_path: Path, sentence: Sentence) -> None:
    path = tmp_path / "log.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../log.csv", HEADER + ROW)
    assert sentence(lambda: read_events(path)) == (
        "io.not_a_spreadsheet",
        "log.zip: this is a ZIP archive but no XLSX workbook. Unpack it and give the file inside.",
        "log.zip：这是 ZIP 压缩包，不是 XLSX 工作簿。请解压后指定其中的文件。",
    )


DAMAGED = {
    "log.xlsx": ("XLSX", b"PK\x03\x04" + b"abc" * 100),
    "log.xls": ("XLS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"abc" * 1000),
    "log.parquet": ("Parquet", b"PAR1abcPAR1"),
    "log.sav": ("SPSS", b"$FL2abc"),
    "log.sqlite": ("OCEL SQLite", b"SQLite format 3\0" + b"abc" * 1000),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_container(name: str, write: Write, sentence: Sentence) -> None:
    kind, content = DAMAGED[name]
    assert sentence(lambda: read_events(write(name, content))) == (
        "io.damaged_file",
        (
            f"{name}: the file says it is {kind} but cannot be read as such; it is damaged or incomplete. "
            "Save or export it again."
        ),
        f"{name}：文件标明是 {kind}，却无法按此读取，可能已损坏或不完整。请重新保存或导出。",
    )


@pytest.mark.parametrize(("limit", "value"), [("MEMORY_BYTES", 64 << 20), ("TIMEOUT_SECONDS", 0.01)])
def test_workbook_beyond_the_limits_of_the_child(
    limit: str, value: float, tmp_path: Path, sentence: Sentence, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xlsxwriter

    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_column(0, 0, [f"row {n}" for n in range(20_000)])
    monkeypatch.setattr(spreadsheets, limit, value)
    code, english, chinese = sentence(lambda: read_events(path))
    assert code == "io.spreadsheet_too_large"
    assert english.endswith("seconds and was stopped. Save it as CSV and try again.")
    assert chinese.endswith("秒，已停止。请另存为 CSV 后重试。")


def test_json_that_breaks_off(write: Write, sentence: Sentence) -> None:
    assert sentence(lambda: read_events(write("log.jsonl", '{"case":1}\nnot json\n'))) == (
        "io.bad_json_line",
        "log.jsonl: line 2 is not a JSON object: not json. Each line must be one object in braces.",
        "log.jsonl：第 2 行不是 JSON 对象：not json。每行必须是一个用花括号括起来的对象。",
    )
    assert sentence(lambda: read_events(write("log.json", "[1,2\n"))) == (
        "io.bad_json",
        "log.json: line 2 is no valid JSON. Export the file again, or mend that line.",
        "log.json：第 2 行不是有效的 JSON。请重新导出，或修正该行。",
    )
    assert sentence(lambda: read_events(write("log.json", json.dumps([1, 2]))))[0] == "io.json_no_table"
    assert sentence(lambda: read_events(write("log.json", "[" * 100_000)))[0] == "io.bad_json"


def test_database_that_is_no_log(tmp_path: Path, sentence: Sentence) -> None:
    path = tmp_path / "log.sqlite"
    database = sqlite3.connect(path)
    database.executescript("create table a (b)")
    database.close()
    assert sentence(lambda: read_events(path)) == (
        "io.not_ocel",
        (
            "log.sqlite: this is no object-centric log (OCEL 2.0); missing: "
            "event, event_map_type, event_object, object."
        ),
        "log.sqlite：这不是以对象为中心的日志（OCEL 2.0），缺少：event, event_map_type, event_object, object。",
    )
