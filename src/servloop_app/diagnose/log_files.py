"""The files of process logs: what was uploaded, and the events that were read from it, in the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings

_EVENTS = "events.parquet"
_SOURCE = "source"
# Endings that tell a reader more than the content does; anything else is told by content alone.
_TELLING = (".json", ".csv", ".gz")


def folder(public_id: UUID) -> Path:
    """Where everything of one log lies."""
    return Path(settings.DATA_FOLDER) / "process_logs" / str(public_id)


def keep_upload(public_id: UUID, file_name: str, chunks: Iterable[bytes]) -> int:
    """Write an upload to its place; nothing of the name but a known ending reaches the file system.

    Returns:
        Bytes written.
    """
    place = folder(public_id)
    place.mkdir(parents=True, mode=0o700, exist_ok=True)
    size = 0
    with (place / (_SOURCE + _ending(file_name))).open("wb") as target:
        for chunk in chunks:
            size += target.write(chunk)
    return size


def _ending(file_name: str) -> str:
    ending = Path(file_name).suffix.lower()
    return ending if ending in _TELLING else ""


def upload_of(public_id: UUID) -> Path:
    """The file as it was given."""
    return next(folder(public_id).glob(f"{_SOURCE}*"))


def replace_upload(public_id: UUID, write: Callable[[Path], None]) -> int:
    """Put another file in the place of what was given, of which nothing stays.

    Args:
        public_id: of the log.
        write: writes the new file to the path that it is given.

    Returns:
        Bytes written.
    """
    half = folder(public_id) / "upload.half"
    write(half)
    target = folder(public_id) / _SOURCE
    for old in uploads_of(public_id):
        if old != target:
            old.unlink()
    half.replace(target)
    return target.stat().st_size


def uploads_of(public_id: UUID) -> list[Path]:
    """The files as they were given: one, or none."""
    return sorted(folder(public_id).glob(f"{_SOURCE}*"))


def events_of(public_id: UUID) -> Path:
    """The events in canonical columns."""
    return folder(public_id) / _EVENTS


def aggregates_of(public_id: UUID) -> Path:
    """What an engine made of the events."""
    return folder(public_id) / "aggregates.json"


def study_rows_of(public_id: UUID, key: str) -> Path:
    """The long list of a study."""
    return folder(public_id) / "studies" / f"{key}.parquet"


def keep_study_rows(public_id: UUID, keys: Collection[str]) -> None:
    """Remove the long lists of all studies but these, and what broken-off jobs left of any file."""
    for path in (folder(public_id) / "studies").glob("*"):
        if path.suffix != ".parquet" or path.stem not in keys:
            path.unlink(missing_ok=True)
    for path in folder(public_id).glob("*.half"):
        path.unlink(missing_ok=True)


def remove(public_id: UUID) -> None:
    """Remove everything of one log."""
    shutil.rmtree(folder(public_id), ignore_errors=True)
