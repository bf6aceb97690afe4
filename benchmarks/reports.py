"""The monthly report of the sample bank, from its figures to the PDF: ``python -m benchmarks reports``.

Freezing is the job that computes all that a report says; the PDF is laid out in a process of its own, as in the platform.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.facts import Row, table
from benchmarks.measuring import in_child, measure, print_cost

__all__ = ["run", "table"]

SCALE = "0.2"
MONTH = dt.date(2026, 9, 1)
READER = "linwen"
SECONDS = 20.0


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Load the sample bank, then make one report in each language, each in a process of its own."""
    os.environ["SERVLOOP_DATA"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    servloop = Path(sys.executable).with_name("servloop")
    loading = [str(servloop), "demo", "--no-serve", "--scale", SCALE]
    subprocess.run(loading, check=True, stdout=subprocess.DEVNULL)
    rows = []
    for language in ("zh-CN", "en"):
        made = in_child("benchmarks.reports", language)
        name = f"monthly report, thirteen units, {language}, {made.answer['pages']} pages"
        rows.append(Row(name, made, "seconds", made.elapsed, SECONDS))
    return rows


def _make(language: str) -> dict[str, int]:
    """Freeze one report and write it; the number of its pages."""
    from servloop_app.core.actions import Actor, execute
    from servloop_app.core.models import Person
    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import perform
    from servloop_app.monitor.actions_reports import AskForFile, MakeReports
    from servloop_app.monitor.report_models import Report

    reader = Person.objects.get(username=READER)
    made = execute(MakeReports(MONTH, [reader.public_id]), Actor.system("benchmark", "command")).outcome
    perform(made.run.public_id)
    report = Report.objects.get(run=made)
    # the file in the reader's own language is in the queue already; only the one asked for counts
    execute(AskForFile(report.public_id, language), Actor.of_person(reader, "command"))
    wanted = {"report": str(report.public_id), "language": language}
    perform(Run.objects.filter(kind="reports.render", arguments=wanted).latest("pk").public_id)
    written = report.files.get(language=language)
    if written.error_code:
        sys.exit(f"{written.error_code} {written.error_params}")
    return {"pages": written.pages}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "servloop_app.config.settings"
    import django

    django.setup()
    print_cost(measure(lambda: _make(sys.argv[1])))
