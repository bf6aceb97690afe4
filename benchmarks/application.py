"""The application's own costs: appending to the audit log, answering rights, verifying the log.

Run as ``python -m benchmarks.application``; it works on SQLite in a temporary folder, with full durability.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import django

LEAVES = 2000
UNITS = 500


def _milliseconds(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _time in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _figures(taken: list[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {
        "median_ms": round(statistics.median(ordered), 3),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 3),
    }


def measure() -> dict[str, object]:
    """All figures, on an installation made for the purpose."""
    from django.core.management import call_command
    from django.db import transaction

    from servloop_app.core import audit_log, guard
    from servloop_app.core.actions import Action, Actor, CreatePerson, CreateUnit, SetUpOrganisation, execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.core.models import LogLeaf, Unit
    from servloop_app.core.permissions import PERMISSIONS
    from servloop_app.core.policy import Policy

    @dataclass
    class RenameMany(Action[int]):
        """A bulk change over many rows."""

        name = "benchmark.rename_many"
        permission = "units.edit"
        codes: list[str] = field(default_factory=list)

        def object(self) -> str:
            return "unit:*"

        def perform(self, actor: Actor) -> int:  # noqa: ARG002
            return Unit.objects.update(name=LocalizedText("新", "New"))

    call_command("migrate", verbosity=0)
    system = Actor.system("benchmark", "command")
    execute(SetUpOrganisation("root", LocalizedText(en="Root")), system)
    with guard.acting(), transaction.atomic():
        appended = _milliseconds(
            lambda: audit_log.append(
                actor="system:benchmark", action="benchmark.append", object_="x:1", payload={"a": 1}
            ),
            LEAVES,
        )
    acted = _milliseconds(
        lambda: execute(
            CreateUnit(f"u{LogLeaf.objects.count()}", LocalizedText(en="u"), "team", "root"), system
        ),
        UNITS,
    )
    before = LogLeaf.objects.count()
    bulk = _milliseconds(lambda: execute(RenameMany(), system), 1)
    person = execute(CreatePerson("p", "root"), system).outcome

    def rights() -> None:
        policy = Policy(person)
        for permission in PERMISSIONS:
            policy.may(permission)

    verified = _milliseconds(lambda: audit_log.verify([]), 1)
    size = LogLeaf.objects.count()
    return {
        "append": _figures(appended),
        "action_with_commit": _figures(acted),
        "bulk_leaves": LogLeaf.objects.count() - before - 1,
        "bulk_ms": round(bulk[0], 1),
        "all_rights_of_a_person_over_500_units": _figures(_milliseconds(rights, 30)),
        "verify_leaves_per_second": round(size / verified[0] * 1000),
    }


def main() -> dict[str, object]:
    """Measure in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SERVLOOP_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "servloop_app.config.settings"
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from django.db import connections

        try:
            return measure()
        finally:
            connections.close_all()


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
