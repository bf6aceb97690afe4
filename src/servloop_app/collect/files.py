"""Where imports keep their files, and where the facts lie, in the data folder."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from servloop.errors import ServLoopError
from servloop.facts import FactStore

_SOURCE = "source"
_PLACES = "places.json"
_STAGED = "staged-"
_HEAD = "head.parquet"
# Endings that tell a reader more than the content does; anything else is told by content alone.
_TELLING = (".json", ".csv", ".gz")
_STRAY_AFTER = 86_400.0  # seconds


def fact_store() -> FactStore:
    """The organisation's facts."""
    return FactStore(Path(settings.DATA_FOLDER) / "facts")


def folder(public_id: UUID) -> Path:
    """Where the files of one import lie while it is under way."""
    return Path(settings.DATA_FOLDER) / "imports" / str(public_id)


def keep_upload(public_id: UUID, file_name: str, chunks: Iterable[bytes]) -> int:
    """Write an upload to its place, whole or not at all; of its name only a known ending reaches the file system.

    Returns:
        Bytes written.
    """
    place = folder(public_id)
    place.mkdir(parents=True, mode=0o700)
    ending = Path(file_name).suffix.lower()
    size = 0
    try:
        with (place / (_SOURCE + (ending if ending in _TELLING else ""))).open("wb") as target:
            for chunk in chunks:
                size += target.write(chunk)
    except BaseException:
        remove(public_id)
        raise
    return size


def source_of(public_id: UUID) -> Path | None:
    """The file as it was given; None once it was imported (it holds personal data and is not kept)."""
    return next(folder(public_id).glob(f"{_SOURCE}*"), None)


@contextmanager
def called(file_name: str) -> Iterator[None]:
    """Errors about a kept file name it as the person does, not by its place in the folder."""
    try:
        yield
    except ServLoopError as error:
        if str(error.params.get("file", "")).partition(".")[0] == _SOURCE:
            error.params["file"] = file_name
        raise


def head_of(public_id: UUID) -> Path:
    """Where the first rows of a file are kept while it waits for its mapping."""
    return folder(public_id) / _HEAD


def keep_places(public_id: UUID, places: list[int]) -> None:
    """Write down which places in the source the rows of a replay take."""
    (folder(public_id) / _PLACES).write_text(json.dumps(places), encoding="ascii")


def places_of(public_id: UUID) -> list[int] | None:
    """The places of a replay's rows; None for a file of its own."""
    path = folder(public_id) / _PLACES
    if not path.exists():
        return None
    places: list[int] = json.loads(path.read_text(encoding="ascii"))
    return places


def fresh_staging(public_id: UUID) -> Path:
    """An empty folder for the staged files of one attempt; those of earlier attempts go.

    Each attempt has its own, so that a worker that was thought dead and is not cannot write into another's files.
    """
    clear_staging(public_id)
    return Path(tempfile.mkdtemp(prefix=_STAGED, dir=folder(public_id)))


def clear_staging(public_id: UUID) -> None:
    """Remove what attempts left behind; it holds personal data in clear."""
    for place in folder(public_id).glob(f"{_STAGED}*"):
        shutil.rmtree(place, ignore_errors=True)


def remove(public_id: UUID) -> None:
    """Remove all files of an import."""
    shutil.rmtree(folder(public_id), ignore_errors=True)


def remove_strays(needed: set[UUID]) -> None:
    """Remove what no import needs: its process was killed before it could be recorded, or before it could tidy up.

    Args:
        needed: imports whose files stay. Folders younger than a day stay too: an upload may be under way.
    """
    kept = {str(public_id) for public_id in needed}
    day_ago = time.time() - _STRAY_AFTER
    for place in folder(UUID(int=0)).parent.glob("*"):
        if place.name not in kept and place.stat().st_mtime < day_ago:
            shutil.rmtree(place, ignore_errors=True)
