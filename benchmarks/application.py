"""The application's own costs: appending to the audit log, answering rights, verifying the log.

Run as ``python -m benchmarks.application``; it works on SQLite in a temporary folder, with full durability.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

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


def measure() -> list[Row]:
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
    asked = _milliseconds(rights, 30)
    return [
        Row("append a leaf to the audit log, ms", statistics.median(appended), 1.0),
        Row("an action with its commit (synchronous FULL), ms", statistics.median(acted), None),
        Row(f"leaves of a bulk action over {UNITS} rows", LogLeaf.objects.count() - before - 1, 1),
        Row("that bulk action, ms", bulk[0], None),
        Row(f"all rights of a person over {UNITS} units, ms", statistics.median(asked), None),
        Row(f"verify a log of {size:,} leaves, ms", verified[0], None),
    ]


@dataclass(frozen=True)
class Row:
    """One figure in milliseconds (medians) with the bar it must hold."""

    what: str
    value: float
    bar: float | None

    @property
    def held(self) -> bool:
        """Whether the figure is within its bar."""
        return self.bar is None or self.value <= self.bar


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Measure on an installation in a folder of its own."""
    os.environ["SERVLOOP_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "servloop_app.config.settings"
    os.environ.pop("DATABASE_URL", None)
    django.setup()
    from django.db import connections

    try:
        return measure()
    finally:
        connections.close_all()


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | value | bar |", "|---|---|---|"]
    for row in rows:
        bar = "—" if row.bar is None else f"≤ {row.bar:g}{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {row.value:,.2f} | {bar} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        print(table(run(Path(own), [])))
