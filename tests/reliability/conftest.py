"""The real commands on a data folder of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.conftest import ROOT

COMMAND_SECONDS = 120  # a command that hangs fails its test instead of the run
SERVLOOP = [sys.executable, "-c", "from servloop_app.cli import main; main()"]


class Installation:
    """A data folder, a port, and the processes that were started on them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "SERVLOOP_DATA": str(data),
            "SERVLOOP_BASE_URL": self.address,
            "DJANGO_SETTINGS_MODULE": "servloop_app.config.settings",
            "PYTHONPATH": path,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def servloop(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*SERVLOOP, *words],
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the tests against this installation."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=COMMAND_SECONDS,
        )

    def start(self, *command: str, talking: bool = False) -> subprocess.Popen[bytes]:
        """Start a process that goes on; one that talks has pipes for its input and output."""
        with (self.data / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE if talking else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talking else log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def up(self) -> subprocess.Popen[bytes]:
        """Start the platform and wait until it answers."""
        process = self.start(*SERVLOOP, "up", "--port", str(self.port), "--threads", "16")
        self.wait_until(self.answers, 60)
        return process

    def answers(self) -> bool:
        """Whether the web process serves."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait_until(self, condition, seconds: float) -> None:
        """Wait for something that must happen within a time."""
        if not self.happens(condition, seconds):
            pytest.fail(f"not within {seconds} s; {(self.data / 'log').read_text()[-2000:]}")

    def happens(self, condition, seconds: float) -> bool:
        """Whether something happens within a time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def end(self) -> None:
        """Leave nothing behind."""
        for process in self.processes:
            with process, suppress(ProcessLookupError):  # leaving closes pipes and waits
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty installation."""
    made = Installation(tmp_path)
    yield made
    made.end()
