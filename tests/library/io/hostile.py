"""Builders of files that no honest program writes."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

ZEROS = b"\0" * (1 << 20)


def zip_bomb(path: Path, megabytes: int) -> Path:
    """A workbook whose one sheet unpacks to very many zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(megabytes):
            sheet.write(ZEROS)
    return path


def lying_zip(path: Path, megabytes: int = 40, claimed: int = 1000) -> Path:
    """A workbook whose directory claims a far smaller size than its entry unpacks to."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", ZEROS * megabytes)
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, claimed)
    path.write_bytes(bytes(data))
    return path


def overlapping_zip(path: Path) -> Path:
    """A workbook in which two directory entries share one body."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/a.xml", b"a" * 1000)
        archive.writestr("xl/b.xml", b"a" * 1000)
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    path.write_bytes(bytes(data))
    return path


def laughs(levels: int = 9) -> str:
    """An XML log whose entities multiply ten times a level."""
    entities = ['<!ENTITY a0 "ha">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels + 1)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE log [{"".join(entities)}]>'
        f'<log><trace><string key="concept:name" value="&a{levels};"/></trace></log>'
    )


EXTERNAL_ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<log><trace><string key="concept:name" value="1"/><event>'
    '<string key="concept:name">&x;</string></event></trace></log>'
)
EXTERNAL_SUBSET = '<!DOCTYPE log SYSTEM "http://127.0.0.1:9/log.dtd"><log></log>'
PARAMETER_ENTITY = '<!DOCTYPE log [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><log></log>'
