"""Which workers are alive: each holds a lock on a file of its own, which the system frees when it dies.

Unlike a process number, a lock cannot be taken over by an unrelated process, and it is free at once after
kill -9: a run of a dead worker need not wait for its lease to end. Workers on other machines have no file here
and are known by their leases alone.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings


def _folder() -> Path:
    folder = Path(settings.DATA_FOLDER) / "workers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _path(name: str) -> Path:
    return _folder() / f"{name}.lock"


@cache
def _name_of(process: int) -> str:  # noqa: ARG001  # a forked child needs a lock of its own
    while True:
        name = uuid.uuid4().hex
        descriptor = os.open(_path(name), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # held until this process ends
        if os.fstat(descriptor).st_nlink:
            return name
        os.close(descriptor)  # before it was locked somebody took it for a dead worker's and removed it


def own_name() -> str:
    """The name of this process as a worker; its lock is taken at first use."""
    return _name_of(os.getpid())


def is_dead(name: str) -> bool:
    """Whether the worker of that name on this machine has ended."""
    if not name or name == own_name():
        return False
    with _lock_of_dead(name) as path:
        return path is not None


def dead() -> list[str]:
    """The names of workers on this machine that have ended and are not forgotten."""
    return [path.stem for path in _folder().glob("*.lock") if is_dead(path.stem)]


def forget(name: str) -> None:
    """Remove the file of a worker that ended; its runs must have been recovered, nobody can tell any more."""
    with _lock_of_dead(name) as path:
        if path is not None:
            path.unlink()


@contextmanager
def _lock_of_dead(name: str) -> Iterator[Path | None]:
    """The file of a worker, held; None when it has none or holds it itself."""
    path = _path(name)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.fstat(descriptor).st_nlink > 0
        except BlockingIOError:
            held = False
        yield path if held else None
    finally:
        os.close(descriptor)
