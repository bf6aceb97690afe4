"""The worker process: takes tasks from the queue; a thread starts what is scheduled and finds what was lost.

What a large job needed of memory a process hardly gives back. A worker that a supervisor starts again whenever it ends
therefore ends after the job that made it large, and a fresh one goes on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from types import FrameType

from django.db import OperationalError, close_old_connections, connection
from django_tasks_db.management.commands import db_worker
from django_tasks_db.utils import is_locked_database_exception

from servloop_app.config.lifeline import SUPERVISOR
from servloop_app.jobs import liveness, runs, schedules

logger = logging.getLogger(__name__)
_POLL_SECONDS = 0.5
_CLOCK_SECONDS = 1.0
LARGE = 300_000_000  # bytes
_LEAST_LIFE = 60.0  # seconds: what ends sooner looks like a failure to whoever starts it again


class Worker(db_worker.Worker):
    """The queue's worker, which survives a busy database and hands its run back when asked to stop."""

    def __init__(self) -> None:
        super().__init__(
            queue_names=["default"],
            interval=_POLL_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=liveness.own_name(),
            excluded_queue_names=[],
        )

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """The first signal interrupts the running job at its next chunk end, the second ends at once."""
        runs.stopping.set()
        super().shutdown(signum, frame)

    def run(self) -> None:
        """Work until asked to stop."""
        while self.running:
            try:
                super().run()
            except OperationalError as error:
                if not is_locked_database_exception(error):
                    raise
                time.sleep(self.interval)


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    counters = Path("/proc/self/statm")
    return int(counters.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if counters.exists() else 0


def _keep_time(ended: threading.Event, worker: Worker) -> None:
    supervised = bool(os.environ.get(SUPERVISOR))
    begun = time.monotonic()
    while not ended.wait(_CLOCK_SECONDS):
        try:
            close_old_connections()
            schedules.tick()
            runs.reap()
            if supervised and resident() > LARGE and time.monotonic() - begun > _LEAST_LIFE:
                worker.running = False  # after the job that it is at
        except Exception:
            logger.exception("the clock of the jobs failed; it goes on")
    connection.close()


def work() -> None:
    """Run a worker in this process until it is asked to stop."""
    runs.reap()
    runs.forget_the_dead()
    worker = Worker()
    worker.configure_signals()
    ended = threading.Event()
    clock = threading.Thread(target=_keep_time, args=(ended, worker), name="clock", daemon=True)
    clock.start()
    try:
        worker.run()
    finally:
        ended.set()
