"""Keeps one web process and one worker running, and ends both when asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import click

from servloop_app.config.lifeline import SUPERVISOR
from servloop_app.core.errors import ActionError

_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 2.0
_SHORT_LIFE_SECONDS = 10.0
_MAX_SHORT_LIVES = 5


@dataclass
class Part:
    """One child process, in a session of its own so that its whole group can be ended.

    Attributes:
        defaults: of environment variables that are not set.
    """

    name: str
    command: Sequence[str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    short_lives: int = field(default=0, init=False)

    def start(self) -> None:
        """Start the process."""
        environment = {**self.defaults, **os.environ, SUPERVISOR: str(os.getpid())}
        self.process = subprocess.Popen(  # noqa: S603  # our own commands
            self.command, start_new_session=True, env=environment, stdin=subprocess.DEVNULL
        )
        self.started = time.monotonic()

    def look_after(self) -> None:
        """Start it again when it ended.

        Raises:
            ActionError: it keeps ending right after its start.
        """
        if self.process is None or self.process.poll() is None:
            return
        self.signal(signal.SIGKILL)  # what its group may have left behind
        short = time.monotonic() - self.started < _SHORT_LIFE_SECONDS
        self.short_lives = self.short_lives + 1 if short else 0
        if self.short_lives >= _MAX_SHORT_LIVES:
            raise ActionError("core.server_failing", part=self.name, times=self.short_lives)
        click.echo(f"{self.name} ended with {self.process.returncode}; starting it again", err=True)
        self.start()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def running(self) -> bool:
        """Whether the process is still there."""
        return self.process is not None and self.process.poll() is None


def web_command(host: str, port: int, threads: int) -> list[str]:
    """The web server: one process with threads, since SQLite is happiest with one writer."""
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": "1",
        "--blocking-threads": str(threads),
        "--workers-kill-timeout": "1",
        "--log-level": "error",
    }
    flat = [part for pair in options.items() for part in pair]
    return [sys.executable, "-m", "granian", *flat, "--no-ws", "servloop_app.config.wsgi:application"]


def web_part(host: str, port: int, threads: int) -> Part:
    """The web process; few arenas keep what its threads free from piling up."""
    return Part("web", web_command(host, port, threads), {"MALLOC_ARENA_MAX": "2"})


def worker_part() -> Part:
    """The worker; threads of its linear algebra would take the processors that pages need, and gain little."""
    return Part("worker", worker_command(), {"OPENBLAS_NUM_THREADS": "1"})


def worker_command() -> list[str]:
    """The worker."""
    return [sys.executable, "-c", "from servloop_app.cli import main; main()", "worker"]


def supervise(parts: Sequence[Part]) -> None:
    """Run until a signal asks to stop; then end every group within three seconds."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: asked.append(received))
    for part in parts:
        part.start()
    try:
        while not asked:
            time.sleep(_LOOK_SECONDS)
            for part in parts:
                part.look_after()
    finally:
        end(parts)


def end(parts: Sequence[Part]) -> None:
    """Ask all groups to stop, and end those that do not in time."""
    for part in parts:
        part.signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline and any(part.running() for part in parts):
        time.sleep(0.02)
    for part in parts:
        part.signal(signal.SIGKILL)
        if part.process is not None:
            part.process.wait()
