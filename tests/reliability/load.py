"""What the writers' test needs inside the installation. ``python -m tests.reliability.load token|jobs N|report``."""

from __future__ import annotations

import json
import sys

import django


def _token() -> None:
    from servloop_app.core.actions import Actor, IssueToken, execute
    from servloop_app.core.models import Person

    actor = Actor.of_person(Person.objects.get(), "command")
    print(execute(IssueToken("load", ["units.edit", "units.view"]), actor).outcome)


def _jobs(count: int) -> None:
    from servloop_app.core import guard
    from servloop_app.jobs import runs

    for _number in range(count):
        with guard.opening("jobs_run"):
            runs.enqueue("trust.publish_checkpoint")


def _report() -> None:
    from servloop_app.core.models import LogLeaf, Unit
    from servloop_app.jobs.models import Run
    from servloop_app.trust.queries import verify_log

    written = LogLeaf.objects.filter(action__in=["unit.create", "unit.update"])
    report = {
        "units": Unit.objects.count(),
        "leaves": written.count(),
        "intact": verify_log().intact,
        "failed": Run.objects.filter(state="failed").count(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    django.setup()
    match sys.argv[1:]:
        case ["token"]:
            _token()
        case ["jobs", count]:
            _jobs(int(count))
        case ["report"]:
            _report()
