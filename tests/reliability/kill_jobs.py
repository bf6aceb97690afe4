"""A worker whose job renames a unit in every step, for being killed; and what is left afterwards.

Run as ``python -m tests.reliability.kill_jobs nursery|enqueue N STEPS|report``. The nursery loads the platform
once; for each line on its input it forks a worker and prints its process number.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import django


def _register() -> None:
    from servloop_app.core.actions import Actor, UpdateUnit, execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.jobs.kinds import job

    # Every kill before the first step of an attempt counts as an attempt.
    @job("test.killed", max_attempts=100)
    def killed(run, steps):
        """One action in each step: the log counts the effects."""
        for number in range(run.cursor or 0, steps):
            run.progress(number, steps, "steps")
            with run.step(cursor=number + 1):
                name = LocalizedText(en=f"{run.public_id}:{number}")
                execute(UpdateUnit("organisation", name, "organisation"), Actor.system("jobs"))
            time.sleep(0.01)


def _nursery() -> None:
    from django.db import connections

    from servloop_app.jobs import tasks  # noqa: F401  # everything that a worker needs is loaded before the forks
    from servloop_app.jobs.worker import work

    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries killed workers
    print("ready", flush=True)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work()
            os._exit(0)
        print(child, flush=True)


def _enqueue(count: int, steps: int) -> None:
    from servloop_app.core import guard
    from servloop_app.jobs import runs

    for _number in range(count):
        with guard.opening("jobs_run"):
            runs.enqueue("test.killed", {"steps": steps})


def _report() -> None:
    from servloop_app.core.audit_log import read_payload
    from servloop_app.core.models import LogLeaf
    from servloop_app.jobs.models import Run
    from servloop_app.trust.queries import verify_log

    leaves = LogLeaf.objects.filter(action="unit.update").order_by("seq")
    effects = [read_payload(leaf.seq)["arguments"]["title"]["en"] for leaf in leaves]
    runs = Run.objects.filter(kind="test.killed").order_by("pk")
    states = {str(run.public_id): run.state for run in runs}
    print(json.dumps({"effects": effects, "states": states, "intact": verify_log().intact}))


if __name__ == "__main__":
    django.setup()
    _register()
    match sys.argv[1:]:
        case ["nursery"]:
            _nursery()
        case ["enqueue", count, steps]:
            _enqueue(int(count), int(steps))
        case ["report"]:
            _report()
