"""Which workers are alive: each holds a lock on a file of its own, which the system frees when it dies.

Unlike a process number, a lock cannot be taken over by an unrelated process, and it is free at once after
kill -9: a run of a dead worker need not wait for its lease to end. Workers on other machines have no file here
and are known by their leases alone.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from functools import cache
from pathlib import Path

from django.conf import settings


def _folder() -> Path:
    folder = Path(settings.DATA_FOLDER) / "workers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@cache
def _name_of(process: int) -> str:  # noqa: ARG001  # a forked child needs a lock of its own
    name = uuid.uuid4().hex
    descriptor = os.open(_folder() / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # held until this process ends
    return name


def own_name() -> str:
    """The name of this process as a worker; its lock is taken at first use."""
    return _name_of(os.getpid())


def is_dead(name: str) -> bool:
    """Whether the worker of that name on this machine has ended."""
    if not name or name == own_name():
        return False
    path = _folder() / f"{name}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def clear_away() -> None:
    """Remove the files of workers that ended; the caller has recovered their runs."""
    for path in _folder().glob("*.lock"):
        if is_dead(path.stem):
            path.unlink(missing_ok=True)
