"""``servloop worker``: background jobs alone."""

from __future__ import annotations

import click


@click.command("worker")
def command() -> None:
    """Run background jobs until stopped (`servloop up` starts one itself). 运行后台任务。"""
    from servloop_app.cli import platform
    from servloop_app.config import lifeline

    platform.start_django()
    platform.require_database()
    lifeline.watch()
    from servloop_app.jobs.worker import work

    work()
