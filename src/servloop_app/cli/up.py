"""``servloop up``: the whole platform with one command."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import click

from servloop_app.core.errors import ActionError


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--threads", default=16, show_default=True, type=click.IntRange(1, 256), help="Of the web process."
)
def command(host: str, port: int, threads: int) -> None:
    """Start the platform: web pages, API and background jobs. 启动平台：网页、接口与后台任务。"""
    from servloop_app.cli import platform, supervisor

    platform.start_django()
    from django.conf import settings
    from django.db import connections

    lock = _lock(Path(settings.DATA_FOLDER))
    _check_port(host, port)
    platform.prepare_database()
    connections.close_all()  # children open their own
    click.echo(f"ServLoop: http://{host}:{port}  (data: {settings.DATA_FOLDER})")
    supervisor.supervise([supervisor.web_part(host, port, threads), supervisor.worker_part()])
    os.close(lock)


def _lock(folder: Path) -> int:
    """One platform for one data folder; the lock ends with this process."""
    descriptor = os.open(folder / "up.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ActionError("core.already_running", folder=str(folder)) from error
    return descriptor


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ActionError("core.port_taken", host=host, port=str(port)) from error
