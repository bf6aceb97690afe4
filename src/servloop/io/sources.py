"""What a path holds: checked to exist, told apart by content, and unpacked within bounds."""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from servloop.errors import InputError

SNIFFED_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20

# A gzip stream may grow freely up to the floor; above it, 200 times its packed size or 16 GiB is a bomb
# (event logs and tables pack 10 to 40 times, a stream of zeros 1,030 times).
GZIP_FLOOR_BYTES = 32 << 20
GZIP_RATIO = 200
GZIP_TOTAL_BYTES = 16 << 30

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BINARY_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"MZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
)


@dataclass(frozen=True)
class Source:
    """A file ready to be read.

    Attributes:
        path: the file as given.
        format: ``csv``, ``xlsx``, ``xls``, ``parquet``, ``jsonl``, ``json``, ``xes``, ``ocel-sqlite``,
            ``ocel-json`` or ``sav``.
        gzipped: whether the content is packed with gzip.
        head: the first unpacked bytes.
    """

    path: Path
    format: str
    gzipped: bool
    head: bytes

    @property
    def name(self) -> str:
        """The file's name, for sentences."""
        return self.path.name


def open_source(path: Path | str) -> Source:
    """Check that a path is a readable, non-empty file and tell its format by content.

    Raises:
        InputError: ``io.missing_file``, ``io.is_folder``, ``io.unreadable_file``, ``io.empty_file``,
            ``io.truncated_gzip``, ``io.unknown_format``.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("io.is_folder", file=str(path))
    try:
        with path.open("rb") as raw:
            head = raw.read(SNIFFED_BYTES)
    except FileNotFoundError:
        raise InputError("io.missing_file", file=str(path)) from None
    except OSError as error:
        raise InputError("io.unreadable_file", file=str(path), cause=error.strerror or str(error)) from None
    gzipped = head.startswith(_GZIP_MAGIC)
    if gzipped:
        with path.open("rb") as raw:
            head = next(unpacked_chunks(raw, path.name, SNIFFED_BYTES), b"")
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InputError("io.empty_file", file=path.name)
    return Source(path, _format_of(head, path), gzipped, head)


def _format_of(head: bytes, path: Path) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if head.startswith(b"SQLite format 3\x00"):
        return "ocel-sqlite"
    text = _plain_start(head)
    if text.startswith("<"):
        return "xes"
    if text.startswith("{"):
        return _json_kind(text)
    if text.startswith("[") and path.suffix.lower() in {".json", ".gz"}:
        return "json"
    if head.startswith(_BINARY_MAGIC) or _looks_binary(head):
        raise InputError("io.unknown_format", file=path.name)
    return "csv"


def _plain_start(head: bytes) -> str:
    if head.startswith(_UTF16_MARKS):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").lstrip()
    return head.decode("utf-8-sig", "replace").lstrip("\ufeff \t\r\n")


def _json_kind(text: str) -> str:
    first_line = text.partition("\n")[0]
    try:
        record = json.loads(first_line)
    except json.JSONDecodeError:
        # The first line is not a whole record: one document over many lines, or a very long one.
        return (
            "ocel-json" if '"objectTypes"' in text or '"eventTypes"' in text or '"ocel:' in text else "json"
        )
    return "ocel-json" if isinstance(record, dict) and {"events", "objects"} <= record.keys() else "jsonl"


def _looks_binary(head: bytes) -> bool:
    if head.startswith(_UTF16_MARKS) or _utf16_without_mark(head):
        return False
    control = sum(head.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 31)))
    # A stray control character does not make a text binary; separators \x01 and \x1f are used on purpose.
    return b"\x00" in head or control > max(8, len(head) // 10)


def _utf16_without_mark(head: bytes) -> bool:
    """Whether every other byte of the start is zero, as in UTF-16 text of Latin letters."""
    start = head[:512]
    return len(start) >= 16 and max(start[0::2].count(0), start[1::2].count(0)) > 0.7 * (len(start) // 2)


def unpacked_chunks(raw: BinaryIO, name: str, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Unpack a gzip stream piece by piece, counting what comes out.

    Raises:
        InputError: ``io.truncated_gzip`` when the stream ends early or is damaged, ``io.gzip_bomb`` when it
            grows beyond the bounds of this module.
    """
    total = 0
    with gzip.GzipFile(fileobj=raw) as packed:
        while True:
            try:
                chunk = packed.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise InputError("io.truncated_gzip", file=name) from None
            if not chunk:
                return
            total += len(chunk)
            if total > GZIP_FLOOR_BYTES and total > min(GZIP_TOTAL_BYTES, GZIP_RATIO * max(raw.tell(), 1)):
                raise InputError("io.gzip_bomb", file=name, megabytes=total >> 20)
            yield chunk


def chunks(source: Source) -> Iterator[bytes]:
    """The unpacked content of a source, piece by piece."""
    with source.path.open("rb") as raw:
        if source.gzipped:
            yield from unpacked_chunks(raw, source.name)
        else:
            while chunk := raw.read(CHUNK_BYTES):
                yield chunk


@contextmanager
def unpacked_file(source: Source) -> Iterator[Path]:
    """The source as a plain file: itself, or unpacked into a temporary file for the time of the block."""
    if not source.gzipped:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="servloop-") as folder:
        path = Path(folder) / "unpacked"
        with path.open("wb") as unpacked:
            for chunk in chunks(source):
                unpacked.write(chunk)
        yield path
