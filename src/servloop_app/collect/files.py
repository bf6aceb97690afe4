"""Where imports keep their files, and where the facts lie, in the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from servloop.facts import FactStore

_SOURCE = "source"
# Endings that tell a reader more than the content does; anything else is told by content alone.
_TELLING = (".json", ".csv", ".gz")


def fact_store() -> FactStore:
    """The organisation's facts."""
    return FactStore(Path(settings.DATA_FOLDER) / "facts")


def folder(public_id: UUID) -> Path:
    """Where the files of one import lie while it is under way."""
    return Path(settings.DATA_FOLDER) / "imports" / str(public_id)


def keep_upload(public_id: UUID, file_name: str, chunks: Iterable[bytes]) -> int:
    """Write an upload to its place; nothing of the name but a known ending reaches the file system.

    Returns:
        Bytes written.
    """
    place = folder(public_id)
    place.mkdir(parents=True, mode=0o700)
    ending = Path(file_name).suffix.lower()
    size = 0
    with (place / (_SOURCE + (ending if ending in _TELLING else ""))).open("wb") as target:
        for chunk in chunks:
            size += target.write(chunk)
    return size


def source_of(public_id: UUID) -> Path | None:
    """The file as it was given; None once it was imported (it holds personal data and is not kept)."""
    return next(folder(public_id).glob(f"{_SOURCE}*"), None)


def remove(public_id: UUID) -> None:
    """Remove all files of an import."""
    shutil.rmtree(folder(public_id), ignore_errors=True)
