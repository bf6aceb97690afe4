"""Files that cannot be read: each says in both languages what is wrong and what to do."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from servloop.io import read_events, read_table

Write = Callable[[str, str | bytes], Path]
Sentence = Callable[[Callable[[], object]], tuple[str, str, str]]

HEADER = "case,activity,timestamp\n"
ROW = "1,a,2025-01-01 10:00\n"

READABLE_EN = "Readable are CSV, XLSX, XLS, Parquet, JSON lines, XES, OCEL 2.0 and SAV."
READABLE_ZH = "可读取 CSV、XLSX、XLS、Parquet、JSON lines、XES、OCEL 2.0 和 SAV。"
BINARY = (
    "io.unknown_format",
    f"log.csv: the content is neither text nor a known table format. {READABLE_EN}",
    f"log.csv：内容既不是文本，也不是已知的表格格式。{READABLE_ZH}",
)
EMPTY = ("io.empty_file", "log.csv: the file is empty. Export it again.", "log.csv：文件是空的。请重新导出。")
NO_ROWS = (
    "io.no_rows",
    "log.csv: there is a header but no row below it. Export the file again with data.",
    "log.csv：只有表头，没有数据行。请重新导出含数据的文件。",
)

CASES: dict[str, tuple[str | bytes, tuple[str, str, str]]] = {
    "empty": ("", EMPTY),
    "blank lines": ("\n\n  \n", EMPTY),
    "header only": (HEADER, NO_ROWS),
    "header without line end": (HEADER.strip(), NO_ROWS),
    "western bytes": (
        (HEADER + "1,Prüfung über Maß,2025-01-01\n").encode("latin-1"),
        (
            "io.wrong_encoding",
            (
                "log.csv: line 2 is no text in UTF-8, GB18030, UTF-16. "
                "Name the encoding the file was written in, or save it as UTF-8."
            ),
            "log.csv：第 2 行不是 UTF-8, GB18030, UTF-16 编码的文本。请指明文件的编码，或另存为 UTF-8。",
        ),
    ),
    "western bytes late in the file": (
        (HEADER + ROW * 9000 + "1,Prüf,2025-01-01 10:00\n").encode("latin-1"),
        (
            "io.wrong_encoding",
            (
                "log.csv: line 9,002 is no text in utf-8. "
                "Name the encoding the file was written in, or save it as UTF-8."
            ),
            "log.csv：第 9,002 行不是 utf-8 编码的文本。请指明文件的编码，或另存为 UTF-8。",
        ),
    ),
    "no column known": (
        "a,b,c\n1,2,3\n",
        (
            "io.missing_case_column",
            "log.csv: no column was recognised as the case. The columns are: a, b, c. Name one with --case COLUMN.",
            "log.csv：没有认出案件编号列。现有的列：a, b, c。请用 --case 列名 指定。",
        ),
    ),
    "no step column": (
        "case,b,timestamp\n1,2,2025-01-01\n",
        (
            "io.missing_activity_column",
            (
                "log.csv: no column was recognised as the step (activity). The columns are: case, b, timestamp. "
                "Name one with --activity COLUMN."
            ),
            "log.csv：没有认出环节（活动）列。现有的列：case, b, timestamp。请用 --activity 列名 指定。",
        ),
    ),
    "no time column": (
        "case,activity,c\n1,2,3\n",
        (
            "io.missing_timestamp_column",
            (
                "log.csv: no column was recognised as the time. The columns are: case, activity, c. "
                "Name one with --timestamp COLUMN."
            ),
            "log.csv：没有认出时间列。现有的列：case, activity, c。请用 --timestamp 列名 指定。",
        ),
    ),
    "two case columns": (
        "ticket id,issue key,activity,time\n1,2,3,2025-01-01\n",
        (
            "io.ambiguous_case_column",
            "log.csv: several columns could be the case: ticket id, issue key. Say which one with --case COLUMN.",
            "log.csv：有几列都可能是案件编号：ticket id, issue key。请用 --case 列名 指明是哪一列。",
        ),
    ),
    "two step columns": (
        "case,环节,步骤,time\n1,2,3,2025-01-01\n",
        (
            "io.ambiguous_activity_column",
            (
                "log.csv: several columns could be the step (activity): 环节, 步骤. "
                "Say which one with --activity COLUMN."
            ),
            "log.csv：有几列都可能是环节（活动）：环节, 步骤。请用 --activity 列名 指明是哪一列。",
        ),
    ),
    "two time columns": (
        "case,activity,created,updated\n1,2,2025-01-01,2025-01-02\n",
        (
            "io.ambiguous_timestamp_column",
            "log.csv: several columns could be the time: created, updated. Say which one with --timestamp COLUMN.",
            "log.csv：有几列都可能是时间：created, updated。请用 --timestamp 列名 指明是哪一列。",
        ),
    ),
    "duplicated header": (
        "case,activity,case,timestamp\n1,2,3,2025-01-01\n",
        (
            "io.duplicate_header",
            "log.csv: the header names these columns more than once: case. Give each column its own name.",
            "log.csv：表头中这些列名重复：case。请让每一列有自己的名称。",
        ),
    ),
    "unreadable times": (
        HEADER + ROW + "2,a,yesterday\n3,b,soon\n",
        (
            "io.unreadable_time",
            (
                "log.csv: line 3, column timestamp: 'yesterday' is no time; rows like this: 2. "
                "Expected for example 2025-01-31 14:05:00; correct them, or set such rows aside with quarantine."
            ),
            (
                "log.csv：第 3 行“timestamp”列的 'yesterday' 不是时间，共 2 行如此。"
                "应如 2025-01-31 14:05:00；请改正，或用隔离方式把这些行另存。"
            ),
        ),
    ),
    "no case": (
        HEADER + ROW + ",a,2025-01-01 10:00\n",
        (
            "io.missing_case",
            (
                "log.csv: line 3 has no case number in column case; rows like this: 1. "
                "Fill the column, or set such rows aside with quarantine."
            ),
            "log.csv：第 3 行的“case”列没有案件编号，共 1 行如此。请补全，或用隔离方式把这些行另存。",
        ),
    ),
    "no step": (
        HEADER + ROW + "1,,2025-01-01 10:00\n",
        (
            "io.missing_activity",
            (
                "log.csv: line 3 has no step in column activity; rows like this: 1. "
                "Fill the column, or set such rows aside with quarantine."
            ),
            "log.csv：第 3 行的“activity”列没有环节名称，共 1 行如此。请补全，或用隔离方式把这些行另存。",
        ),
    ),
    "no time": (
        HEADER + ROW + "1,b,\n",
        (
            "io.missing_time",
            (
                "log.csv: line 3 has no time in column timestamp; rows like this: 1. "
                "Fill the column, or set such rows aside with quarantine."
            ),
            "log.csv：第 3 行的“timestamp”列没有时间，共 1 行如此。请补全，或用隔离方式把这些行另存。",
        ),
    ),
    "too many fields": (
        HEADER + ROW + "2,a,b,2025-01-01 10:00\n",
        (
            "io.extra_fields",
            (
                "log.csv: line 3 has 4 fields, but the header has 3. "
                "Check for a delimiter inside an unquoted field."
            ),
            "log.csv：第 3 行有 4 个字段，而表头有 3 个。请检查未加引号的字段中是否含有分隔符。",
        ),
    ),
    "open quotes": (
        HEADER + ROW + '2,"a,2025-01-01 10:00\n',
        (
            "io.broken_quotes",
            (
                "log.csv: the quotation marks do not match in the record that begins on line 3. "
                "A quote inside a field must be doubled, and the field closed."
            ),
            "log.csv：从第 3 行开始的记录引号不配对。字段中的引号要写两个，字段末尾要有引号。",
        ),
    ),
    "day or month first": (
        HEADER + "1,a,03/04/2025 10:00\n",
        (
            "io.ambiguous_dates",
            (
                "The date 03/04/2025 10:00 could have the day or the month first, and no other value settles it. "
                "Give the notation, for example %d/%m/%Y %H:%M or %m/%d/%Y %H:%M."
            ),
            (
                "日期 03/04/2025 10:00 分不清日在前还是月在前，其他值也不能说明。"
                "请给出写法，例如 %d/%m/%Y %H:%M 或 %m/%d/%Y %H:%M。"
            ),
        ),
    ),
    "every byte": (bytes(range(256)) * 100, BINARY),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), BINARY),
    "document": (b"%PDF-1.7 text", BINARY),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_table_says_what_and_where(case: str, write: Write, sentence: Sentence) -> None:
    content, expected = CASES[case]
    path = write("log.csv", content)
    assert sentence(lambda: read_events(path)) == expected


@pytest.mark.parametrize("content", ["", HEADER], ids=["empty", "header only"])
def test_tables_without_rows_are_refused_too(content: str, write: Write, sentence: Sentence) -> None:
    assert sentence(lambda: read_table(write("log.csv", content))) == (NO_ROWS if content else EMPTY)


def test_declared_encoding_that_does_not_fit(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", (HEADER + "1,受理,2025-01-01\n").encode("gbk"))
    assert sentence(lambda: read_events(path, encoding="utf-8")) == (
        "io.wrong_encoding",
        "log.csv: line 2 is no text in utf-8. Name the encoding the file was written in, or save it as UTF-8.",
        "log.csv：第 2 行不是 utf-8 编码的文本。请指明文件的编码，或另存为 UTF-8。",
    )


def test_encoding_nobody_knows(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", HEADER + ROW)
    assert sentence(lambda: read_events(path, encoding="utf-9")) == (
        "io.unknown_encoding",
        "log.csv: no encoding is called utf-9. Common names are utf-8, gb18030, utf-16, cp1252.",
        "log.csv：没有名为 utf-9 的编码。常用的有 utf-8、gb18030、utf-16、cp1252。",
    )


def test_column_that_is_not_there(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", HEADER + ROW)
    assert sentence(lambda: read_events(path, case="工单")) == (
        "io.no_such_column",
        "log.csv: there is no column 工单. The columns are: case, activity, timestamp.",
        "log.csv：没有“工单”列。现有的列：case, activity, timestamp。",
    )


def test_order_that_is_no_order(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", "case,activity,timestamp,n\n1,a,2025-01-01 10:00,1\n1,b,2025-01-01 10:00,1\n")
    assert sentence(lambda: read_events(path, seq="n")) == (
        "io.bad_seq",
        "log.csv: column n cannot give the order of rows: it must hold a different whole number in every row.",
        "log.csv：“n”列不能用作行的顺序：每行必须是互不相同的整数。",
    )


def test_delimiter_of_two_characters(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", HEADER + ROW)
    assert sentence(lambda: read_events(path, delimiter="||")) == (
        "io.bad_delimiter",
        "log.csv: the delimiter must be one ASCII character, not '||'.",
        "log.csv：分隔符必须是一个 ASCII 字符，而不是 '||'。",
    )


def test_time_zone_nobody_knows(write: Write, sentence: Sentence) -> None:
    path = write("log.csv", HEADER + ROW)
    assert sentence(lambda: read_events(path, timezone="Beijing")) == (
        "io.unknown_timezone",
        "There is no time zone Beijing. Give an IANA name such as Asia/Shanghai or Europe/Berlin.",
        "没有时区 Beijing。请使用 IANA 名称，例如 Asia/Shanghai 或 Europe/Berlin。",
    )


def test_gzip_cut_off(write: Write, sentence: Sentence) -> None:
    text = HEADER + "".join(f"{n},a,2025-01-01 10:00\n" for n in range(9000))
    path = write("log.csv.gz", gzip.compress(text.encode())[:-500])
    assert sentence(lambda: read_events(path)) == (
        "io.truncated_gzip",
        "log.csv.gz: the gzip file is cut off or damaged. Copy or download it again.",
        "log.csv.gz：gzip 文件不完整或已损坏。请重新复制或下载。",
    )


def test_folder(tmp_path: Path, sentence: Sentence) -> None:
    assert sentence(lambda: read_events(tmp_path)) == (
        "io.is_folder",
        f"{tmp_path} is a folder. Name a file in it.",
        f"{tmp_path} 是一个文件夹。请指定其中的文件。",
    )


def test_missing_path(tmp_path: Path, sentence: Sentence) -> None:
    path = tmp_path / "nothing.csv"
    assert sentence(lambda: read_events(path)) == (
        "io.missing_file",
        f"{path} does not exist. Check the path.",
        f"{path} 不存在。请检查路径。",
    )
