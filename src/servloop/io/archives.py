"""Bounds on ZIP containers, checked before any parser sees them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from itertools import pairwise
from typing import BinaryIO

from servloop.errors import InputError
from servloop.io.sources import CHUNK_BYTES, Source

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 2 << 30
# A sheet of a million rows packs 5 to 30 times; Deflate can reach 1,030 times.
RATIO_FLOOR_BYTES = 32 << 20
MAX_RATIO = 100

_LOCAL_HEADER = struct.Struct("<4s22xHH")


def check_zip(source: Source) -> list[str]:
    """Refuse a container that would unpack beyond bounds or whose directory lies; return its entry names.

    The directory is judged first (entries, total size, ratio, overlaps); then every entry is unpacked piece by
    piece and counted, since sizes in a directory are only claims.

    Raises:
        InputError: ``io.zip_bomb``, ``io.zip_lies``, ``io.damaged_file``.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _damaged(source) from None
    packed = max(source.path.stat().st_size, 1)
    claimed = sum(entry.file_size for entry in entries)
    _check_bounds(source, len(entries), claimed, packed)
    with source.path.open("rb") as raw:
        spans = sorted(_span(raw, entry, source) for entry in entries)
        if any(end > start for (_, end), (start, _) in pairwise(spans)):
            raise InputError("io.zip_lies", file=source.name)
        for entry in entries:
            if _counted(raw, entry, source) != entry.file_size:
                raise InputError("io.zip_lies", file=source.name)
    return [entry.filename for entry in entries]


def _damaged(source: Source) -> InputError:
    return InputError("io.damaged_file", file=source.name, format="XLSX")


def _check_bounds(source: Source, entries: int, unpacked: int, packed: int) -> None:
    too_dense = unpacked > RATIO_FLOOR_BYTES and unpacked > MAX_RATIO * packed
    if entries > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or too_dense:
        raise InputError(
            "io.zip_bomb",
            file=source.name,
            megabytes=unpacked >> 20,
            packed_megabytes=round(packed / (1 << 20), 1),
            entries=entries,
        )


def _span(raw: BinaryIO, entry: zipfile.ZipInfo, source: Source) -> tuple[int, int]:
    """First and last byte offset of an entry with its local header."""
    raw.seek(entry.header_offset)
    header = raw.read(30)
    if len(header) < 30:
        raise _damaged(source)
    magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if magic != b"PK\x03\x04":
        raise _damaged(source)
    return entry.header_offset, entry.header_offset + 30 + name_length + extra_length + entry.compress_size


def _counted(raw: BinaryIO, entry: zipfile.ZipInfo, source: Source) -> int:
    """Bytes that an entry really unpacks to, counted at most one piece beyond its claim."""
    if entry.flag_bits & 0x1:
        raise InputError("io.encrypted", file=source.name)
    end = _span(raw, entry, source)[1]
    raw.seek(end - entry.compress_size)
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise _damaged(source)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    left = entry.compress_size
    total = 0
    try:
        while left > 0 and total <= entry.file_size:
            piece = raw.read(min(CHUNK_BYTES, left))
            if not piece:
                break
            left -= len(piece)
            while piece and total <= entry.file_size:
                total += len(inflate.decompress(piece, CHUNK_BYTES))
                piece = inflate.unconsumed_tail
    except zlib.error:
        raise _damaged(source) from None
    return total + (len(inflate.flush()) if total <= entry.file_size else 0)
