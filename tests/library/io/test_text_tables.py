"""Text tables in the delimiters and encodings that offices really use."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.library.io.conftest import EVENTS

from servloop.io import read_events, read_table

Write = Callable[[str, str | bytes], Path]

WRITTEN: dict[str, bytes] = {
    "utf-8": EVENTS.encode(),
    "utf-8 with mark": EVENTS.encode("utf-8-sig"),
    "gbk": EVENTS.encode("gbk"),
    "gb18030 with emoji": EVENTS.replace("办结", "办结🙂").encode("gb18030"),
    "utf-16": EVENTS.encode("utf-16"),
    "utf-16 little end first, no mark": EVENTS.encode("utf-16-le"),
    "utf-16 big end first, no mark": EVENTS.encode("utf-16-be"),
    "windows line ends": EVENTS.replace("\n", "\r\n").encode(),
    "blank lines": EVENTS.replace("\n", "\n\n").encode(),
    "tabs": EVENTS.replace(",", "\t").encode(),
    "semicolons": EVENTS.replace(",", ";").encode(),
    "bars": EVENTS.replace(",", "|").encode(),
    "control characters": EVENTS.replace(",", "\x01").encode(),
    "gzip": gzip.compress(EVENTS.encode()),
    "gzip of gbk": gzip.compress(EVENTS.encode("gbk")),
    "gzip in two members": gzip.compress(EVENTS[:60].encode()) + gzip.compress(EVENTS[60:].encode()),
    "trailing delimiter": EVENTS.replace("\n", ",\n").encode(),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_the_same_table_in_every_way_of_writing(way: str, write: Write) -> None:
    frame = read_events(write("some name without an ending", WRITTEN[way])).frame
    expected = read_events(write("plain.csv", EVENTS)).frame
    if "emoji" in way:
        frame = frame.with_columns(pl.col("activity").str.strip_suffix("🙂"))
    assert frame.equals(expected)


def test_details_say_how_it_was_written(write: Write) -> None:
    table = read_table(write("t.csv", EVENTS.replace(",", ";").encode("gbk")))
    assert table.details == {"encoding": "gb18030", "delimiter": ";"}
    assert table.format == "csv"


def test_chinese_that_begins_after_a_long_plain_start(write: Write) -> None:
    text = "a,b\n" + "1,plain\n" * 20_000 + "2,受理\n"
    frame = read_table(write("t.csv", text.encode("gbk"))).frame
    assert frame["b"][-1] == "受理"
    assert frame.height == 20_001


def test_named_encoding_and_delimiter(write: Write) -> None:
    path = write("t.csv", "größe:b\nx:1\n".encode("cp1252"))
    assert read_table(path, encoding="cp1252", delimiter=":").frame.to_dicts() == [{"größe": "x", "b": 1}]


def test_numbers_are_inferred_and_codes_are_not(write: Write) -> None:
    text = "int,float,code,plus,long,mixed,empty,na\n1,1.5,007,+86,12345678901234567890,1,,1\n-2,-.5e3,1,1,1,x,,NA\n"
    path = write("t.csv", text)
    frame = read_table(path).frame
    assert frame.row(0) == (1, 1.5, "007", "+86", 12345678901234567890.0, "1", None, "1")
    assert frame.row(1) == (-2, -500.0, "1", "1", 1.0, "x", None, "NA")
    assert set(read_table(path, infer=False).frame.dtypes) == {pl.String}


def test_missing_texts_are_named_by_the_user(write: Write) -> None:
    path = write("t.csv", 'a,b\n1,?\n2,NA\n3,""\n')
    assert read_table(path).frame["b"].to_list() == ["?", "NA", None]
    assert read_table(path, missing=("", "?", "NA")).frame["b"].to_list() == [None, None, None]
    assert read_table(path, missing=("?",)).frame["b"].to_list() == [None, "NA", ""]


def test_fields_with_delimiters_quotes_and_line_ends(write: Write) -> None:
    path = write("t.csv", 'a,"b\nc"\n"x, ""y""\nz",1\n')
    assert read_table(path).frame.to_dicts() == [{"a": 'x, "y"\nz', "b\nc": 1}]


def test_one_column_keeps_its_empty_lines(write: Write) -> None:
    assert read_table(write("t.csv", "comment\ngood\n\nbad\n")).frame["comment"].to_list() == [
        "good",
        None,
        "bad",
    ]


def test_names_with_pattern_characters_are_plain_names(write: Write) -> None:
    write("a1.csv", "x\n1\n")
    assert read_table(write("a[1]*.csv", "x\n2\n")).frame["x"].to_list() == [2]
