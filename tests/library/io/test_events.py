"""Event logs in canonical form: ids, ties, order, missing values, quarantine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.library.io.conftest import EVENTS

from servloop.errors import InputError
from servloop.io import EventTable, events_from_frame, read_events

Write = Callable[[str, str | bytes], Path]


def codes(events: EventTable) -> dict[str, int]:
    return {warning.code: warning.count for warning in events.warnings}


def test_canonical_frame(write: Write) -> None:
    events = read_events(write("log.csv", EVENTS))
    assert events.frame.schema == {
        "case_id": pl.String,
        "activity": pl.String,
        "time": pl.Datetime("us", "UTC"),
        "resource": pl.String,
        "seq": pl.Int64,
    }
    assert events.frame["case_id"].to_list() == ["A1", "A1", "NA"]
    assert events.frame["time"][1] == datetime(2025, 1, 2, 2, 30, tzinfo=UTC)
    assert events.frame["seq"].to_list() == [0, 1, 2]
    assert events.columns == {
        "case": "case",
        "activity": "activity",
        "timestamp": "timestamp",
        "resource": "resource",
    }
    assert (events.format, events.warnings, events.attributes) == ("csv", (), ())


def test_question_mark_is_a_value_unless_named_missing(write: Write) -> None:
    path = write("log.csv", EVENTS)
    assert read_events(path).frame["resource"][2] == "?"
    assert read_events(path, missing=("", "?")).frame["resource"][2] is None
    assert read_events(path).frame["case_id"][2] == "NA"


def test_other_columns_are_kept_with_their_names(write: Write) -> None:
    text = "case,activity,timestamp,amount,code,seq,time\n1,a,2025-01-01 10:00:00Z,1.5,007,9,x\n"
    events = read_events(write("log.csv", text), timestamp="timestamp")
    assert events.attributes == ("amount", "code", "source:time")
    assert events.frame.row(0)[3:] == (9, 1.5, "007", "x")


def test_order_comes_from_a_column_of_the_source(write: Write) -> None:
    text = "case,activity,timestamp,序号,n\n1,b,2025-01-01 10:00Z,2,7\n1,a,2025-01-01 10:00Z,1,8\n"
    path = write("log.csv", text)
    assert read_events(path).frame["seq"].to_list() == [2, 1]
    assert read_events(path, seq="n").frame["seq"].to_list() == [7, 8]


def test_shuffled_rows_with_seq_give_the_same_events(write: Write) -> None:
    rows = [f"{n % 3},step {n % 2},2025-01-01 10:00:00Z,{n}" for n in range(60)]
    header = "case,activity,timestamp,seq"
    straight = read_events(write("a.csv", "\n".join([header, *rows])))
    shuffled = read_events(write("b.csv", "\n".join([header, *rows[::-1]])))
    assert shuffled.frame.sort("seq").equals(straight.frame)


def test_whole_numbers_as_ids_lose_their_fraction() -> None:
    frame = pl.DataFrame(
        {
            "case": [1.0, 2.0],
            "activity": ["a", "b"],
            "timestamp": ["2025-01-01T00:00:00Z"] * 2,
            "resource": ["10861.0", None],
        }
    )
    events = events_from_frame(frame, {})
    assert events.frame["case_id"].to_list() == ["1", "2"]
    assert events.frame["resource"].to_list() == ["10861", None]
    mixed = frame.with_columns(case=pl.Series(["1.0", "1.1"]))
    assert events_from_frame(mixed, {}).frame["case_id"].to_list() == ["1.0", "1.1"]


def test_lifecycle_is_lower_case_and_all_rows_stay() -> None:
    frame = pl.DataFrame(
        {
            "case": [1, 1, 1],
            "activity": ["a"] * 3,
            "timestamp": ["2025-01-01T00:00:00Z"] * 3,
            "lifecycle:transition": ["START", "Complete", None],
        }
    )
    assert events_from_frame(frame, {}).frame["lifecycle"].to_list() == ["start", "complete", None]


def test_end_before_start_is_kept_and_counted(write: Write) -> None:
    text = (
        "case,activity,start time,end time\n"
        "1,a,2025-01-01 10:00Z,2025-01-01 09:00Z\n1,b,2025-01-01 10:00Z,2025-01-01 11:00Z\n"
    )
    events = read_events(write("log.csv", text))
    assert events.frame.height == 2
    (warning,) = events.warnings
    assert (warning.code, warning.count) == ("io.end_before_start", 1)
    assert warning.message("en") == "1 rows end before they start; they were kept as they are."
    assert warning.message("zh") == "1 行的结束时间早于开始时间；已按原样保留。"


def test_naive_times_are_said_once_for_both_columns(write: Write) -> None:
    text = "case,activity,start time,end time\n1,a,2025-01-01 09:00,2025-01-01 10:00\n1,b,2025-01-01 10:00,2025-01-01 11:00\n"
    path = write("log.csv", text)
    events = read_events(path)
    assert [warning.message("en") for warning in events.warnings] == [
        (
            "2 rows have times without a time zone; they were read as UTC. "
            "Name their zone with --timezone, for example --timezone Asia/Shanghai."
        )
    ]
    assert [warning.message("zh") for warning in events.warnings] == [
        "2 行的时间没有时区，已按 UTC 读取。请用 --timezone 指明时区，例如 --timezone Asia/Shanghai。"
    ]
    placed = read_events(path, timezone="Asia/Shanghai")
    assert placed.warnings == ()
    assert placed.frame["start_time"][0] == datetime(2025, 1, 1, 1, tzinfo=UTC)


def test_quarantine_keeps_right_rows_and_names_wrong_ones(write: Write) -> None:
    text = (
        "case,activity,timestamp,note\n"
        '1,a,2025-01-01 10:00Z,"two\nlines"\n'
        ",a,2025-01-01 10:00Z,\n"
        "\n"
        "2,b,soon,\n"
        "3,,,\n"
        "4,c,2025-01-01 11:00Z,\n"
    )
    path = write("log.csv", text)
    events = read_events(path, on_error="quarantine")
    assert events.frame["case_id"].to_list() == ["1", "4"]
    assert events.frame["seq"].to_list() == [0, 4]
    assert events.rejects.rows() == [
        (4, "case", "missing_case", None),
        (6, "timestamp", "unreadable_time", "soon"),
        (7, "activity", "missing_activity", None),
        (7, "timestamp", "missing_time", None),
    ]
    assert codes(events) == {"io.rows_rejected": 3}
    assert events.warnings[0].message("zh") == "3 行因缺少案件、环节或可读的时间而被隔离；其余各行已保留。"
    with pytest.raises(InputError, match="line 4 has no case number"):
        read_events(path)


def test_one_event_a_case_two_thousand_activities_and_unsorted_times(write: Write) -> None:
    rows = [f"c{n},活动{n} 🙂,2025-01-01 10:{59 - n % 60:02d}:00Z" for n in range(2000)]
    events = read_events(write("log.csv", "\n".join(["case,activity,timestamp", *rows])))
    assert events.frame["case_id"].n_unique() == events.frame["activity"].n_unique() == 2000
    assert events.frame["time"][0].minute == 59
    assert events.frame["seq"].to_list() == list(range(2000))


def test_given_columns_beat_recognised_ones(write: Write) -> None:
    text = "case,activity,timestamp,订单,动作\n1,a,2025-01-01 10:00Z,2,b\n"
    events = read_events(write("log.csv", text), case="订单", activity="动作")
    assert events.frame.row(0)[:2] == ("2", "b")
    assert events.attributes == ("case", "source:activity")


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=15))
def test_texts_survive_the_way_through_a_csv_file(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "log.csv"
    frame = pl.DataFrame(pairs, schema=["case", "activity"], orient="row").with_columns(
        timestamp=pl.lit("2025-01-01T00:00:00Z")
    )
    frame.write_csv(path)
    events = read_events(path, encoding="utf-8", delimiter=",")
    assert events.frame["activity"].to_list() == [activity for _, activity in pairs]
    if not all(case.removeprefix("-").removesuffix(".0").isdigit() for case, _ in pairs):
        assert events.frame["case_id"].to_list() == [case for case, _ in pairs]
