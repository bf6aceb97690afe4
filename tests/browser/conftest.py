"""A real browser on the real stack: granian, a work database of its own, and the worker, as people run them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser.visits import Visits
from tests.conftest import ROOT

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True)
class Server:
    """A running installation."""

    address: str
    data: Path
    environment: dict[str, str]

    def command(self, *words: str) -> None:
        """Run a Python script of the checkout against this installation."""
        subprocess.run([sys.executable, *words], cwd=ROOT, env=self.environment, check=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The web server and the worker on a new data folder with a small organisation in it."""
    with installation(tmp_path_factory.mktemp("installation")) as running:
        yield running


@contextmanager
def installation(data: Path, application: str = "servloop_app.config.wsgi:application") -> Iterator[Server]:
    """The web server and the worker on a data folder, with a small organisation in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "SERVLOOP_DATA": str(data),
        "SERVLOOP_BASE_URL": address,
        "SERVLOOP_LANGUAGE": "zh-hans",
        "SERVLOOP_TIMEZONE": "Asia/Shanghai",
        "PYTHONPATH": os.pathsep.join(
            filter(None, [os.environ.get("PYTHONPATH"), str(ROOT / "src"), str(ROOT)])
        ),
    }
    environment.setdefault("DJANGO_SETTINGS_MODULE", "servloop_app.config.settings")
    environment.pop("DATABASE_URL", None)
    running = Server(address, data, environment)
    running.command("manage.py", "migrate", "--verbosity", "0")
    running.command("-m", "tests.browser.organisation")
    granian = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    granian += ["--blocking-threads", "4", "--log-level", "warning", application]
    worker = [sys.executable, "-m", "tests.browser.worker"]
    with (data / "server.log").open("w") as log:
        processes = [
            subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
            for words in (granian, worker)
        ]
        try:
            _wait_for(address, processes[0], data / "server.log")
            yield running
        finally:
            for process in processes:
                os.killpg(process.pid, 15)
            for process in processes:
                process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=5).close()
        except urllib.error.HTTPError as error:
            pytest.fail(f"the server answers {error.code}: {log.read_text()[-3000:]}")
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing; install the Debian package chromium (`make system` does)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def visits(server: Server, browser: Browser) -> Iterator[Visits]:
    """Opens pages as people see them; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, server.address)
    yield visits
    visits.close()
