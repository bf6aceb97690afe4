"""Locks between processes on one machine, released by the kernel when their holder dies.

A table has two: readers and vacuum share one (``read``), writers and a full vacuum the other (``write``). Readers and
writers hold theirs together; vacuum needs it alone, since it deletes files that a reader may have listed or a writer
may be about to commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servloop.errors import ServLoopError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock: one process at a time there
    fcntl = None  # type: ignore[assignment]

_PAUSE_SECONDS = 0.02


class LockBusyError(ServLoopError):
    """A lock was not free in time."""


@contextmanager
def lock(path: Path, *, exclusive: bool, timeout: float = 30.0) -> Iterator[None]:
    """Hold a file lock.

    Args:
        path: the lock file, made when missing.
        exclusive: alone, or together with other holders.
        timeout: seconds to wait.

    Raises:
        LockBusyError: `facts.lock_busy` when the time ran out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as handle:
        if fcntl is not None:
            mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
            deadline = time.monotonic() + timeout
            while True:
                try:
                    fcntl.flock(handle, mode | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise LockBusyError("facts.lock_busy", name=path.stem, seconds=timeout) from None
                    time.sleep(_PAUSE_SECONDS)
        yield  # closing the file releases the lock
