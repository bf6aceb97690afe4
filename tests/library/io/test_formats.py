"""Formats that carry their own structure: workbooks, Parquet, JSON, SPSS, XES, OCEL."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from servloop.errors import InputError
from servloop.io import read_events, read_table

Write = Callable[[str, str | bytes], Path]

CASES = ["10861", "10861", "007"]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two sheets; the second has blank rows and a blank column around its table."""
    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        book.add_worksheet("说明").write(0, 0, "导出说明")
        sheet = book.add_worksheet("工单")
        sheet.write_row(2, 1, ["工单号", "环节", "完成时间", "经办人", "金额"])
        sheet.write_row(3, 1, [10861, "受理", datetime(2025, 1, 2, 9, 5, 7), "张三", 1.5])
        sheet.write_row(5, 1, [10861, "办结", datetime(2025, 1, 3, 9, 5, 7, 123000), "李四", 2])
        sheet.write_row(6, 1, ["007", "办结", "2025-01-03 10:00", "NA"])
    return path


def test_workbook(workbook: Path) -> None:
    events = read_events(workbook, sheet="工单", timezone="Asia/Shanghai")
    assert events.frame["case_id"].to_list() == CASES
    assert events.frame["time"].to_list() == [
        datetime(2025, 1, 2, 1, 5, 7, tzinfo=UTC),
        datetime(2025, 1, 3, 1, 5, 7, 123000, tzinfo=UTC),
        datetime(2025, 1, 3, 2, tzinfo=UTC),
    ]
    assert events.frame["resource"].to_list() == ["张三", "李四", "NA"]
    assert events.frame["金额"].to_list() == [1.5, 2.0, None]
    table = read_table(workbook, sheet=1)
    assert table.details == {"sheet": "工单", "sheets": ["说明", "工单"]}
    assert table.frame["工单号"].to_list() == CASES


def test_sheet_that_is_not_there(workbook: Path) -> None:
    for sheet in ("工单2", 2):
        with pytest.raises(InputError, match=rf"there is no sheet {sheet}\. The sheets are: 说明, 工单\."):
            read_table(workbook, sheet=sheet)


def test_wrong_row_of_a_workbook_is_named_by_its_number(workbook: Path) -> None:
    with pytest.raises(InputError, match="line 7, column 完成时间: '2025-01-03 10:00' is no time"):
        read_events(workbook, sheet="工单", time_format="%Y-%m-%d %H:%M:%S%.f")


def test_parquet_keeps_types(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame(
        {
            "case": [1.0, 2.0],
            "activity": pl.Series(["a", "b"], dtype=pl.Categorical),
            "timestamp": [datetime(2025, 1, 1, tzinfo=UTC)] * 2,
            "tags": [["x", "y"], None],
            "more": [{"k": 1}, {"k": 2}],
        }
    )
    frame.write_parquet(path)
    events = read_events(path)
    assert events.frame["case_id"].to_list() == ["1", "2"]
    assert events.frame["activity"].to_list() == ["a", "b"]
    assert events.frame["tags"].to_list() == ['["x", "y"]', None]
    assert events.frame["more"].to_list() == ['{"k":1}', '{"k":2}']


RECORDS = [
    {"case": 1, "activity": "受理", "timestamp": "2025-01-01T00:00:00Z", "score": 5},
    {"case": 1, "activity": "办结", "timestamp": "2025-01-01T01:00:00Z", "note": "NA"},
]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", ["log.jsonl", "log.json"])
def test_json(name: str, packed: bool, write: Write) -> None:
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS)
    text = lines if name == "log.jsonl" else json.dumps(RECORDS, indent=1)
    path = write(name + ".gz" * packed, gzip.compress(text.encode()) if packed else text)
    events = read_events(path)
    assert events.format == name.removeprefix("log.")
    assert events.frame["case_id"].to_list() == ["1", "1"]
    assert events.frame["score"].to_list() == [5, None]
    assert events.frame["note"].to_list() == [None, "NA"]


def test_spss_keeps_labels(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"q1": [1.0, 2.0, None], "q2": ["好", "", "差"], "w": [0.5, 1.5, 1.0]}),
        str(path),
        column_labels={"q1": "总体满意度"},
        variable_value_labels={"q1": {1: "满意", 2: "不满意"}},
    )
    table = read_table(path)
    assert table.format == "sav"
    assert table.frame.to_dict(as_series=False) == {
        "q1": [1, 2, None],
        "q2": ["好", None, "差"],
        "w": [0.5, 1.5, 1.0],
    }
    assert table.details["labels"] == {"q1": "总体满意度"}
    assert table.details["value_labels"] == {"q1": {1.0: "满意", 2.0: "不满意"}}


XES = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment with </trace> inside -->
<log xes.version="1849-2016" {namespace}>
 <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
 <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
 <classifier name="Activity" keys="concept:name"/>
 <float key="meta" value="1"><float key="nested" value="2"/></float>
 <trace>
  <string key="concept:name" value="甲&amp;乙"/><int key="amount" value="20000"/>
  <event>
   <string value="受理" key="concept:name"><string key="nested" value="x"/></string>
   <date key="time:timestamp" value="2025-01-01T08:00:00.000+08:00"/>
   <list key="items"><values><string key="item" value="y"/></values></list>
  </event>
  <event>
   <string key="concept:name" value="办结"/><date key="time:timestamp" value="2025-07-01T02:00:00+02:00"/>
   <string key="org:resource" value="112"/><string key="lifecycle:transition" value="COMPLETE"/>
  </event>
 </trace>
 <trace><string key="concept:name" value="空"/></trace>
</log>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("namespace", ["", 'xmlns="http://www.xes-standard.org/"'], ids=["bare", "namespace"])
def test_xes(namespace: str, encoding: str, write: Write) -> None:
    text = XES.format(namespace=namespace).replace('"UTF-8"', f'"{encoding}"')
    events = read_events(write("log.xes.gz", gzip.compress(text.encode(encoding))))
    assert events.frame.to_dict(as_series=False) == {
        "case_id": ["甲&乙", "甲&乙"],
        "activity": ["受理", "办结"],
        "time": [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)],
        "lifecycle": [None, "complete"],
        "resource": [None, "112"],
        "seq": [0, 1],
        "case:amount": [20000, 20000],
        "items": [None, None],
    }
    assert events.warnings == ()


def test_xes_event_without_a_time_is_named_by_its_number(write: Write) -> None:
    text = XES.format(namespace="").replace("2025-07-01T02:00:00+02:00", "")
    with pytest.raises(InputError, match="line 2 has no time in column time:timestamp"):
        read_events(write("log.xes", text))


OCEL = {
    "objectTypes": [{"name": "Order"}, {"name": "Item"}],
    "eventTypes": [{"name": "Place"}, {"name": "Pack"}],
    "objects": [{"id": "o1", "type": "Order"}, {"id": "i1", "type": "Item"}, {"id": "i2", "type": "Item"}],
    "events": [
        {
            "id": "e1",
            "type": "Place",
            "time": "2025-01-01T00:00:00Z",
            "attributes": [{"name": "by", "value": "Ann"}],
            "relationships": [{"objectId": name, "qualifier": "has"} for name in ("o1", "i1", "i2", "i2")],
        },
        {
            "id": "e2",
            "type": "Pack",
            "time": "2025-01-02T00:00:00Z",
            "relationships": [{"objectId": "i1", "qualifier": "of"}],
        },
    ],
}


@pytest.fixture
def ocel_database(tmp_path: Path) -> Path:
    """The log above in the relational form."""
    path = tmp_path / "log.sqlite"
    database = sqlite3.connect(path)
    database.executescript(
        """
        create table event_map_type (ocel_type text, ocel_type_map text);
        create table event (ocel_id text, ocel_type text);
        create table object (ocel_id text, ocel_type text);
        create table event_object (ocel_event_id text, ocel_object_id text, ocel_qualifier text);
        create table event_Place (ocel_id text, ocel_time timestamp, "by" text);
        create table event_Pack (ocel_id text, ocel_time timestamp);
        insert into event_map_type values ('Place', 'Place'), ('Pack', 'Pack');
        insert into event values ('e1', 'Place'), ('e2', 'Pack');
        insert into object values ('o1', 'Order'), ('i1', 'Item'), ('i2', 'Item');
        insert into event_object values
          ('e1', 'o1', 'has'), ('e1', 'i1', 'has'), ('e1', 'i2', 'has'), ('e1', 'i2', 'also'), ('e2', 'i1', 'of');
        insert into event_Place values ('e1', '2025-01-01T00:00:00Z', 'Ann');
        insert into event_Pack values ('e2', '2025-01-02T00:00:00Z');
        """
    )
    database.close()
    return path


@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "many lines"])
def test_ocel_seen_from_one_type(indent: int | None, ocel_database: Path, write: Write) -> None:
    for path in (ocel_database, write("log.json", json.dumps(OCEL, indent=indent))):
        events = read_events(path, object_type="Item")
        rows = events.frame.select("case_id", "activity", "ocel:eid", "by").rows()
        assert rows == [
            ("i1", "Place", "e1", "Ann"),
            ("i2", "Place", "e1", "Ann"),
            ("i1", "Pack", "e2", None),
        ]
        assert events.relations is not None
        assert events.relations.height == 5
        with pytest.raises(InputError) as caught:
            read_events(path)
        assert caught.value.message("en") == (
            f"{path.name}: cases can be objects of any of these types: Item, Order. "
            "Say which one (on the command line: --object-type TYPE)."
        )
        assert (
            caught.value.message("zh")
            == f"{path.name}：案件可以是以下任一类型的对象：Item, Order。请指明是哪一种（命令行：--object-type 类型）。"
        )
        with pytest.raises(
            InputError, match=r"there is no object type Parcel\. The types are: Item, Order\."
        ):
            read_events(path, object_type="Parcel")
