"""A job that renames a unit in every step, for workers that are killed; and what is left afterwards.

Commands for the nursery: ``enqueue COUNT STEPS`` and ``report``.
"""

from __future__ import annotations

import time


def prepare() -> None:
    """Make the job known."""
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


def _enqueue(count: int, steps: int) -> None:
    from servloop_app.core import guard
    from servloop_app.jobs import runs

    for _number in range(count):
        with guard.opening("jobs_run"):
            runs.enqueue("test.killed", {"steps": steps})


def _report() -> dict[str, object]:
    from servloop_app.core.audit_log import read_payload
    from servloop_app.core.models import LogLeaf
    from servloop_app.jobs.models import Run
    from servloop_app.trust.queries import verify_log

    leaves = LogLeaf.objects.filter(action="unit.update").order_by("seq")
    effects = [read_payload(leaf.seq)["arguments"]["title"]["en"] for leaf in leaves]
    runs = Run.objects.filter(kind="test.killed").order_by("pk")
    states = {str(run.public_id): run.state for run in runs}
    return {"effects": effects, "states": states, "intact": verify_log().intact}


def command(name: str, *arguments: str) -> object:
    """What the nursery is asked to do."""
    if name == "report":
        return _report()
    _enqueue(*map(int, arguments))
    return "done"
