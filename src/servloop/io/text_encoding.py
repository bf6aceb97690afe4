"""Encoding, delimiter and header of a text table, found from its content."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from servloop.errors import InputError
from servloop.io.sources import Source, chunks

DELIMITERS = (",", "\t", ";", "|", "\x01", "\x1f", "^", "~")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED_RECORDS = 40
# Chinese text uses the 6,763 characters of GB 2312 almost only; bytes of another encoding read as GB 18030
# land mostly outside of them.
_CHINESE_SHARE = 0.8


@dataclass(frozen=True)
class TextLayout:
    """How a text table is written down.

    Attributes:
        encoding: a Python codec name.
        delimiter: what separates fields.
        header: the names of the first record, as written.
        header_line: the line on which the header ends, counted from 1.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int


def detect_layout(source: Source, *, encoding: str | None, delimiter: str | None) -> TextLayout:
    """Find encoding, delimiter and header of a text table from its first bytes.

    Raises:
        InputError: ``io.bad_delimiter`` for one of several characters, ``io.unknown_encoding`` for a name that no codec has, ``io.wrong_encoding`` when the
            bytes are not text in the given or any recognised encoding.
    """
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii()):
        raise InputError("io.bad_delimiter", file=source.name, delimiter=delimiter)
    encoding = _codec_name(encoding, source) if encoding else detect_encoding(source.head, source.name)
    text = decode_start(source.head, encoding)
    delimiter = delimiter or _detect_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next((tuple(row) for row in reader if row), ())
    return TextLayout(encoding, delimiter, header, reader.line_num)


def _codec_name(encoding: str, source: Source) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise InputError("io.unknown_encoding", file=source.name, encoding=encoding) from None
    # GBK and GB 2312 are subsets of GB 18030, and files said to be the former often hold more.
    name = "gb18030" if name in {"gbk", "gb2312"} else name
    return "utf-8-sig" if name == "utf-8" and source.head.startswith(codecs.BOM_UTF8) else name


def detect_encoding(head: bytes, name: str) -> str:
    """The encoding of a text by its byte order mark, its zeros, UTF-8 validity, or Chinese plausibility."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    start = head[:4096]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[0::2].count(0) > len(start) // 4:
        return "utf-16-be"
    if _decodes(head, "utf-8"):
        return "utf-8"
    if _decodes(head, "gb18030") and is_chinese(decode_start(head, "gb18030")):
        return "gb18030"
    raise InputError("io.wrong_encoding", file=name, encoding="UTF-8, GB18030, UTF-16", line=_bad_line(head))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def is_chinese(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly those of GB 2312."""
    foreign = [character for character in text if character > "\x7f"]
    common = sum(bool(character.encode("gb2312", "ignore")) for character in foreign)
    return common >= _CHINESE_SHARE * len(foreign)


def _bad_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1


def decode_start(head: bytes, encoding: str) -> str:
    """The first bytes as text; a character cut at the end is left out."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def decoded_chunks(source: Source, encoding: str) -> Iterator[str]:
    """The whole content as text, piece by piece.

    Raises:
        InputError: ``io.wrong_encoding`` with the line of the first byte that does not belong.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in chunks(source):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line += chunk.count(b"\n", 0, error.start)
            raise InputError("io.wrong_encoding", file=source.name, encoding=encoding, line=line) from None
        line += text.count("\n")
        yield text
    if decoder.getstate()[0]:
        raise InputError("io.wrong_encoding", file=source.name, encoding=encoding, line=line)


def _detect_delimiter(text: str) -> str:
    """The candidate that cuts the first records into the most equal rows; a comma when there is none."""
    lines = text.splitlines(keepends=True)
    complete = "".join(lines[:-1]) if len(lines) > 1 else text
    scores = {delimiter: _score(complete, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > (0.0, 0) else ","


def _score(text: str, delimiter: str) -> tuple[float, int]:
    widths = [len(row) for row in _first_rows(text, delimiter)]
    if not widths or widths[0] < 2:
        return (0.0, 0)
    return (widths.count(widths[0]) / len(widths), widths[0])


def _first_rows(text: str, delimiter: str) -> Sequence[Sequence[str]]:
    try:
        return [
            row
            for row in islice(
                csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SNIFFED_RECORDS
            )
            if row
        ]
    except csv.Error:
        return []
