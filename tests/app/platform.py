"""Django for tests: its own data folder, SQLite in a file or a PostgreSQL cluster that lives as long as the run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

POSTGRES = Path("/usr/lib/postgresql/15/bin")
_SET_UP = pytest.StashKey[bool]()


def configure(config: pytest.Config) -> None:
    """Set Django up once for the run; called by the conftest of every folder that needs it."""
    if config.stash.get(_SET_UP, False):
        return
    config.stash[_SET_UP] = True
    folder = Path(tempfile.mkdtemp(prefix="servloop-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["SERVLOOP_DATA"] = str(folder / "data")
    os.environ["SERVLOOP_HOSTS"] = "testserver"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.app.settings"
    os.environ.pop("DATABASE_URL", None)
    if config.getoption("--database") == "postgres":
        os.environ["DATABASE_URL"] = _start_postgres(folder, config)
    import django
    from django.test import TransactionTestCase
    from pytest_django.plugin import blocking_manager_key

    django.setup()
    config.stash[blocking_manager_key].block()

    from servloop_app.core import guard

    empty = TransactionTestCase._fixture_teardown

    def empty_with_guard_open(case: TransactionTestCase) -> None:
        with guard.maintaining():
            empty(case)

    TransactionTestCase._fixture_teardown = empty_with_guard_open


def _start_postgres(folder: Path, config: pytest.Config) -> str:
    """A throw-away cluster on a free port; as an unprivileged user, since PostgreSQL refuses root."""
    if not (POSTGRES / "initdb").exists():
        pytest.exit(
            f"{POSTGRES} is missing; install the Debian package postgresql-15 (`make system` does)", 4
        )
    cluster = folder / "postgres"
    cluster.mkdir()
    folder.chmod(0o755)
    someone_else: dict[str, Any] = {}
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(cluster, owner.pw_uid, owner.pw_gid)
        someone_else = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [str(POSTGRES / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **someone_else)

    data = str(cluster / "data")
    run("initdb", "-D", data, "-U", "servloop", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
    options = f"-p {port} -k {cluster} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(cluster / "log"), "-o", options, "start")
    config.add_cleanup(lambda: run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"))
    return f"postgresql://servloop@127.0.0.1:{port}/postgres"
