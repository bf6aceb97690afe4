"""Imports: every kind of data mapped and checked, wrong rows kept aside with line, column, reason and raw text."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.io.batches import read_batches
from servloop.io.imports import TARGETS, Mapping, stage_file, suggest_mapping
from servloop.io.imports.checks import UnitIndex
from servloop.io.imports.distinct import by_distinct
from servloop.io.imports.mapping import shape_of
from servloop.io.imports.staging import Surroundings, stage_rows
from servloop.messages import message

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

FEEDBACK = """工单编号,受理时间,渠道,网点,评分,反馈内容,客户号,备用
T-1,2026-11-01 09:00,微信,滨江支行,2,等了两个小时 😡,C1,甲
T-2,2026-11-01 09:05,电话,滨江支行,-3,态度不好,C2,乙
T-3,明天,电话,滨江支行,4,很好,C3,丙
T-4,2027-01-01 10:00,电话,滨江支行,4,还没发生,C4,丁
T-5,2026-11-02 10:00,电话,火星支行,5,没有这个网点,C5,戊
工单编号,受理时间,渠道,网点,评分,反馈内容,客户号,备用
T-6,2026-11-02 23:30,电话,城东支行,三分,数字不对,C6,己
T-7,2026-11-02 23:30,电话,城东支行,"1,0","引号里有
换行",C7,庚
T-8,,电话,城东支行,5,没有时间,C8,辛
"""

UNITS = UnitIndex(
    ids={"滨江支行": "u1", "城东支行": "u2"},
    zones={"u1": "Asia/Shanghai", "u2": "Asia/Urumqi"},
    default_zone="Asia/Shanghai",
)


@pytest.fixture
def feedback(tmp_path: Path):
    path = tmp_path / "反馈.csv"
    path.write_text(FEEDBACK, encoding="utf-8")
    mapping = suggest_mapping(pl.read_csv(path, infer_schema=False), name="desk")
    surroundings = Surroundings(
        UNITS,
        person_keys=lambda ids: "key-" + ids,
        mask=lambda texts: texts.str.replace_all("小时", "[时间]"),
    )
    options = {"rating_scale": (0, 10), "timezone": "Asia/Shanghai"}
    mapping = Mapping.from_dict({**mapping.to_dict(), **options})
    return stage_file(path, mapping, tmp_path / "staged", now=NOW, surroundings=surroundings)


def test_a_chinese_feedback_export_is_recognised_whole(tmp_path):
    frame = pl.read_csv(FEEDBACK.encode(), infer_schema=False)
    mapping = suggest_mapping(frame)
    assert mapping.target == "feedback"
    assert mapping.columns == {
        "occurred_at": "受理时间",
        "source_key": "工单编号",
        "unit": "网点",
        "channel": "渠道",
        "text": "反馈内容",
        "rating": "评分",
        "person": "客户号",
    }
    assert mapping.rest(frame.columns) == ["备用"]


def test_wrong_rows_are_set_aside_with_line_column_reason_and_raw_text(feedback):
    rejects = pl.read_parquet(feedback.rejects)
    found = {(r["line"], r["column"], r["reason"], r["received"]) for r in rejects.to_dicts()}
    assert found == {
        (3, "评分", "out_of_range", "-3"),
        (4, "受理时间", "unreadable_time", "明天"),
        (5, "受理时间", "future_time", "2027-01-01 10:00"),
        (6, "网点", "unknown_unit", "火星支行"),
        (7, "受理时间", "repeated_heading", "受理时间"),
        (8, "评分", "unreadable_number", "三分"),
        (11, "受理时间", "missing_value", None),
    }
    raw = json.loads(rejects.row(0, named=True)["raw"])
    assert raw["反馈内容"] == "态度不好"
    report = feedback.report
    assert (report.rows, report.accepted, report.rejected) == (9, 2, 7)
    assert report.reasons["unknown_unit"] == 1


def test_right_rows_become_typed_facts(feedback):
    rows = pl.read_parquet(feedback.files["feedback"])
    first, last = rows.to_dicts()
    assert first["seq"] == 0
    assert first["occurred_at"] == dt.datetime(2026, 11, 1, 1, 0, tzinfo=dt.UTC)
    assert (first["unit_id"], first["channel"], first["rating"]) == ("u1", "微信", 2.0)
    assert (first["rating_low"], first["rating_high"]) == (0.0, 10.0)
    assert first["text"] == "等了两个[时间] 😡"
    assert first["person_key"] == "key-C1"
    assert json.loads(first["attributes"]) == {"备用": "甲"}
    assert last["seq"] == 7
    assert last["rating"] == 10.0, "thousands separators are no decimals"
    # 23:30 in Shanghai is 21:30 in the zone of the unit in Urumqi
    assert (last["local_date"], last["local_hour"], last["tz"]) == (dt.date(2026, 11, 2), 21, "Asia/Urumqi")


def test_every_reason_has_a_sentence_in_both_languages(feedback):
    for row in pl.read_parquet(feedback.rejects).to_dicts():
        params = {"column": row["column"], "received": row["received"]}
        for language in ("zh-CN", "en"):
            sentence = message(f"imports.reason_{row['reason']}", params, language)
            assert "imports." not in sentence
            assert "{" not in sentence


def test_measurements_long_and_wide_give_the_same_rows(tmp_path):
    long = tmp_path / "long.csv"
    long.write_text(
        "指标,时间,数值\nuptime,2026-01-01,99.5\nwait,2026-01-01,12\nuptime,2026-01-02,98\n", encoding="utf-8"
    )
    wide = tmp_path / "wide.csv"
    wide.write_text("日期,uptime,wait,备注\n2026-01-01,99.5,12,x\n2026-01-02,98,,y\n", encoding="utf-8")
    tables = []
    for path, target in ((long, "measurements"), (wide, "measurements-wide")):
        mapping = suggest_mapping(pl.read_csv(path, infer_schema=False), target=target)
        mapping = Mapping.from_dict({**mapping.to_dict(), "timezone": "UTC"})
        staged = stage_file(path, mapping, tmp_path / target, now=NOW)
        tables.append(
            pl.read_parquet(staged.files["measurements"])
            .select("metric", "occurred_at", "value")
            .sort(pl.all())
        )
    assert tables[0].equals(tables[1])
    assert tables[0].height == 3


def test_a_questionnaire_becomes_responses_and_answers(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text(
        "id,提交时间,Q1,Q2,意见\nr1,2026-01-01 08:00,5,是,很好\nr2,2026-01-02 08:00,,否,\n", encoding="utf-8"
    )
    mapping = Mapping(
        "answers", {"source_key": "id", "occurred_at": "提交时间"}, name="店访", timezone="Asia/Shanghai"
    )
    staged = stage_file(path, mapping, tmp_path / "s", now=NOW)
    responses = pl.read_parquet(staged.files["responses"])
    answers = pl.read_parquet(staged.files["answers"])
    assert responses["source_key"].to_list() == ["店访/r1", "店访/r2"]
    assert answers.select("response_id", "question", "value_number", "value_text_code").rows() == [
        ("店访/r1", "Q1", 5.0, None),
        ("店访/r1", "Q2", None, "是"),
        ("店访/r1", "意见", None, "很好"),
        ("店访/r2", "Q2", None, "否"),
    ]
    assert answers["seq"].is_unique().all()


def test_large_text_tables_are_read_in_batches_with_right_lines(tmp_path, monkeypatch):
    from servloop.io import batches

    monkeypatch.setattr(batches, "_STREAM_FROM_BYTES", 0)
    path = tmp_path / "big.csv"
    lines = ["case,activity,timestamp"]
    lines += [f'c{i},"步骤\n{i}",2026-01-01 00:00:{i % 60:02d}' for i in range(500)]
    lines[300] = 'c299,"步骤\n299",never'
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    parts = list(read_batches(path, batch_rows=70))
    assert len(parts) > 1
    assert sum(p.frame.height for p in parts) == 500
    mapping = suggest_mapping(parts[0].frame, target="events", name="p")
    staged = stage_file(path, mapping, tmp_path / "s", now=NOW)
    reject = pl.read_parquet(staged.rejects).row(0, named=True)
    text = path.read_text(encoding="utf-8").split("\n")
    assert text[reject["line"] - 1].startswith("c299,")
    events = pl.read_parquet(staged.files["events"])
    assert events.height == 499
    assert events["seq"].to_list() == [i for i in range(500) if i != 299]
    assert events["process_id"].unique().to_list() == ["p"]


def test_large_text_tables_without_quotes_are_read_with_right_lines(tmp_path, monkeypatch):
    from servloop.io import batches

    monkeypatch.setattr(batches, "_STREAM_FROM_BYTES", 0)
    path = tmp_path / "plain.csv"
    lines = ["case,activity,timestamp"]
    lines += [f"c{i % 250},step {i % 250},2026-01-01 00:00:00" for i in range(500)]
    lines[100] = ",,"
    lines[300] = "c299,step,never"
    lines[450] = "case,activity,timestamp"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    mapping = suggest_mapping(next(iter(read_batches(path))).frame, target="events", name="p")
    staged = stage_rows(read_batches(path, batch_rows=70), mapping, tmp_path / "s", now=NOW)
    rejects = pl.read_parquet(staged.rejects)
    assert rejects["line"].to_list() == [301, 451]
    assert rejects["reason"].to_list() == ["unreadable_time", "repeated_heading"]
    report = staged.report
    # Rows 0 to 249 come again, batches later; three of the file's lines are no events.
    assert (report.rows, report.accepted, report.equal_rows) == (499, 497, 247)
    assert report.first == report.last == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    whole = stage_file(path, mapping, tmp_path / "whole", now=NOW)
    assert whole.report == report
    assert whole.source_hash == hashlib.sha256(path.read_bytes()).hexdigest()


@given(st.lists(st.none() | st.sampled_from(["", " a", "a ", "b", "银行", "\x00", "C"]), max_size=50))
def test_what_is_done_once_per_text_is_done_to_every_row(texts):
    values = pl.Series(texts * 100, dtype=pl.String)
    for work in (_upper, lambda written: written):
        assert by_distinct(values, work).equals(work(values))


def _upper(values: pl.Series) -> pl.Series:
    return values.str.strip_chars().str.to_uppercase()


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (Mapping("feedback", {"occurred_at": "nowhere"}), "imports.no_such_column"),
        (Mapping("feedback", {}), "imports.field_missing"),
        (Mapping("feedback", {"mood": "受理时间"}), "imports.unknown_field"),
        (Mapping("weather", {}), "imports.unknown_target"),
        (Mapping("feedback", {"occurred_at": "受理时间"}, timezone="Mars/Olympus"), "io.unknown_timezone"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_in_both_languages(tmp_path, mapping, code):
    path = tmp_path / "f.csv"
    path.write_text(FEEDBACK, encoding="utf-8")
    with pytest.raises((InputError, SpecError)) as caught:
        stage_file(path, mapping, tmp_path / "s", now=NOW)
    assert caught.value.code == code
    assert caught.value.message("zh-CN") != caught.value.message("en")


def test_a_mapping_survives_being_saved(tmp_path):
    mapping = Mapping(
        "feedback", {"occurred_at": "t"}, values={"channel": {"微信": "wechat"}}, rating_scale=(1, 5)
    )
    assert Mapping.from_dict(json.loads(json.dumps(mapping.to_dict()))) == mapping
    with pytest.raises(SpecError):
        Mapping.from_dict({"colour": "red"})


def test_the_shape_of_a_file_ignores_order_case_and_width():
    assert shape_of(["Case ID", "时间"]) == shape_of(["时间", "ＣＡＳＥ_id"])
    assert shape_of(["a"]) != shape_of(["b"])


def test_every_target_writes_columns_that_its_table_has():
    from servloop.facts import TABLES

    for target in TARGETS.values():
        known = set(TABLES[target.table].names) | {"unit", "person", "response_key", "value"}
        assert {f.name for f in target.fields} <= known, target.name


@pytest.mark.parametrize(
    ("file", "target", "rows", "facts"),
    [
        ("process/helpdesk.xes.gz", "events", 21_348, {"events": 21_348}),
        ("process/receipt.csv", "events", 8_577, {"events": 8_577}),
        ("survey/airline_passenger_satisfaction_test.csv", "answers", 25_976, {"responses": 25_976}),
        ("survey/telco_churn_ibm.csv", "customers", 7_043, {"customers": 7_043}),
        ("survey/kiosk_servqual_kano_ipa.csv", "answers", 194, {"responses": 194}),
        ("formats/wenjuanxing/wjx_800_800_0.xls", "answers", 800, {"responses": 800}),
        ("formats/wenjuanxing/wjx_800_800_2.xls", "answers", 800, {"responses": 800}),
    ],
)
def test_real_exports_stage_without_losing_a_row(reference, tmp_path, file, target, rows, facts):
    path = reference / "data" / file
    head = next(iter(read_batches(path))).frame.head(200)
    mapping = suggest_mapping(head, name="x")
    assert mapping.target == target
    staged = stage_file(path, mapping, tmp_path, now=NOW)
    assert (staged.report.rows, staged.report.rejected) == (rows, 0)
    for table, height in facts.items():
        assert pl.read_parquet(staged.files[table]).height == height
