"""The real commands on a data folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT

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
        )

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process that goes on."""
        with (self.data / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
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
        """Wait for something, with a limit."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds} s; {(self.data / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def end(self) -> None:
        """Leave nothing behind."""
        for process in self.processes:
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                continue
            finally:
                process.wait()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty installation."""
    made = Installation(tmp_path)
    yield made
    made.end()
