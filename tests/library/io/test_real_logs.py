"""Public logs with all the oddities of real exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from servloop.io import read_events, read_table

LOGS = {
    "helpdesk.xes.gz": "dev__helpdesk",
    "bpic2012.xes.gz": "dev__bpic2012_all_lifecycle",
    "teleclaims.xes.gz": "dev__teleclaims_complete",
    "running-example.xes": "dev__running_example",
    "receipt.csv": "dev__receipt",
    "BPIC_2012_W.csv.gz": "dev__bpic2012_W_interval",
}


@pytest.mark.parametrize("log", LOGS)
def test_counts_and_span(log: str, reference: Path) -> None:
    golden = json.loads((reference / "golden/process" / f"{LOGS[log]}.json").read_text())
    frame = read_events(reference / "data/process" / log).frame
    if log.startswith("teleclaims"):
        frame = frame.filter(frame["lifecycle"] == "complete")
    assert frame.height == golden["rows_read"]
    assert frame["case_id"].n_unique() == golden["cases"]
    assert frame["activity"].n_unique() == golden["activities"]
    assert frame["resource"].drop_nulls().n_unique() == golden["resources"]
    assert frame["resource"].null_count() == golden["resource_missing"]
    assert [str(frame["time"].min()), str(frame["time"].max())] == [golden["first"], golden["last"]]


def test_interval_log_has_starts_without_zone_and_ids_without_fraction(reference: Path) -> None:
    events = read_events(reference / "data/process/BPIC_2012_W.csv.gz")
    assert [(warning.code, warning.count) for warning in events.warnings] == [("io.naive_timestamps", 59_302)]
    assert (events.frame["start_time"] <= events.frame["time"]).all()
    assert events.frame["resource"][0] == "10861"


def test_departments_of_the_permit_counter(reference: Path) -> None:
    frame = read_events(reference / "data/process/receipt.csv").frame
    assert frame["department"].n_unique() == 10


def test_object_centric_example(reference: Path) -> None:
    path = reference / "data/process/ocel20_example.sqlite"
    events = read_events(path, object_type="Purchase Order")
    assert events.frame["case_id"].unique().sort().to_list() == ["PO1", "PO2"]
    assert events.relations is not None
    assert events.relations.height == 20


def test_survey_exports(reference: Path) -> None:
    formats = reference / "data/formats"
    by_text = read_table(formats / "wenjuanxing/wjx_800_800_0.xls")
    assert by_text.frame.columns[:3] == ["序号", "提交答卷时间", "所用时间"]
    assert by_text.frame["序号"].to_list() == list(range(1, by_text.frame.height + 1))
    assert read_table(formats / "wenjuanxing/wjx_800_800_2.xls").frame.height == by_text.frame.height
    with_mark = read_table(formats / "touchpoints/sample_cx_responses_upload_with_bom.csv")
    assert with_mark.details["encoding"] == "utf-8-sig"
    assert with_mark.frame.columns[0] == "external_id"
    assert read_table(formats / "qualtrics/sample.csv").frame.columns[0] == "StartDate"
