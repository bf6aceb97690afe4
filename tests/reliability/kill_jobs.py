"""A worker whose job renames a unit in every step, for being killed; and what is left afterwards.

Run as ``python -m tests.reliability.kill_jobs worker|enqueue N|report``.
"""

from __future__ import annotations

import json
import sys
import time

import django

STEPS = 60


def _register() -> None:
    from servloop_app.core.actions import Actor, UpdateUnit, execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.jobs.kinds import job

    @job("test.killed", max_attempts=5)
    def killed(run):
        """One action in each step: the log counts the effects."""
        for number in range(run.cursor or 0, STEPS):
            run.progress(number, STEPS, "steps")
            with run.step(cursor=number + 1):
                name = LocalizedText(en=f"{run.public_id}:{number}")
                execute(UpdateUnit("organisation", name, "organisation"), Actor.system("jobs"))
            time.sleep(0.005)


def _enqueue(count: int) -> None:
    from servloop_app.core import guard
    from servloop_app.jobs import runs

    for _number in range(count):
        with guard.opening("jobs_run"):
            runs.enqueue("test.killed")


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
        case ["worker"]:
            from servloop_app.jobs.worker import work

            work()
        case ["enqueue", count]:
            _enqueue(int(count))
        case ["report"]:
            _report()
